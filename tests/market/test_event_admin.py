"""Events in the admin: a draft by one, approved by another, and never changed after."""

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from market.models import AssetEvent
from market.services import EventTerms, approve_event, fingerprint_of, save_event
from tests.factories import make_asset, make_user

pytestmark = pytest.mark.django_db

URL = "/admin/market/assetevent/"
DELISTING = {"asset": "old", "kind": "delisting", "treatment": "last", "effective_day": "2030-01-31", "note": "Halted."}


@pytest.fixture(autouse=True)
def _ready(settings):
    """Leave the second factor to the tests of accounts; make two assets."""
    settings.STAFF_NEEDS_MFA = False
    make_asset("old")
    make_asset("new")


def staff(*groups: str):
    """Make a member of the staff."""
    user = make_user(email=f"{'-'.join(groups)}@example.com", is_staff=True)
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


@pytest.fixture
def curator():
    """Make a curator."""
    return staff("curator")


@pytest.fixture
def approver():
    """Make an approver."""
    return staff("approver")


def post(client, event: AssetEvent | None = None, **overrides):
    """Send the form of an event."""
    fields = DELISTING | {"new_asset": "", "ratio": "", "price": ""} | overrides
    return client.post(f"{URL}{event.pk}/change/" if event else f"{URL}add/", fields)


def draft(author) -> AssetEvent:
    """Write a delisting."""
    terms = EventTerms(
        asset_id="old", kind="delisting", treatment="last", effective_day=date(2030, 1, 31), note="Halted."
    )
    return save_event(terms=terms, author=author)


def press(client, event: AssetEvent, *, seen: str | None = None):
    """Press the button of an approval on the page of an event as it is now; return the page that follows."""
    sent = {"seen": fingerprint_of(event) if seen is None else seen}
    return client.post(f"{URL}{event.pk}/approve/", sent, follow=True)


def test_a_curator_writes_a_draft(as_user, curator):
    response = post(as_user(curator))

    event = AssetEvent.objects.get()
    assert response.status_code == 302
    assert (event.asset_id, event.kind, event.status, event.author) == ("old", "delisting", "draft", curator)
    assert event.history.get().history_user == curator


