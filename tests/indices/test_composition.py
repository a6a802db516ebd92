"""Screens, ranks and weights together: a verdict with a reason for every asset."""

from collections.abc import Sequence, Set as AbstractSet
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from indices.calc.composition import Composition, compose
from indices.calc.inputs import Candidate, ReviewInputs, ReviewKind
from indices.calc.rules import Rules
from tests.indices.factories import make_rules

SOUND = Candidate(
    asset_id="sound",
    sector="layer1",
    flags=frozenset(),
    admitted=True,
    close=Decimal(10),
    market_cap=Decimal(1000),
    median_volume=6e6,
    age_days=400,
    last_priced_day=date(2023, 1, 1),
)
STRICT = {"min_age_days": 90, "liquidity_enter": "5000000", "liquidity_stay": "3000000", "min_count": 1}


def composed(candidates: Sequence[Candidate], incumbents: AbstractSet[str], rules: Rules, **known: Any) -> Composition:
    """Reconstitute from what is known of candidates."""
    inputs = ReviewInputs(
        kind=ReviewKind.RECONSTITUTION,
        rules=rules,
        cutoff_day=date(2023, 1, 1),
        candidates=tuple(candidates),
        incumbents=frozenset(incumbents),
        **known,
    )
    return compose(inputs)


def ranked(*ids: str) -> list[Candidate]:
    """Return sound candidates, the first the largest."""
    return [replace(SOUND, asset_id=name, market_cap=Decimal(1000 - 10 * place)) for place, name in enumerate(ids)]


def test_worked_example_4_the_buffer_saves_a_change():
    order = ranked("btc", "eth", "sol", "xrp", "doge", "ada", "avax", "ltc")

    verdicts = composed(order, {"btc", "eth", "xrp", "ada", "ltc"}, make_rules(count=5, enter=4, keep=7)).verdicts

    assert [(v.candidate.asset_id, v.reason) for v in verdicts] == [
        ("btc", "auto_in"),
        ("eth", "auto_in"),
        ("sol", "auto_in"),
        ("xrp", "auto_in"),
        ("doge", "below_buffer"),
        ("ada", "kept_by_buffer"),
        ("avax", "below_buffer"),
        ("ltc", "below_buffer"),
    ]
    assert verdicts[5].rank == 6
    assert [verdicts[place].detail for place in (0, 4, 5)] == [
        "Rank 1, within the first 4.",
        "Rank 5, yet constituents down to rank 7 go first and take the 5 places.",
        "Rank 6, held before and within 7.",
    ]
    assert verdicts[4].weight is None


@pytest.mark.parametrize(
    ("change", "rules", "reason", "words"),
    [
        ({"sector": None}, {}, "ineligible:unclassified", "Not classified"),
        ({"flags": frozenset({"stable"})}, {}, "ineligible:stable", "keeps out stablecoins"),
        ({"flags": frozenset({"meme"})}, {"exclude": ["meme"]}, "ineligible:meme", "keeps out memecoins"),
        ({}, {"sectors": ["defi", "ai"]}, "ineligible:sector", "Its sector is layer 1."),
        ({"admitted": False}, {}, "ineligible:not_admitted", "keeps it out of every index"),
        ({"age_days": 89}, {}, "ineligible:age", "Priced for 89 days; 90 are needed."),
        ({"close": None}, {}, "ineligible:stale_price", "the last is of 2023-01-01"),
        ({"market_cap": None}, {}, "ineligible:market_cap", "unknown"),
        ({"median_volume": 4.9e6}, {}, "ineligible:liquidity", "$4,900,000 a day; $5,000,000 a day to enter"),
        ({"median_volume": None}, {}, "ineligible:liquidity", "$0 a day"),
    ],
)
def test_the_first_screen_that_fails_is_the_reason(change, rules, reason, words):
    candidate = replace(SOUND, **change)

    outcome = composed(
        [candidate, replace(SOUND, asset_id="other", sector="defi")], set(), make_rules(**STRICT | rules)
    )

    verdict = next(v for v in outcome.verdicts if v.candidate is candidate)
    assert verdict.reason == reason
    assert words in verdict.detail
    assert verdict.rank is None
    assert verdict.weight is None


