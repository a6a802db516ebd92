"""How much of the base weights is held: volatility, its triggers, and what reweighing leaves of the sleeve."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from indices.calc.composition import Composition
from tests.indices.compositions import DOLLAR, SOUND, ZIGZAG, coins, composed, path, weights

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


def test_nothing_but_the_sleeve_leaves_nothing_to_cut_back():
    outcome = composed([SOUND], kind="recap", incumbents=frozenset("a"), current={"s": Decimal(1)})

    assert outcome.problem.startswith("Nothing but the sleeve is held")


def test_without_a_price_a_constituent_cannot_be_weighed_again():
    silent = replace(SOUND, close=None)

    outcome = composed([silent], kind="rebalance", incumbents=frozenset("a"), current={"a": Decimal(1)})

    assert outcome.verdicts[0].reason == "ineligible:stale_price"
    assert outcome.problem == "No constituent has a price on the cut-off day."
