"""Time-weighted, simple, Dietz and money-weighted returns: worked examples, pitfalls T1 to T6, properties."""

from datetime import date
from itertools import pairwise
from math import exp

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

from analytics.calc.measures import UndefinedMeasureError
from analytics.calc.performance import (
    growth_factors,
    modified_dietz,
    simple_return,
    time_weighted_return,
    xirr,
)
from analytics.calc.roots import find_roots

EXAMPLE = (["2024-01-01", "2024-02-01", "2024-03-01", "2024-05-01"], [-10000, -5000, 4000, 12144])


def ordinals(*days):
    """Turn ISO dates into integers."""
    return [date.fromisoformat(day).toordinal() for day in days]


# Time-weighted


def test_worked_example():
    # The withdrawal leaves at the end of a day on which nothing else moves.
    values = [11000, 13600, 9600, 10560, 12144]
    flows = [10000, 5000, -4000, 0, 0]

    assert growth_factors(values, flows) == pytest.approx(np.array([1.10, 0.85, 1.0, 1.10, 1.15]))
    assert time_weighted_return(values, flows) == pytest.approx(0.182775, abs=1e-12)


def test_money_in_earns_from_the_start_of_its_day():
    assert time_weighted_return([1000, 2200], [1000, 1000]) == pytest.approx(0.10)


def test_money_out_earns_until_the_end_of_its_day():
    assert time_weighted_return([1000, 600], [1000, -500]) == pytest.approx(0.10)


@pytest.mark.parametrize("opening", [0, 100], ids=["opening value alone", "opening value as a flow"])
def test_t4_a_deposit_is_no_return(opening):
    values, flows = [100, 110, 1054.5], [opening, 0, 1000]

    assert time_weighted_return(values, flows) == pytest.approx(0.045)
    assert simple_return(1054.5, [100, 1000]) == pytest.approx(-0.0414, abs=5e-5)


def test_t4_a_large_deposit_on_a_small_seed_exaggerates_nothing():
    assert time_weighted_return([100, 2090], [100, 2000]) == pytest.approx(2090 / 2100 - 1)


@given(st.floats(-0.5, 1.0), st.floats(-0.5, 1.0), st.floats(1, 1e5), st.floats(1, 1e5))
def test_t5_two_accounts_together_lie_between_the_two(first, second, one, other):
    together = time_weighted_return([one, one + other, one * (1 + first) + other * (1 + second)], [one, other, 0])

    low, high = min(first, second), max(first, second)
    assert low - 1e-9 <= together <= high + 1e-9


def test_t6_a_span_without_money_is_no_loss():
    # Out at 1.2, nothing for two days, in again and down to 0.9.
    values = [100, 0, 0, 0, 45]
    flows = [100, -120, 0, 0, 50]

    assert growth_factors(values, flows) == pytest.approx(np.array([1.0, 1.2, 1.0, 1.0, 0.9]))
    assert time_weighted_return(values, flows) == pytest.approx(0.08)


@pytest.mark.parametrize(
    ("values", "flows"),
    [([0, 0], [0, 0]), ([0, 100], [0, 0]), ([-10, -5], [0, 0])],
    ids=["nothing", "something from nothing", "less than nothing"],
)
def test_t6_without_capital_there_is_no_return(values, flows):
    with pytest.raises(UndefinedMeasureError) as caught:
        time_weighted_return(values, flows)

    assert caught.value.reason == "never_funded"


def test_growth_out_of_nothing_is_undefined_and_left_out():
    values, flows = [100, 0, 10, 12], [100, -110, 0, 0]

    factors = growth_factors(values, flows)

    assert np.isnan(factors).tolist() == [False, False, True, False]
    assert time_weighted_return(values, flows) == pytest.approx(1.1 * 1.2 - 1)


def test_a_value_below_zero_is_a_total_loss():
    assert time_weighted_return([100, -20, 50], [100, 0, 60]) == -1.0


@given(st.lists(st.tuples(st.floats(0.5, 2.0), st.floats(0, 1000)), min_size=1, max_size=20))
def test_deposits_never_change_the_time_weighted_return(days):
    values, value = [], 0.0
    flows = [max(flow, 1.0) if day == 0 else flow for day, (_, flow) in enumerate(days)]
    for (growth, _), flow in zip(days, flows, strict=True):
        value = (value + flow) * growth
        values.append(value)

    assert time_weighted_return(values, flows) == pytest.approx(np.prod([growth for growth, _ in days]) - 1)


@pytest.mark.parametrize(
    ("values", "flows", "reason"),
    [
        ([1, 2], [1], "not_aligned"),
        ([], [], "not_aligned"),
        ([[1.0]], [[1.0]], "not_aligned"),
        ([1, np.nan], [1, 0], "not_finite"),
        ([1, 2], [1, np.inf], "not_finite"),
    ],
)
def test_malformed_values_are_refused(values, flows, reason):
    with pytest.raises(UndefinedMeasureError) as caught:
        time_weighted_return(values, flows)

    assert caught.value.reason == reason


