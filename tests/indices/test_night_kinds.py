"""Calendars apart, triggers, turnover limits, costs, approval: what changes a basket besides a reconstitution."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from indices.calc.canonical import digest
from indices.models import Index, Level, Methodology, Rebalance, Review, ReviewLine
from indices.services import run_window
from market.models import DailyPrice, close_of
from tests.indices.factories import (
    AT,
    FIRST,
    NEXT,
    levels_of,
    make_coin,
    make_index,
    make_rules,
    newest_basket,
    price_days,
)

pytestmark = pytest.mark.django_db

EVE = FIRST - timedelta(days=1)
DAY = timedelta(days=1)
FREE = {"fee": "0", "half_spread": "0"}
PAIR = {"count": 2, "enter": 2, "keep": 2, "schedule": "quarterly", **FREE}


def run(start: date, end: date, at=AT):
    result = run_window(start=start, end=end, at=at)
    assert result.problems == []
    return result


def basket() -> dict[str, Decimal]:
    """Return the weights of the newest basket."""
    return dict(newest_basket().holdings.values_list("asset", "weight"))


def kinds(index: Index) -> list[tuple[date, str, str]]:
    """Return effective day, kind and status of every review in order."""
    reviews = Review.objects.filter(index=index).order_by("cutoff_day")
    return list(reviews.values_list("effective_day", "kind", "status"))


def pair(a_later: str, *, days: int = 33) -> None:
    """Price two coins of equal cap at 100; from 10 January on the first has another price."""
    price_days(make_coin("a"), EVE, ["100"] * 10 + [a_later] * (days - 10))
    price_days(make_coin("b"), EVE, ["100"] * days)


def test_a_recap_cuts_back_only_what_has_grown_past_its_limit():
    pair("300")
    index = make_index(make_rules(**PAIR, cap="0.6", recap_schedule="monthly"))

    run(FIRST, NEXT)

    assert kinds(index)[1] == (NEXT, "recap", "effective")
    assert basket() == {"a": Decimal("0.6"), "b": Decimal("0.4")}
    # From .75 to .6.
    assert newest_basket().turnover == Decimal("0.15")
    assert levels_of(index)[NEXT] == "2000.0000"


def test_where_nothing_breaks_a_limit_there_is_no_recap():
    pair("140")
    index = make_index(make_rules(**PAIR, cap="0.6", recap_schedule="monthly"))

    run(FIRST, NEXT)

    assert [kind for _, kind, _ in kinds(index)] == ["reconstitution"]


def test_a_recap_says_of_each_what_it_does_and_trades_no_drift_away():
    for name in "abc":
        price_days(make_coin(name), EVE, ["100"] * 32 + ["200" if name == "b" else "100"])
    make_index(make_rules(**PAIR | {"count": 3, "enter": 3, "keep": 3}, cap="0.5", recap_schedule="monthly"))
    run(FIRST, FIRST)
    DailyPrice.objects.filter(asset="a", day__gt=FIRST).update(close=300)

    run(FIRST + DAY, NEXT)

    # At the cut-off (.6, .2, .2) is cut to (.5, .25, .25); on the day itself b doubles, and is let run.
    assert {name: round(weight, 9) for name, weight in basket().items()} == {
        "a": Decimal("0.4"), "b": Decimal("0.4"), "c": Decimal("0.2"),
    }  # fmt: skip
    told = dict(ReviewLine.objects.filter(review__kind="recap").values_list("asset", "detail"))
    assert told == {
        "a": "Held; cut back to a limit.",
        "b": "Held; takes its share of what was cut off others.",
        "c": "Held; takes its share of what was cut off others.",
    }


def test_a_rebalance_weighs_the_same_constituents_anew_and_a_newcomer_waits():
    pair("300")
    price_days(make_coin("c"), EVE, ["1000"] * 33)
    rules = {**PAIR, "alpha": "0", "rebalance_schedule": "monthly", "sectors": ["layer1"]}
    index = make_index(make_rules(**rules))
    c = make_coin("d")
    price_days(c, FIRST + 5 * DAY, ["5000"] * 27)

    run(FIRST, NEXT)

    assert kinds(index)[1][1] == "rebalance"
    # c and a were the largest at the base.
    assert basket() == {"a": Decimal("0.5"), "c": Decimal("0.5")}
    lines = ReviewLine.objects.filter(review__kind="rebalance").values_list("asset", "reason", "detail")
    assert sorted(lines) == [
        ("a", "held", "Held; its weight is set anew."),
        ("b", "not_held", "Not held before; a rebalance takes nobody in."),
        ("c", "held", "Held; its weight is set anew."),
        ("d", "not_held", "Not held before; a rebalance takes nobody in."),
    ]


def test_a_reconstitution_on_the_same_day_includes_the_rebalance():
    pair("300", days=100)
    rules = make_rules(**PAIR, cap="0.6", rebalance_schedule="monthly", recap_schedule="weekly")
    index = make_index(rules)

    run(FIRST, date(2023, 4, 2))

    by_day = {day: kind for day, kind, _ in kinds(index)}
    assert by_day[date(2023, 3, 1)] == "rebalance"
    assert by_day[date(2023, 1, 16)] == "recap"
    assert by_day[date(2023, 4, 1)] == "reconstitution"


def test_a_calendar_rolls_off_the_weekend():
    pair("100", days=100)
    # 1 January 2023 is a Sunday, 1 April a Saturday; the base itself has no calendar.
    index = make_index(make_rules(**PAIR, roll="following"))

    run(FIRST, date(2023, 4, 3))

    assert [day for day, _, _ in kinds(index)] == [FIRST, FIRST + DAY, date(2023, 4, 3)]


def memecoins(*winner: str) -> Index:
    """Price five coins alike; the first goes its own way from the day after the base on."""
    price_days(make_coin("a"), EVE, ["1", "1", *winner])
    for name in "bcde":
        price_days(make_coin(name), EVE, ["1"] * (2 + len(winner)))
    return make_index(
        make_rules(
            count=5, enter=5, keep=5, alpha="0", band_relative="1", cooldown_days=3, max_triggers=2,
            fee="0.0025", half_spread="0",
        )
    )  # fmt: skip


def test_worked_example_8_a_pump_fires_and_the_rest_of_the_ride_is_lost_by_half():
    index = memecoins("6", "6", "3")

    run(FIRST, FIRST + 3 * DAY)

    trigger = Review.objects.get(kind="trigger")
    assert (trigger.cutoff_day, trigger.effective_day, trigger.status) == (FIRST + DAY, FIRST + 2 * DAY, "effective")
    assert trigger.reason.startswith("Drift: a at 60.00% against 20.00%, outside its relative band")
    assert levels_of(index) == {
        FIRST: "1000.0000",
        FIRST + DAY: "2000.0000",
        FIRST + 2 * DAY: "2000.0000",
        FIRST + 3 * DAY: "1800.0000",
    }
    rebalance = newest_basket()
    assert (rebalance.turnover, basket()["a"]) == (Decimal("0.4"), Decimal("0.2"))
    # 25 bp of what is traded: 1996.0059910135 of 2000.
    net = {level.day: level.net or Decimal(0) for level in Level.objects.all()}
    assert net[FIRST + DAY] == 2000
    assert round(net[FIRST + 2 * DAY], 10) == Decimal("1996.0059910135")
    assert round(net[FIRST + 3 * DAY], 6) == round(Decimal("1996.0059910135") * Decimal("0.9"), 6)


def test_a_trigger_waits_for_its_cooldown():
    index = memecoins("6", "6", "24", "24", "24", "24")

    run(FIRST, FIRST + 6 * DAY)

    # The first fires on the day after the base; the second pump comes two days later and waits for the third.
    fired = list(Review.objects.filter(index=index, kind="trigger").order_by("cutoff_day").values_list("cutoff_day"))
    assert fired == [(FIRST + DAY,), (FIRST + 4 * DAY,)]


def test_triggers_that_come_to_nothing_count_in_one_run_as_in_many():
    """Without a price on the day that fires, nothing is traded; yet the cooldown runs."""
    path = ["1", "1", "6", "6", "6", "6", "6", "6"]
    price_days(make_coin("a"), EVE, path)
    for name in "bcd":
        price_days(make_coin(name), EVE, ["1"] * len(path))
    price_days(make_coin("e"), EVE, ["1", "1", None, "1", "1", "1", "1", "1"])
    rules = make_rules(
        count=5, enter=5, keep=5, alpha="0", band_relative="1", cooldown_days=3, max_triggers=4, min_count=5
    )
    at_once, nightly = make_index(rules, slug="at-once"), make_index(rules, slug="nightly", status="draft")

    run(FIRST, FIRST + 6 * DAY)
    Index.objects.filter(slug="at-once").update(status="draft")
    Index.objects.filter(slug="nightly").update(status="active")
    for offset in range(7):
        run(FIRST + offset * DAY, FIRST + offset * DAY)

    assert levels_of(at_once) == levels_of(nightly)
    assert kinds(at_once) == kinds(nightly)
    assert [(day, status) for day, kind, status in kinds(at_once) if kind == "trigger"] == [
        (FIRST + 2 * DAY, "needs_review"),
        (FIRST + 5 * DAY, "effective"),
    ]


def test_what_leaves_waits_for_its_price_up_to_two_nights():
    pair("100", days=64)
    c = make_coin("c")
    price_days(c, FIRST + 5 * DAY, ["500"] * 40)
    DailyPrice.objects.filter(asset="b", day__in=[NEXT, NEXT + DAY]).delete()
    index = make_index(make_rules(**PAIR | {"schedule": "monthly"}))

    run(FIRST, NEXT + 2 * DAY)

    # b gives way to c. Its close comes back on the third day; until then it is carried.
    review = Review.objects.filter(index=index).order_by("-cutoff_day")[0]
    assert (review.status, review.effective_day) == ("effective", NEXT + 2 * DAY)
    statuses = dict(Level.objects.filter(day__gte=NEXT).values_list("day", "status"))
    assert statuses == {NEXT: "provisional", NEXT + DAY: "provisional", NEXT + 2 * DAY: "final"}


def test_a_trigger_may_go_to_the_edge_of_its_band_only():
    price_days(make_coin("a"), EVE, ["1", "1", "3", "3"])
    price_days(make_coin("b"), EVE, ["1"] * 4)
    rules = make_rules(
        count=2, enter=2, keep=2, alpha="0", band_absolute="0.1", cooldown_days=1, max_triggers=5,
        rebalance_to="edge",
    )  # fmt: skip
    make_index(rules)

    run(FIRST, FIRST + 2 * DAY)

    assert basket() == {"a": Decimal("0.6"), "b": Decimal("0.4")}


def test_the_turnover_limit_goes_part_of_the_way():
    price_days(make_coin("a"), EVE, ["1", "1", *["6"] * 31], supply=10)
    for name in "bcde":
        price_days(make_coin(name), EVE, ["1"] * 33, supply=10)
    make_index(make_rules(count=5, enter=5, keep=5, alpha="0", turnover_limit="0.1", **FREE))

    run(FIRST, NEXT)

    rebalance = newest_basket()
    assert basket() == {"a": Decimal("0.5")} | dict.fromkeys("bcde", Decimal("0.125"))
    assert (rebalance.theta, rebalance.turnover) == (Decimal("0.25"), Decimal("0.1"))


def test_a_newcomer_passes_as_many_reviews_in_a_row_as_the_rules_say():
    days = (date(2023, 5, 2) - EVE).days
    price_days(make_coin("a"), EVE, ["100"] * days)
    price_days(make_coin("b"), EVE, ["100"] * days)
    c = make_coin("c")
    price_days(c, FIRST + 3 * DAY, ["1000"] * (days - 4))
    make_index(make_rules(streak=3))

    run(FIRST, date(2023, 5, 1))

    told = ReviewLine.objects.filter(asset="c").order_by("review__cutoff_day")
    assert [(line.reason, line.metrics["streak"]) for line in told] == [
        ("ineligible:streak", "1"),
        ("ineligible:streak", "2"),
        ("auto_in", "3"),
        ("auto_in", "4"),
    ]
    assert told[0].detail == "Passed 1 reviews in a row; 3 to enter."


def test_a_failed_screen_breaks_the_streak():
    days = (date(2023, 4, 2) - EVE).days
    price_days(make_coin("a"), EVE, ["100"] * days)
    price_days(make_coin("b"), EVE, ["100"] * days)
    c = make_coin("c")
    price_days(c, FIRST + 3 * DAY, ["1000"] * (days - 4))
    c.prices.filter(day=date(2023, 2, 28)).delete()
    make_index(make_rules(streak=2))

    run(FIRST, date(2023, 4, 1))

    told = ReviewLine.objects.filter(asset="c").order_by("review__cutoff_day")
    assert list(told.values_list("reason", flat=True)) == [
        "ineligible:streak",
        "ineligible:stale_price",
        "ineligible:streak",
    ]


def test_without_automatic_approval_a_review_waits_and_the_old_basket_stays():
    pair("300")
    index = make_index(make_rules(**PAIR | {"schedule": "monthly"}), auto_approve=False)

    run(FIRST, FIRST + 3 * DAY)

    review = Review.objects.get(index=index)
    assert (review.status, review.effective_day) == ("computed", FIRST + 4 * DAY)
    assert review.reason == "Postponed: it waits for approval."
    assert not Level.objects.exists()
    review.status = "approved"
    review.approved_at = AT
    review.save()

    run(FIRST + 4 * DAY, FIRST + 4 * DAY)

    review.refresh_from_db()
    assert (review.status, review.reason) == ("effective", "")
    assert levels_of(index) == {FIRST + 4 * DAY: "1000.0000"}


def test_an_approval_after_a_close_takes_effect_at_the_next(alice):
    pair("300")
    index = make_index(make_rules(**PAIR | {"schedule": "monthly"}), auto_approve=False)
    run(FIRST, FIRST)
    Review.objects.update(status="approved", approver=alice, approved_at=close_of(FIRST + DAY) + timedelta(minutes=1))

    run(FIRST + DAY, FIRST + DAY)
    assert Review.objects.get().reason == "Postponed: it was approved after this close."
    run(FIRST + 2 * DAY, FIRST + 2 * DAY)

    assert levels_of(index) == {FIRST + 2 * DAY: "1000.0000"}


def test_an_unapproved_review_gives_way_to_the_next():
    pair("300", days=64)
    index = make_index(make_rules(**PAIR | {"schedule": "monthly"}), auto_approve=False)

    run(FIRST, NEXT - DAY)

    first, second = Review.objects.filter(index=index).order_by("cutoff_day")
    assert (first.status, second.status) == ("needs_review", "computed")
    assert first.reason.startswith("Gave way to the next review.")


def test_a_review_is_announced_on_its_day_between_cutoff_and_effect():
    pair("300")
    index = make_index(make_rules(**PAIR | {"schedule": "monthly"}, cutoff_lead_days=5, announce_lead_days=3))

    run(FIRST, NEXT - 5 * DAY)
    review = Review.objects.get(index=index, effective_day=NEXT)
    assert (review.status, review.announce_day) == ("approved", NEXT - 3 * DAY)

    run(NEXT - 4 * DAY, NEXT - 4 * DAY)
    review.refresh_from_db()
    assert review.status == "announced"


def test_what_is_in_effect_supersedes_what_was():
    pair("300", days=64)
    index = make_index(make_rules(**PAIR | {"schedule": "monthly"}))
    index.methodologies.create(
        version=2, params=make_rules(alpha="0").to_params(), status="announced", approved_at=AT, announced_at=AT,
        effective_from=NEXT,
    )  # fmt: skip

    run(FIRST, NEXT - DAY)
    assert list(Methodology.objects.order_by("version").values_list("status", flat=True)) == ["effective", "announced"]
    run(NEXT, NEXT)

    assert [status for _, _, status in kinds(index)] == ["superseded", "effective"]
    assert list(Methodology.objects.order_by("version").values_list("status", flat=True)) == ["superseded", "effective"]


def test_every_basket_is_chained_to_the_one_before_by_its_digest():
    pair("300", days=64)
    index = make_index(make_rules(**PAIR | {"schedule": "monthly"}))

    run(FIRST, date(2023, 3, 1))

    first, second, third = Rebalance.objects.current().filter(index=index)
    assert (first.prev_hash, second.prev_hash, third.prev_hash) == ("", first.result_hash, second.result_hash)
    assert all(each.run_hash == digest(each.inputs) for each in (first, second, third))
    assert all(review.snapshot_hash == digest(review.inputs) for review in Review.objects.filter(index=index))


@pytest.mark.parametrize(
    ("rules", "first"),
    [
        ({"rank_by": "momentum", "rank_days": 10}, "c"),
        ({"rank_by": "liquidity"}, "b"),
        ({}, "a"),
    ],
)
def test_assets_rank_by_what_the_rules_say(rules, first):
    start = EVE - 40 * DAY
    price_days(make_coin("a"), start, ["100"] * 42, supply=50)
    price_days(make_coin("b"), start, ["100"] * 42, supply=10, volume=Decimal(99_000_000))
    price_days(make_coin("c"), start, ["50"] * 35 + ["60"] * 7, supply=10)
    make_index(make_rules(count=1, enter=1, keep=1, min_count=1, **rules))

    run(FIRST, FIRST)

    assert basket() == {first: 1}
