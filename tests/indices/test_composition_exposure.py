"""How much of the base weights is held: volatility, its triggers, and what reweighing leaves of the sleeve."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from indices.calc.composition import Composition
from indices.calc.inputs import ReviewInputs, ReviewKind
from indices.calc.reweighting import breaks_a_limit
from tests.indices.compositions import DAY, DOLLAR, SOUND, ZIGZAG, coins, composed, path, weights
from tests.indices.factories import make_rules

CALMED = {
    "alpha": "0", "vol_target": "0.1", "sleeve": ["s"], "exclude": ["stable"], "cooldown_days": 1, "max_triggers": 5,
    "count": 1, "keep": 1,
}  # fmt: skip


def held(returns: Sequence[float], **known: Any) -> Composition:
    """Compose one asset that has moved by these returns, beside a stablecoin."""
    return composed((SOUND, DOLLAR), closes={"a": path(returns)}, **{"rules": CALMED} | known)


def test_a_volatility_target_scales_the_exposure():
    outcome = held(ZIGZAG)

    # Returns of +-1% are a volatility of .01 x sqrt(365) a year.
    exposure = 0.1 / (0.01 * np.sqrt(365))
    assert float(outcome.exposure or 0) == pytest.approx(exposure, abs=1e-3)
    assert outcome.exposure == outcome.volatility_exposure
    assert sum(v.weight or 0 for v in outcome.verdicts) == 1


def test_exposure_is_never_above_one():
    outcome = held(ZIGZAG, rules=CALMED | {"vol_target": "0.5"})

    assert weights(outcome) == {"a": "1.000000"}


def test_a_small_change_of_exposure_is_left():
    before = Decimal("0.5")
    outcome = held(ZIGZAG, current={"a": Decimal("0.5"), "s": Decimal("0.5")}, volatility_exposure=before)

    # .523 asked for, .5 in force, a deadband of .1
    assert outcome.exposure == before


@pytest.mark.parametrize(("was", "now"), [("1", "1"), ("0.25", "0.25")])
def test_between_two_thresholds_the_state_of_before_holds(was, now):
    rules = {k: v for k, v in CALMED.items() if k != "vol_target"} | {
        "vol_high": "0.3", "vol_low": "0.1", "vol_exposure": "0.25",
    }  # fmt: skip

    outcome = held(ZIGZAG, rules=rules, current={"a": Decimal(1)}, volatility_exposure=Decimal(was))

    assert outcome.exposure == Decimal(now)


def test_above_the_upper_threshold_the_index_is_defensive():
    rules = {k: v for k, v in CALMED.items() if k != "vol_target"} | {
        "vol_high": "0.15", "vol_low": "0.1", "vol_exposure": "0.25",
    }  # fmt: skip

    assert weights(held(ZIGZAG, rules=rules)) == {"a": "0.250000", "s": "0.750000"}


def test_a_volatility_trigger_changes_the_exposure_alone():
    outcome = held(
        ZIGZAG,
        kind="trigger",
        trigger="volatility",
        fired="Volatility asks for less.",
        incumbents=frozenset("a"),
        base={"a": Decimal(1)},
        current={"a": Decimal(1)},
        targets={"a": Decimal(1)},
    )

    verdicts = {v.candidate.asset_id: v for v in outcome.verdicts}
    assert verdicts["a"].reason == "held"
    assert verdicts["a"].detail == "Held. Volatility asks for less."
    assert verdicts["a"].base_weight == 1
    assert verdicts["a"].weight == outcome.exposure
    assert verdicts["s"].is_sleeve


def test_a_recap_leaves_the_sleeve_as_it_is():
    candidates = (*coins(market_cap=[Decimal(1), Decimal(1)]), DOLLAR)
    outcome = composed(
        candidates,
        kind="recap",
        rules={"cap": "0.6", "signals": "recorded", "sleeve": ["s"], "exclude": ["stable"], "count": 2, "keep": 2},
        incumbents=frozenset("ab"),
        current={"a": Decimal("0.4"), "b": Decimal("0.1"), "s": Decimal("0.5")},
    )

    # .8 and .2 of the risk assets become .6 and .4 of the same half.
    assert weights(outcome) == {"a": "0.300000", "b": "0.200000", "s": "0.500000"}


def test_what_cannot_be_weighed_counts_as_broken_so_that_a_review_says_why():
    inputs = ReviewInputs(
        kind=ReviewKind.RECAP,
        rules=make_rules(count=1, enter=1, keep=1, min_count=1),
        cutoff_day=DAY,
        candidates=(SOUND,),
        incumbents=frozenset("a"),
    )

    assert breaks_a_limit(replace(inputs, current={"s": Decimal(1)}))
    assert not breaks_a_limit(replace(inputs, current={"a": Decimal(1)}))


def test_nothing_but_the_sleeve_leaves_nothing_to_cut_back():
    outcome = composed([SOUND], kind="recap", incumbents=frozenset("a"), current={"s": Decimal(1)})

    assert outcome.problem.startswith("Nothing but the sleeve is held")


@pytest.mark.parametrize("kind", ["rebalance", "recap", "trigger"])
def test_without_a_price_nobody_is_weighed_again(kind):
    silent = replace(SOUND, close=None)

    outcome = composed([silent], kind=kind, incumbents=frozenset("a"), current={"a": Decimal(1)}, trigger="drift")

    assert outcome.problem == "No price on the cut-off day of a; the basket before stays."
    assert (outcome.verdicts[0].reason, outcome.verdicts[0].weight) == ("held", None)


def test_before_the_first_basket_there_is_nothing_to_weigh_again():
    assert composed([SOUND], kind="rebalance").problem == "There is no basket yet whose weights could be set anew."


def test_without_a_market_cap_nobody_is_weighed_by_it_again():
    known: dict[str, Any] = {"kind": "rebalance", "incumbents": frozenset("a"), "current": {"a": Decimal(1)}}
    candidate = replace(SOUND, market_cap=None)

    by_cap = composed([candidate], **known)
    in_part = composed([candidate], rules={"scheme": "blend", "blend": {"sqrt_cap": "0.5", "equal": "0.5"}}, **known)
    by_value_traded = composed([candidate], rules={"scheme": "liquidity"}, **known)

    assert by_cap.problem == in_part.problem == "The market cap of a on the cut-off day is unknown."
    assert weights(by_value_traded) == {"a": "1.000000"}


DRIFTED: dict[str, Any] = {
    "kind": "trigger",
    "trigger": "drift",
    "fired": "Drift.",
    "incumbents": frozenset("ab"),
    "base": {"a": Decimal("0.5"), "b": Decimal("0.5")},
    "exposure": Decimal("0.5"),
}
BANDS = {
    "band_absolute": "0.1", "cooldown_days": 1, "max_triggers": 1, "signals": "recorded", "sleeve": ["s"],
    "exclude": ["stable"], "count": 2, "keep": 2,
}  # fmt: skip


def test_a_drift_trigger_goes_back_to_weights_that_sum_to_one():
    # Weights of a basket that came of an event are each rounded: together they are not quite 1.
    third = Decimal("0.333333333333")

    outcome = composed(
        (*coins(market_cap=[Decimal(1), Decimal(1)]), DOLLAR),
        rules=BANDS,
        targets={"a": third, "b": third, "s": third, "child": Decimal(0)},
        **DRIFTED,
    )

    assert sum(v.weight or 0 for v in outcome.verdicts) == 1
    assert weights(outcome) == {"a": "0.333333", "b": "0.333333", "s": "0.333333"}
    assert outcome.exposure == Decimal("0.5")


def test_a_drift_trigger_buys_nothing_of_a_stablecoin_off_its_peg():
    outcome = composed(
        (*coins(market_cap=[Decimal(1), Decimal(1)]), replace(DOLLAR, close=Decimal("0.9"))),
        rules=BANDS,
        targets={"a": Decimal("0.25"), "b": Decimal("0.25"), "s": Decimal("0.5")},
        current={"a": Decimal("0.4"), "b": Decimal("0.25"), "s": Decimal("0.35")},
        **DRIFTED,
    )

    assert outcome.problem.startswith("The sleeve cannot take 50.00%.")
