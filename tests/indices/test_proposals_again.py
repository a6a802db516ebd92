"""Proposals computed by a worker, and computed again: the same cut-off, nobody's approval, once."""

from datetime import date
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.contrib.auth.models import Permission
from django.db import connections

from indices.models import Index, Methodology, Review
from indices.services import (
    CannotDecideError,
    CannotRequestError,
    compute_requested,
    recompute_review,
    reject_review,
)
from market.models import DailyPrice
from tests.factories import make_price, make_user
from tests.indices.factories import FIRST, after, make_coin, make_index, make_rules, price_days
from tests.indices.reviewing import (
    DAY,
    EVE,
    FEBRUARY,
    JANUARY_31,
    LAST,
    WHY,
    approve,
    ask,
    computed,
    make_reviewed,
    night,
    staff,
    weights_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(db):
    return staff("curator@example.com", "curator")


@pytest.fixture
def first(db):
    return staff("first@example.com", "approver")


@pytest.fixture
def second(db):
    return staff("second@example.com", "approver")


@pytest.fixture
def index(db):
    return make_reviewed()


def test_computing_again_voids_an_approval_and_keeps_the_cutoff_and_the_reason(index, curator, first):
    review = computed(index, curator)
    approve(review, first)
    known_at, digest = review.cutoff_at, review.snapshot_hash

    again = recompute_review(review_id=review.pk, by=curator)
    waits = (again.status, again.approver, again.second_approver, again.approved_at, again.reason)
    recompute_review(review_id=review.pk, by=curator)
    done = compute_requested(at=after(LAST, hours=6))

    review.refresh_from_db()
    assert waits == ("draft", None, None, None, WHY)
    assert done == 1
    assert (review.status, review.cutoff_day, review.cutoff_at, review.reason) == ("computed", LAST, known_at, WHY)
    assert review.snapshot_hash == digest
    assert review.lines.count() == 3


def test_computing_again_after_a_rejection_gives_the_words_of_the_request_back(index, curator, first):
    review = computed(index, curator)
    reject_review(review_id=review.pk, approver=first, reason="Not yet.", at=after(LAST, hours=5))

    assert recompute_review(review_id=review.pk, by=curator).reason == WHY


def test_computing_again_needs_the_permission(index, curator, first):
    with pytest.raises(CannotRequestError, match="permission to change reviews"):
        recompute_review(review_id=computed(index, curator).pk, by=first)


def test_who_asked_for_an_extraordinary_review_does_not_come_to_approve_it(index, curator):
    asker = staff("asker@example.com", "curator", "approver")
    review = computed(index, asker)
    other = staff("other@example.com", "curator", "approver")

    for by in (curator, other):
        with pytest.raises(CannotRequestError, match=r"asker@example\.com asked for it: nobody else"):
            recompute_review(review_id=review.pk, by=by)
    recompute_review(review_id=review.pk, by=asker)
    compute_requested(at=after(LAST, hours=4))

    review.refresh_from_db()
    assert (review.status, review.requested_by) == ("computed", asker)
    with pytest.raises(CannotDecideError, match="Whoever had it computed cannot approve it"):
        approve(review, asker, at=after(LAST, hours=5))


def test_what_is_announced_is_public_and_not_computed_again(index, curator, first, second):
    review = computed(index, curator)
    approve(review, first)
    assert approve(review, second).status == "announced"
    before = Review.objects.filter(pk=review.pk).values().get()

    with pytest.raises(CannotRequestError, match="announced and public, and stays"):
        recompute_review(review_id=review.pk, by=curator)

    assert Review.objects.filter(pk=review.pk).values().get() == before


def test_what_was_recorded_after_the_request_does_not_enter(index, curator):
    review = ask(index, curator)
    old = DailyPrice.objects.get(asset="b", day=LAST)
    DailyPrice.objects.filter(pk=old.pk).update(superseded_at=after(LAST, hours=3))
    make_price(old.asset, LAST, "200", market_cap=Decimal(2000), recorded_at=after(LAST, hours=3))

    compute_requested(at=after(LAST, hours=4))

    assert weights_of(review) == {"a": Decimal("0.6"), "b": Decimal("0.4")}


@pytest.mark.parametrize("rules", [{"streak": 2}, {"scheme": "inverse_volatility", "risk_days": 60}])
def test_computing_again_what_the_night_computed_gives_the_same_digest(curator, rules):
    up_and_down = [str(100 + day % 7 + (day % 3)) for day in range(130)]
    coins = [make_coin(name) for name in "abc"]
    for shift, coin in enumerate(coins):
        price_days(coin, date(2022, 10, 1), up_and_down[shift:], supply=10 + shift)
    index = make_index(make_rules(**rules))
    night(JANUARY_31 - DAY)
    Index.objects.update(auto_approve=False)
    night(JANUARY_31)
    review = index.reviews.get(cutoff_day=JANUARY_31)
    before = (review.snapshot_hash, weights_of(review))
    assert review.status == "computed"

    recompute_review(review_id=review.pk, by=curator)
    compute_requested(at=after(JANUARY_31, hours=2))

    review.refresh_from_db()
    assert (review.snapshot_hash, weights_of(review)) == before
    assert (review.status, review.effective_day) == ("computed", FEBRUARY)


def test_a_trigger_computed_again_knows_what_fired_it(curator):
    a, b = make_coin("a"), make_coin("b")
    price_days(a, EVE, ["1"] * 5 + ["3"] * 20)
    price_days(b, EVE, ["1"] * 25)
    bands = {"band_absolute": "0.1", "max_triggers": 4, "cooldown_days": 1}
    index = make_index(make_rules(alpha="0", count=2, enter=2, keep=2, **bands))
    night(FIRST + 3 * DAY)
    Index.objects.update(auto_approve=False)
    night(FIRST + 4 * DAY)
    review = index.reviews.get(kind="trigger")
    before = (review.reason, review.snapshot_hash, weights_of(review))

    recompute_review(review_id=review.pk, by=curator)
    compute_requested(at=after(FIRST + 4 * DAY, hours=2))

    review.refresh_from_db()
    assert before[0].startswith("Drift: a at 75.00%")
    assert (review.reason, review.snapshot_hash, weights_of(review)) == before


def test_a_review_computed_after_its_day_takes_effect_at_the_next_close_with_the_same_notice(index, curator, first):
    Methodology.objects.update(params=make_rules(cutoff_lead_days=5, announce_lead_days=3).to_params())
    night(date(2023, 1, 27))
    review = index.reviews.get(cutoff_day=date(2023, 1, 27))
    planned = (review.announce_day, review.effective_day)
    reject_review(review_id=review.pk, approver=first, reason="Wait.", at=after(date(2023, 1, 27), hours=2))
    night(FEBRUARY)

    recompute_review(review_id=review.pk, by=curator)
    compute_requested(at=after(FEBRUARY, hours=2))

    review.refresh_from_db()
    assert planned == (date(2023, 1, 29), FEBRUARY)
    assert (review.announce_day, review.effective_day) == (FEBRUARY + DAY, FEBRUARY + 4 * DAY)
    approve(review, first, at=after(FEBRUARY, hours=3))
    night(FEBRUARY + 4 * DAY)
    assert index.rebalances.get(review=review).effective_day == FEBRUARY + 4 * DAY


def test_another_waiting_review_gives_way_to_one_that_was_asked_for(index, curator):
    night(JANUARY_31)
    calendar = index.reviews.get(cutoff_day=JANUARY_31)

    review = ask(index, curator, at=after(JANUARY_31, hours=2))
    kept = Review.objects.get(pk=calendar.pk).status
    compute_requested(at=after(JANUARY_31, hours=3))

    review.refresh_from_db()
    calendar.refresh_from_db()
    assert kept == "computed"
    assert (review.status, calendar.status) == ("computed", "needs_review")
    assert calendar.reason == "Gave way to the extraordinary review of 2023-01-31."


def test_one_that_finds_no_basket_lets_the_waiting_review_be(index, curator):
    night(JANUARY_31)
    Methodology.objects.update(params=make_rules(min_count=3).to_params())

    review = ask(index, curator, at=after(JANUARY_31, hours=2))
    compute_requested(at=after(JANUARY_31, hours=3))

    review.refresh_from_db()
    assert (review.status, review.reason) == ("needs_review", "2 eligible assets, fewer than the 3 needed.")
    assert index.reviews.get(cutoff_day=JANUARY_31, kind="reconstitution").status == "computed"
    with pytest.raises(CannotDecideError, match="No basket waits here"):
        approve(review, curator)
    assert recompute_review(review_id=review.pk, by=curator).reason == WHY


def test_the_next_review_of_the_calendar_replaces_one_that_nobody_approved(index, curator):
    review = computed(index, curator)

    night(JANUARY_31)

    review.refresh_from_db()
    assert review.status == "needs_review"
    assert review.reason.startswith("Gave way to the next review. Postponed: it waits for approval.")
    assert review.announce_day <= review.effective_day


def test_a_review_from_before_the_basket_in_force_is_not_computed_again(index, curator, first, second):
    old = computed(index, curator)
    reject_review(review_id=old.pk, approver=first, reason="No.", at=after(LAST, hours=4))
    night(JANUARY_31)
    approve(index.reviews.get(cutoff_day=JANUARY_31), first, at=after(JANUARY_31, hours=2))
    night(FEBRUARY)

    with pytest.raises(CannotRequestError, match="later cut-off has taken effect"):
        recompute_review(review_id=old.pk, by=curator)


def test_unreadable_rules_end_as_a_review_that_needs_a_curator(index, curator):
    review = ask(index, curator)
    Methodology.objects.update(params={"count": "ten"})

    assert compute_requested(at=after(LAST, hours=3)) == 1

    review.refresh_from_db()
    assert (review.status, review.reason) == ("needs_review", f"count: is a whole number, not 'ten'. {WHY}")


def test_nothing_asked_for_is_nothing_done(index):
    before = list(Review.objects.values())

    assert compute_requested(at=after(LAST)) == 0
    assert list(Review.objects.values()) == before


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_compute_a_review_once(index):
    curator = make_user(email="curator@example.com")
    curator.user_permissions.set(Permission.objects.filter(codename="add_review"))
    review = ask(index, curator)
    barrier, done = Barrier(4), []

    def work() -> None:
        barrier.wait()
        done.append(compute_requested(at=after(LAST, hours=3)))
        connections.close_all()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    review.refresh_from_db()
    assert sorted(done) == [0, 0, 0, 1]
    assert (review.status, review.lines.count()) == ("computed", 3)