def test_flags_matter_only_where_the_rules_name_them():
    candidate = replace(SOUND, flags=frozenset({"meme", "privacy", "exchange"}))

    verdict = composed([candidate], set(), make_rules(**STRICT)).verdicts[0]

    assert verdict.reason == "auto_in"


def test_a_constituent_needs_less_liquidity_than_a_newcomer():
    thin = replace(SOUND, median_volume=4e6)

    newcomer = composed([thin], set(), make_rules(**STRICT)).verdicts[0]
    constituent = composed([thin], {"sound"}, make_rules(**STRICT)).verdicts[0]

    assert newcomer.reason == "ineligible:liquidity"
    assert (constituent.reason, constituent.is_incumbent) == ("auto_in", True)


def test_equal_caps_rank_by_value_traded_then_by_id():
    busy, first, second = (replace(SOUND, asset_id=name) for name in ("z", "a", "b"))
    busy = replace(busy, median_volume=9e6)

    verdicts = composed([second, busy, first], set(), make_rules(**STRICT)).verdicts

    assert [v.candidate.asset_id for v in verdicts] == ["z", "a", "b"]


def test_weights_go_by_the_power_of_the_cap_within_limits():
    candidates = [replace(SOUND, asset_id=n, market_cap=Decimal(c)) for n, c in (("a", 900), ("b", 400), ("c", 100))]

    root = composed(candidates, set(), make_rules(alpha="0.5")).verdicts
    capped = composed(candidates, set(), make_rules(cap="0.5")).verdicts

    assert [v.weight for v in root] == [Decimal("0.5"), Decimal("0.333333333333"), Decimal("0.166666666667")]
    assert [v.weight for v in capped] == [Decimal("0.5"), Decimal("0.4"), Decimal("0.1")]
    assert capped[0].raw_weight == Decimal("0.642857142857")


def test_too_few_or_infeasible_is_a_problem_without_weights():
    few = composed(ranked("a"), set(), make_rules())
    infeasible = composed(ranked("a", "b"), set(), make_rules(cap="0.4"))

    assert few.problem == "1 eligible assets, fewer than the 2 needed."
    assert infeasible.problem.startswith("2 assets cannot obey the cap.")
    assert not any(v.weight for v in [*few.verdicts, *infeasible.verdicts])


def test_a_weight_below_the_last_decimal_is_a_problem():
    dwarf = [replace(SOUND, asset_id="a", market_cap=Decimal(10) ** 15), replace(SOUND, market_cap=Decimal("0.001"))]

    assert "too small" in composed(dwarf, set(), make_rules()).problem


@given(
    caps=st.lists(st.decimals("0.01", "1e12", places=2), min_size=2, max_size=30),
    held=st.sets(st.integers(0, 29)),
    alpha=st.sampled_from(["1", "0.5", "0"]),
    shift=st.integers(0, 29),
)
def test_every_asset_has_a_verdict_and_order_does_not_matter(caps, held, alpha, shift):
    candidates = [replace(SOUND, asset_id=f"{n:02}", market_cap=cap) for n, cap in enumerate(caps)]
    rules = make_rules(count=10, enter=8, keep=12, min_count=1, alpha=alpha)
    incumbents = {f"{n:02}" for n in held}

    outcome = composed(candidates, incumbents, rules)
    turned = composed(candidates[shift:] + candidates[:shift], incumbents, rules)

    assert {v.candidate.asset_id for v in outcome.verdicts} == {c.asset_id for c in candidates}
    assert outcome == turned
    if not outcome.problem:
        assert sum(v.weight for v in outcome.verdicts if v.weight) == 1
