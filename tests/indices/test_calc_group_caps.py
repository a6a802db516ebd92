"""Caps for groups of assets, and floors by dropping: example E3 (e), feasibility to the last hundredth, properties."""

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

from indices.calc.weighting import InfeasibleLimitsError, drop_below, water_fill, water_fill_groups

SCORES, SECTORS = [500, 300, 150, 50], ["L1", "L1", "defi", "ai"]  # of E3 (e)
hundredths = st.integers(1, 100)


@st.composite
def grouped_baskets(draw):
    """Draw scores, labels 0 to 3, and limits in whole hundredths, so that feasibility is a matter of integers."""
    scores = draw(st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=25).map(np.array))
    groups = np.array(draw(st.lists(st.integers(0, 3), min_size=scores.size, max_size=scores.size)))
    return scores, groups, draw(hundredths), np.array(draw(st.lists(hundredths, min_size=4, max_size=4)))


@st.composite
def baskets_with_floors(draw):
    """Draw feasible scores, labels, caps and floors for each asset, and caps for each group."""
    scores, groups, _, _ = draw(grouped_baskets())
    shares = st.lists(st.floats(0, 1), min_size=scores.size, max_size=scores.size).map(np.array)
    floors = draw(shares) / scores.size
    caps = np.minimum(floors + draw(shares) * draw(st.floats(0.5, 6)) / scores.size, 1.0)
    own = np.bincount(groups, floors, minlength=4)
    group_caps = np.minimum(own + np.array(draw(st.lists(st.floats(0, 1), min_size=4, max_size=4))), 1.0)
    assume(np.minimum(np.bincount(groups, caps, minlength=4), group_caps).sum() >= 1)
    return scores, groups, caps, floors, group_caps


def most_by_group(groups, cap, group_caps):
    """Return how many hundredths the groups can hold."""
    return int(np.minimum(np.bincount(groups, minlength=4) * cap, group_caps).sum())


def bisect(total):
    """Return the logarithm at which an increasing function reaches 0."""
    low, high = -60.0, 60.0
    for _ in range(120):
        middle = (low + high) / 2
        low, high = (middle, high) if total(middle) < 0 else (low, middle)
    return high


def by_bisection(scores, groups, caps, floors, group_caps):
    """Search the one multiplier for all and that of each held group, knowing nothing of water-filling."""

    def clipped(multiplier, group):
        own = groups == group
        return np.clip(np.exp(multiplier) * scores[own], floors[own], caps[own])

    def missing(multiplier):
        return sum(min(clipped(multiplier, g).sum(), most) for g, most in enumerate(group_caps)) - 1

    weights, common = np.empty(scores.size), bisect(missing)
    for group, most in enumerate(group_caps):
        own_limit = bisect(lambda multiplier, g=group, m=most: clipped(multiplier, g).sum() - m)
        weights[groups == group] = clipped(min(common, own_limit), group)
    return weights


def test_the_example_of_the_specification():
    # Uncapped groups: (.45, .33, .165, .055); L1 has .78 and is held at .6 = 500:300; .4 goes 150:50.
    weights = water_fill_groups(SCORES, SECTORS, cap=0.45, group_caps={"L1": 0.6})

    assert weights == pytest.approx([0.375, 0.225, 0.3, 0.1], abs=1e-15)


def test_holding_one_group_can_push_another_over_its_cap():
    # First (.6, .2, .2): a is held at .3. Then .7 goes 1:1, (.35, .35): b is held at .32. c gets the rest.
    weights = water_fill_groups([6, 2, 2], ["a", "b", "c"], group_caps={"a": 0.3, "b": 0.32})

    assert weights == pytest.approx([0.3, 0.32, 0.38], abs=1e-15)


def test_a_held_group_is_water_filled_inside():
    # L1 at .6 would be (.5, .1); its first is capped at .4, so its second gets .2.
    weights = water_fill_groups([50, 10, 5, 5], ["L1", "L1", "x", "y"], cap=0.4, group_caps={"L1": 0.6})

    assert weights == pytest.approx([0.4, 0.2, 0.2, 0.2], abs=1e-15)


