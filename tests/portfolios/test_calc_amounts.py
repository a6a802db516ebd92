"""Rounding, and where a weight stands in its band."""

from decimal import Decimal

import pytest

from portfolios.calc.amounts import band_state, default_band, round_down

D = Decimal


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
