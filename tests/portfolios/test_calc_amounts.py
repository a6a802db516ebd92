"""Sharing out without losing a cent, and where a weight stands in its band."""

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from portfolios.calc.amounts import band_state, default_band, round_down, share_out

D = Decimal
weights = st.lists(st.decimals("0", "1", places=12), min_size=1, max_size=40).filter(any)


def test_by_hand():
    # 33.333 each: the one cent left goes to the first of three equal remainders.
    assert share_out(D(100), [D(1), D(1), D(1)]) == [D("33.34"), D("33.33"), D("33.33")]
    # 0.6667 and 0.3333 of a cent over: the larger remainder takes it.
    assert share_out(D(1), [D(2), D(4)]) == [D("0.33"), D("0.67")]


@given(st.integers(0, 10**12), weights)
def test_the_parts_sum_to_the_total_and_are_off_by_less_than_a_cent(cents, given_weights):
    total = D(cents) / 100

    parts = share_out(total, given_weights)

    assert sum(parts) == total
    whole = sum(given_weights)
    assert all(
        abs(part - total * weight / whole) < D("0.01") for part, weight in zip(parts, given_weights, strict=True)
    )


@pytest.mark.parametrize("wrong", [[], [D(0)], [D(2), D(-1)]])
def test_weights_that_share_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match="Weights"):
        share_out(D(1), wrong)


@pytest.mark.parametrize("total", [D("0.001"), D(-1)])
def test_a_total_that_is_no_whole_number_of_cents_is_refused(total):
    with pytest.raises(ValueError, match="whole number"):
        share_out(total, [D(1)])


def test_rounding_goes_down():
    assert round_down(D("0.9999999999999999999")) == D("0.999999999999999999")


@pytest.mark.parametrize(("target", "half"), [("0.5", "0.1"), ("0.1", "0.02"), ("0.01", "0.01"), ("0.05", "0.01")])
def test_the_hybrid_band(target, half):
    assert default_band(D(target)) == (D(target) - D(half), D(target) + D(half))


@pytest.mark.parametrize(
    ("weight", "state"),
    [
        ("0.39", "below"), ("0.4", "near"), ("0.425", "near"), ("0.43", "inside"), ("0.5", "inside"),
        ("0.57", "inside"), ("0.575", "near"), ("0.6", "near"), ("0.61", "above"),
    ],
)  # fmt: skip
def test_exactly_on_the_edge_is_not_outside(weight, state):
    assert band_state(D(weight), target=D("0.5"), lower=D("0.4"), upper=D("0.6")) == state


def test_a_band_of_no_width_is_inside_at_its_target():
    assert band_state(D(0), target=D(0), lower=D(0), upper=D(0)) == "inside"
