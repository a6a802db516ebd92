"""Restatements and baskets in the admin."""

from decimal import Decimal

import pytest

from indices.models import Holding, Level, Rebalance, Restatement
from tests.factories import make_user
from tests.indices.factories import NEXT, make_index, make_rules
from tests.indices.restating import LAST, RULES, correct, make_member, market, run

pytestmark = pytest.mark.django_db

URL = "/admin/indices/restatement/"


@pytest.fixture(autouse=True)
def _no_second_factor(settings):
    """Leave the second factor to the tests of accounts."""
    settings.STAFF_NEEDS_MFA = False


@pytest.fixture
def curator():
    """Make a curator."""
    return _staff("curator")


@pytest.fixture
def approver():
    """Make an approver."""
    return _staff("approver")


def _staff(group: str):
    member = make_member(group)
    member.is_staff = True
    member.save()
    return member


@pytest.fixture
def index():
    """Run an index over a typo, and correct the price."""
    market()
    made = make_index(make_rules(**RULES))
    run()
    correct()
    return made


def ask(client, asked_of, **overrides):
    """Send the form."""
    fields = {"index": asked_of.pk, "first_day": NEXT.isoformat(), "cause": "Typo of b."}
    return client.post(f"{URL}add/", fields | overrides)


def test_a_curator_asks_and_an_approver_sees_what_would_change(as_user, curator, approver, index):
    response = ask(as_user(curator), index)

    asked = Restatement.objects.get()
    page = as_user(approver).get(f"{URL}{asked.pk}/change/").content.decode()
    assert response.status_code == 302
    assert (asked.requested_by, asked.status, asked.first_day) == (curator, "requested", NEXT)
    assert "33 levels and 2 baskets with the closes in force now" in page
    assert not Level.objects.filter(version=2).exists()


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"first_day": "2020-01-01"}, "__all__", "has levels from 2023-01-01 to 2023-03-05; choose a day among them"),
        ({"first_day": "x"}, "first_day", "Enter a valid date"),
        ({"cause": ""}, "cause", "required"),
        ({"cause": "x" * 201}, "cause", "at most 200"),
        ({"index": "999"}, "index", "Select a valid choice"),
    ],
)
def test_a_bad_request_is_refused_beside_its_field(as_user, curator, index, fields, field, words):
    response = ask(as_user(curator), index, **fields)

    assert response.status_code == 200
    assert words in response.context["form"].errors[field][0]
    assert not Restatement.objects.exists()


def test_another_person_approves(as_user, curator, approver, index):
    ask(as_user(curator), index)
    asked = Restatement.objects.get()

    own = as_user(curator).get(f"{URL}{asked.pk}/change/").content.decode()
    response = as_user(approver).post(f"{URL}{asked.pk}/approve/", follow=True)

    asked.refresh_from_db()
    assert "/approve/" not in own
    assert (asked.status, asked.approver) == ("approved", approver)
    assert "A worker carries it out within seconds" in response.content.decode()


def test_whoever_asked_is_told_that_another_person_approves(as_user, index):
    both = make_user(email="root@example.com", is_staff=True, is_superuser=True)
    client = as_user(both)
    ask(client, index)
    asked = Restatement.objects.get()

    page = client.get(f"{URL}{asked.pk}/change/").content.decode()
    response = client.post(f"{URL}{asked.pk}/approve/", follow=True)

    assert "You asked for it: another person approves it." in page
    assert "Whoever asked for it cannot approve it" in response.content.decode()


def test_it_is_rejected_by_a_button(as_user, curator, approver, index):
    ask(as_user(curator), index)
    asked = Restatement.objects.get()

    as_user(approver).post(f"{URL}{asked.pk}/reject/")

    asked.refresh_from_db()
    assert asked.status == "rejected"


def test_a_problem_is_told_before_anybody_approves(as_user, curator, approver, index):
    ask(as_user(curator), index)
    Holding.objects.filter(rebalance__effective_day__lt=NEXT, asset="a").update(units=Decimal(6))

    page = as_user(approver).get(f"{URL}{Restatement.objects.get().pk}/change/").content.decode()

    assert "Nothing, as it cannot be carried out. Basket of 2023-01-01: units give" in page


def test_what_would_change_nothing_says_so(as_user, curator, approver, index):
    ask(as_user(curator), index, first_day=LAST.isoformat())
    correct(day=NEXT, close="5")

    page = as_user(approver).get(f"{URL}{Restatement.objects.get().pk}/change/").content.decode()

    assert "No level: the closes in force give the levels as they are." in page


def test_nobody_types_changes_or_deletes_one(as_user, curator, approver, index):
    ask(as_user(curator), index)
    asked = Restatement.objects.get()

    assert as_user(approver).get(f"{URL}add/").status_code == 403
    assert as_user(curator).post(f"{URL}{asked.pk}/delete/", {"post": "yes"}).status_code == 403
    assert as_user(curator).get(f"{URL}{asked.pk}/approve/").status_code == 405
    assert as_user(curator).get(f"{URL}999/change/").status_code == 302
    assert as_user(curator).post(f"{URL}999/approve/").status_code == 404
    nobody = as_user(make_user(email="nobody@example.com", is_staff=True))
    assert nobody.get(f"{URL}{asked.pk}/change/").status_code == 403
    assert nobody.post(f"{URL}{asked.pk}/approve/").status_code == 403


def test_the_list_shows_what_became_of_each(as_user, curator, index):
    ask(as_user(curator), index)

    page = as_user(curator).get(URL).content.decode()

    assert "Typo of b." in page
    assert "Waits for approval" in page


def test_the_page_of_a_basket_works_it_out_again_and_leads_to_its_bundle(as_user, curator, index):
    rebalance = Rebalance.objects.get(effective_day=NEXT)
    url = f"/admin/indices/rebalance/{rebalance.pk}/change/"

    sound = as_user(curator).get(url).content.decode()
    Holding.objects.filter(rebalance=rebalance, asset="a").update(units=Decimal(6))
    broken = as_user(curator).get(url).content.decode()
    Rebalance.objects.filter(pk=rebalance.pk).update(inputs="")
    old = as_user(curator).get(url).content.decode()

    assert "Every byte agrees." in sound
    assert f"/indices/test/rebalances/{rebalance.pk}/bundle.json" in sound
    assert "result, lines[a].units: expected" in broken
    assert "found 6" in broken
    assert "It is older than stored inputs." in old


def test_the_basket_of_a_draft_has_no_public_bundle(as_user, curator, index):
    index.status = "draft"
    index.save()
    url = f"/admin/indices/rebalance/{Rebalance.objects.get(effective_day=NEXT).pk}/change/"

    assert "bundle.json" not in as_user(curator).get(url).content.decode()


@pytest.mark.parametrize("table", ["rebalance", "level"])
def test_versions_can_be_told_apart_in_lists(as_user, curator, index, table):
    model: type[Rebalance | Level] = Rebalance if table == "rebalance" else Level
    newest = model.objects.order_by("-pk")[0]
    model.objects.filter(pk=newest.pk).update(superseded_at=newest.index.created_at)
    client = as_user(curator)

    counts = [
        client.get(f"/admin/indices/{table}/?version={version}").context["cl"].result_count
        for version in ("superseded", "current")
    ]

    assert counts == [1, model.objects.count() - 1]
