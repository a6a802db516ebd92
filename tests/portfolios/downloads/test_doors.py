"""Files on the page and in the API: asked for, followed, fetched; to strangers they do not exist."""

import pytest
from django.utils import timezone

from analytics.tasks import claim_work, clean_up
from portfolios.models import Download
from portfolios.services.downloads import make_requested_downloads
from tests.portfolios.factories import make_portfolio, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def portfolio(alice):
    """Return a portfolio of the owner."""
    portfolio = make_portfolio(alice)
    record(portfolio, "deposit", "1000")
    return portfolio


REPORT = {"kind": "tax_report", "token": "t", "year": "", "method": "own", "scope": "", "format": "csv"}


def test_a_report_is_asked_for_followed_and_fetched(portfolio, alice, as_user):
    browser, url = as_user(alice), f"/portfolios/{portfolio.id}/downloads/"

    answer = browser.post(url, REPORT)
    assert (answer.status_code, answer.url) == (302, url)
    waiting = browser.get(url, headers={"HX-Request": "true"}).content.decode()
    assert 'hx-trigger="every 2s"' in waiting
    assert "<html" not in waiting

    claim_work()

    row = Download.objects.get()
    done = browser.get(url).content.decode()
    assert row.file_name in done
    assert 'hx-trigger="every 2s"' not in done
    file = browser.get(f"{url}{row.id}/")
    assert file.content == bytes(row.file.content)
    assert file["Content-Disposition"] == f'attachment; filename="{row.file_name}"'
    assert file["Content-Type"] == "text/csv; charset=utf-8"
    assert file["X-Content-Type-Options"] == "nosniff"
    assert file["Cache-Control"] == "private, no-store"


def test_the_form_sent_twice_is_one_file(portfolio, alice, as_user):
    browser = as_user(alice)

    for _ in range(2):
        assert browser.post(f"/portfolios/{portfolio.id}/downloads/", REPORT).status_code == 302

    assert Download.objects.count() == 1


def test_everything_is_asked_for_by_a_button(portfolio, alice, as_user):
    as_user(alice).post(f"/portfolios/{portfolio.id}/downloads/", {"kind": "export", "token": "e"})

    assert Download.objects.get().kind == "export"


def test_a_wish_that_cannot_be_met_is_answered_with_422(portfolio, alice, as_user):
    answer = as_user(alice).post(f"/portfolios/{portfolio.id}/downloads/", REPORT | {"method": "specific"})

    assert answer.status_code == 422
    assert not Download.objects.exists()


def test_another_user_finds_no_file(portfolio, alice, bob, as_user, api_as):
    as_user(alice).post(f"/portfolios/{portfolio.id}/downloads/", REPORT)
    make_requested_downloads(at=timezone.now())
    row = Download.objects.get()
    own = make_portfolio(bob)

    for place in (portfolio, own):
        assert as_user(bob).get(f"/portfolios/{place.id}/downloads/{row.id}/").status_code == 404
        assert api_as(bob).get(f"/api/v1/portfolios/{place.id}/downloads/{row.id}/file/").status_code == 404
    assert as_user(bob).get(f"/portfolios/{portfolio.id}/downloads/").status_code == 404
    assert as_user(bob).post(f"/portfolios/{portfolio.id}/downloads/", REPORT).status_code == 404


def test_a_client_asks_looks_and_fetches(portfolio, alice, api_as):
    client, url = api_as(alice), f"/api/v1/portfolios/{portfolio.id}/downloads/"

    wish = {"kind": "tax_report", "year": 2024, "format": "json"}
    asked, again = (client.post(url, wish, format="json", headers={"Idempotency-Key": "k"}) for _ in range(2))

    assert (asked.status_code, asked.json()["status"]) == (202, "waiting")
    assert again.json() == asked.json()
    one = f"{url}{asked.json()['id']}/"
    assert client.get(f"{one}file/").status_code == 404

    make_requested_downloads(at=timezone.now())

    found = client.get(one).json()
    assert (found["status"], found["progress"], found["params"]["year"]) == ("done", 100, "2024")
    file = client.get(f"{one}file/")
    assert file["Content-Disposition"].startswith('attachment; filename="ballast-long-run-tax-2024-own.json"')
    assert b'"year": 2024' in file.content
    assert client.get(url).json()["count"] == 1


def test_a_client_is_told_what_is_wrong(portfolio, alice, api_as):
    url = f"/api/v1/portfolios/{portfolio.id}/downloads/"

    answer = api_as(alice).post(url, {"kind": "tax_report", "year": 1}, format="json")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == "year"


def test_a_list_takes_as_many_queries_for_many_files(portfolio, alice, api_as, django_assert_max_num_queries):
    client, url = api_as(alice), f"/api/v1/portfolios/{portfolio.id}/downloads/"
    for _ in range(4):
        client.post(url, {"kind": "export"}, format="json")

    with django_assert_max_num_queries(2):
        assert client.get(url).json()["count"] == 4


def test_the_clean_up_takes_old_files_along(portfolio, alice, as_user):
    as_user(alice).post(f"/portfolios/{portfolio.id}/downloads/", REPORT)
    make_requested_downloads(at=timezone.now())
    Download.objects.update(expires_at=timezone.now())

    clean_up()

    assert not Download.objects.exists()
