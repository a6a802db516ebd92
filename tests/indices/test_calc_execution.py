"""A decided basket fixed at a close, and its inputs and result as texts that never differ."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from indices.calc.canonical import canonical, digest
from indices.calc.carryover import EventInputs, carry_over
from indices.calc.execution import ExecutionInputs, fix, value_of
from indices.calc.levels import MissingPriceError

DAY = date(2023, 1, 3)


def decimals(**values: str) -> dict[str, Decimal]:
    return {name: Decimal(value) for name, value in values.items()}


SECOND_EXAMPLE = ExecutionInputs(
    effective_day=DAY,
    level=Decimal(1065),
    held=decimals(a="5", b="5", c="25"),
    prices=decimals(a="99", b="54", c="12", e="20"),
    # (990, 540, 800) of 2330
    targets=decimals(a="0.424892703863", b="0.231759656652", e="0.343347639485"),
    market_caps=decimals(a="990", b="540", e="800"),
)


def test_worked_example_2_a_reconstitution():
    fixed = fix(SECOND_EXAMPLE)

    units = {line.asset_id: round(line.units, 8) for line in fixed.lines}
    assert units == decimals(a="4.57081545", b="4.57081545", e="18.28326180")
    assert round(fixed.divisor, 10) == Decimal("2.1877934272")
    assert round(fixed.turnover, 10) == Decimal("0.3433476395")
    assert round(value_of(fixed.lines), 9) == 1065
    assert (fixed.cost, fixed.net_factor) == (Decimal(0), Decimal(1))
    assert fixed.theta is None
    assert [line.asset_id for line in fixed.lines] == ["a", "e", "b"]


def test_worked_example_8_the_cost_of_a_pump():
    names = "abcde"
    inputs = ExecutionInputs(
        effective_day=DAY,
        level=Decimal(2000),
        held=dict.fromkeys(names, Decimal(200)),
        prices=decimals(a="6", b="1", c="1", d="1", e="1"),
        targets=dict.fromkeys(names, Decimal("0.2")),
        market_caps=dict.fromkeys(names, Decimal(1)),
        fee=Decimal("0.0015"),
        half_spread=Decimal("0.001"),
    )

    fixed = fix(inputs)

    assert fixed.turnover == Decimal("0.4")
    assert round(2000 * fixed.net_factor, 10) == Decimal("1996.0059910135")
    assert fixed.cost == 1 - round(fixed.net_factor, 12)
    limited = fix(replace(inputs, turnover_limit=Decimal("0.1"), net_factor=Decimal("0.5")))
    assert (limited.theta, limited.turnover) == (Decimal("0.25"), Decimal("0.1"))
    assert {line.asset_id: line.weight for line in limited.lines} == decimals(
        a="0.5", b="0.125", c="0.125", d="0.125", e="0.125"
    )
    assert limited.net_factor < Decimal("0.5")


def test_a_limit_that_does_not_bind_and_a_first_basket_go_all_the_way():
    assert fix(replace(SECOND_EXAMPLE, turnover_limit=Decimal("0.9"))).theta is None
    first = fix(replace(SECOND_EXAMPLE, held={}, turnover_limit=Decimal("0.1"), fee=Decimal("0.01")))
    assert first.theta is None
    assert (first.turnover, first.cost) == (Decimal(0), Decimal(0))


def test_impact_grows_with_the_trade_beside_the_value_traded():
    thin = replace(SECOND_EXAMPLE, impact=Decimal("0.1"), volumes={"a": 1e6, "b": 1e6, "e": None})
    deep = replace(thin, volumes={"a": 1e9, "b": 1e9, "e": 1e9})

    assert fix(thin).cost > fix(deep).cost > 0


def test_a_price_that_is_nothing_buys_no_units():
    with pytest.raises(MissingPriceError):
        fix(replace(SECOND_EXAMPLE, prices={**SECOND_EXAMPLE.prices, "e": Decimal(0)}))


@given(
    weights=st.lists(st.integers(1, 1000), min_size=2, max_size=12),
    closes=st.lists(st.decimals("0.000001", "100000", places=6), min_size=12, max_size=12),
    level=st.decimals("1", "100000", places=8),
)
def test_the_level_does_not_move_and_the_divisor_gives_it_too(weights, closes, level):
    names = [f"{n:02}" for n in range(len(weights))]
    prices = dict(zip(names, closes, strict=False))
    whole = sum(weights)
    targets = {name: Decimal(weight) / whole for name, weight in zip(names, weights, strict=True)}
    inputs = ExecutionInputs(
        effective_day=DAY, level=level, held={}, prices=prices, targets=targets, market_caps=targets
    )

    fixed = fix(inputs)

    assert abs(value_of(fixed.lines) - level) <= level * Decimal("1e-12")
    by_divisor = sum(line.capped_supply * line.price for line in fixed.lines) / fixed.divisor
    assert abs(by_divisor - level) <= level * Decimal("1e-6")


def test_inputs_are_text_and_back_the_same():
    for inputs in (
        replace(SECOND_EXAMPLE, turnover_limit=Decimal("0.25"), volumes={"a": 1.5, "b": None}),
        SECOND_EXAMPLE,
    ):
        again = ExecutionInputs.from_text(inputs.to_text())

        assert again == inputs
        assert again.to_text() == inputs.to_text()
        assert fix(again).to_text() == fix(inputs).to_text()


# --- events
FIFTH_EXAMPLE = EventInputs(
    effective_day=DAY,
    kind="delisting",
    treatment="last",
    asset_id="c",
    held=decimals(a="5", b="5", c="25"),
    prices=decimals(a="100", b="50", c="12", s="1"),
    divisor=Decimal(2),
    net_factor=Decimal("0.9"),
)


def carried(**changes) -> tuple[Decimal, dict[str, Decimal]]:
    """Return level and units after an event."""
    fixed = carry_over(replace(FIFTH_EXAMPLE, **changes))
    return fixed.level, {line.asset_id: line.units for line in fixed.lines}


def test_worked_example_5_both_ways():
    assert carried() == (Decimal(1050), decimals(a="7", b="7"))
    assert carried(treatment="zero") == (Decimal(750), decimals(a="5", b="5"))
    assert carried(treatment="manual", price=Decimal(6)) == (Decimal(900), decimals(a="6", b="6"))


def test_what_a_delisted_constituent_leaves_may_go_to_the_sleeve():
    assert carried(into=("s",)) == (Decimal(1050), decimals(a="5", s="300", b="5"))


def test_a_fork_is_kept_at_nothing_sold_or_ignored():
    child = {"kind": "fork", "asset_id": "a", "new_asset_id": "f", "ratio": Decimal(2)}

    assert carried(treatment="split", **child) == (Decimal(1050), decimals(a="5", c="25", b="5", f="10"))
    # 10 children at 10.5 are a tenth of the basket.
    level, units = carried(treatment="liquidate", **child, price=Decimal("10.5"))
    assert (level, units) == (Decimal(1155), decimals(a="5.5", c="27.5", b="5.5"))


def test_a_migration_leaves_the_level_and_counts_the_new_asset_at_the_old_price():
    level, units = carried(
        kind="migration", treatment="convert", asset_id="c", new_asset_id="n", ratio=Decimal(10),
        prices={**FIFTH_EXAMPLE.prices, "n": Decimal("1.21")},
    )  # fmt: skip

    assert (level, units) == (Decimal(1050), decimals(a="5", n="250", b="5"))


def test_a_merger_into_what_is_held_counts_at_its_own_price():
    level, units = carried(kind="merger", treatment="convert", asset_id="c", new_asset_id="b", ratio=Decimal("0.24"))

    assert (level, units) == (Decimal(1050), decimals(b="11", a="5"))


def test_a_redenomination_of_the_same_asset_changes_nothing_but_units():
    for new in (None, "c"):
        level, units = carried(kind="redenomination", treatment="convert", new_asset_id=new, ratio=Decimal(10))
        assert (level, units) == (Decimal(1050), decimals(a="5", c="250", b="5"))


def test_an_event_without_what_it_needs_says_so():
    with pytest.raises(ValueError, match="The event gives no ratio"):
        carry_over(replace(FIFTH_EXAMPLE, treatment="split", new_asset_id="f"))
    with pytest.raises(ValueError, match="The event gives no price"):
        carry_over(replace(FIFTH_EXAMPLE, treatment="manual"))


def test_event_inputs_are_text_and_back_the_same():
    for inputs in (replace(FIFTH_EXAMPLE, ratio=Decimal(2), price=Decimal("0.5"), into=("s",)), FIFTH_EXAMPLE):
        again = EventInputs.from_text(inputs.to_text())

        assert again == inputs
        assert again.to_text() == inputs.to_text()


# --- canonical JSON
@dataclass(frozen=True)
class Pair:
    left: Decimal
    right: float


def test_equal_contents_have_one_text():
    left = {"b": Pair(Decimal("1.50"), 0.1), "c": [True, 3, "é"]}
    right = {"c": (True, 3, "é"), "b": Pair(Decimal("1.5"), 0.1)}

    assert canonical(left) == canonical(right)
    assert canonical(left) == '{"b":{"left":"1.5","right":"0.1"},"c":[true,3,"é"]}'
    assert canonical({DAY}) == '["2023-01-03"]'


def test_digests_are_sha_256():
    assert digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_what_has_no_form_is_refused():
    with pytest.raises(TypeError, match="object has no canonical form"):
        canonical(object())
