"""Scores, caps and floors by water-filling, exact quantising: examples E2 and E3, T40, and properties."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

from indices.calc.weighting import InfeasibleLimitsError, cap_family_scores, quantise_weights, water_fill

scores_of_any_size = st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=40).map(np.array)


@st.composite
def feasible_baskets(draw):
    """Draw scores with caps and floors, one for each asset, that some weights obey."""
    scores = draw(scores_of_any_size)
    shares = st.lists(st.floats(0, 1), min_size=scores.size, max_size=scores.size).map(np.array)
    floors = draw(shares) * 2 / (scores.size + 1) ** 1.1
    caps = np.minimum(floors + draw(shares) * draw(st.floats(0.5, 4)) / scores.size, 1.0)
    assume(floors.sum() <= 1 <= caps.sum())
    return scores, caps, floors


def by_bisection(scores, caps, floors):
    """Search the multiplier for which the clipped scores sum to 1, knowing nothing of water-filling."""
    low, high = -50.0, 50.0
    for _ in range(200):
        middle = (low + high) / 2
        total = np.clip(np.exp(middle) * scores, floors, caps).sum()
        low, high = (middle, high) if total < 1 else (low, middle)
    return np.clip(np.exp(high) * scores, floors, caps)


@pytest.mark.parametrize(
    ("scores", "cap", "floor", "expected"),
    [
        ((600, 300, 60, 30, 10), 0.4, None, (0.4, 0.4, 0.12, 0.06, 0.02)),
        ((700, 200, 80, 17, 3), 0.4, 0.01, (0.4, 0.3973063973, 0.1589225589, 0.0337710438, 0.01)),
        ((800, 150, 20, 12, 10, 8), (0.3, *[0.2] * 5), None, (0.3, 0.2, 0.2, 0.12, 0.1, 0.08)),
        ((60, 20, 8, 7, 5), 0.3, None, (0.3, 0.3, 0.16, 0.14, 0.1)),
        ((100, 50, 25), None, None, (0.571428571429, 0.285714285714, 0.142857142857)),
        ((8, 1, 1), 0.6, 0.2, (0.6, 0.2, 0.2)),
        ((5,), 1.0, None, (1.0,)),
        ((5, 4, 3, 2, 1), 0.2, None, (0.2, 0.2, 0.2, 0.2, 0.2)),
        (tuple(range(1, 11)), 0.1, None, (0.1,) * 10),
        (tuple(range(1, 11)), None, 0.1, (0.1,) * 10),
    ],
    ids=["E3a", "E3b", "E3c", "T40", "free", "both at once", "alone", "caps just fit", "ten tenths", "floors just fit"],
)
def test_by_hand(scores, cap, floor, expected):
    weights = water_fill(np.array(scores, dtype=float), cap=cap, floor=floor)

    assert weights == pytest.approx(np.array(expected), abs=5e-11)


def test_scores_of_very_different_size_neither_vanish_nor_overflow():
    weights = water_fill(np.array([1e300, 1e300, 2e-300, 1e-300]), cap=0.25 + 0.125)

    assert weights == pytest.approx(np.array([0.375, 0.375, 1 / 6, 1 / 12]))
    assert water_fill([1.5e308, 0.5e308]) == pytest.approx([0.75, 0.25])


def test_lists_and_limits_for_each_do_as_well_as_arrays():
    weights = water_fill([8, 1, 1], cap=[0.6, 0.5, np.inf], floor=(0.0, 0.25, 0.0))

    # .6 is held, then the second at .25; the third gets the rest.
    assert weights == pytest.approx([0.6, 0.25, 0.15])
    assert weights.dtype == np.float64


@given(feasible_baskets())
def test_weights_sum_to_one_within_their_limits(basket):
    scores, caps, floors = basket

    weights = water_fill(scores, cap=caps, floor=floors)

    assert weights.sum() == pytest.approx(1, abs=1e-12)
    assert (weights <= caps + 1e-12).all()
    assert (weights >= floors - 1e-12).all()


@given(feasible_baskets())
def test_weights_are_those_of_a_bisection(basket):
    scores, caps, floors = basket

    weights = water_fill(scores, cap=caps, floor=floors)

    assert weights == pytest.approx(by_bisection(scores, caps, floors), abs=1e-11)


@given(feasible_baskets(), st.randoms(use_true_random=False))
def test_the_order_of_assets_changes_nothing(basket, random):
    scores, caps, floors = basket
    order = random.sample(range(scores.size), scores.size)

    weights = water_fill(scores, cap=caps, floor=floors)
    shuffled = water_fill(scores[order], cap=caps[order], floor=floors[order])

    assert shuffled.tolist() == weights[order].tolist()  # not a bit: a replay must give the same hash


@given(feasible_baskets(), st.floats(1e-6, 1e6))
def test_the_unit_of_scores_changes_nothing(basket, scale):
    scores, caps, floors = basket

    weights = water_fill(scores, cap=caps, floor=floors)

    assert water_fill(scores * scale, cap=caps, floor=floors) == pytest.approx(weights, abs=1e-12)


@pytest.mark.parametrize(
    ("limits", "limit", "words"),
    [
        ({"cap": 0.4}, "cap", "caps of 2 assets sum to 0.8"),
        ({"floor": 0.6}, "floor", "floors of 2 assets sum to 1.2"),
        ({"floor": [0.1, 0.5], "cap": [1.0, 0.4]}, "floor", "position 1 is above the cap"),
    ],
    ids=["E3d", "floors", "crossed"],
)
def test_infeasible_limits_are_named(limits, limit, words):
    with pytest.raises(InfeasibleLimitsError, match=words) as caught:
        water_fill(np.array([3.0, 1.0]), **limits)

    assert caught.value.limit == limit


def test_three_assets_cannot_be_capped_at_a_quarter():
    with pytest.raises(InfeasibleLimitsError, match=r"3 assets sum to 0\.75"):
        water_fill(np.array([5.0, 3.0, 2.0]), cap=0.25)


@pytest.mark.parametrize(
    ("scores", "limits", "words"),
    [
        ([], {}, "at least one"),
        ([[1.0, 2.0]], {}, "one score for each"),
        ([1.0, 0.0], {}, "position 1 is 0"),
        ([1.0, np.nan], {}, "position 1 is nan"),
        ([np.inf, 1.0], {}, "position 0 is inf"),
        ([1.0, 2.0], {"cap": -0.1}, "no less than 0"),
        ([1.0, 2.0], {"floor": [0.1, np.nan]}, "no less than 0"),
        ([1.0, 2.0], {"cap": [0.5, 0.5, 0.5]}, r"shape \(3,\)"),
    ],
)
def test_malformed_input_is_refused(scores, limits, words):
    with pytest.raises(ValueError, match=words):
        water_fill(np.array(scores), **limits)


@pytest.mark.parametrize(
    ("alpha", "expected"),
    [(1.0, (900 / 1400, 400 / 1400, 100 / 1400)), (0.5, (0.5, 1 / 3, 1 / 6)), (0.0, (1 / 3, 1 / 3, 1 / 3))],
    ids=["cap", "root, T40", "equal"],
)
def test_one_exponent_makes_the_cap_family(alpha, expected):
    weights = water_fill(cap_family_scores(np.array([900.0, 400.0, 100.0]), alpha=alpha))

    assert weights == pytest.approx(np.array(expected))


@pytest.mark.parametrize(("caps", "alpha", "words"), [([1.0], 1.5, "alpha is"), ([0.0], 1.0, "market cap at")])
def test_the_cap_family_refuses_what_is_no_market_cap(caps, alpha, words):
    with pytest.raises(ValueError, match=words):
        cap_family_scores(np.array(caps), alpha=alpha)


def test_thirds_are_quantised_to_a_whole():
    assert quantise_weights(np.full(3, 1 / 3)) == [
        Decimal("0.333333333334"),
        Decimal("0.333333333333"),
        Decimal("0.333333333333"),
    ]


@given(scores_of_any_size)
def test_quantised_weights_sum_to_exactly_one_and_stay_close(scores):
    weights = water_fill(scores)

    quantised = quantise_weights(weights)

    assert sum(quantised) == 1
    assert all(weight.as_tuple().exponent == -12 for weight in quantised)
    assert np.array([float(weight) for weight in quantised]) == pytest.approx(weights, abs=1.01e-12)


@pytest.mark.parametrize(
    ("weights", "words"),
    [([0.6, 0.3], "sum to 0.9"), ([1.5, -0.5], "not negative"), ([np.nan, 1.0], "finite"), ([], "sum to 0")],
)
def test_only_weights_are_quantised(weights, words):
    with pytest.raises(ValueError, match=words):
        quantise_weights(np.array(weights))