# Simple and modified Dietz


def test_worked_example_on_net_deposits():
    assert simple_return(12144, [10000, 5000, -4000]) == pytest.approx(0.104)


@pytest.mark.parametrize("flows", [[], [100, -100], [100, -150], [np.nan]])
def test_without_net_deposits_there_is_no_simple_return(flows):
    with pytest.raises(UndefinedMeasureError) as caught:
        simple_return(10, flows)

    assert caught.value.reason == "no_capital"


def test_worked_example_by_modified_dietz():
    assert modified_dietz(ordinals(*EXAMPLE[0]), EXAMPLE[1]) == pytest.approx(0.097757062147, abs=1e-12)


@pytest.mark.parametrize(("days", "amounts"), [([5, 5], [-100, 110]), ([0, 9], [100, -110])], ids=["one day", "owed"])
def test_without_capital_over_time_there_is_no_dietz_return(days, amounts):
    with pytest.raises(UndefinedMeasureError) as caught:
        modified_dietz(days, amounts)

    assert caught.value.reason == "no_capital"


# Money-weighted


@pytest.mark.parametrize(
    ("days", "amounts", "rate", "tolerance"),
    [
        (
            ["2008-01-01", "2008-03-01", "2008-10-30", "2009-02-15", "2009-04-01"],
            [-10000, 2750, 4250, 3250, 2750],
            0.3733625335,
            5e-11,
        ),
        (["2023-01-01", "2024-01-01"], [-100, 110], 0.1, 1e-12),
        (["2024-01-01", "2025-01-01"], [-100, 110], 0.0997135859, 5e-11),
        (
            ["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01", "2024-12-31"],
            [*[-500] * 4, 2600],
            0.3489003241,
            5e-11,
        ),
        (
            [
                "2002-11-30",
                "2007-06-11",
                "2008-05-11",
                "2009-05-01",
                "2010-06-01",
                "2011-05-02",
                "2012-04-30",
                "2012-12-06",
            ],
            [-4398, 200, 270, 280, 280, 300, 330, 14508],
            0.1445,
            1e-4,
        ),
        (["2019-05-24", "2020-01-13", "2020-06-29"], [-1560.94, -1160, 42.80], -0.999252, 1e-4),
    ],
    ids=["Excel", "a year", "a leap year", "instalments", "T1", "T2"],
)
def test_rates_of_spans_of_a_year_and_more(days, amounts, rate, tolerance):
    result = xirr(ordinals(*days), amounts)

    assert result.flag == "ok"
    assert result.rate == pytest.approx(rate, abs=tolerance)


@pytest.mark.parametrize(
    ("days", "amounts", "rate", "span_return"),
    [
        (ordinals("2010-01-01", "2010-12-31"), [-200, 210], 0.05014075, 0.05),
        (ordinals(*EXAMPLE[0]), EXAMPLE[1], 0.324858990607, 0.0977414893),
        ([0, 3], [-1000, 1050], 377.4699, 0.05),
        ([0, 30], [-1000, 50], -1.0, -0.95),
    ],
    ids=["T1, a day short of a year", "worked example", "three days", "near total loss"],
)
def test_t14_a_span_below_a_year_is_flagged(days, amounts, rate, span_return):
    result = xirr(days, amounts)

    assert result.flag == "short_span"
    assert result.rate == pytest.approx(rate, rel=2e-7)
    assert result.span_return == pytest.approx(span_return, abs=1e-9)


def test_a_rate_beyond_any_number_leaves_the_return_of_the_span():
    result = xirr([0, 1], [-1, 1000])

    assert result.rate is None
    assert result.span_return == pytest.approx(999)


def test_t2_almost_everything_lost_is_not_all_of_it():
    result = xirr([0, 365], [-1_000_000, 1])

    assert result.rate == pytest.approx(-0.999999, abs=1e-12)
    assert result.rate != -1


@pytest.mark.parametrize(
    ("days", "amounts"),
    [([0], [-100]), ([0, 9], [-100, -100]), ([0, 9], [100, 100]), ([4, 4], [-100, 110]), ([0, 0, 5], [-100, 100, 7])],
    ids=["one flow", "paid only", "received only", "one day", "one day and a rest"],
)
def test_t3_amounts_that_no_rate_can_cancel_have_none(days, amounts):
    result = xirr(days, amounts)

    assert (result.rate, result.span_return, result.flag) == (None, None, "no_root")


