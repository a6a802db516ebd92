"""Part of the way to the target: a limit on turnover (example E8) and the edges of bands."""

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

from indices.calc.weighting import InfeasibleLimitsError, band_edge, turnover_limited


@st.composite
def moves(draw):
    """Draw old and target weights of the same assets, with some of each not held."""
    size = draw(st.integers(1, 20))
    parts = st.lists(st.integers(0, 100) | st.just(0), min_size=size, max_size=size).map(np.array)
    old, target = draw(parts), draw(parts)
    assume(old.sum() and target.sum())
    return old / old.sum(), target / target.sum()


@st.composite
def bands(draw):
    """Draw a move with a band around each target."""
    old, target = draw(moves())
    widths = st.lists(st.floats(0, 0.3), min_size=old.size, max_size=old.size).map(np.array)
    return old, target, np.maximum(target - draw(widths), 0), np.minimum(target + draw(widths), 1)


def turnover(old, new):
    return 0.5 * np.abs(new - old).sum()


def test_the_example_of_the_specification():
    # Turnover .4, a quarter of it allowed: .6 - .25 * .4 and .1 + .25 * .1.
    weights, theta = turnover_limited([0.6, 0.1, 0.1, 0.1, 0.1], [0.2] * 5, limit=0.1)

    assert theta == pytest.approx(0.25)
    assert weights == pytest.approx([0.5, 0.125, 0.125, 0.125, 0.125])


@pytest.mark.parametrize("limit", [0.4, 1.0, np.inf])
def test_within_the_limit_the_target_is_reached_to_the_bit(limit):
    weights, theta = turnover_limited([0.6, 0.4], [0.3, 0.7], limit=limit)

    assert theta == 1
    assert weights.tolist() == [0.3, 0.7]


def test_nothing_to_do_is_done_whole():
    weights, theta = turnover_limited([0.6, 0.4], [0.6, 0.4], limit=0.0)

    assert theta == 1
    assert weights.tolist() == [0.6, 0.4]


def test_what_left_the_index_is_sold_whole_and_first():
    # Sales: .1 of the deleted, .4 of the first; the limit .3 leaves .2, so theta = .2 / .4.
    # .3 is sold in all; buys of .1 and .4 share it: .06 and .24.
    weights, theta = turnover_limited([0.6, 0.2, 0.1, 0.1], [0.2, 0.3, 0.5, 0.0], limit=0.3)

    assert theta == pytest.approx(0.5)
    assert weights == pytest.approx([0.4, 0.26, 0.34, 0.0])
    assert weights[3] == 0


def test_what_left_the_index_is_sold_beyond_the_limit_alone():
    # .1 must go although .05 is the limit: nothing else is sold, and buys of .1 and .4 share it.
    weights, theta = turnover_limited([0.6, 0.2, 0.1, 0.1], [0.2, 0.3, 0.5, 0.0], limit=0.05)

    assert theta == 0
    assert weights == pytest.approx([0.6, 0.22, 0.18, 0.0])


def test_when_only_deletions_are_sold_the_target_is_reached():
    weights, theta = turnover_limited([0.4, 0.3, 0.3], [0.6, 0.4, 0.0], limit=0.1)

    assert theta == 1
    assert weights == pytest.approx([0.6, 0.4, 0.0])


@given(moves(), st.floats(0, 1))
def test_limited_weights_are_weights_and_keep_to_the_limit(move, limit):
    old, target = move
    deleted = old[target == 0].sum()

    weights, theta = turnover_limited(old, target, limit=limit)

    assert weights.sum() == pytest.approx(1, abs=1e-12)
    assert (weights >= 0).all()
    assert (weights[target == 0] == 0).all()
    assert 0 <= theta <= 1
    assert turnover(old, weights) <= max(limit, deleted) + 1e-8
    assert (weights >= np.minimum(old, target) - 1e-12).all()
    assert (weights <= np.maximum(old, target) + 1e-12).all()


@given(moves(), st.floats(0, 1))
def test_the_limit_is_used_up_unless_the_target_is_nearer(move, limit):
    old, target = move

    weights, _ = turnover_limited(old, target, limit=limit)

    assert turnover(old, weights) >= min(limit, turnover(old, target)) - 1e-8


@given(moves(), st.floats(0, 1), st.randoms(use_true_random=False))
def test_the_order_of_assets_changes_no_move(move, limit, random):
    old, target = move
    order = random.sample(range(old.size), old.size)

    weights, theta = turnover_limited(old, target, limit=limit)
    shuffled, other_theta = turnover_limited(old[order], target[order], limit=limit)

    assert shuffled == pytest.approx(weights[order], abs=1e-7)
    assert other_theta == pytest.approx(theta, abs=1e-6) or turnover(old, target) < 1e-6


