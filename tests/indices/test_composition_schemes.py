"""Weights by every scheme, from frozen inputs: scores, tilts, limits, screens, and what cannot be done."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from indices.calc.composition import may_be_held
from indices.calc.inputs import ReviewInputs, ReviewKind
from indices.calc.rules import RulesError
from tests.indices.compositions import DAY, DOLLAR, SOUND, ZIGZAG, coins, composed, path, weights
from tests.indices.factories import make_rules


def test_liquidity_weighs_by_value_traded():
    assert weights(composed(coins(median_volume=[6e6, 3e6, 1e6]), rules={"scheme": "liquidity"})) == {
        "a": "0.600000",
        "b": "0.300000",
        "c": "0.100000",
    }


def test_inverse_volatility_gives_half_the_risk_twice_the_weight():
    candidates = coins(median_volume=[1.0, 1.0])
    logs = [np.log(1.01) * (-1) ** n for n in range(90)]
    closes = {
        name: [float(close) for close in 100 * np.exp(np.cumsum([0, *moves]))]
        for name, moves in (("a", logs), ("b", [move / 2 for move in logs]))
    }

    assert weights(composed(candidates, rules={"scheme": "inverse_volatility"}, closes=closes)) == {
        "a": "0.333333",
        "b": "0.666667",
    }


def test_equal_risk_of_two_assets_is_inverse_volatility():
    logs = [np.log(1.01) * (-1) ** n for n in range(90)]
    other = [np.log(1.01) * (-1) ** (n // 2) for n in range(90)]
    closes = {
        name: [float(close) for close in 100 * np.exp(np.cumsum([0, *moves]))]
        for name, moves in (("a", logs), ("b", [3 * move for move in other]))
    }

    told = weights(composed(coins(median_volume=[1.0, 1.0]), rules={"scheme": "equal_risk"}, closes=closes))

    deviations = [np.std(logs, ddof=1), np.std([3 * move for move in other], ddof=1)]
    expected = (1 / deviations[0]) / (1 / deviations[0] + 1 / deviations[1])
    assert told["a"] == f"{expected:.6f}"


def test_sharpe_gives_nothing_to_ratios_that_are_not_positive():
    outcome = composed(
        (*coins(sharpe=[1.5, 0.5, -1.0]), DOLLAR),
        rules={"scheme": "sharpe", "sleeve": ["s"], "exclude": ["stable"], "count": 3, "keep": 3},
    )

    assert weights(outcome) == {"a": "0.750000", "b": "0.250000"}
    unheld = next(v for v in outcome.verdicts if v.candidate.asset_id == "c")
    assert (unheld.is_selected, unheld.base_weight, unheld.weight) == (True, Decimal(0), Decimal(0))
    assert unheld.metrics["sharpe"] == "-1"


def test_without_any_positive_sharpe_everything_is_in_the_sleeve():
    outcome = composed(
        (*coins(sharpe=[-0.1, None]), DOLLAR),
        rules={"scheme": "sharpe", "sleeve": ["s"], "exclude": ["stable"], "count": 2, "keep": 2},
    )

    assert weights(outcome) == {"s": "1.000000"}


def test_votes_weigh_and_an_asset_without_one_has_no_weight():
    outcome = composed(
        coins(median_volume=[1.0, 1.0, 1.0]), rules={"rank_by": "votes", "scheme": "votes"}, votes={"c": 3, "a": 1}
    )

    assert [v.candidate.asset_id for v in outcome.verdicts] == ["c", "a", "b"]
    assert weights(outcome) == {"c": "0.750000", "a": "0.250000"}
    assert outcome.verdicts[0].metrics["votes"] == "3"


def test_without_a_ballot_the_basket_before_stays():
    outcome = composed(coins(median_volume=[1.0]), rules={"rank_by": "votes", "scheme": "votes"})

    assert outcome.problem == "No ballot was held that reached its quorum; the basket before stays."
    assert not any(v.is_selected for v in outcome.verdicts)


def test_a_blend_adds_shares_of_whole_weights():
    candidates = coins(market_cap=[Decimal(900), Decimal(100)], median_volume=[1e6, 3e6])

    told = composed(candidates, rules={"scheme": "blend", "blend": {"sqrt_cap": "0.75", "liquidity": "0.25"}})

    # .75 x (30, 10) / 40 + .25 x (1, 3) / 4
    assert weights(told) == {"a": "0.625000", "b": "0.375000"}


def test_a_blend_of_caps_and_equal_parts():
    candidates = coins(market_cap=[Decimal(900), Decimal(100)])

    told = composed(candidates, rules={"scheme": "blend", "blend": {"cap": "0.5", "equal": "0.5"}})

    assert weights(told) == {"a": "0.700000", "b": "0.300000"}


@pytest.mark.parametrize(
    ("tilt", "figures"),
    [
        ("momentum", {"momentum": [1.0, -1.0]}),
        ("sharpe", {"sharpe": [1.0, -1.0]}),
        ("liquidity", {"median_volume": [3.0, 1.0]}),
        ("low_volatility", {"volatility": [0.2, 0.8]}),
        ("diligence", {"diligence": [Decimal(5), Decimal(3)]}),
    ],
)
def test_a_tilt_leans_by_e_to_the_strength_times_the_score(tilt, figures):
    told = composed(coins(**figures), rules={"alpha": "0", "tilt": tilt, "tilt_strength": "0.5"})

    # The scores of two are +1 and -1: e / (e + 1) for a strength of 0.5.
    share = np.e / (np.e + 1)
    assert weights(told) == {"a": f"{share:.6f}", "b": f"{1 - share:.6f}"}


def test_what_is_not_known_does_not_tilt():
    told = composed(coins(momentum=[None, None]), rules={"alpha": "0", "tilt": "momentum", "tilt_strength": "1"})

    assert weights(told) == {"a": "0.500000", "b": "0.500000"}


def test_the_largest_may_have_a_cap_of_its_own():
    caps = [Decimal(cap) for cap in (800, 150, 20, 12, 10, 8)]

    told = composed(coins(market_cap=caps), rules={"cap": "0.2", "cap_largest": "0.3"})

    assert weights(told) == dict(
        zip("abcdef", ["0.300000", "0.200000", "0.200000", "0.120000", "0.100000", "0.080000"], strict=True)
    )


def test_sectors_have_caps_as_a_group():
    caps, sectors = [Decimal(cap) for cap in (500, 300, 150, 50)], ["layer1", "layer1", "defi", "ai"]

    told = composed(coins(market_cap=caps, sector=sectors), rules={"cap": "0.45", "sector_cap": "0.6"})

    assert weights(told) == {"a": "0.375000", "b": "0.225000", "c": "0.300000", "d": "0.100000"}


def test_sector_caps_that_cannot_hold_are_named():
    told = composed(coins(market_cap=[Decimal(5), Decimal(3)]), rules={"sector_cap": "0.6"})

    assert told.problem.startswith("2 assets cannot obey the group_cap.")


def test_a_flexible_cap_lies_halfway_to_the_weight_of_now():
    caps = [Decimal(cap) for cap in (800, 100, 100)]

    told = composed(
        coins(market_cap=caps),
        rules={"cap": "0.4", "cap_flexible": True},
        current={"a": Decimal("0.6"), "b": Decimal("0.2"), "c": Decimal("0.2")},
    )

    # (.4 + .6) / 2 for the first
    assert weights(told) == {"a": "0.500000", "b": "0.250000", "c": "0.250000"}


def test_a_flexible_cap_of_a_first_basket_is_the_cap():
    told = composed(
        coins(market_cap=[Decimal(800), Decimal(150), Decimal(50)]), rules={"cap": "0.4", "cap_flexible": True}
    )

    assert weights(told)["a"] == "0.400000"


def test_a_cap_relaxes_only_where_the_rules_say_so():
    candidates = coins(market_cap=[Decimal(900), Decimal(100)])

    relaxed = composed(candidates, rules={"cap": "0.4", "cap_relaxes": True})
    strict = composed(candidates, rules={"cap": "0.4", "count": 3, "keep": 3})

    assert weights(relaxed) == {"a": "0.500000", "b": "0.500000"}
    assert strict.problem.startswith("2 assets cannot obey the cap.")


def test_what_is_too_small_is_dropped_and_the_rest_weighed_again():
    told = composed(coins(market_cap=[Decimal(900), Decimal(90), Decimal(10)]), rules={"drop_below": "0.02"})

    assert weights(told) == {"a": "0.909091", "b": "0.090909"}


@pytest.mark.parametrize(
    ("closes", "words"),
    [
        ({}, "a has no closes before the cut-off."),
        ({"a": path(ZIGZAG), "b": [None] * 50 + path(ZIGZAG[:40])}, "Too few returns in common over 90 days."),
        ({"a": path(ZIGZAG), "b": [10.0] * 91}, "b has not moved in 90 days."),
    ],
)
@pytest.mark.parametrize("scheme", ["inverse_volatility", "equal_risk"])
def test_without_history_there_is_no_risk_to_weigh_by(scheme, closes, words):
    told = composed(coins(median_volume=[1.0, 1.0]), rules={"scheme": scheme}, closes=closes)

    assert told.problem.startswith(words)


def test_two_assets_that_are_one_have_no_equal_risk_without_shrinkage():
    told = composed(
        coins(median_volume=[1.0, 1.0]),
        rules={"scheme": "equal_risk", "shrinkage": "0"},
        closes={"a": path(ZIGZAG), "b": path(ZIGZAG)},
    )

    assert told.problem.startswith("Equal risk contributions cannot be found.")


@pytest.mark.parametrize(
    ("change", "rules", "reason", "words"),
    [
        ({"token_type": "security"}, {"token_types": ["utility"]}, "token_type", "Its token type is security."),
        ({"token_type": None}, {"token_types": ["utility"]}, "token_type", "Its token type is unknown."),
        ({"jurisdiction": "Atlantis"}, {"jurisdictions_out": ["Atlantis"]}, "jurisdiction", "Atlantis"),
        ({"close": Decimal("0.5")}, {"min_price": "1"}, "price", "Price $0.5; $1 is needed."),
        (
            {"market_cap": Decimal(99)},
            {"market_cap_enter": "100", "market_cap_stay": "80"},
            "size",
            "Market cap $99; $100 to enter.",
        ),
        (
            {"median_volume": 8.0},
            {"traded_ratio_enter": "0.01", "traded_ratio_stay": "0.005"},
            "traded_ratio",
            "Value traded over market cap 0.89%; 1.00% to enter.",
        ),
        ({"diligence": None}, {"diligence_enter": "3"}, "diligence", "Due-diligence score unknown; 3.00 to enter."),
        (
            {"diligence": Decimal("2.5")},
            {"diligence_enter": "3", "diligence_stay": "2"},
            "diligence",
            "Due-diligence score 2.50; 3.00 to enter.",
        ),
        ({"momentum": None}, {"rank_by": "momentum"}, "history", "Too few closes in the 90 days"),
        ({"sharpe": None}, {"rank_by": "sharpe"}, "history", "Too few closes in the 90 days"),
    ],
)
def test_further_screens_give_their_reason(change, rules, reason, words):
    verdict = composed([replace(SOUND, **change)], rules=rules).verdicts[0]

    assert verdict.reason == f"ineligible:{reason}"
    assert words in verdict.detail


def test_a_constituent_stays_on_less():
    candidate = replace(SOUND, diligence=Decimal("2.5"), market_cap=Decimal(90), median_volume=0.6)
    rules = {"diligence_enter": "3", "diligence_stay": "2", "market_cap_enter": "100", "market_cap_stay": "80",
             "traded_ratio_enter": "0.01", "traded_ratio_stay": "0.005"}  # fmt: skip

    told = composed([candidate], rules=rules, incumbents=frozenset("a"))

    assert told.verdicts[0].reason == "kept_by_buffer"


def test_assets_rank_by_their_sharpe_ratio():
    told = composed(coins(sharpe=[0.1, 2.0, 1.0]), rules={"rank_by": "sharpe", "count": 2, "keep": 2})

    assert [(v.candidate.asset_id, v.rank) for v in told.verdicts] == [("b", 1), ("c", 2), ("a", 3)]


def test_history_is_wanted_of_the_chosen_and_of_what_is_held():
    candidates = coins(market_cap=[Decimal(3), Decimal(2), Decimal(1)])
    inputs = ReviewInputs(
        kind=ReviewKind.RECONSTITUTION,
        rules=make_rules(count=1, enter=1, keep=1, min_count=1),
        cutoff_day=DAY,
        candidates=candidates,
        incumbents=frozenset("c"),
    )

    assert may_be_held(inputs) == ["a", "c"]


def test_inputs_are_text_and_back_the_same():
    inputs = ReviewInputs(
        kind=ReviewKind.TRIGGER,
        rules=make_rules(cap="0.4", blend={"cap": "0.5", "equal": "0.5"}, scheme="blend"),
        cutoff_day=DAY,
        candidates=(
            replace(SOUND, momentum=0.1, diligence=Decimal("3.5"), flags=frozenset({"meme", "stable"})),
            DOLLAR,
        ),
        incumbents=frozenset("ab"),
        current={"a": Decimal("0.123456789012")},
        targets={"a": Decimal(1)},
        base={"a": Decimal(1)},
        closes={"a": [1.5, None, 0.1 + 0.2]},
        signals={"a": -1},
        gate=0,
        votes={"a": 2},
        exposure=Decimal("0.5"),
        volatility_exposure=Decimal("0.25"),
        trigger="drift",
        fired="Drift.",
    )

    again = ReviewInputs.from_text(inputs.to_text())

    assert again == inputs
    assert again.to_text() == inputs.to_text()


def test_inputs_that_say_rubbish_are_refused():
    text = ReviewInputs(kind=ReviewKind.RECAP, rules=make_rules(), cutoff_day=DAY, candidates=()).to_text()

    with pytest.raises(RulesError):
        ReviewInputs.from_text(text.replace('"alpha":"1"', '"alpha":"7"'))
