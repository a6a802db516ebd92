"""The curators' pages of replays: asking for one, watching it, reading it; nobody changes one."""

from datetime import timedelta

import pytest

from accounts.models import User
from analytics.models import Backtest
from indices.models import Methodology
from market.models import Asset
from tests.analytics.replays import ask, edit, make_draft, make_staff, run
from tests.factories import make_user
from tests.indices.factories import AT, FIRST, NEXT, price_days

pytestmark = pytest.mark.django_db

EVE = FIRST - timedelta(days=1)
ADD = "/admin/analytics/backtest/add/"
LIST = "/admin/analytics/backtest/"
REFRESH = '<meta http-equiv="refresh" content="2">'
RECONSTRUCTED = "Reconstructed: replayed on history under today&#x27;s rules; back-tested, not point-in-time"


@pytest.fixture(autouse=True)
def _no_second_factor(settings):
    """Leave the second factor to the tests of accounts."""
    settings.STAFF_NEEDS_MFA = False


@pytest.fixture
def curator(db) -> User:
    """Make somebody who may ask for replays."""
    return make_staff("curator", "curator")


@pytest.fixture
def approver(db) -> User:
    """Make somebody who may look at them."""
    return make_staff("approver", "approver")


@pytest.fixture
def draft(curator: User) -> Methodology:
    """Draft a second version that weighs three coins equally, over a month of prices put in later."""
    return make_draft(curator, reconstructed=True)


@pytest.fixture
def waiting(draft, curator) -> Backtest:
    """Ask for a replay of January 2023."""
    return ask(draft, curator)


@pytest.fixture
def done(waiting) -> Backtest:
    """Run it."""
    run()
    waiting.refresh_from_db()
    return waiting


def page(client, backtest: Backtest) -> str:
    """Return the page of a replay."""
    response = client.get(f"{LIST}{backtest.pk}/change/")
    assert response.status_code == 200
    return response.content.decode()


def test_the_form_comes_with_the_version_and_the_years(as_user, curator, draft):
    text = as_user(curator).get(f"{ADD}?methodology={draft.pk}").content.decode()

    assert f'<option value="{draft.pk}" selected>' in text
    assert '<option value="8" selected>8</option>' in text
    assert '<option value="1">1</option>' in text


def test_asking_leads_to_the_page_of_the_row(as_user, curator, draft):
    response = as_user(curator).post(ADD, {"methodology": draft.pk, "years": 1})

    asked = Backtest.objects.get()
    assert (asked.methodology, asked.requested_by, asked.last_day) == (draft, curator, NEXT)
    assert asked.first_day == NEXT.replace(year=2022)
    assert response.headers["Location"] == f"{LIST}{asked.pk}/change/"


def test_asking_twice_is_one_row(as_user, curator, draft):
    client = as_user(curator)

    answers = [client.post(ADD, {"methodology": draft.pk, "years": 2}).headers["Location"] for _ in range(2)]

    assert answers[0] == answers[1]
    assert Backtest.objects.count() == 1


@pytest.mark.parametrize("years", ["0", "9", "", "many"])
def test_other_years_are_refused_at_the_field(as_user, curator, draft, years):
    response = as_user(curator).post(ADD, {"methodology": draft.pk, "years": years})

    assert response.status_code == 200
    assert "errorlist" in response.content.decode()
    assert not Backtest.objects.exists()


def test_why_no_replay_can_be_asked_for_stands_on_the_form(as_user, curator, draft):
    Methodology.objects.filter(pk=draft.pk).update(params={"count": 3})

    text = as_user(curator).post(ADD, {"methodology": draft.pk, "years": 1}).content.decode()

    assert "The rules cannot be read." in text
    assert not Backtest.objects.exists()


def test_approvers_look_and_do_not_ask(as_user, approver, draft, done):
    client = as_user(approver)

    assert client.get(ADD).status_code == 403
    assert client.post(ADD, {"methodology": draft.pk, "years": 1}).status_code == 403
    assert "Replay again" not in page(client, done)
    assert client.get(LIST).status_code == 200