@pytest.mark.parametrize(
    ("old", "target", "limit", "words"),
    [
        ([0.5, 0.5], [1.0], 0.1, "2 old weights and 1 target"),
        ([0.5, 0.4], [0.5, 0.5], 0.1, r"old weights sum to 0\.9"),
        ([0.5, 0.5], [1.5, -0.5], 0.1, "target weight at position 1 is -0.5"),
        ([0.5, 0.5], [0.4, 0.6], -0.1, "turnover limit"),
        ([0.5, 0.5], [0.4, 0.6], np.nan, "turnover limit"),
    ],
)
def test_what_is_no_move_is_refused(old, target, limit, words):
    with pytest.raises(ValueError, match=words):
        turnover_limited(old, target, limit=limit)


@pytest.mark.parametrize(
    ("old", "expected"),
    [
        ((0.55, 0.28, 0.17), (0.55, 0.28, 0.17)),
        # Cut to (.6, .25, .1), .05 is missing; the others lie .05 and .1 below their targets.
        ((0.65, 0.25, 0.1), (0.6, 0.25 + 0.05 / 3, 0.1 + 0.1 / 3)),
        # Cut to (.4, .35, .3), .05 is too much; the others lie .05 and .1 above.
        ((0.3, 0.35, 0.35), (0.4, 0.35 - 0.05 / 3, 0.3 - 0.1 / 3)),
        ((0.7, 0.1, 0.2), (0.6, 0.2, 0.2)),
    ],
    ids=["all inside", "one above", "one below, one above", "edges that sum to 1"],
)
def test_edges_by_hand(old, expected):
    weights = band_edge(old, [0.5, 0.3, 0.2], lower=[0.4, 0.2, 0.1], upper=[0.6, 0.4, 0.3])

    assert weights == pytest.approx(expected)


def test_one_number_may_be_the_edge_for_all():
    # Cut to (.5, .2, .15), .15 is missing; the others lie .1 and .15 below.
    assert band_edge([0.7, 0.2, 0.1], [0.4, 0.3, 0.3], lower=0.15, upper=0.5) == pytest.approx([0.5, 0.26, 0.24])


def test_an_asset_that_left_is_sold_by_an_edge_of_zero():
    weights = band_edge([0.5, 0.4, 0.1], [0.5, 0.5, 0.0], lower=[0.4, 0.4, 0.0], upper=[0.6, 0.6, 0.0])

    assert weights == pytest.approx([0.5, 0.5, 0.0])


@given(bands())
def test_edge_weights_are_weights_within_their_bands(case):
    old, target, lower, upper = case

    weights = band_edge(old, target, lower=lower, upper=upper)

    assert weights.sum() == pytest.approx(1, abs=1e-12)
    assert (weights >= lower - 1e-12).all()
    assert (weights <= upper + 1e-12).all()


@given(bands())
def test_the_edge_is_no_further_than_the_target(case):
    old, target, lower, upper = case

    weights = band_edge(old, target, lower=lower, upper=upper)

    assert (weights >= np.minimum(old, target) - 1e-12).all()
    assert (weights <= np.maximum(old, target) + 1e-12).all()
    assert turnover(old, weights) <= turnover(old, target) + 1e-12


@given(bands())
def test_at_the_edge_nothing_moves_again(case):
    old, target, lower, upper = case
    weights = band_edge(old, target, lower=lower, upper=upper)

    assert band_edge(weights, target, lower=lower, upper=upper) == pytest.approx(weights, abs=1e-12)


@pytest.mark.parametrize(
    ("lower", "upper", "words"),
    [(0.1, 0.45, r"target 0\.5 at position 0"), ([0.4, 0.35, 0.1], 1.0, r"target 0\.3 at position 1 .* 0\.35 to 1")],
)
def test_a_target_outside_its_band_is_named(lower, upper, words):
    with pytest.raises(InfeasibleLimitsError, match=words) as caught:
        band_edge([0.5, 0.3, 0.2], [0.5, 0.3, 0.2], lower=lower, upper=upper)

    assert caught.value.limit == "band"


@pytest.mark.parametrize(
    ("old", "lower", "words"),
    [([0.5, 0.5], 0.1, "2 old weights and 3"), ([0.5, 0.3, 0.2], -0.1, "lower edge"), ([0.5, 0.3, 0.3], 0.1, "sum to")],
)
def test_what_is_no_band_is_refused(old, lower, words):
    with pytest.raises(ValueError, match=words):
        band_edge(old, [0.5, 0.3, 0.2], lower=lower, upper=1.0)