def test_floors_hold_in_and_out_of_a_held_group():
    # Group 0 at .5: (.45, .05) once its second has the floor; group 1: (.45, .05) likewise.
    weights = water_fill_groups([90, 1, 9, 1], [0, 0, 1, 1], floor=0.05, group_caps=[0.5, 1.0])

    assert weights == pytest.approx([0.45, 0.05, 0.45, 0.05], abs=1e-15)


@pytest.mark.parametrize(
    ("groups", "group_caps"),
    [
        (["a", "a", "b"], {"a": 0.6, "b": 0.6, "unused": 0.1}),
        (["a", "a", "b"], 0.6),
        ([0, 0, 1], [0.6, 0.6]),
        (np.array([0, 0, 1]), np.array([0.6, 0.6, 0.1])),
        ([("L", 1), ("L", 1), None], {("L", 1): 0.6}),
    ],
    ids=["by label", "one number", "by position", "arrays", "any label"],
)
def test_group_caps_come_in_three_forms(groups, group_caps):
    assert water_fill_groups([8, 4, 3], groups, group_caps=group_caps) == pytest.approx([0.4, 0.2, 0.4])


def test_a_group_may_be_shut_out():
    assert water_fill_groups([8, 4], ["a", "b"], group_caps={"a": 0.0}) == pytest.approx([0.0, 1.0], abs=0)


def test_groups_that_cannot_hold_everything_are_named():
    with pytest.raises(InfeasibleLimitsError, match=r"at most 0\.9, which is less than 1: L1 0\.5, defi 0\.3, ai 0\.1"):
        water_fill_groups(SCORES, SECTORS, cap=0.3, group_caps={"L1": 0.5, "ai": 0.1})
    with pytest.raises(InfeasibleLimitsError) as caught:
        water_fill_groups(SCORES, SECTORS, group_caps=0.3)

    assert caught.value.limit == "group_cap"


def test_floors_above_the_cap_of_their_group_are_named():
    with pytest.raises(InfeasibleLimitsError, match=r"group L1 sum to 0\.4, above its cap 0\.35") as caught:
        water_fill_groups(SCORES, SECTORS, floor=0.2, group_caps={"L1": 0.35})

    assert caught.value.limit == "group_cap"


def test_caps_that_cannot_hold_without_groups_are_named_as_caps():
    with pytest.raises(InfeasibleLimitsError, match="4 assets") as caught:
        water_fill_groups(SCORES, SECTORS, cap=0.2, group_caps=0.5)

    assert caught.value.limit == "cap"


@pytest.mark.parametrize(
    ("groups", "group_caps", "words"),
    [
        (["a", "b"], 1.0, "2 group labels for 3 scores"),
        ([0, 1, 2], [0.5, 0.5], "from 0 to 1"),
        ([0, 1, -1], [0.5, 0.5], "from 0 to 1"),
        (["a", "a", "b"], [0.5, 0.5], "from 0 to 1"),
        ([0, 0, 1], -0.5, "group cap is a fraction"),
        ([0, 0, 1], {0: np.nan}, "group cap is a fraction"),
        ([0, 0, 1], [[0.5, 0.5]], "group cap has shape"),
    ],
)
def test_malformed_groups_are_refused(groups, group_caps, words):
    with pytest.raises(ValueError, match=words):
        water_fill_groups([3.0, 2.0, 1.0], groups, group_caps=group_caps)


@given(grouped_baskets())
def test_it_succeeds_exactly_when_the_groups_can_hold_everything(basket):
    scores, groups, cap, group_caps = basket
    is_feasible = most_by_group(groups, cap, group_caps) >= 100

    try:
        weights = water_fill_groups(scores, groups, cap=cap / 100, group_caps=group_caps / 100)
    except InfeasibleLimitsError:
        assert not is_feasible
    else:
        assert is_feasible
        assert weights.sum() == pytest.approx(1, abs=1e-12)
        assert (weights >= 0).all()
        assert (weights <= cap / 100).all()
        assert (np.bincount(groups, weights, minlength=4) <= group_caps / 100 + 1e-12).all()


@given(baskets_with_floors())
def test_group_weights_are_those_of_a_bisection(basket):
    scores, groups, caps, floors, group_caps = basket

    weights = water_fill_groups(scores, groups, cap=caps, floor=floors, group_caps=group_caps)

    assert weights == pytest.approx(by_bisection(scores, groups, caps, floors, group_caps), abs=1e-11)


