"""Simple returns and the test whether they vary."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from market.calc.returns import simple_returns, varies


def test_returns_by_hand():
    closes = np.array([[100.0, 10.0], [110.0, 5.0], [99.0, 5.0]])

    assert simple_returns(closes) == pytest.approx(np.array([[0.10, -0.50], [-0.10, 0.0]]))


@pytest.mark.parametrize("missing", [np.nan, 0.0, -5.0, np.inf])
def test_no_return_leads_into_or_out_of_a_missing_close(missing):
    returns = simple_returns(np.array([100.0, missing, 121.0, 133.1]))

    assert np.isnan(returns[:2]).all()
    assert returns[2] == pytest.approx(0.1)


def test_one_day_has_no_return():
    with pytest.raises(ValueError, match="two days"):
        simple_returns(np.array([[100.0, 50.0]]))


@given(st.lists(st.floats(0.01, 1e6), min_size=2, max_size=20), st.floats(1e-3, 1e3))
def test_returns_do_not_depend_on_the_unit_of_price(closes, scale):
    prices = np.array(closes)

    assert simple_returns(prices * scale) == pytest.approx(simple_returns(prices), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("returns", "expected"),
    [
        (np.full(5, 0.001), False),
        (simple_returns(np.array([100 * 1.001**day for day in range(400)])), False),
        (np.array([0.001, 0.001 + 1e-12]), True),
    ],
    ids=["constant", "constant but for rounding", "two values"],
)
def test_rounding_is_no_dispersion(returns, expected):
    assert bool(varies(returns)) is expected


def test_each_row_is_judged_alone():
    assert varies(np.array([[0.01, 0.01], [0.01, 0.02]])).tolist() == [False, True]
