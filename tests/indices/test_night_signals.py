"""Signals, gates and volatility through the night: what they set free is held in the sleeve, at its market price."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from indices.models import Holding, Review, ReviewLine, Signal
from indices.services import run_window
from market.models import Asset, close_of
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
ON_SIGNALS = {
    "count": 4,
    "enter": 4,
    "keep": 4,
    "signals": "recorded",
    "sleeve": ["s"],
    "fee": "0",
    "half_spread": "0",
}


def say(asset_id: str | None, value: str, *, day=EVE, recorded_at: datetime | None = None) -> None:
    """Record a signal that was known when the day closed."""
    Signal.objects.create(
        universe="real",
        asset_id=asset_id,
        day=day,
        value=value,
        source="test",
        recorded_at=recorded_at or close_of(day),
    )


def seventh_example(*later: str, stable: tuple[str, ...] = ()) -> list[Asset]:
    """Price four assets of weights .4, .3, .2 and .1 and a stablecoin; on the day after the base they move."""
    moves = {"a": ("11", 40), "b": ("9.5", 30), "c": ("8", 20), "d": ("10.5", 10)}
    coins = []
    for name, (moved, supply) in moves.items():
        coins.append(make_coin(name))
        price_days(coins[-1], EVE, ["10", "10", moved, *later], supply=supply)
    dollar = make_coin("s", sector="stablecoin", token_type="stablecoin", is_stable=True)
    price_days(dollar, EVE, stable or ["1", "1", "1", *("1" for _ in later)], supply=1)
    return coins


def run(start, end, at=AT):
    result = run_window(start=start, end=end, at=at)
    assert result.problems == []
    return result


def weights() -> dict[str, Decimal]:
    """Return what the newest basket holds."""
    return dict(newest_basket().holdings.values_list("asset", "weight"))


def test_worked_example_7_signals_and_stablecoins():
    seventh_example()
    for name, value in (("a", "bull"), ("b", "neutral"), ("c", "bear"), ("d", "bull")):
        say(name, value)
    index = make_index(make_rules(**ON_SIGNALS))

    run(FIRST, FIRST + DAY)

    assert weights() == {"a": Decimal("0.4"), "s": Decimal("0.35"), "b": Decimal("0.15"), "d": Decimal("0.1")}
    assert list(levels_of(index).values()) == ["1000.0000", "1037.5000"]
    lines = {line.asset_id: line for line in ReviewLine.objects.all()}
    assert (lines["c"].reason, lines["c"].is_selected, lines["c"].weight) == ("auto_in", True, Decimal(0))
    assert "leaves it no weight" in lines["c"].detail
    assert (lines["s"].reason, lines["s"].is_sleeve, lines["s"].is_selected) == ("sleeve", True, False)
    assert Holding.objects.filter(asset="c").count() == 0


def test_worked_example_7_behind_a_gate_of_a_quarter():
    seventh_example()
    for name, value in (("a", "bull"), ("b", "neutral"), ("c", "bear"), ("d", "bull"), (None, "bear")):
        say(name, value)
    index = make_index(make_rules(**ON_SIGNALS, gate="recorded", gate_bear="0.25"))

    run(FIRST, FIRST + DAY)

    assert weights() == {"s": Decimal("0.8375"), "a": Decimal("0.1"), "b": Decimal("0.0375"), "d": Decimal("0.025")}
    assert list(levels_of(index).values()) == ["1000.0000", "1009.3750"]
    assert Review.objects.get().exposure == Decimal("0.25")


def test_unsignalled_the_same_basket_loses():
    seventh_example()
    index = make_index(make_rules(count=4, enter=4, keep=4))

    run(FIRST, FIRST + DAY)

    assert list(levels_of(index).values()) == ["1000.0000", "990.0000"]


def test_the_sleeve_counts_at_its_market_price():
    seventh_example(stable=("1", "1", "0.9"))
    for name in ("a", "b", "c", "d"):
        say(name, "bear")
    index = make_index(make_rules(**ON_SIGNALS))

    run(FIRST, FIRST + DAY)

    # All of it is in the stablecoin, which falls to 0.9.
    assert weights() == {"s": 1}
    assert list(levels_of(index).values()) == ["1000.0000", "900.0000"]


def test_a_stablecoin_off_its_peg_takes_nothing_new_and_a_curator_is_asked():
    seventh_example(stable=("0.98", "1", "1"))
    for name in ("a", "b", "c", "d"):
        say(name, "bear")
    make_index(make_rules(**ON_SIGNALS))

    run(FIRST, FIRST + DAY)

    review = Review.objects.get()
    assert review.status == "needs_review"
    assert review.reason.startswith("The sleeve cannot take 100.00%.")


def test_a_stablecoin_off_its_peg_at_the_fixing_is_not_bought_until_it_is_back():
    seventh_example("10", stable=("1", "0.98", "1", "1"))
    for name in ("a", "b", "c", "d"):
        say(name, "bear")
    index = make_index(make_rules(**ON_SIGNALS))

    run(FIRST, FIRST)
    assert Review.objects.get().reason == "Postponed: s is off its peg at 0.98."
    run(FIRST + DAY, FIRST + DAY)

    assert Review.objects.get().effective_day == FIRST + DAY
    assert levels_of(index) == {FIRST + DAY: "1000.0000"}


def test_without_a_signal_there_is_no_basket_and_the_asset_is_named():
    seventh_example()
    for name in ("a", "b", "c"):
        say(name, "bull")
    make_index(make_rules(**ON_SIGNALS))

    run(FIRST, FIRST)

    assert Review.objects.get().reason == "No signal is known for d."


def test_a_gate_without_a_market_signal_gives_no_basket():
    seventh_example()
    make_index(make_rules(**ON_SIGNALS | {"signals": "none"}, gate="recorded"))

    run(FIRST, FIRST)

    assert Review.objects.get().reason == "No market signal is known at the cut-off."


def test_a_signal_recorded_after_the_cutoff_changes_nothing():
    seventh_example()
    for name in ("a", "b", "c", "d"):
        say(name, "bull")
    say("a", "bear", recorded_at=close_of(EVE) + timedelta(hours=25))
    make_index(make_rules(**ON_SIGNALS))

    run(FIRST, FIRST)

    assert weights()["a"] == Decimal("0.4")


def test_a_later_record_in_time_corrects_the_one_before():
    seventh_example()
    for name in ("a", "b", "c", "d"):
        say(name, "bull")
    say("a", "neutral", recorded_at=close_of(EVE) + timedelta(hours=2))
    make_index(make_rules(**ON_SIGNALS))

    run(FIRST, FIRST)

    assert weights() == {
        "b": Decimal("0.3"),
        "a": Decimal("0.2"),
        "c": Decimal("0.2"),
        "s": Decimal("0.2"),
        "d": Decimal("0.1"),
    }


def test_a_switch_waits_until_the_signal_has_held():
    seventh_example()
    for name in ("a", "b", "c", "d"):
        say(name, "bull", day=EVE - 5 * DAY)
    say("a", "bear")
    held_once = make_index(make_rules(**ON_SIGNALS), slug="once")
    held_twice = make_index(make_rules(**ON_SIGNALS, signal_hold=2), slug="twice")

    run(FIRST, FIRST)

    assert not Holding.objects.filter(rebalance__index=held_once, asset="a").exists()
    assert Holding.objects.get(rebalance__index=held_twice, asset="a").weight == Decimal("0.4")


def test_weight_set_free_can_go_to_the_others_within_their_cap():
    seventh_example()
    for name, value in (("a", "bull"), ("b", "bear"), ("c", "bull"), ("d", "bull")):
        say(name, value)
    make_index(make_rules(**ON_SIGNALS, residual="redistribute", cap="0.45"))

    run(FIRST, FIRST)

    # a, c, d keep .4, .2, .1; .4 / .7 is above .45, so c and d share .55 as 2 to 1.
    assert weights() == {
        "a": Decimal("0.45"),
        "c": Decimal("0.366666666666"),
        "d": Decimal("0.183333333333"),
        "s": Decimal("0.000000000001"),
    }


def test_the_residual_may_be_bitcoin_on_top_of_what_it_weighs():
    seventh_example()
    for name, value in (("a", "bull"), ("b", "bear"), ("c", "bull"), ("d", "bull")):
        say(name, value)
    make_index(make_rules(**ON_SIGNALS | {"residual": "btc", "sleeve": ["a"]}))

    run(FIRST, FIRST)

    assert weights() == {"a": Decimal("0.7"), "c": Decimal("0.2"), "d": Decimal("0.1")}


def test_what_rests_on_a_bear_signal_is_still_a_constituent_for_the_buffer():
    coins = seventh_example(*["10"] * 31)
    other = make_coin("e")
    price_days(other, EVE, ["10"] * 34, supply=15)
    for name in ("a", "b", "d", "e"):
        say(name, "bull")
    say("c", "bear")
    say("c", "bull", day=FIRST + 9 * DAY)
    rules = make_rules(**ON_SIGNALS | {"count": 3, "enter": 2, "keep": 4})
    make_index(rules)
    run(FIRST, FIRST)
    # Rank 3 becomes rank 4 behind e; the buffer keeps it, although a bear signal had left it no weight.
    for asset, supply in ((coins[2], 12), (other, 25)):
        asset.prices.filter(day__gte=FIRST + 9 * DAY).update(market_cap=Decimal(10 * supply))

    run(FIRST + DAY, NEXT)

    line = ReviewLine.objects.get(review__cutoff_day=NEXT - DAY, asset="c")
    assert (line.rank, line.reason, line.is_incumbent) == (4, "kept_by_buffer", True)


def test_the_trend_of_bitcoin_is_the_gate_of_the_real_market():
    first = EVE - 130 * DAY
    down = [str(300 - n) for n in range(134)]
    price_days(make_coin("bitcoin"), first, down, supply=10)
    price_days(make_coin("b"), first, ["10"] * 134, supply=10)
    price_days(make_coin("s", sector="stablecoin", is_stable=True), first, ["1"] * 134, supply=1)
    make_index(make_rules(gate="trend", sleeve=["s"], gate_neutral="1"))

    run(FIRST, FIRST)

    assert weights() == {"s": 1}
    assert Review.objects.get().exposure == 0
