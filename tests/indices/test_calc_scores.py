"""Sharpe scores, factor tilts, blends of weights, and caps that differ: by hand, properties, refusals."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from indices.calc.weighting import (
    NoPositiveScoreError,
    blended_weights,
    flexible_caps,
    largest_caps,
    relaxed_cap,
    sharpe_scores,
    tilted_scores,
    water_fill,
)

weight_rows = st.lists(st.floats(1e-3, 1), min_size=5, max_size=5).map(lambda raw: np.array(raw) / sum(raw))
factors = st.lists(st.integers(-1000, 1000), min_size=1, max_size=30).map(lambda raw: np.array(raw) / 8)


def test_a_sharpe_ratio_below_zero_scores_zero():
    assert sharpe_scores([1.5, -0.3, 0.0, 0.5]).tolist() == [1.5, 0.0, 0.0, 0.5]


def test_the_positive_scores_can_be_filled():
    scores = sharpe_scores([1.5, -0.3, 0.5])

    assert water_fill(scores[scores > 0]) == pytest.approx([0.75, 0.25])


@pytest.mark.parametrize("sharpe", [[-1.0, 0.0], [-0.1]])
def test_no_positive_sharpe_ratio_is_an_error_of_its_own(sharpe):
    with pytest.raises(NoPositiveScoreError, match=f"None of the {len(sharpe)} Sharpe ratios"):
        sharpe_scores(sharpe)


@pytest.mark.parametrize(("sharpe", "words"), [([], "at least one"), ([1.0, np.nan], "position 1 is nan")])
def test_what_is_no_sharpe_ratio_is_refused(sharpe, words):
    with pytest.raises(ValueError, match=words):
        sharpe_scores(sharpe)


def test_a_tilt_by_hand():
    # Mean 2, variance 2/3 (ddof 0): z is -sqrt(1.5), 0, sqrt(1.5).
    scores = tilted_scores([1.0, 1.0, 2.0], [1.0, 2.0, 3.0], strength=0.5)

    assert scores == pytest.approx([np.exp(-0.5 * 1.5**0.5), 1.0, 2 * np.exp(0.5 * 1.5**0.5)])


@pytest.mark.parametrize("sign", [1, -1])
def test_what_lies_far_out_is_cut_at_three(sign):
    # One of 17 at 1, the others 0: mean 1/17, deviation 4/17, so z is 4, cut at 3, and -1/4 for the others.
    factor = np.zeros(17)
    factor[5] = sign

    scores = tilted_scores(np.ones(17), factor, strength=1.0)

    assert scores[5] == pytest.approx(np.exp(3 * sign))
    assert np.delete(scores, 5) == pytest.approx(np.full(16, np.exp(-0.25 * sign)))


@pytest.mark.parametrize("factor", [[0.1, 0.1, 0.1], [0.0, 0.0, 0.0], [0.1 + 0.2, 0.3, 0.3]])
def test_a_factor_that_does_not_vary_tilts_nothing(factor):
    assert tilted_scores([3.0, 2.0, 1.0], factor, strength=2.0).tolist() == [3.0, 2.0, 1.0]


def test_a_tilt_of_strength_zero_is_none():
    assert tilted_scores([3.0, 2.0], [1.0, 9.0], strength=0.0).tolist() == [3.0, 2.0]


def test_tiny_factors_tilt_as_others_do():
    assert tilted_scores([1.0, 1.0], [1e-200, 3e-200], strength=1.0) == pytest.approx([np.exp(-1), np.exp(1)])


@given(factors, st.sampled_from([2.0**-10, 0.5, 4.0, 2.0**20]), st.integers(-8, 8), st.randoms(use_true_random=False))
def test_unit_zero_and_order_of_a_factor_change_nothing(factor, scale, shift, random):
    base = np.arange(1.0, factor.size + 1)
    order = random.sample(range(factor.size), factor.size)

    scores = tilted_scores(base, factor, strength=0.7)
    other = tilted_scores(base[order], scale * (factor[order] + shift), strength=0.7)

    assert other == pytest.approx(scores[order], rel=1e-9)


@given(factors)
def test_a_higher_factor_never_scores_lower(factor):
    scores = tilted_scores(np.ones(factor.size), factor, strength=0.7)

    assert (np.diff(scores[np.argsort(factor, kind="stable")]) >= 0).all()


@pytest.mark.parametrize(
    ("base", "factor", "strength", "words"),
    [
        ([1.0, 0.0], [1.0, 2.0], 1.0, "base score at position 1"),
        ([1.0, 1.0], [1.0, np.inf], 1.0, "factor at position 1"),
        ([1.0, 1.0], [1.0], 1.0, "1 factors for 2"),
        ([1.0, 1.0], [1.0, 2.0], 11.0, r"\[-10, 10\]"),
        ([1.0, 1.0], [1.0, 2.0], np.nan, r"\[-10, 10\]"),
    ],
)
def test_what_is_no_tilt_is_refused(base, factor, strength, words):
    with pytest.raises(ValueError, match=words):
        tilted_scores(base, factor, strength=strength)


def test_a_blend_by_hand():
    # .75 * (.6, .3, .1) + .25 * (.2, .2, .6), as of the Metaverse Index: root of cap and liquidity.
    blend = blended_weights([[0.6, 0.3, 0.1], [0.2, 0.2, 0.6]], [0.75, 0.25])

    assert blend == pytest.approx([0.5, 0.275, 0.225])


@given(st.lists(weight_rows, min_size=1, max_size=4), st.integers(0, 2**32))
def test_a_blend_sums_to_one_and_lies_between_its_parts(rows, seed):
    raw = np.random.default_rng(seed).uniform(0.1, 1, len(rows))
    parts = np.array(rows)

    blend = blended_weights(parts, raw / raw.sum())

    assert blend.sum() == pytest.approx(1, abs=1e-12)
    assert (blend >= parts.min(axis=0) - 1e-15).all()
    assert (blend <= parts.max(axis=0) + 1e-15).all()


@pytest.mark.parametrize(
    ("parts", "shares", "words"),
    [
        ([[0.5, 0.5], [0.4, 0.5]], [0.5, 0.5], r"weights sum to 0\.9"),
        ([[0.5, 0.5], [1.5, -0.5]], [0.5, 0.5], "weight at position 1 is -0.5"),
        ([[0.5, 0.5]], [0.5, 0.5], "2 sets of weights"),
        ([0.5, 0.5], [0.5, 0.5], "2 sets of weights"),
        ([[0.5, 0.5], [0.4, 0.6]], [0.5, 0.4], r"shares sum to 0\.9"),
        ([[0.5, 0.5], [0.4, 0.6]], [1.0, 0.0], "share at position 1 is 0"),
        ([[0.5, np.nan]], [1.0], "weight at position 1 is nan"),
    ],
)
def test_what_is_no_blend_is_refused(parts, shares, words):
    with pytest.raises(ValueError, match=words):
        blended_weights(parts, shares)


def test_a_relaxed_cap_is_the_smallest_that_can_be_obeyed():
    assert relaxed_cap(0.4, 2) == 0.5
    assert relaxed_cap(0.4, 3) == 0.4
    assert water_fill([5.0, 3.0, 1.0], cap=relaxed_cap(0.3, 3)) == pytest.approx([1 / 3] * 3)


@pytest.mark.parametrize(("cap", "count", "words"), [(0.4, 0, "0 assets"), (-1, 3, "fraction"), (np.nan, 3, "number")])
def test_what_is_no_cap_is_not_relaxed(cap, count, words):
    with pytest.raises(ValueError, match=words):
        relaxed_cap(cap, count)


def test_a_flexible_cap_lies_half_way_to_the_weight_held():
    assert flexible_caps(0.25, [0.45, 0.15, 0.0]) == pytest.approx([0.35, 0.2, 0.125])
    assert flexible_caps([0.25, 0.5], [0.75, 0.25]) == pytest.approx([0.5, 0.375])


@given(st.lists(st.floats(1e-3, 1), min_size=4, max_size=20).map(lambda raw: np.array(raw) / sum(raw)))
def test_flexible_caps_can_be_obeyed_where_the_cap_can(current):
    caps = flexible_caps(0.25, current)

    assert (water_fill(np.arange(1.0, current.size + 1), cap=caps) <= caps).all()


@pytest.mark.parametrize(
    ("cap", "current", "words"),
    [
        (0.25, [-0.1, 1.0], "from 0 to 1"),
        (0.25, [2], "from 0 to 1"),
        (0.25, [np.nan], "nan"),
        (-1, [0.5], "fraction"),
    ],
)
def test_what_is_no_flexible_cap_is_refused(cap, current, words):
    with pytest.raises(ValueError, match=words):
        flexible_caps(cap, current)


def test_the_largest_has_a_cap_of_its_own():
    scores = [150, 800, 20, 12, 10, 8]

    caps = largest_caps(scores, largest=0.3, others=0.2)

    assert caps.tolist() == [0.2, 0.3, 0.2, 0.2, 0.2, 0.2]
    # E3 (c), its first two exchanged.
    assert water_fill(scores, cap=caps) == pytest.approx([0.2, 0.3, 0.2, 0.12, 0.1, 0.08], abs=1e-15)


def test_of_equal_largest_scores_the_first_has_it():
    assert largest_caps([1.0, 7.0, 7.0], largest=0.6, others=0.3).tolist() == [0.3, 0.6, 0.3]


@pytest.mark.parametrize(
    ("scores", "largest", "others", "words"),
    [
        ([1.0, 0.0], 0.3, 0.2, "position 1"),
        ([1.0, 2.0], np.nan, 0.2, "cap of the largest"),
        ([1.0, 2.0], 0.3, -0.2, "cap is a fraction"),
    ],
)
def test_what_is_no_cap_of_the_largest_is_refused(scores, largest, others, words):
    with pytest.raises(ValueError, match=words):
        largest_caps(scores, largest=largest, others=others)
