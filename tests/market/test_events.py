"""Events of assets: terms that fit the kind, two people, and no change once approved."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from market.models import AssetEvent
from market.services import (
    CannotApproveEventError,
    CannotSaveEventError,
    EventTerms,
    approve_event,
    fingerprint_of,
    save_event,
    withdraw_approval,
)
from tests.factories import make_asset, make_user
from tests.market.factories import NOW

pytestmark = pytest.mark.django_db

DAY = date(2023, 6, 10)


@pytest.fixture
def author():
    """Make a curator, and the assets to write about."""
    for asset_id in ("old", "new"):
        make_asset(asset_id)
    make_asset("sim-new", simulated=True)
    user = make_user(email="author@example.com")
    user.groups.add(Group.objects.get(name="curator"))
    return user


@pytest.fixture
def approver():
    """Make an approver."""
    user = make_user(email="approver@example.com")
    user.groups.add(Group.objects.get(name="approver"))
    return user


def terms(**overrides) -> EventTerms:
    """Write that an asset leaves at its last close."""
    fields: dict[str, Any] = {"asset_id": "old", "kind": "delisting", "treatment": "last", "note": "Halted."}
    return EventTerms(**fields | {"effective_day": DAY} | overrides)


FITTING = [
    {},
    {"treatment": "zero"},
    {"treatment": "manual", "price": Decimal("0.5")},
    {"treatment": "manual", "price": Decimal(0)},
    {"kind": "fork", "treatment": "ignore"},
    {"kind": "fork", "treatment": "split", "ratio": Decimal(1), "new_asset_id": "new"},
    {"kind": "airdrop", "treatment": "liquidate", "ratio": Decimal("0.1"), "price": Decimal(3)},
    {"kind": "migration", "treatment": "convert", "ratio": Decimal(100), "new_asset_id": "new"},
    {"kind": "merger", "treatment": "convert", "ratio": Decimal("0.43"), "new_asset_id": "new"},
    {"kind": "redenomination", "treatment": "convert", "ratio": Decimal(10)},
    {"kind": "redenomination", "treatment": "convert", "ratio": Decimal(10), "new_asset_id": "old"},
    {"kind": "redenomination", "treatment": "convert", "ratio": Decimal(10), "new_asset_id": "new"},
]


@pytest.mark.parametrize("overrides", FITTING, ids=str)
def test_terms_that_fit_are_saved_as_a_draft(author, overrides):
    event = save_event(terms=terms(**overrides), author=author)

    event.refresh_from_db()
    assert (event.status, event.author, event.approver) == ("draft", author, None)


CONVERT = {"kind": "migration", "treatment": "convert", "ratio": Decimal(1), "new_asset_id": "new"}
SPLIT = {"kind": "fork", "treatment": "split", "ratio": Decimal(1), "new_asset_id": "new"}
SOLD = {"kind": "airdrop", "treatment": "liquidate", "ratio": Decimal(1), "price": Decimal(1)}
UNFITTING = [
    ({"treatment": "split"}, "has other treatments: Leaves at its last close, Leaves at nothing, Leaves at the price"),
    ({"kind": "merger", "treatment": "last", "new_asset_id": "new"}, "Old units become new ones"),
    ({"treatment": "manual"}, "Give the price in USD"),
    ({"treatment": "manual", "price": Decimal(-1)}, "A price is not below 0."),
    ({"price": Decimal(1)}, "looks at the closes"),
    ({"ratio": Decimal(1)}, "A delisting has no ratio"),
    ({"new_asset_id": "new"}, "Nothing comes of a delisting"),
    (SPLIT | {"ratio": None}, "how many new units"),
    (SPLIT | {"ratio": Decimal(0)}, "A ratio is above 0."),
    (SPLIT | {"new_asset_id": None}, "Choose the asset of the new units."),
    (SPLIT | {"new_asset_id": "old"}, "The new asset is another one."),
    (SPLIT | {"new_asset_id": "sim-new"}, "Real and simulated assets do not mix."),
    (SOLD | {"price": None}, "Give the price in USD"),
    (SOLD | {"price": Decimal(0)}, "Nothing is sold at 0"),
    (SOLD | {"ratio": None}, "how many new units"),
    (CONVERT | {"ratio": None}, "how many new units"),
    (CONVERT | {"new_asset_id": None}, "Choose the asset of the new units."),
    (CONVERT | {"kind": "merger", "new_asset_id": "old"}, "The new asset is another one."),
    (CONVERT | {"price": Decimal(1)}, "looks at the closes"),
    ({"kind": "sale"}, "is not a valid choice"),
    ({"note": ""}, "cannot be blank"),
]


@pytest.mark.parametrize(("overrides", "words"), UNFITTING, ids=str)
def test_terms_that_do_not_fit_are_refused_in_words(author, overrides, words):
    with pytest.raises(CannotSaveEventError, match=words):
        save_event(terms=terms(**overrides), author=author)

    assert not AssetEvent.objects.exists()


BY_DATABASE = [
    {"treatment": "split"},
    {"treatment": "manual", "price": None},
    {"price": Decimal(-1)},
    {"kind": "fork", "treatment": "split", "ratio": None, "new_asset_id": "new"},
    {"kind": "fork", "treatment": "split", "ratio": Decimal(1)},
    {"kind": "fork", "treatment": "split", "ratio": Decimal(0), "new_asset_id": "new"},
    {"kind": "fork", "treatment": "liquidate", "ratio": Decimal(1), "price": None},
    {"kind": "fork", "treatment": "liquidate", "ratio": Decimal(1), "price": Decimal(0)},
    {"kind": "merger", "treatment": "convert", "ratio": Decimal(1)},
    {"kind": "merger", "treatment": "convert", "ratio": Decimal(1), "new_asset_id": "old"},
    {"status": "approved"},
]


@pytest.mark.parametrize("overrides", BY_DATABASE, ids=str)
def test_the_database_itself_refuses_them(author, overrides):
    event = save_event(terms=terms(), author=author)

    with pytest.raises(IntegrityError), transaction.atomic():
        AssetEvent.objects.filter(pk=event.pk).update(**overrides)


def test_the_database_refuses_an_approver_who_is_the_author(author):
    event = save_event(terms=terms(), author=author)

    with pytest.raises(IntegrityError), transaction.atomic():
        AssetEvent.objects.filter(pk=event.pk).update(status="approved", approver=author, approved_at=NOW)


def test_a_draft_is_rewritten_and_its_history_kept(author, bob):
    event = save_event(terms=terms(), author=author)

    save_event(terms=terms(treatment="zero"), author=bob, event_id=event.pk)

    event.refresh_from_db()
    assert (event.treatment, event.author) == ("zero", bob)
    assert list(event.history.order_by("history_id").values_list("treatment", flat=True)) == ["last", "zero"]


def test_another_person_approves(author, approver):
    event = save_event(terms=terms(), author=author)

    approved = approve_event(event_id=event.pk, approver=approver, at=NOW, seen=fingerprint_of(event))
    again = approve_event(event_id=event.pk, approver=approver, at=NOW.replace(year=2024), seen=fingerprint_of(event))

    assert (approved.status, approved.approver, approved.approved_at) == ("approved", approver, NOW)
    assert again.approved_at == NOW


def test_who_wrote_it_last_cannot_approve_it(author, approver):
    event = save_event(terms=terms(), author=author)
    save_event(terms=terms(), author=approver, event_id=event.pk)

    with pytest.raises(CannotApproveEventError, match="a second person does"):
        approve_event(event_id=event.pk, approver=approver, at=NOW, seen=fingerprint_of(event))


def test_approving_needs_the_permission(author, bob):
    event = save_event(terms=terms(), author=author)

    for decide in (
        lambda: approve_event(event_id=event.pk, approver=bob, at=NOW, seen=fingerprint_of(event)),
        lambda: withdraw_approval(event_id=event.pk, approver=author),
    ):
        with pytest.raises(CannotApproveEventError, match="needs the permission"):
            decide()


def test_an_approved_event_never_changes(author, approver):
    event = save_event(terms=terms(), author=author)
    approve_event(event_id=event.pk, approver=approver, at=NOW, seen=fingerprint_of(event))

    with pytest.raises(CannotSaveEventError, match="It is approved and stays as it is"):
        save_event(terms=terms(treatment="zero"), author=author, event_id=event.pk)
    event.refresh_from_db()
    assert event.treatment == "last"


def test_an_edit_after_the_approval_is_taken_back_needs_a_new_one(author, approver):
    event = save_event(terms=terms(), author=author)
    approve_event(event_id=event.pk, approver=approver, at=NOW, seen=fingerprint_of(event))

    withdraw_approval(event_id=event.pk, approver=approver)
    withdraw_approval(event_id=event.pk, approver=approver)
    save_event(terms=terms(treatment="zero"), author=author, event_id=event.pk)

    event.refresh_from_db()
    assert (event.status, event.approver, event.approved_at, event.treatment) == ("draft", None, None, "zero")


def test_two_events_of_a_kind_on_a_day_are_not_both_approved(author, approver):
    first, second = save_event(terms=terms(), author=author), save_event(terms=terms(treatment="zero"), author=author)
    approve_event(event_id=first.pk, approver=approver, at=NOW, seen=fingerprint_of(first))

    with pytest.raises(CannotApproveEventError, match="Another delisting of old on that day is approved already"):
        approve_event(event_id=second.pk, approver=approver, at=NOW, seen=fingerprint_of(second))


def test_a_second_approver_hears_that_it_is_approved(author, approver):
    event = save_event(terms=terms(), author=author)
    approve_event(event_id=event.pk, approver=approver, at=NOW, seen=fingerprint_of(event))
    other = make_user(email="other@example.com")
    other.groups.add(Group.objects.get(name="approver"))

    with pytest.raises(CannotApproveEventError, match="is approved by approver@example"):
        approve_event(event_id=event.pk, approver=other, at=NOW, seen=fingerprint_of(event))


def test_terms_that_were_made_wrong_since_are_not_approved(author, approver):
    event = save_event(terms=terms(**SPLIT), author=author)
    make_asset("sim-old", simulated=True)
    AssetEvent.objects.filter(pk=event.pk).update(asset="sim-old")
    event.refresh_from_db()

    with pytest.raises(CannotApproveEventError, match="do not mix"):
        approve_event(event_id=event.pk, approver=approver, at=NOW, seen=fingerprint_of(event))