@given(baskets_with_floors(), st.floats(1e-6, 1e6), st.randoms(use_true_random=False))
def test_unit_order_and_names_of_groups_change_nothing(basket, scale, random):
    scores, groups, caps, floors, group_caps = basket
    order = random.sample(range(scores.size), scores.size)
    names = {f"group {label}": most for label, most in enumerate(group_caps)}

    weights = water_fill_groups(scores, groups, cap=caps, floor=floors, group_caps=group_caps)
    other = water_fill_groups(
        scores[order] * scale,
        [f"group {label}" for label in groups[order]],
        cap=caps[order],
        floor=floors[order],
        group_caps=names,
    )

    assert other == pytest.approx(weights[order], abs=1e-12)


@given(baskets_with_floors())
def test_group_caps_that_do_not_bind_change_nothing(basket):
    scores, groups, caps, floors, _ = basket

    weights = water_fill_groups(scores, groups, cap=caps, floor=floors, group_caps=1.0)

    assert weights == pytest.approx(water_fill(scores, cap=caps, floor=floors), abs=1e-15)


@pytest.mark.parametrize(
    ("scores", "least", "cap", "expected"),
    [
        ((60, 30, 6, 4), 0.05, None, (True, True, True, False)),
        ((60, 30, 6, 4), 0.062, None, (True, True, False, False)),
        ((60, 30, 6, 4), 0.0, None, (True, True, True, True)),
        ((50, 30, 20), 0.2, None, (True, True, True)),
        ((1, 1, 1, 1, 1), 0.2, None, (True, True, True, True, True)),
        ((1, 1, 1, 1, 1), 0.3, None, (True, True, True, False, False)),
        ((3, 4, 5), 1.0, None, (False, False, True)),
        ((98, 1, 1), 0.02, 0.9, (True, True, True)),
        ((7,), 1.0, None, (True,)),
    ],
    ids=[
        "the last",
        "both at once: the third would have 6/96 alone",
        "no least",
        "just enough",
        "rounding is no shortfall",
        "all below: from the end",
        "only one can weigh 1",
        "a cap lifts the others",
        "alone",
    ],
)
def test_what_stays_by_hand(scores, least, cap, expected):
    assert drop_below(scores, least=least, cap=cap).tolist() == list(expected)


def test_dropping_lets_the_others_grow_past_the_least():
    # (.5, .3, .11, .09): the last goes, and the third has 11/91 = .1209 of the rest.
    assert drop_below([50, 30, 11, 9], least=0.1).tolist() == [True, True, True, False]


def test_a_cap_lifts_the_others_before_they_are_judged():
    # Cap .5: (.5, .25, .15, .1). Without the last: (.5, .3125, .1875).
    assert drop_below([90, 5, 3, 2], least=0.12, cap=0.5).tolist() == [True, True, True, False]


def test_limits_go_with_their_assets():
    # The second may have .2 at most, too little; then the third takes its place.
    assert drop_below([5, 4, 3], least=0.25, cap=[0.6, 0.2, 0.6]).tolist() == [True, False, True]
    assert drop_below([90, 6, 4], least=0.05, floor=[0.0, 0.0, 0.05]).tolist() == [True, True, True]


def test_too_few_left_for_the_cap_is_an_error():
    with pytest.raises(InfeasibleLimitsError, match=r"2 assets sum to 0\.8"):
        drop_below([60, 30, 1], least=0.25, cap=0.4)


@pytest.mark.parametrize("least", [-0.1, 1.1, np.nan])
def test_the_least_weight_is_a_fraction(least):
    with pytest.raises(ValueError, match="least weight"):
        drop_below([1.0, 2.0], least=least)


@given(
    st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=30).map(np.array),
    st.floats(0, 1),
    st.randoms(use_true_random=False),
)
def test_what_stays_weighs_enough_and_something_stays(scores, least, random):
    assume(np.unique(scores).size == scores.size)
    order = random.sample(range(scores.size), scores.size)

    mask = drop_below(scores, least=least)

    assert mask.any()
    assert (water_fill(scores[mask]) >= least - 1e-11).all()
    assert scores[mask].min() > scores[~mask].max(initial=0)
    assert drop_below(scores[order], least=least).tolist() == mask[order].tolist()
    assert drop_below(scores * 2.0**10, least=least).tolist() == mask.tolist()