def test_staff_without_rights_see_nothing(as_user, done):
    client = as_user(make_staff("clerk"))

    assert [client.get(url).status_code for url in (LIST, ADD, f"{LIST}{done.pk}/change/")] == [403, 403, 403]


def test_others_are_sent_to_the_login(client, done):
    assert client.get(f"{LIST}{done.pk}/change/").status_code == 302


def test_nobody_changes_or_deletes_one(as_user, done):
    boss = as_user(make_user(email="boss@example.com", is_staff=True, is_superuser=True))
    before = Backtest.objects.values().get()

    assert boss.post(f"{LIST}{done.pk}/delete/", {"post": "yes"}).status_code == 403
    boss.post(f"{LIST}{done.pk}/change/", {"status": "waiting", "progress": 0})

    assert Backtest.objects.values().get() == before


def test_one_that_is_not_there_sends_back_to_the_list(as_user, curator):
    assert as_user(curator).get(f"{LIST}999/change/").status_code == 302


def test_while_it_waits_or_runs_the_page_loads_itself_again(as_user, curator, waiting):
    client = as_user(curator)
    text = page(client, waiting)
    assert REFRESH in text
    assert "Waiting" in text

    Backtest.objects.update(status="running", progress=40, started_at=AT, heartbeat_at=AT)
    text = page(client, waiting)

    assert REFRESH in text
    assert '<progress max="100" value="40"' in text
    assert ">40%<" in text


def test_a_failed_one_says_why(as_user, curator, waiting):
    Backtest.objects.update(status="failed", message="No prices at all.")

    text = page(as_user(curator), waiting)

    assert REFRESH not in text
    assert "No prices at all." in text


def test_the_answer_stands_first_with_its_label_its_tables_and_its_comparison(as_user, curator, done):
    text = page(as_user(curator), done)

    assert REFRESH not in text
    assert RECONSTRUCTED in text
    # A third of 1000 gains 10%.
    places = [text.index(f">{words}<") for words in ("1,033.3333", "Figures", "Level", "Below the peak")]
    assert places == sorted(places)
    assert "+3.33%" in text
    assert "Version 2 counts as computed: another person may approve it." in text
    assert text.count('data-chart="line"') == 2
    assert text.count("Show as table") == 2
    assert "Compared with version 1, replayed from 2023-01-01: it has no stored basket yet." in text
    assert "2 rebalances of 2 reviews, newest first." in text
    assert "Replay again" in text


def test_one_that_found_no_basket_says_so_without_figures(as_user, curator, draft):
    edit(draft, curator, count=4, enter=4, keep=4, min_count=4)
    asked = ask(draft, curator)
    run()

    text = page(as_user(curator), asked)

    assert "No review found a basket: the index never starts." in text
    assert "data-chart" not in text


def test_a_long_replay_folds_its_earlier_rebalances(as_user, curator, draft):
    edit(draft, curator, schedule="weekly")
    asked = ask(draft, curator, span=(FIRST, FIRST + timedelta(days=210)))
    for coin in ("b", "c", "bitcoin"):
        price_days(Asset.objects.get(pk=coin), NEXT + timedelta(days=2), ["5"] * 200)
    run()

    text = page(as_user(curator), asked)

    assert "Earlier rebalances" in text


def test_the_list_shows_those_of_a_version_in_a_fixed_number_of_queries(
    as_user, curator, draft, waiting, django_assert_num_queries, django_assert_max_num_queries
):
    client = as_user(curator)
    other = draft.index.methodologies.get(version=1)
    url = f"{LIST}?methodology={draft.pk}"
    client.get(url)
    with django_assert_max_num_queries(14) as before:
        client.get(url)
    for days in range(1, 6):
        ask(draft, curator, span=(FIRST, NEXT - timedelta(days=days)))
    ask(other, curator)

    with django_assert_num_queries(len(before)):
        text = client.get(url).content.decode()

    assert text.count("test v2") == 6
    assert "action-checkbox" not in text


def test_the_page_takes_few_queries(as_user, curator, done, django_assert_max_num_queries):
    client = as_user(curator)
    page(client, done)

    with django_assert_max_num_queries(13):
        page(client, done)
