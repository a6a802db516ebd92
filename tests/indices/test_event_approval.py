"""An event is approved ahead of the night of its day: published levels are not rewritten by events."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group

from indices.models import Rebalance
from indices.services import approve_event, run_window, withdraw_event
from market.models import AssetEvent
from market.services import CannotApproveEventError, EventTerms, fingerprint_of, save_event
from tests.factories import make_user
from tests.indices.factories import AT, levels_of, make_coin, make_index
from tests.indices.happening import DAY, DAY_2ND, DAY_3RD, DAY_4TH, example, run, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def approver():
    """Make an approver."""
    user = make_user(email="approver@example.com")
    user.groups.add(Group.objects.get(name="approver"))
    return user


def write(day, asset: str = "c", **overrides) -> AssetEvent:
    """Write a delisting as a draft."""
    author = make_user(email=f"author-{AssetEvent.objects.count()}@example.com")
    fields = {"asset_id": asset, "kind": "delisting", "treatment": "last", "effective_day": day, "note": "Halted."}
    return save_event(terms=EventTerms(**fields | overrides), author=author)


def look_and_approve(event: AssetEvent, approver, *, at=AT) -> AssetEvent:
    """Approve the terms that an event has now."""
    event.refresh_from_db()
    return approve_event(event_id=event.pk, approver=approver, at=at, seen=fingerprint_of(event))


def test_an_approved_event_is_carried_out_by_the_night_of_its_day(approver):
    example(("100", "50", None), ("110", "55", None))
    index = make_index()
    run(DAY_2ND)

    look_and_approve(write(DAY_3RD), approver, at=AT)
    run(DAY_4TH, DAY_3RD)

    assert told(index, DAY_3RD, 2) == ["1050.0000", "1155.0000"]


@pytest.mark.parametrize("back", [0, 1])
def test_an_event_of_a_night_that_has_run_is_refused_with_what_to_do(approver, back):
    example(("100", "50", "12"), ("110", "55", "12"))
    index = make_index()
    run(DAY_3RD)
    before = levels_of(index)
    event = write(DAY_3RD - back * DAY)

    with pytest.raises(CannotApproveEventError) as refused:
        look_and_approve(event, approver, at=AT)

    event.refresh_from_db()
    assert str(refused.value) == (
        f"Test held C (c) on {event.effective_day} and has levels up to 2023-01-04: choose a later day. "
        "For what happened before, revise the price and ask for a restatement."
    )
    assert (event.status, levels_of(index)) == ("draft", before)


def test_an_event_of_the_past_that_touched_nobody_may_be_approved(approver):
    example(("100", "50", "12"))
    make_coin("z")
    make_index()
    run(DAY_3RD)

    assert look_and_approve(write(DAY_2ND, "z"), approver, at=AT).status == "approved"


@pytest.mark.parametrize("changes", [{"status": "retired", "retired_on": DAY_3RD}, {"universe": "simulated"}])
def test_an_index_that_is_not_run_in_this_market_stands_in_no_way(approver, changes):
    example(("100", "50", "12"))
    index = make_index()
    run(DAY_3RD)
    type(index).objects.filter(pk=index.pk).update(**changes)

    assert look_and_approve(write(DAY_2ND), approver, at=AT).status == "approved"


def test_history_that_is_not_run_yet_takes_its_events(approver):
    example(("100", "50", None), ("110", "55", None))
    index = make_index()

    look_and_approve(write(DAY_3RD), approver, at=AT + timedelta(days=900))
    run(DAY_4TH)

    assert told(index, DAY_3RD, 1) == ["1050.0000"]


def test_what_came_of_an_event_of_the_same_day_counts_as_held(approver):
    example(("100", "50", "12"), ("110", "55", "12"))
    make_coin("x")
    make_index()
    fork = write(DAY_3RD, "a", kind="fork", treatment="split", new_asset_id="x", ratio=Decimal(1))
    look_and_approve(fork, approver, at=AT)
    run(DAY_3RD)

    with pytest.raises(CannotApproveEventError, match="choose a later day"):
        look_and_approve(write(DAY_3RD, "x"), approver, at=AT)


def test_an_approval_is_taken_back_until_a_night_has_counted_it(approver):
    example(("100", "50", "12"), ("110", "55", "12"))
    index = make_index()
    event = write(DAY_3RD)
    look_and_approve(event, approver, at=AT)

    withdraw_event(event_id=event.pk, approver=approver)
    withdraw_event(event_id=event.pk, approver=approver)
    run(DAY_2ND)
    look_and_approve(event, approver, at=AT)
    run(DAY_3RD, DAY_3RD)

    with pytest.raises(CannotApproveEventError, match="Test held C"):
        withdraw_event(event_id=event.pk, approver=approver)
    assert told(index, DAY_3RD, 1) == ["1050.0000"]


def test_approving_twice_after_the_night_changes_nothing(approver):
    example(("100", "50", "12"))
    make_index()
    event = write(DAY_3RD)
    look_and_approve(event, approver, at=AT)
    run(DAY_3RD)

    assert look_and_approve(event, approver, at=AT + DAY).approved_at == AT
    assert Rebalance.objects.filter(kind="event").count() == 1


def test_a_night_that_failed_for_an_event_goes_on_once_its_approval_is_taken_back(approver):
    # 10 of n are worth 120, one of a 100.
    example(("100", "50", "12"), ("110", "55", "12"))
    n = make_coin("n")
    for place in range(3):
        n.prices.create(day=DAY_2ND + place * DAY, close=12, source="test", recorded_at=AT - DAY)
    index = make_index()
    wrong = write(DAY_3RD, "a", kind="migration", treatment="convert", new_asset_id="n", ratio=Decimal(10))
    look_and_approve(wrong, approver, at=AT)
    assert len(run_window(start=DAY_2ND, end=DAY_4TH, at=AT).problems) == 1

    withdraw_event(event_id=wrong.pk, approver=approver)
    run(DAY_4TH)

    # 5 x 110 + 5 x 55 + 25 x 12
    assert told(index, DAY_4TH, 1) == ["1125.0000"]


@pytest.mark.parametrize(
    "changed",
    [
        {"ratio": Decimal("2.000000000000000001")},
        {"new_asset_id": "b"},
        {"note": "Halted again."},
        {"effective_day": DAY_4TH},
        {"asset_id": "b"},
        {"kind": "fork", "treatment": "split"},
    ],
)
def test_terms_that_were_changed_since_the_approver_opened_them_are_refused(approver, changed):
    example(("100", "50", "12"))
    make_coin("n")
    event = write(DAY_3RD, "a", kind="migration", treatment="convert", new_asset_id="n", ratio=Decimal(2))
    seen = fingerprint_of(event)
    AssetEvent.objects.filter(pk=event.pk).update(**changed)

    for stale in (seen, ""):
        with pytest.raises(CannotApproveEventError, match="It has been changed since you opened it"):
            approve_event(event_id=event.pk, approver=approver, at=AT, seen=stale)

    event.refresh_from_db()
    assert (event.status, event.approver) == ("draft", None)


@pytest.mark.parametrize("changed", [{"treatment": "zero", "price": None}, {"price": Decimal("0.2")}])
def test_a_price_or_treatment_changed_since_is_refused_and_the_one_looked_at_is_not(approver, changed):
    example(("100", "50", "12"))
    event = write(DAY_3RD, treatment="manual", price=Decimal("0.1"))
    seen = fingerprint_of(event)
    AssetEvent.objects.filter(pk=event.pk).update(**changed)

    with pytest.raises(CannotApproveEventError, match="It has been changed since you opened it"):
        approve_event(event_id=event.pk, approver=approver, at=AT, seen=seen)

    AssetEvent.objects.filter(pk=event.pk).update(treatment="manual", price=Decimal("0.1"))
    assert approve_event(event_id=event.pk, approver=approver, at=AT, seen=seen).status == "approved"
