"""Proposals: asked for by one, approved by others, in effect at the next close, or not at all."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, connections

from indices.models import Index, Methodology, Review
from indices.services import (
    CannotDecideError,
    CannotRequestError,
    approve_review,
    compute_requested,
    recompute_review,
    reject_review,
    request_review,
    run_window,
)
from market.models import Classification, DailyPrice
from tests.factories import make_price, make_user
from tests.indices.factories import FIRST, after, levels_of, make_coin, make_index, make_rules, price_days, price_flat

pytestmark = pytest.mark.django_db

EVE = FIRST - timedelta(days=1)
DAY = timedelta(days=1)
LAST = date(2023, 1, 9)
TODAY = LAST + DAY
JANUARY_31 = date(2023, 1, 31)
FEBRUARY = date(2023, 2, 1)
WHY = "C was halted on its main venue."


def staff(email: str, *groups: str):
    """Make a curator, an approver or both."""
    user = make_user(email=email, is_staff=True)
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


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
    """Hold A, B and C at 3, 2 and 1 sixths; C is taken out of every index on 5 January."""
    c = make_coin("c")
    price_flat({make_coin("a"): "3", make_coin("b"): "2", c: "1"}, EVE, date(2023, 3, 5))
    index = make_index()
    night(LAST)
    Index.objects.update(auto_approve=False)
    Classification.objects.filter(asset=c).update(valid_to=date(2023, 1, 5))
    index.refresh_from_db()
    return index


def night(day: date) -> None:
    """Run the night of a day, and those before that are missing; no index may have a problem."""
    assert run_window(start=day, end=day, at=after(day)).problems == []


def ask(index, curator, *, at: datetime | None = None, reason: str = WHY) -> Review:
    """Ask for an extraordinary review two hours into the running day."""
    return request_review(index_id=index.pk, reason=reason, by=curator, at=at or after(LAST, hours=2))


def computed(index, curator) -> Review:
    """Ask for an extraordinary review and have it computed."""
    review = ask(index, curator)
    compute_requested(at=after(LAST, hours=3))
    review.refresh_from_db()
    return review


def approve(review: Review, approver, *, at: datetime | None = None) -> Review:
    return approve_review(review_id=review.pk, approver=approver, at=at or after(LAST, hours=4))


def weights_of(review: Review) -> dict[str, Decimal]:
    return {line.asset_id: line.weight for line in review.lines.filter(weight__isnull=False)}


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

    with pytest.raises(CannotDecideError, match="computed again since you opened it"):
        approve_review(review_id=review.pk, approver=first, at=after(LAST, hours=4), seen="0" * 64)

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


def test_computing_again_voids_approvals_and_keeps_the_cutoff_and_the_reason(index, curator, first, second):
    review = computed(index, curator)
    approve(review, first)
    approve(review, second)
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
    night(JANUARY_31)
    review = index.reviews.get(cutoff_day=JANUARY_31)
    before = (review.snapshot_hash, weights_of(review))
    assert review.status == "announced"

    recompute_review(review_id=review.pk, by=curator)
    compute_requested(at=after(JANUARY_31, hours=2))

    review.refresh_from_db()
    assert (review.snapshot_hash, weights_of(review)) == before
    assert (review.status, review.effective_day) == ("announced", FEBRUARY)


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


def test_a_review_from_before_the_basket_in_force_is_not_computed_again(index, curator, first, second):
    old = computed(index, curator)
    reject_review(review_id=old.pk, approver=first, reason="No.", at=after(LAST, hours=4))
    night(JANUARY_31)
    approve(index.reviews.get(cutoff_day=JANUARY_31), first, at=after(JANUARY_31, hours=2))
    night(FEBRUARY)

    with pytest.raises(CannotRequestError, match="later cut-off has taken effect"):
        recompute_review(review_id=old.pk, by=curator)


def test_a_review_that_waits_for_a_worker_cannot_be_decided(index, curator, first):
    with pytest.raises(CannotDecideError, match="not computed yet"):
        approve(ask(index, curator), first)


def test_unreadable_rules_end_as_a_review_that_needs_a_curator(index, curator):
    review = ask(index, curator)
    Methodology.objects.update(params={"count": "ten"})

    assert compute_requested(at=after(LAST, hours=3)) == 1

    review.refresh_from_db()
    assert (review.status, review.reason) == ("needs_review", f"count: is a whole number, not 'ten'. {WHY}")


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
