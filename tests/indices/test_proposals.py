"""Proposals: asked for by one, approved by others, in effect at the next close, or not at all."""

from decimal import Decimal

import pytest
from django.db import IntegrityError

from indices.models import Index, Methodology, Review
from indices.services import (
    CannotDecideError,
    CannotRequestError,
    approve_review,
    recompute_review,
    reject_review,
)
from tests.indices.factories import FIRST, after, levels_of, make_index
from tests.indices.reviewing import (
    DAY,
    FEBRUARY,
    JANUARY_31,
    LAST,
    TODAY,
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


def test_an_extraordinary_review_is_asked_for_at_the_last_close(index, curator):
    review = ask(index, curator)

    assert (review.status, review.kind, review.reason) == ("draft", "extraordinary", WHY)
    assert (review.cutoff_day, review.announce_day, review.effective_day) == (LAST, TODAY, TODAY)
    assert (review.cutoff_at, review.requested_by) == (after(LAST, hours=2), curator)
    assert review.methodology.version == 1


def test_a_worker_computes_it_with_a_reason_for_every_asset(index, curator):
    review = computed(index, curator)

    # A and B of 3 and 2 share what C leaves.
    assert weights_of(review) == {"a": Decimal("0.6"), "b": Decimal("0.4")}
    assert review.lines.get(asset="c").reason == "ineligible:unclassified"
    assert (review.status, review.computed_at, review.requested_by) == ("computed", after(LAST, hours=3), curator)
    assert (review.reason, len(review.snapshot_hash)) == (WHY, 64)


def test_two_approvers_put_it_into_effect_at_the_next_close(index, curator, first, second):
    review = computed(index, curator)

    once = approve(review, first)
    twice = approve(review, first)
    both = approve(review, second)

    assert (once.status, once.approved_at) == ("computed", None)
    assert (twice.status, twice.second_approver) == ("computed", None)
    assert (both.status, both.approver, both.second_approver) == ("announced", first, second)
    assert both.approved_at == after(LAST, hours=4)
    night(TODAY)
    review.refresh_from_db()
    held = review.rebalances.get().holdings.values_list("asset", "weight")
    assert (review.status, review.effective_day, review.reason) == ("effective", TODAY, WHY)
    assert dict(held) == {"a": Decimal("0.6"), "b": Decimal("0.4")}
    assert levels_of(index)[TODAY] == "1000.0000"


def test_unapproved_at_its_close_it_is_postponed_and_the_night_after_its_approval_puts_it_into_effect(
    index, curator, first, second
):
    review = computed(index, curator)

    night(TODAY)
    review.refresh_from_db()
    postponed = (review.status, review.announce_day, review.effective_day, review.reason)
    approve(review, first, at=after(TODAY, hours=2))
    approved = approve(review, second, at=after(TODAY, hours=3))
    night(TODAY + DAY)

    review.refresh_from_db()
    assert postponed == ("computed", TODAY, TODAY + DAY, "Postponed: it waits for approval.")
    assert approved.status == "announced"
    assert (review.status, review.effective_day, review.reason) == ("effective", TODAY + DAY, WHY)
    assert index.rebalances.get(review=review).effective_day == TODAY + DAY


def test_no_extraordinary_review_approves_itself(index, curator):
    Index.objects.update(auto_approve=True)

    assert computed(index, curator).status == "computed"


def test_the_database_refuses_an_extraordinary_review_with_one_approver(index, curator, first):
    review = computed(index, curator)

    with pytest.raises(IntegrityError, match="extraordinary_needs_two_approvers_and_a_reason"):
        Review.objects.filter(pk=review.pk).update(approver=first, status="approved")


def test_a_review_of_the_calendar_needs_one_approver_and_the_night_announces_it(index, first, second):
    night(JANUARY_31)
    review = index.reviews.get(cutoff_day=JANUARY_31)
    waits = review.status

    approved = approve(review, first, at=after(JANUARY_31, hours=2))

    assert (waits, approved.status, approved.approver) == ("computed", "approved", first)
    assert approve(review, first).approved_at == after(JANUARY_31, hours=2)
    with pytest.raises(CannotDecideError, match="approved already"):
        approve(review, second)
    night(FEBRUARY)
    review.refresh_from_db()
    assert (review.status, review.effective_day) == ("effective", FEBRUARY)


def test_an_approval_needs_the_permission_and_another_person(index, curator, alice):
    review = computed(index, curator)

    with pytest.raises(CannotDecideError, match="needs the permission"):
        approve(review, alice)
    Review.objects.update(requested_by=alice)
    alice = staff("both@example.com", "curator", "approver")
    Review.objects.filter(pk=review.pk).update(requested_by=alice)
    with pytest.raises(CannotDecideError, match="another person does"):
        approve(review, alice)

    review.refresh_from_db()
    assert (review.status, review.approver) == ("computed", None)


def test_an_approver_who_looked_at_other_figures_is_asked_to_look_again(index, curator, first):
    review = computed(index, curator)

    for stale in ("0" * 64, ""):
        with pytest.raises(CannotDecideError, match="computed again since you opened it"):
            approve_review(review_id=review.pk, approver=first, at=after(LAST, hours=4), seen=stale)

    seen = approve_review(review_id=review.pk, approver=first, at=after(LAST, hours=4), seen=review.snapshot_hash)
    assert seen.approver == first


def test_a_rejected_review_leaves_the_basket_and_says_why(index, curator, first):
    review = computed(index, curator)
    approve(review, first)

    reject_review(review_id=review.pk, approver=first, reason=" Wait for the venue. ", at=after(LAST, hours=5))
    again = reject_review(review_id=review.pk, approver=first, reason="Other words.", at=after(LAST, hours=6))

    assert (again.status, again.approver) == ("rejected", None)
    assert again.reason == "Rejected on 2023-01-10: Wait for the venue."
    night(TODAY)
    assert index.rebalances.get().effective_day == FIRST
    with pytest.raises(CannotDecideError, match="was rejected; have it computed again first"):
        approve(review, first)


@pytest.mark.parametrize(("reason", "may", "words"), [("", True, "Say why"), ("Because.", False, "the permission")])
def test_a_rejection_needs_a_reason_and_the_permission(index, curator, first, alice, reason, may, words):
    review = computed(index, curator)

    with pytest.raises(CannotDecideError, match=words):
        reject_review(review_id=review.pk, approver=first if may else alice, reason=reason, at=after(LAST, hours=5))


def test_what_took_effect_is_never_touched(index, curator, first):
    review = index.reviews.get()
    before = Review.objects.filter(pk=review.pk).values().get()

    with pytest.raises(CannotDecideError, match="has taken effect"):
        approve(review, first)
    with pytest.raises(CannotDecideError, match="has taken effect"):
        reject_review(review_id=review.pk, approver=first, reason="Late.", at=after(LAST))
    with pytest.raises(CannotRequestError, match="has taken effect"):
        recompute_review(review_id=review.pk, by=curator)

    assert Review.objects.filter(pk=review.pk).values().get() == before


def test_a_review_that_waits_for_a_worker_cannot_be_decided(index, curator, first):
    with pytest.raises(CannotDecideError, match="not computed yet"):
        approve(ask(index, curator), first)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reason": "  "}, "Say why"),
        ({"at": after(LAST + DAY)}, "night of 2023-01-10 is not computed yet"),
    ],
)
def test_a_request_says_what_it_needs(index, curator, change, words):
    with pytest.raises(CannotRequestError, match=words):
        ask(index, curator, **change)

    assert not Review.objects.filter(kind="extraordinary").exists()


def test_a_request_needs_the_permission_and_an_active_index_with_rules_and_a_basket(index, curator, first):
    with pytest.raises(CannotRequestError, match="permission to add reviews"):
        ask(index, first)
    young = make_index(slug="young", base_date=None)
    with pytest.raises(CannotRequestError, match="has no basket yet"):
        ask(young, curator)
    Methodology.objects.filter(index=index).update(status="draft", approved_at=None)
    with pytest.raises(CannotRequestError, match="No methodology of Test is announced"):
        ask(index, curator)
    Index.objects.filter(pk=index.pk).update(status="retired", retired_on=LAST)
    with pytest.raises(CannotRequestError, match="not active"):
        ask(index, curator)


def test_one_request_at_a_time(index, curator):
    ask(index, curator)

    with pytest.raises(CannotRequestError, match="asked for already"):
        ask(index, curator)
