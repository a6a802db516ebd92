"""Restatements append versions that a right run would have given, and leave all else as it was."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from indices.models import Level, Rebalance, Review
from indices.services import (
    approve_restatement,
    preview_restatement,
    request_restatement,
    run_approved_restatements,
    verify_rebalances,
)
from market.models import AssetEvent, DailyPrice
from market.services import revise_price
from tests.factories import make_user
from tests.indices.factories import AT, FIRST, NEXT, levels_of, make_coin, make_index, make_rules, price_days
from tests.indices.restating import (
    DAY,
    EVE,
    LAST,
    LATER,
    RULES,
    baskets,
    correct,
    delist_d,
    make_member,
    market,
    restate,
    run,
)

EXACT = Decimal("1e-12")
pytestmark = pytest.mark.django_db


@pytest.fixture
def curator():
    """Make a curator: may ask for restatements."""
    return make_member("curator")


@pytest.fixture
def approver():
    """Make an approver: may approve them."""
    return make_member("approver")


def test_what_is_restated_is_what_a_run_on_right_prices_gives(curator, approver):
    market()
    delist_d()
    typo = make_index(make_rules(**RULES), slug="typo")
    run()
    wrong = levels_of(typo)
    correct()
    done = restate(typo, curator, approver)
    right = make_index(make_rules(**RULES), slug="right")
    run()

    assert (done.status, done.last_day, done.done_at) == ("done", LAST, LATER)
    assert levels_of(typo) != wrong
    levels = (Level.objects.current().filter(index=index).order_by("day") for index in (typo, right))
    rows: list[Any] = [found.values_list("gross", "net") for found in levels]
    for one, other in zip(*rows, strict=True):
        assert all(abs(a / b - 1) <= EXACT for a, b in zip(one, other, strict=True))
    assert len(baskets(typo)) == 4
    for ours, theirs in zip(baskets(typo), baskets(right), strict=True):
        assert ours.keys() == theirs.keys()
        assert all(abs(ours[a][0] / theirs[a][0] - 1) <= EXACT and ours[a][1] == theirs[a][1] for a in ours)
    fields = ("divisor", "turnover", "cost", "net_factor")
    corrected, right_at_once = (
        Rebalance.objects.current().filter(index=index).values_list(*fields) for index in (typo, right)
    )
    for one, other in zip(corrected, right_at_once, strict=True):
        assert all(abs(a - b) <= EXACT for a, b in zip(one, other, strict=True))
    assert verify_rebalances().failures == []


def test_units_and_levels_by_hand(curator, approver):
    # Two coins of equal weight at 100 and 100; on 1 February b is said to be 50, and is 100 in truth.
    price_days(make_coin("a"), EVE, ["100"] * 35)
    price_days(make_coin("b"), EVE, ["100"] * 32 + ["50"] + ["100", "110"])
    index = make_index(make_rules(count=2, enter=2, keep=2, alpha="0", fee="0", half_spread="0"))
    run(NEXT + 2 * DAY)
    wrong = levels_of(index)
    correct(close="100")

    done = restate(index, curator, approver)

    # At 750: 3.75 of a and 7.5 of b; then b is back: 375 + 750, 375 + 825.
    assert [wrong[NEXT + day * DAY] for day in range(3)] == ["750.0000", "1125.0000", "1200.0000"]
    # At 1000: 5 and 5.
    assert [levels_of(index)[NEXT + day * DAY] for day in range(3)] == ["1000.0000", "1000.0000", "1050.0000"]
    assert baskets(index)[-1] == {"a": (5, Decimal("0.5")), "b": (5, Decimal("0.5"))}
    # 1000 / 750 - 1 is the largest of 1/3, 1/9 and 1/8.
    assert (done.levels_changed, done.largest_change) == (3, Decimal("0.333333333333"))
    row = Level.objects.current().get(index=index, day=NEXT)
    assert (row.version, row.status, row.cause, row.recorded_at) == (2, "restated", "Typo of b.", LATER)


def test_history_stays_readable(curator, approver):
    market()
    index = make_index(make_rules(**RULES))
    run()
    correct()
    before = list(Level.objects.filter(index=index).order_by("day").values_list("day", "gross", "status"))
    units = baskets(index)

    restate(index, curator, approver)

    first = Level.objects.filter(index=index, version=1).order_by("day")
    assert list(first.values_list("day", "gross", "status")) == before
    old = Rebalance.objects.filter(index=index, version=1, superseded_at=LATER).order_by("effective_day")
    assert [each.effective_day for each in old] == [NEXT, date(2023, 3, 1)]
    assert [{h.asset_id: (h.units, h.weight) for h in each.holdings.all()} for each in old] == units[1:]
    assert Level.objects.current().filter(index=index).count() == len(before)


def test_days_before_the_first_and_weights_as_decided_stay(curator, approver):
    market()
    index = make_index(make_rules(**RULES))
    run()
    decided = list(Review.objects.filter(index=index).values_list("inputs", "snapshot_hash", "status"))
    correct()

    restate(index, curator, approver)

    assert not Level.objects.filter(index=index, day__lt=NEXT, version=2).exists()
    assert list(Review.objects.filter(index=index).values_list("inputs", "snapshot_hash", "status")) == decided


def test_a_second_worker_finds_nothing_to_do(curator, approver):
    market()
    index = make_index(make_rules(**RULES))
    run()
    correct()
    restate(index, curator, approver)
    rows = Level.objects.count(), Rebalance.objects.count()

    assert run_approved_restatements(at=LATER + DAY) == []
    assert (Level.objects.count(), Rebalance.objects.count()) == rows


def test_two_restatements_of_one_run_follow_each_other(curator, approver):
    market()
    index = make_index(make_rules(**RULES))
    run()
    correct()
    for first_day in (NEXT + DAY, NEXT):
        asked = request_restatement(index_id=index.pk, first_day=first_day, cause="Typo.", by=curator, at=LATER)
        approve_restatement(restatement_id=asked.pk, approver=approver, at=LATER)

    first, second = run_approved_restatements(at=LATER)

    # From the day after, the basket of 1 February stays as it was fixed at the wrong close, and so does all else.
    assert (first.levels_changed, second.levels_changed) == (0, 33)
    assert verify_rebalances().failures == []


def test_without_a_change_of_prices_nothing_is_appended(curator, approver):
    market()
    delist_d()
    index = make_index(make_rules(**RULES))
    run()

    done = restate(index, curator, approver, first_day=FIRST)

    assert (done.status, done.levels_changed, done.largest_change) == ("done", 0, 0)
    assert done.message == "No level changed: the closes in force give the levels as they are."
    assert not Level.objects.filter(version=2).exists()
    assert not Rebalance.objects.filter(version=2).exists()


def test_a_restatement_of_a_restatement_appends_a_third_version(curator, approver):
    market()
    index = make_index(make_rules(**RULES))
    run()
    original = levels_of(index)
    correct()
    restate(index, curator, approver)
    price = DailyPrice.objects.current().get(asset="b", day=NEXT)
    revise_price(price=price, close=Decimal(5), market_cap=price.market_cap, volume=price.volume, at=LATER)

    restate(index, curator, approver, at=LATER + DAY)

    assert levels_of(index) == original
    assert Level.objects.current().get(index=index, day=NEXT).version == 3
    assert verify_rebalances().failures == []


def test_the_base_can_be_restated_too(curator, approver):
    price_days(make_coin("a"), EVE, ["100", "100", "110"])
    price_days(make_coin("b"), EVE, ["100", "50", "100"])
    index = make_index(make_rules(alpha="0"))
    run(FIRST + DAY)
    correct(day=FIRST, close="100")

    restate(index, curator, approver, first_day=FIRST)

    # 10 of b instead of 5, with 5 of a: now 5 and 5 at a base of 1000.
    assert list(levels_of(index).values()) == ["1000.0000", "1050.0000"]
    assert Level.objects.get(index=index, day=FIRST).version == 1
    assert verify_rebalances().failures == []


def test_a_carried_price_stays_carried(curator, approver):
    price_days(make_coin("a"), EVE, ["100"] * 8)
    price_days(make_coin("b"), EVE, ["100", "100", "50", None, None, None, "100", "100"])
    index = make_index(make_rules(alpha="0"))
    run(FIRST + 6 * DAY)
    statuses = list(Level.objects.filter(index=index).order_by("day").values_list("status", flat=True))
    correct(day=FIRST + DAY, close="80")

    restate(index, curator, approver, first_day=FIRST + DAY)

    assert statuses == ["final", "final", "provisional", "provisional", "suspended", "final", "final"]
    rows = Level.objects.current().filter(index=index).order_by("day").values_list("status", "gross", "version")
    # 5 of each: 500 + 400 where the close is carried.
    assert list(rows) == [
        ("final", 1000, 1),
        ("restated", 900, 2),
        ("provisional", 900, 2),
        ("provisional", 900, 2),
        ("suspended", None, 1),
        ("final", 1000, 1),
        ("final", 1000, 1),
    ]
    carried = Level.objects.current().get(index=index, day=FIRST + 2 * DAY)
    assert carried.cause == "Typo of b. Last close carried: b of 2023-01-02."


def test_a_price_that_came_too_late_for_the_night_ends_a_suspension(curator, approver):
    price_days(make_coin("a"), EVE, ["100"] * 8)
    b = make_coin("b")
    price_days(b, EVE, ["100", "100", "50", None, None, None, "100", "100"])
    index = make_index(make_rules(alpha="0"))
    run(FIRST + 6 * DAY)
    price_days(b, FIRST + 4 * DAY, ["60"])

    done = restate(index, curator, approver, first_day=FIRST + DAY)

    row = Level.objects.current().get(index=index, day=FIRST + 4 * DAY)
    assert (row.status, row.gross) == ("restated", 800)
    assert (done.levels_changed, done.largest_change) == (1, 0)


def test_an_event_is_carried_over_again(curator, approver):
    # E5: c leaves at its last price; in truth that was 14 and not 12.
    for name, closes in (("a", "100 100 100 100 110"), ("b", "50 50 50 50 55"), ("c", "10 10 12 12 12")):
        price_days(make_coin(name), EVE, closes.split(), supply={"a": 10, "b": 10, "c": 50}[name])
    AssetEvent.objects.create(
        asset_id="c", kind="delisting", treatment="last", effective_day=FIRST + 2 * DAY, note="Halted.",
        status="approved", author=make_user(email="one@example.com"), approver=approver, approved_at=AT,
    )  # fmt: skip
    index = make_index()
    run(FIRST + 3 * DAY)
    wrong = levels_of(index)
    correct("c", FIRST + 2 * DAY, "14")

    restate(index, curator, approver, first_day=FIRST + 2 * DAY)

    assert [wrong[FIRST + day * DAY] for day in (2, 3)] == ["1050.0000", "1155.0000"]
    # 500 + 250 + 25 x 14 = 1100, and 10% more on the day after.
    assert [levels_of(index)[FIRST + day * DAY] for day in (2, 3)] == ["1100.0000", "1210.0000"]
    assert verify_rebalances().failures == []


def test_a_price_that_is_missing_at_an_effective_day_fails_and_writes_nothing(curator, approver):
    market()
    index = make_index(make_rules(**RULES))
    run()
    correct()
    DailyPrice.objects.filter(asset="a", day=date(2023, 3, 1)).delete()
    rows = Level.objects.count(), Rebalance.objects.count()

    failed = restate(index, curator, approver)

    assert (failed.status, failed.message) == ("failed", "No price on 2023-03-01 of a.")
    assert (failed.done_at, failed.levels_changed) == (None, 0)
    assert (Level.objects.count(), Rebalance.objects.count()) == rows
    assert not Level.objects.filter(superseded_at__isnull=False).exists()


def test_a_basket_that_is_gone_fails(curator, approver):
    market()
    index = make_index(make_rules(**RULES))
    run(FIRST + DAY)
    Rebalance.objects.filter(index=index).delete()

    assert restate(index, curator, approver, first_day=FIRST).message == "No basket is in force on 2023-01-01."


def test_forms_that_disagree_fail_and_write_nothing(curator, approver):
    market()
    index = make_index(make_rules(**RULES))
    run()
    correct()
    first = Rebalance.objects.get(index=index, effective_day=FIRST)
    first.holdings.filter(asset="a").update(units=Decimal(6))

    failed = restate(index, curator, approver)

    assert failed.status == "failed"
    assert failed.message.startswith("Basket of 2023-01-01: units give ")
    assert not Level.objects.filter(version=2).exists()


def test_one_index_that_fails_leaves_the_others_alone(curator, approver):
    market()
    bad, good = make_index(make_rules(**RULES), slug="bad"), make_index(make_rules(**RULES), slug="good")
    run()
    correct()
    Rebalance.objects.get(index=bad, effective_day=FIRST).holdings.filter(asset="a").update(units=Decimal(6))
    for index in (bad, good):
        asked = request_restatement(index_id=index.pk, first_day=NEXT, cause="Typo.", by=curator, at=LATER)
        approve_restatement(restatement_id=asked.pk, approver=approver, at=LATER)

    ended = run_approved_restatements(at=LATER)

    assert [(each.index.slug, each.status) for each in ended] == [("bad", "failed"), ("good", "done")]


def test_baskets_older_than_stored_inputs_are_restated_from_their_tables(curator, approver):
    market()
    rules = make_rules(**RULES | {"fee": "0", "half_spread": "0"})
    index = make_index(rules, slug="old")
    run()
    Rebalance.objects.filter(index=index).update(inputs="", run_hash="")
    Level.objects.filter(index=index).update(net=None)
    correct()

    done = restate(index, curator, approver)

    right = make_index(rules, slug="right")
    run()
    assert done.status == "done"
    assert levels_of(index) == levels_of(right)
    assert [each.keys() for each in baskets(index)] == [each.keys() for each in baskets(right)]
    # Levels that stay as they are stay without a net level.
    assert not Level.objects.filter(index=index, day__lt=NEXT, version=2).exists()
    assert verify_rebalances().failures == []


def test_the_night_goes_on_from_what_was_restated(curator, approver):
    market()
    index = make_index(make_rules(**RULES), slug="typo")
    run(LAST - 2 * DAY)
    correct()
    restate(index, curator, approver)
    right = make_index(make_rules(**RULES), slug="right")

    run()

    assert levels_of(index) == levels_of(right)
    assert verify_rebalances().failures == []


def test_a_preview_says_what_would_change_and_writes_nothing(curator, approver):
    market()
    index = make_index(make_rules(**RULES))
    run()
    asked = request_restatement(index_id=index.pk, first_day=NEXT, cause="Typo.", by=curator, at=LATER)
    nothing = preview_restatement(restatement_id=asked.pk, at=LATER)
    correct()

    found = preview_restatement(restatement_id=asked.pk, at=LATER)

    assert (nothing.rebalances, nothing.levels, nothing.largest_change) == (0, 0, 0)
    assert (found.rebalances, found.levels, found.problem) == (2, 33, "")
    assert found.largest_change > 0
    assert not Level.objects.filter(version=2).exists()


def test_a_preview_says_what_stands_in_the_way(curator):
    market()
    index = make_index(make_rules(**RULES))
    run()
    asked = request_restatement(index_id=index.pk, first_day=NEXT, cause="Typo.", by=curator, at=LATER)
    DailyPrice.objects.filter(asset="a", day=NEXT).delete()

    assert preview_restatement(restatement_id=asked.pk, at=LATER).problem == "No price on 2023-02-01 of a."
