"""Sharing out a whole without losing a cent or a digit."""

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from indices.calc.shares import STEP, share_out

D = Decimal
CENT = D("0.01")
weights = st.lists(st.decimals("0", "1", places=12), min_size=1, max_size=40).filter(any)
worths = st.lists(st.decimals("0", "1e20", places=18), min_size=1).filter(any)
sizes = st.lists(st.floats(0, 1e300), min_size=1, max_size=40).filter(any)


def test_by_hand():
    # 33.333 each: the one cent left goes to the first of three equal remainders.
    assert share_out(D(100), [D(1), D(1), D(1)], unit=CENT) == [D("33.34"), D("33.33"), D("33.33")]
    # 0.6667 and 0.3333 of a cent over: the larger remainder takes it.
    assert share_out(D(1), [D(2), D(4)], unit=CENT) == [D("0.33"), D("0.67")]


@given(st.integers(0, 10**12), weights)
def test_the_parts_sum_to_the_total_and_are_off_by_less_than_a_cent(cents, given_weights):
    total = D(cents) / 100

    parts = share_out(total, given_weights, unit=CENT)

    assert sum(parts) == total
    whole = sum(given_weights)
    assert all(
        abs(part - total * weight / whole) < D("0.01") for part, weight in zip(parts, given_weights, strict=True)
    )


@pytest.mark.parametrize("wrong", [[], [D(0)], [D(2), D(-1)], [0.5, -0.1]])
def test_weights_that_share_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match="Weights"):
        share_out(D(1), wrong, unit=CENT)


@pytest.mark.parametrize("total", [D("0.001"), D(-1)])
def test_a_total_that_is_no_whole_number_of_cents_is_refused(total):
    with pytest.raises(ValueError, match="whole number"):
        share_out(total, [D(1)], unit=CENT)


@given(worths | sizes)
def test_shares_of_one_are_on_the_grid_and_sum_to_exactly_one(worth):
    shares = share_out(D(1), worth, unit=STEP)

    whole = sum(map(D, worth))
    assert sum(shares) == 1
    assert all(share.as_tuple().exponent == -12 for share in shares)
    assert all(abs(share - D(each) / whole) <= STEP for share, each in zip(shares, worth, strict=True))


@given(weights, st.integers(1, 9))
def test_only_the_ratios_of_weights_matter(given_weights, times):
    assert share_out(D(1), [times * each for each in given_weights], unit=STEP) == share_out(
        D(1), given_weights, unit=STEP
    )