def test_all_terms_arrive_exactly(as_user, curator):
    post(as_user(curator), kind="merger", treatment="convert", new_asset="new", ratio="0.433200000000000001")

    event = AssetEvent.objects.get()
    assert (event.new_asset_id, event.ratio, event.price) == ("new", Decimal("0.433200000000000001"), None)


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"treatment": "split"}, "treatment", "has other treatments"),
        ({"treatment": "manual"}, "price", "Give the price in USD"),
        ({"treatment": "manual", "price": "-1"}, "price", "not below 0"),
        ({"treatment": "manual", "price": "NaN"}, "price", "Enter a number"),
        ({"kind": "fork", "treatment": "split", "new_asset": "new"}, "ratio", "how many new units"),
        ({"kind": "fork", "treatment": "split", "ratio": "1"}, "new_asset", "Choose the asset"),
        ({"kind": "merger", "treatment": "convert", "ratio": "0", "new_asset": "new"}, "ratio", "above 0"),
        ({"kind": "merger", "treatment": "convert", "ratio": "1", "new_asset": "old"}, "new_asset", "another one"),
        ({"kind": "redenomination", "treatment": "convert", "ratio": "1e400"}, "ratio", "digits"),
        ({"effective_day": ""}, "effective_day", "required"),
        ({"kind": ""}, "kind", "required"),
        ({"asset": ""}, "asset", "required"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(as_user, curator, fields, field, words):
    response = post(as_user(curator), **fields)

    assert response.status_code == 200
    assert words in " ".join(response.context["adminform"].form.errors[field])
    assert not AssetEvent.objects.exists()


def test_a_draft_opens_with_plain_numbers_and_is_rewritten(as_user, curator):
    client = as_user(curator)
    post(client, treatment="manual", price="0.25")
    event = AssetEvent.objects.get()

    shown = client.get(f"{URL}{event.pk}/change/").context["adminform"].form["price"].value()
    post(client, event, treatment="zero")

    event.refresh_from_db()
    assert shown == "0.25"
    assert (event.treatment, event.price) == ("zero", None)


def test_another_person_approves_from_the_page(as_user, curator, approver):
    event = draft(curator)
    client = as_user(approver)
    assert f"{URL}{event.pk}/approve/" in client.get(f"{URL}{event.pk}/change/").content.decode()

    response = press(client, event)

    event.refresh_from_db()
    assert (event.status, event.approver) == ("approved", approver)
    assert "Approved." in response.content.decode()
    newest = event.history.first()
    assert (newest.status, newest.history_user) == ("approved", approver)


def test_events_are_not_approved_from_the_list(as_user, curator, approver):
    event = draft(curator)
    client = as_user(approver)

    page = client.get(URL).content.decode()
    client.post(URL, {"action": "approve_chosen", "_selected_action": [event.pk]})

    event.refresh_from_db()
    assert "approve_chosen" not in page
    assert event.status == "draft"


def test_what_was_changed_since_the_page_was_opened_is_not_approved(as_user, curator, approver):
    event = draft(curator)
    client = as_user(approver)
    seen = fingerprint_of(event)
    assert f'name="seen" value="{seen}"' in client.get(f"{URL}{event.pk}/change/").content.decode()
    post(as_user(curator), event, treatment="zero")

    for stale in (seen, ""):
        assert "It has been changed since you opened it" in press(as_user(approver), event, seen=stale).content.decode()

    event.refresh_from_db()
    assert (event.status, event.treatment) == ("draft", "zero")


def test_the_author_has_no_button_and_is_refused(as_user):
    both = staff("curator", "approver")
    event = draft(both)
    client = as_user(both)

    page = client.get(f"{URL}{event.pk}/change/").content.decode()
    response = press(client, event)

    event.refresh_from_db()
    assert f"{URL}{event.pk}/approve/" not in page
    assert "You wrote it last: another person approves it." in page
    assert "a second person does" in response.content.decode()
    assert event.status == "draft"


def test_a_curator_has_no_button_and_is_refused(as_user, curator):
    event = draft(make_user(email="other@example.com"))
    client = as_user(curator)

    page = client.get(f"{URL}{event.pk}/change/").content.decode()
    press(client, event)

    event.refresh_from_db()
    assert f"{URL}{event.pk}/approve/" not in page
    assert event.status == "draft"


def test_an_approved_event_is_only_looked_at(as_user, curator, approver):
    event = draft(curator)
    press(as_user(approver), event)
    client = as_user(curator)

    page = client.get(f"{URL}{event.pk}/change/")

    assert page.status_code == 200
    assert 'name="treatment"' not in page.content.decode()
    assert post(client, event, treatment="zero").status_code == 403
    assert client.post(f"{URL}{event.pk}/delete/", {"post": "yes"}).status_code == 403
    event.refresh_from_db()
    assert event.treatment == "last"


def test_many_are_not_deleted_at_once(as_user, curator, approver):
    event = draft(curator)
    press(as_user(approver), event)

    as_user(curator).post(URL, {"action": "delete_selected", "_selected_action": [event.pk], "post": "yes"})

    assert AssetEvent.objects.filter(pk=event.pk).exists()


def test_an_approval_is_taken_back_by_an_approver(as_user, curator, approver):
    event = draft(curator)
    client = as_user(approver)
    press(client, event)

    assert f"{URL}{event.pk}/withdraw/" in client.get(f"{URL}{event.pk}/change/").content.decode()
    client.post(f"{URL}{event.pk}/withdraw/")

    event.refresh_from_db()
    assert (event.status, event.approver) == ("draft", None)


def test_buttons_are_posts(as_user, curator, approver):
    event = draft(curator)

    for name in ("approve", "withdraw"):
        assert as_user(approver).get(f"{URL}{event.pk}/{name}/").status_code == 405


def test_an_event_that_is_gone_is_not_found(as_user, approver):
    assert as_user(approver).post(f"{URL}999/approve/").status_code == 404


def test_staff_without_rights_see_nothing(as_user, curator):
    event = draft(curator)
    nobody = as_user(staff())

    assert nobody.get(URL).status_code == 403
    assert press(nobody, event).status_code == 403


def test_an_event_that_was_approved_meanwhile_is_said_on_the_list(as_user, curator, approver):
    event = draft(make_user(email="other@example.com"))
    asked: list[str] = []

    def approve_while_the_form_is_read(execute, sql, params, many, context):
        if 'FROM "market_asset" WHERE' in sql and not asked:
            asked.append(sql)
            approve_event(
                event_id=event.pk, approver=approver, at=event.history.get().history_date, seen=fingerprint_of(event)
            )
        return execute(sql, params, many, context)

    client = as_user(curator)
    with connection.execute_wrapper(approve_while_the_form_is_read):
        post(client, event, treatment="zero")

    event.refresh_from_db()
    assert "It is approved and stays as it is" in client.get(URL).content.decode()
    assert event.treatment == "last"
