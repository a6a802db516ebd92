"""Who takes over the weight of an asset that has left."""

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from indices.calc.carryover import inherited

THREE = {"a": Decimal("0.5"), "b": Decimal("0.3"), "c": Decimal("0.2")}
weights = st.dictionaries(
    st.sampled_from("abcdef"), st.decimals("0.000000000001", "0.16", places=12), min_size=2, max_size=6
)


@pytest.mark.parametrize(
    ("asset_id", "heir", "to_survivors", "expected"),
    [
        # .5 and .3 of .8
        ("c", None, True, {"a": "0.625", "b": "0.375"}),
        ("c", None, False, {"a": "0.5", "b": "0.3"}),
        ("c", "n", True, {"a": "0.5", "b": "0.3", "n": "0.2"}),
        ("c", "a", True, {"a": "0.7", "b": "0.3"}),
        ("z", None, True, {"a": "0.5", "b": "0.3", "c": "0.2"}),
    ],
)
def test_by_hand(asset_id, heir, to_survivors, expected):
    left = inherited(THREE, asset_id=asset_id, heir=heir, to_survivors=to_survivors)

    assert left == {name: Decimal(weight) for name, weight in expected.items()}


def test_the_last_one_leaves_nothing():
    assert inherited({"a": Decimal(1)}, asset_id="a", heir=None, to_survivors=True) == {}


@given(weights)
def test_what_survivors_and_heirs_take_over_is_all_of_it(before):
    leaver = min(before)

    by_survivors = inherited(before, asset_id=leaver, heir=None, to_survivors=True)
    by_heir = inherited(before, asset_id=leaver, heir="heir", to_survivors=False)

    assert sum(by_survivors.values()) == sum(by_heir.values()) == sum(before.values())
    assert leaver not in by_survivors.keys() | by_heir.keys()
