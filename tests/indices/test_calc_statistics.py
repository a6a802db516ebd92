"""Statistics of levels: example E10, windows, drawdowns, and what has no number."""

from datetime import date, timedelta

import numpy as np
import pytest

from indices.calc.statistics import drawdowns, performance_statistics, window_returns

E10 = np.array([100, 110, 99, 108.9, 119.79, 107.811])
BITCOIN = np.array([100, 105, 100.8, 106.848, 108.98496, 105.7154112])


def test_example_e10():
    statistics = performance_statistics(E10, BITCOIN)

    assert statistics.total_return == pytest.approx(0.07811, abs=1e-12)
    assert BITCOIN[-1] / BITCOIN[0] - 1 == pytest.approx(0.057154112, abs=1e-12)
    assert statistics.max_drawdown == pytest.approx(-0.1, abs=1e-12)
    assert statistics.volatility == pytest.approx(2.09284495, abs=5e-9)
    assert statistics.tracking_error == pytest.approx(1.30558416, abs=5e-9)
    assert statistics.information_ratio == pytest.approx(2.23654674, abs=5e-9)
    assert statistics.beta == pytest.approx(2.2705314, abs=5e-8)
    assert statistics.correlation == pytest.approx(0.94302252, abs=5e-9)
    assert statistics.sharpe == pytest.approx(3.48807492, abs=5e-9)
    assert statistics.cagr is None
    assert statistics.days == 5


def test_peak_trough_and_recovery_are_positions():
    statistics = performance_statistics(np.array([100.0, 120, 60, 90, 125, 110]))

    assert (statistics.peak, statistics.trough, statistics.recovery) == (1, 2, 4)
    assert statistics.max_drawdown == pytest.approx(-0.5)


def test_a_level_below_its_peak_has_not_recovered():
    statistics = performance_statistics(np.array([100.0, 80, 90]))

    assert (statistics.peak, statistics.trough, statistics.recovery) == (0, 1, None)


def test_a_level_that_never_falls_is_at_its_own_peak():
    statistics = performance_statistics(np.array([100.0, 110, 120]))

    assert (statistics.max_drawdown, statistics.trough, statistics.recovery) == (0.0, 0, 0)


@pytest.mark.parametrize(("days", "known"), [(89, False), (90, True), (365, True)])
def test_growth_a_year_needs_ninety_days(days, known):
    levels = 100 * 1.001 ** np.arange(days + 1)

    cagr = performance_statistics(levels).cagr

    assert cagr == (pytest.approx(1.001**365 - 1) if known else None)


def test_without_a_benchmark_nothing_is_relative():
    statistics = performance_statistics(E10)

    assert statistics.tracking_error is None
    assert statistics.information_ratio is None
    assert statistics.beta is None
    assert statistics.correlation is None


def test_two_levels_have_a_return_and_no_dispersion():
    statistics = performance_statistics(E10[:2], BITCOIN[:2])

    assert statistics.total_return == pytest.approx(0.1)
    assert statistics.volatility is None
    assert statistics.sharpe is None
    assert statistics.tracking_error is None
    assert statistics.beta is None


def test_constant_growth_has_no_ratios():
    steady = np.array([100 * 1.001**day for day in range(50)])

    statistics = performance_statistics(steady, np.resize(BITCOIN, 50))

    assert statistics.volatility == 0.0
    assert statistics.sharpe is None
    assert statistics.correlation is None
    assert statistics.beta == pytest.approx(0, abs=1e-12)


def test_a_benchmark_that_stands_still_has_no_beta():
    statistics = performance_statistics(E10, np.full(6, 100.0))

    assert statistics.beta is None
    assert statistics.correlation is None
    assert statistics.tracking_error == pytest.approx(statistics.volatility)


def test_an_index_is_its_own_benchmark():
    statistics = performance_statistics(E10, E10)

    assert statistics.beta == pytest.approx(1)
    assert statistics.correlation == pytest.approx(1)
    assert statistics.tracking_error == 0.0
    assert statistics.information_ratio is None


@pytest.mark.parametrize(
    ("levels", "benchmark", "words"),
    [
        ([100.0], None, "two or more"),
        ([100.0, np.nan], None, "finite"),
        ([100.0, 0.0], None, "above 0"),
        ([[100.0, 1.0]], None, "one per day"),
        ([100.0, 110.0], [100.0], "benchmark has"),
        ([100.0, 110.0], [100.0, -1.0], "above 0"),
    ],
)
def test_levels_without_returns_are_refused(levels, benchmark, words):
    with pytest.raises(ValueError, match=words):
        performance_statistics(np.array(levels), None if benchmark is None else np.array(benchmark))


def test_the_first_level_is_a_peak():
    assert drawdowns(np.array([100.0, 80, 100, 50])) == pytest.approx(np.array([0, -0.2, 0, -0.5]))


def test_windows_start_at_the_last_level_on_or_before_their_anchor():
    days = [date(2023, 12, 30) + timedelta(days=offset) for offset in range(458)]
    levels = np.linspace(100.0, 557.0, 458)
    level_on = dict(zip(days, levels, strict=True))
    as_of = date(2025, 3, 31)
    anchors = {
        "1D": date(2025, 3, 30),
        "7D": date(2025, 3, 24),
        "1M": date(2025, 2, 28),
        "3M": date(2024, 12, 31),
        "YTD": date(2024, 12, 31),
        "1Y": date(2024, 3, 31),
        "SI": date(2023, 12, 30),
    }

    returns = window_returns(days, levels, as_of=as_of)

    assert returns == {
        window: pytest.approx(level_on[as_of] / level_on[anchor] - 1) for window, anchor in anchors.items()
    }


def test_a_gap_is_bridged_from_the_day_before_it():
    days = [date(2024, 5, 1), date(2024, 5, 3), date(2024, 5, 9), date(2024, 5, 10)]

    returns = window_returns(days, np.array([100.0, 110, 120, 132]), as_of=date(2024, 5, 10))

    assert returns["7D"] == pytest.approx(132 / 110 - 1)
    assert returns["1D"] == pytest.approx(0.1)
    assert returns["1M"] is None


def test_a_level_that_stands_still_for_want_of_data_has_no_return():
    days = [date(2024, 5, 1), date(2024, 5, 2)]

    returns = window_returns(days, np.array([100.0, 110]), as_of=date(2024, 5, 4))

    assert returns["1D"] is None
    assert returns["SI"] == pytest.approx(0.1)


def test_levels_after_the_day_asked_for_change_nothing():
    days = [date(2024, 5, 1), date(2024, 5, 2), date(2024, 5, 3)]

    returns = window_returns(days, np.array([100.0, 110, 500]), as_of=date(2024, 5, 2))

    assert returns["1D"] == pytest.approx(0.1)


@pytest.mark.parametrize("days", [[], [date(2024, 5, 4)]], ids=["no level", "later only"])
def test_no_level_yet_is_no_return(days):
    returns = window_returns(days, np.full(len(days), 100.0), as_of=date(2024, 5, 3))

    assert set(returns.values()) == {None}


@pytest.mark.parametrize("days", [[date(2024, 5, 2), date(2024, 5, 1)], [date(2024, 5, 1)]])
def test_days_ascend_one_for_each_level(days):
    with pytest.raises(ValueError, match="ascend"):
        window_returns(days, np.array([100.0, 110]), as_of=date(2024, 5, 3))
