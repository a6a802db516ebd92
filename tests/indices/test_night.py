"""Stage 2 of the night: levels, baskets that take effect, what happens when prices are missing or late."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from indices.models import Holding, Level, Rebalance, Review
from indices.services import run_window
from market.models import Classification, DailyPrice
from tests.indices.factories import (
    AT,
    FIRST,
    NEXT,
    after,
    levels_of,
    make_coin,
    make_index,
    make_rules,
    price_days,
    price_flat,
)

pytestmark = pytest.mark.django_db

EVE = FIRST - timedelta(days=1)
DAY = timedelta(days=1)


def first_example(*later: tuple[str | None, str | None, str | None]):
    """Price A, B and C of the worked example: its base on the eve and the first day, then the days given."""
    a, b, c = make_coin("a"), make_coin("b"), make_coin("c")
    for asset, base, supply, place in ((a, "100", 10, 0), (b, "50", 10, 1), (c, "10", 50, 2)):
        price_days(asset, EVE, [base, base, *(day[place] for day in later)], supply=supply)
    return a, b, c


def run(start: date, end: date, at=AT):
    """Run a window that must go without problems."""
    result = run_window(start=start, end=end, at=at)
    assert result.problems == []
    return result


def test_worked_example_1_base_and_level():
    first_example(("110", "45", "12"), ("99", "54", "12"))
    index = make_index()

    run(FIRST, FIRST + 2 * DAY)

    assert list(levels_of(index).values()) == ["1000.0000", "1075.0000", "1065.0000"]
    assert dict(Holding.objects.values_list("asset", "units")) == {"a": 5, "b": 5, "c": 25}
    assert dict(Holding.objects.values_list("asset", "weight")) == {
        "a": Decimal("0.5"),
        "b": Decimal("0.25"),
        "c": Decimal("0.25"),
    }
    assert Rebalance.objects.get().divisor == 2


def test_worked_example_2_rebalance_with_reconstitution():
    day_2 = [("99", "54", "12")] * 30
    _, _, c = first_example(("110", "45", "12"), *day_2, ("105", "50", "12"))
    entering = make_coin("e")
    price_days(entering, EVE, ["20"] * 33 + ["22"], supply=40)
    Classification.objects.filter(asset=c).update(valid_to=date(2023, 1, 20))
    Classification.objects.filter(asset=entering).update(valid_from=date(2023, 1, 20))
    index = make_index()

    run(FIRST, NEXT + DAY)

    second = Rebalance.objects.get(effective_day=NEXT)
    held = {holding.asset_id: holding for holding in second.holdings.all()}
    levels = levels_of(index)
    assert levels[NEXT] == "1065.0000"
    assert round(second.divisor, 10) == Decimal("2.1877934272")
    assert round(second.turnover, 10) == Decimal("0.3433476395")
    assert [round(held[a].weight, 10) for a in "abe"] == [
        Decimal("0.4248927039"),
        Decimal("0.2317596567"),
        Decimal("0.3433476395"),
    ]
    assert [round(held[a].units, 10) for a in "abe"] == [
        Decimal("4.5708154506"),
        Decimal("4.5708154506"),
        Decimal("18.2832618026"),
    ]
    # Weights are stored to 12 decimals, so the tenth of the level is theirs.
    assert levels[NEXT + DAY] == "1110.7082"
    assert Level.objects.get(day=NEXT + DAY).gross == pytest.approx(Decimal("1110.7081545064"), abs=Decimal("2e-10"))


def test_worked_example_6_a_missing_close_is_carried_and_flagged():
    _, _, c = first_example(("110", "45", "12"), ("99", "54", None), ("100", "50", "9"))
    index = make_index()

    run(FIRST, FIRST + 3 * DAY)

    missing = Level.objects.get(index=index, day=FIRST + 2 * DAY)
    assert (missing.gross, missing.status) == (Decimal(1065), "provisional")
    assert missing.cause == "Last close carried: c of 2023-01-02."
    assert levels_of(index)[FIRST + 3 * DAY] == "975.0000"
    assert not DailyPrice.objects.filter(asset=c, day=FIRST + 2 * DAY).exists()


def test_the_same_window_again_changes_nothing():
    first_example(("110", "45", "12"), ("99", "54", None), ("100", "50", "9"))
    index = make_index()
    run(FIRST, FIRST + 3 * DAY)
    before = list(Level.objects.values()), list(Holding.objects.values()), list(Review.objects.values())

    again = run(FIRST, FIRST + 3 * DAY)

    assert (again.levels, again.reviews) == (0, 0)
    assert before == (list(Level.objects.values()), list(Holding.objects.values()), list(Review.objects.values()))
    assert levels_of(index)


def test_night_by_night_equals_one_window():
    first_example(*[("110", "45", "12")] * 20, ("99", "54", None), *[("100", "50", "9")] * 12)
    nightly, at_once = make_index(slug="nightly"), make_index(slug="at-once", status="retired", retired_on=FIRST)
    for offset in range(34):
        run(FIRST + offset * DAY, FIRST + offset * DAY)
    at_once.status = "active"
    at_once.save()

    run(FIRST, FIRST + 33 * DAY)

    assert len(levels_of(nightly)) == 34
    assert levels_of(nightly) == levels_of(at_once)
    hashes = {r.snapshot_hash for r in Review.objects.filter(cutoff_day=EVE)}
    assert len(hashes) == 1


def test_a_missed_night_is_caught_up():
    first_example(("110", "45", "12"), ("99", "54", "12"), ("100", "50", "9"))
    index = make_index()
    run(FIRST, FIRST)

    run(FIRST + 3 * DAY, FIRST + 3 * DAY)

    assert list(levels_of(index).values()) == ["1000.0000", "1075.0000", "1065.0000", "975.0000"]


def test_a_late_price_makes_a_provisional_level_final_in_a_new_version():
    _, _, c = first_example(("110", "45", "12"), ("99", "54", None))
    index = make_index()
    run(FIRST, FIRST + 2 * DAY)
    price_days(c, FIRST + 2 * DAY, ["11"], supply=50)

    result = run(FIRST + 3 * DAY, FIRST + 3 * DAY, at=AT + DAY)

    old, new = Level.objects.filter(index=index, day=FIRST + 2 * DAY).order_by("version")
    assert (old.gross, old.status, old.superseded_at) == (Decimal(1065), "provisional", AT + DAY)
    assert (new.gross, new.status, new.version, new.superseded_at) == (Decimal(1040), "final", 2, None)
    assert result.levels == 2


def test_a_coin_that_stays_silent_suspends_the_level_until_it_is_back():
    first_example(
        ("110", "45", None), ("110", "45", None), ("110", "45", None), ("110", "45", None), ("110", "45", "9")
    )
    index = make_index()

    run(FIRST, FIRST + 5 * DAY)

    rows = list(Level.objects.filter(index=index).order_by("day").values_list("status", "gross"))
    assert [status for status, _ in rows] == ["final", "provisional", "provisional", "suspended", "suspended", "final"]
    assert rows[3][1] is None
    assert rows[5][1] == 5 * 110 + 5 * 45 + 25 * 9


def test_a_dead_coin_leaves_at_its_last_close_at_the_next_review_and_the_level_resumes():
    a, b, c = make_coin("a"), make_coin("b"), make_coin("c")
    price_flat({a: "100", b: "50"}, EVE, NEXT + DAY)
    price_days(c, EVE, ["10"] * 10 + ["4"], supply=50)
    index = make_index()

    run(FIRST, NEXT + DAY)

    at_review = Level.objects.get(index=index, day=NEXT)
    review = Review.objects.get(index=index, effective_day=NEXT)
    assert Level.objects.get(index=index, day=NEXT - DAY).status == "suspended"
    assert (at_review.gross, at_review.status) == (Decimal(850), "final")
    assert at_review.cause == "Left at its last close: c of 2023-01-10."
    assert Level.objects.get(index=index, day=NEXT + DAY).gross == 850
    assert review.lines.get(asset=c).reason == "ineligible:stale_price"
    assert review.rebalances.get().turnover == round(Decimal(100) / 850, 12)


def test_a_review_waits_for_the_first_day_with_all_prices():
    a, b, c = make_coin("a"), make_coin("b"), make_coin("c")
    price_flat({a: "100", b: "50"}, EVE, NEXT + 3 * DAY)
    price_days(c, EVE, ["10"] * 32 + [None, None, "10", "10"], supply=50)
    index = make_index()
    run(FIRST, NEXT)
    waiting = Review.objects.get(index=index, cutoff_day=NEXT - DAY)
    told = (waiting.status, waiting.effective_day, waiting.reason)

    run(NEXT + DAY, NEXT + 3 * DAY)

    waiting.refresh_from_db()
    assert told == ("announced", NEXT + DAY, "Postponed: no price on 2023-02-01 of c.")
    assert (waiting.status, waiting.effective_day, waiting.reason) == ("effective", NEXT + 2 * DAY, "")
    assert list(Rebalance.objects.values_list("effective_day", flat=True)) == [NEXT + 2 * DAY, FIRST]
    assert Level.objects.get(index=index, day=NEXT).status == "provisional"


def test_a_review_that_never_gets_its_prices_gives_way_to_the_next():
    a, b, c = make_coin("a"), make_coin("b"), make_coin("c")
    price_flat({a: "100", b: "50"}, EVE, date(2023, 3, 2))
    price_days(c, EVE, ["10"] * 32, supply=50)
    index = make_index()

    run(FIRST, date(2023, 3, 2))

    given_way, next_one = Review.objects.filter(index=index, cutoff_day__gt=EVE).order_by("cutoff_day")
    assert given_way.status == "needs_review"
    assert given_way.reason.startswith("Gave way to the next review. Postponed: no price on 2023-02-28 of c.")
    assert (next_one.status, next_one.effective_day) == ("effective", date(2023, 3, 1))


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"min_count": 3}, "2 eligible assets, fewer than the 3 needed."),
        ({"cap": "0.4"}, "2 assets cannot obey the cap."),
    ],
)
def test_a_review_without_a_basket_keeps_the_old_one_and_asks_for_a_curator(rules, words):
    a, b, c = make_coin("a"), make_coin("b"), make_coin("c")
    price_flat({a: "100", b: "50"}, EVE, NEXT + DAY)
    price_days(c, EVE, ["10"] * 34, supply=50)
    Classification.objects.filter(asset=c).update(valid_to=date(2023, 1, 20))
    index = make_index(make_rules(**rules))

    run(FIRST, NEXT + DAY)

    review = Review.objects.get(index=index, cutoff_day=NEXT - DAY)
    assert review.status == "needs_review"
    assert review.reason.startswith(words)
    assert review.lines.count() == 3
    assert Rebalance.objects.get().effective_day == FIRST
    assert Level.objects.get(index=index, day=NEXT + DAY).status == "final"


def test_an_index_without_a_base_date_starts_on_the_first_night():
    first_example(("110", "45", "12"))
    index = make_index(base_date=None)

    run(FIRST, FIRST + DAY)

    assert list(levels_of(index).values()) == ["1000.0000", "1075.0000"]
    assert Review.objects.get().cutoff_day == EVE


def test_an_index_that_finds_too_few_assets_tries_again_on_schedule_dates():
    a, b = make_coin("a"), make_coin("b")
    price_flat({a: "100"}, EVE, NEXT + DAY)
    price_flat({b: "50"}, date(2023, 1, 10), NEXT + DAY)
    index = make_index(base_date=None)

    run(FIRST, NEXT + DAY)
    run(FIRST, NEXT + DAY)

    assert list(levels_of(index)) == [NEXT, NEXT + DAY]
    assert list(Review.objects.order_by("cutoff_day").values_list("cutoff_day", "status")) == [
        (EVE, "needs_review"),
        (NEXT - DAY, "effective"),
    ]


def test_an_index_waits_for_its_market():
    index = make_index(base_date=None)

    run(FIRST, FIRST + DAY)

    assert not Review.objects.filter(index=index).exists()


def test_a_base_date_before_the_window_is_where_it_starts():
    first_example(("110", "45", "12"), ("99", "54", "12"))
    index = make_index()

    run(FIRST + 2 * DAY, FIRST + 2 * DAY)

    assert list(levels_of(index)) == [FIRST, FIRST + DAY, FIRST + 2 * DAY]


def test_universes_never_mix():
    first_example(("110", "45", "12"))
    d, e = make_coin("sim-d", simulated=True), make_coin("sim-e", simulated=True)
    price_flat({d: "1", e: "1"}, EVE, FIRST + DAY)
    real, simulated = make_index(slug="real"), make_index(slug="invented", universe="simulated")

    run(FIRST, FIRST + DAY)

    held = Holding.objects.values_list("rebalance__index__slug", "asset")
    assert {asset for slug, asset in held if slug == real.slug} == {"a", "b", "c"}
    assert {asset for slug, asset in held if slug == simulated.slug} == {"sim-d", "sim-e"}
    assert not Review.objects.filter(index=real, lines__asset__simulated=True).exists()


def test_a_level_written_on_its_own_night_is_live_and_those_before_are_reconstructed():
    first_example(("110", "45", "12"), ("99", "54", "12"))
    index = make_index()
    last = FIRST + 2 * DAY

    run(FIRST, last, at=after(last))

    index.refresh_from_db()
    assert index.live_since == last


def test_a_broken_basket_is_a_problem_of_its_index_alone():
    first_example(("110", "45", "12"))
    broken, sound = make_index(slug="broken"), make_index(slug="sound")
    run(FIRST, FIRST)
    Holding.objects.filter(rebalance__index=broken, asset="a").update(units=Decimal(6))

    result = run_window(start=FIRST + DAY, end=FIRST + DAY, at=AT)

    assert result.problems == [
        "broken: Basket of 2023-01-01: units give 1185.000000000000, the chain form 1075.000000000000."
    ]
    assert list(levels_of(broken)) == [FIRST]
    assert levels_of(sound)[FIRST + DAY] == "1075.0000"


def test_a_changed_supply_or_divisor_is_found_by_the_divisor_form():
    # Day 2 of E1: 99, 54 and 12 with supplies 10, 10 and 50 are 2130, over the divisor 2: 1065.
    first_example(("110", "45", "12"), ("99", "54", "12"))
    index = make_index()
    run(FIRST, FIRST + DAY)
    held = Holding.objects.get(rebalance__index=index, asset="c")
    held.capped_supply += 10
    held.save()

    result = run_window(start=FIRST + 2 * DAY, end=FIRST + 2 * DAY, at=AT)

    assert result.problems == [
        "test: Basket of 2023-01-01: units give 1065.000000000000, the divisor form 1125.000000000000."
    ]


def test_units_that_18_decimals_cannot_hold_are_a_problem_before_they_are_stored():
    first_example()
    make_index(base_value=Decimal("1e-17"))

    result = run_window(start=FIRST, end=FIRST, at=AT)

    assert "its units are worth" in result.problems[0]
    assert not Rebalance.objects.exists()
    assert not Review.objects.exists()


def test_a_new_version_of_the_rules_holds_from_its_day():
    a, b, c = make_coin("a"), make_coin("b"), make_coin("c")
    price_flat({a: "100", b: "50", c: "10"}, EVE, NEXT + DAY)
    index = make_index()
    index.methodologies.create(
        version=2,
        params=make_rules(alpha="0", count=2, enter=2, keep=2).to_params(),
        status="announced",
        approved_at=AT,
        announced_at=AT,
        effective_from=NEXT,
    )

    run(FIRST, NEXT + DAY)

    first, second = Review.objects.filter(index=index).order_by("cutoff_day")
    assert (first.methodology.version, second.methodology.version) == (1, 2)
    assert dict(second.rebalances.get().holdings.values_list("asset", "weight")) == {
        "a": Decimal("0.5"),
        "b": Decimal("0.5"),
    }


def test_an_index_that_never_starts_is_reviewed_once_a_cutoff():
    price_flat({make_coin("a"): "100"}, EVE, NEXT + DAY)
    index = make_index(base_date=None)

    run(FIRST, NEXT + DAY)
    again = run(FIRST, NEXT + DAY)

    assert again.reviews == 0
    assert index.reviews.count() == 2
    assert levels_of(index) == {}