def test_t3_amounts_of_one_day_are_summed_in_any_order():
    split = xirr([365, 0, 0, 365], [60, -70, -30, 50])

    assert split == xirr([0, 365], [-100, 110])


def test_deposits_and_nothing_left_are_a_total_loss():
    result = xirr([0, 100, 200], [-500, -500, 0])

    assert (result.rate, result.span_return, result.flag) == (-1.0, -1.0, "total_loss")


def test_a_late_deposit_that_halves_in_a_day_has_a_rate():
    result = xirr([0, 3649, 3650], [-1, -1_000_000, 500_000])

    assert result.flag == "ok"
    assert result.rate == pytest.approx(-1)


def test_a_growth_that_no_number_holds_has_no_rate():
    assert xirr([0, 365], [-1e-10, 1e300]).flag == "no_root"


def test_after_everything_was_withdrawn_time_stands_still():
    assert xirr([0, 400, 4000], [-100, 120, 0]) == xirr([0, 400], [-100, 120])


@pytest.mark.parametrize(
    ("amounts", "rate"),
    [((-100, 230, -132), 0.10), ((100, -230, 132), 0.10), ((-100, 250, -150), 0.0), ((-100, 130, -42), -0.30)],
    ids=["published", "turned round", "at zero", "the loss"],
)
def test_the_nearest_of_several_rates_is_flagged(amounts, rate):
    result = xirr([0, 365, 730], amounts)

    assert result.flag == "multiple_roots"
    assert result.rate == pytest.approx(rate, abs=1e-9)


def test_flows_without_a_rate_have_none():
    assert xirr([0, 365, 730], [-100, 150, -100]).flag == "no_root"


def test_several_changes_of_sign_may_still_have_one_rate():
    # The balance goes below zero for a year, so that only a search shows that there is no other root.
    amounts = [-100, 300, -500, 400]

    result = xirr([0, 365, 730, 1095], amounts)

    assert result.flag == "ok"
    assert result.rate is not None
    assert np.polyval(amounts, 1 + result.rate) == pytest.approx(0, abs=1e-9)


def test_a_rate_that_only_touches_zero_is_one_rate():
    result = xirr([0, 365, 730], [-100, 220, -121])

    assert result.flag == "ok"
    assert result.rate == pytest.approx(0.10, abs=1e-5)


def test_three_roots_are_all_found():
    # (y - 1.1)(y - 1.3)(y - 1.7) with y the growth of a year.
    coefficients = np.poly([1.1, 1.3, 1.7]).astype(np.float64)

    roots = find_roots(coefficients, np.array([1, 2 / 3, 1 / 3, 0]))

    assert np.exp(np.array(roots) / 3) == pytest.approx(np.array([1.1, 1.3, 1.7]), abs=1e-9)


@given(st.lists(st.floats(0.55, 3.0), min_size=1, max_size=5, unique=True))
def test_every_root_is_found(growths):
    growths = sorted(growths)
    assume(all(b - a > 0.05 for a, b in pairwise(growths)))
    periods = len(growths)

    roots = find_roots(np.poly(growths).astype(np.float64), np.arange(periods, -1, -1) / periods)

    assert [exp(root / periods) for root in roots] == pytest.approx(growths, rel=1e-6)


@given(
    st.lists(st.tuples(st.integers(0, 2000), st.floats(1, 1e5)), min_size=1, max_size=30),
    st.integers(3000, 4000),
    st.floats(0.01, 100),
)
def test_the_rate_of_deposits_and_a_value_cancels_them(deposits, end, multiple):
    value = multiple * sum(amount for _, amount in deposits)
    days, amounts = [day for day, _ in deposits] + [end], [-amount for _, amount in deposits] + [value]

    result = xirr(days, amounts)

    assert result.flag == "ok"
    assert result.span_return is not None
    span = end - min(days)
    grown = sum(amount * (1 + result.span_return) ** ((end - day) / span) for day, amount in deposits)
    assert grown == pytest.approx(value, rel=1e-6)


@given(st.floats(-0.99, 5.0), st.integers(365, 4000))
def test_a_single_deposit_gives_the_time_weighted_return(gain, span):
    assume(abs(gain) > 1e-6)

    result = xirr([0, span], [-1000, 1000 * (1 + gain)])

    assert result.span_return == pytest.approx(time_weighted_return([1000, 1000 * (1 + gain)], [1000, 0]))
    assert result.rate == pytest.approx((1 + gain) ** (365 / span) - 1)


@pytest.mark.parametrize(
    ("days", "amounts", "reason"), [([0, 1], [-1], "not_aligned"), ([0, 1], [-1, np.nan], "not_finite")]
)
def test_malformed_amounts_are_refused(days, amounts, reason):
    with pytest.raises(UndefinedMeasureError) as caught:
        xirr(days, amounts)

    assert caught.value.reason == reason
