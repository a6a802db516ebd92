"""The replay of an index in calc, from selection to levels, beside the same work done by bt.

python benchmarks/index_replay.py [--runs 25]

10 years of 300 assets that are listed, die and miss days, 120 monthly reviews: those with a close, a market cap and
enough traded at the cut-off are ranked by market cap, 30 are held with a buffer (25 enter, 35 stay), weighed by market
cap with a cap of 30%, and the levels of all days follow. The target: a median of 15 ms on one core.

What an asset trades, the median of 90 days, is an input here as it is in calc: a snapshot of the market brings it. A
second figure includes it.

bt (https://pypi.org/project/bt/) is measured when it is installed, on frames that are made before the clock starts. It
knows no buffer, so it is lent ours, and no market cap; LimitWeights, Rebalance and the valuation of each day are its
own. It takes longer by far and is run fewer times.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
# One core: the libraries below read this when they are imported.
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indices.calc.levels import chain_levels
from indices.calc.selection import select_by_rank
from indices.calc.weighting import cap_family_scores, water_fill

try:
    import bt
except ImportError:
    bt = None

ASSETS = 300
FIRST, LAST = pd.Timestamp("2015-01-01"), pd.Timestamp("2024-12-31")
MEDIAN_DAYS = 90
BUFFER = {"count": 30, "enter": 25, "keep": 35}
CAP = 0.30
ENTER, STAY = 5e6, 3e6
TARGET = 15.0
BT_RUNS = 3
TOLERANCE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Market:
    """Figures in USD, shape (days, assets), NaN where missing; it starts `MEDIAN_DAYS` before the first level."""

    days: pd.DatetimeIndex
    closes: NDArray[np.float64]
    market_caps: NDArray[np.float64]
    traded: NDArray[np.float64]
    effective_rows: list[int]


def main() -> None:
    """Measure both, and compare what they say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=25, help="at least 15")
    runs = max(parser.parse_args().runs, 15)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    market = make_market(np.random.default_rng(1))
    medians = median_traded(market)
    levels, milliseconds = timed(lambda: replay(market, medians), runs=runs)
    median = statistics.median(milliseconds)
    _, with_medians = timed(lambda: replay(market, median_traded(market)), runs=runs)
    print(f"{len(levels) - MEDIAN_DAYS} days x {ASSETS} assets, {len(market.effective_rows)} reviews, one core")
    print(f"selection to levels   {median:9.1f} ms, median of {runs} runs; the target is {TARGET:.0f} ms")
    print(f"the fastest of these  {min(milliseconds):9.1f} ms (a median far above it tells of a busy machine)")
    print(f"with 90-day medians   {statistics.median(with_medians):9.1f} ms, median")
    if bt is None:
        print("bt: not installed")
        return
    compare_with_bt(market, medians, levels, median)


def compare_with_bt(
    market: Market, medians: NDArray[np.float64], levels: NDArray[np.float64], our_median: float
) -> None:
    """Measure bt on the same market and say how far its levels are from ours."""
    closes, market_caps = (pd.DataFrame(figures, index=market.days) for figures in (market.closes, market.market_caps))
    traded = pd.DataFrame(medians, index=market.days[market.effective_rows])
    carried = closes.ffill().loc[FIRST:]
    theirs, milliseconds = timed(lambda: replay_by_bt(carried, closes, market_caps, traded), runs=BT_RUNS)
    gap = np.abs(theirs / levels[MEDIAN_DAYS:] - 1).max()
    median = statistics.median(milliseconds)
    times = median / our_median
    print(f"the same by bt {bt.__version__:6} {median:9.1f} ms, median of {BT_RUNS} runs, {times:.0f} times as long")
    print(f"levels of the last day {levels[-1]:.9g} and {theirs[-1]:.9g}, on no day more than {gap:.0e} apart")
    assert gap < TOLERANCE, "bt and calc give different levels."


def timed(work: Callable[[], NDArray[np.float64]], *, runs: int) -> tuple[NDArray[np.float64], list[float]]:
    """Return what the work gives and the milliseconds of each run; one before them warms up."""
    result, milliseconds = work(), []
    for _ in range(runs):
        began = time.perf_counter()
        result = work()
        milliseconds.append((time.perf_counter() - began) * 1000)
    return result, milliseconds


def make_market(rng: np.random.Generator) -> Market:
    """Draw random walks with a common part; a third is listed later, a tenth dies, a day in a hundred is missing."""
    days = pd.date_range(FIRST - pd.Timedelta(days=MEDIAN_DAYS), LAST)
    shape = len(days), ASSETS
    steps = rng.normal(0, 0.02, (shape[0], 1)) + rng.normal(0, 0.04, shape)
    closes = np.exp(rng.normal(0, 3, ASSETS) + np.cumsum(steps, axis=0))
    market_caps = closes * np.exp(rng.normal(20, 2, ASSETS)) / closes[0]
    traded = market_caps * np.exp(rng.normal(-4, 1.5, ASSETS) + rng.normal(0, 0.8, shape))

    listed, dead = np.zeros(ASSETS), np.full(ASSETS, shape[0])
    listed[rng.choice(ASSETS, ASSETS // 3, replace=False)] = rng.integers(MEDIAN_DAYS, shape[0], ASSETS // 3)
    dead[rng.choice(ASSETS, ASSETS // 10, replace=False)] = rng.integers(MEDIAN_DAYS, shape[0], ASSETS // 10)
    row = np.arange(shape[0])[:, None]
    missing = (row < listed) | (row >= dead) | (rng.random(shape) < 0.01)
    for figures in (closes, market_caps, traded):
        figures[missing] = np.nan
    effective_rows = np.flatnonzero((days.day == 1) & (days >= FIRST)).tolist()
    return Market(days=days, closes=closes, market_caps=market_caps, traded=traded, effective_rows=effective_rows)


def median_traded(market: Market) -> NDArray[np.float64]:
    """Return what each asset trades at each cut-off, shape (reviews, assets), NaN where it never traded."""
    every = np.arange(ASSETS)
    medians = []
    for row in market.effective_rows:
        window = np.sort(market.traded[row - MEDIAN_DAYS : row].T, axis=1)  # NaN goes last
        counts = np.count_nonzero(~np.isnan(window), axis=1)
        medians.append((window[every, (counts - 1) // 2] + window[every, counts // 2]) / 2)
    return np.array(medians)


def replay(market: Market, medians: NDArray[np.float64]) -> NDArray[np.float64]:
    """Review at every cut-off, the close before the effective one, and chain the levels."""
    held: AbstractSet[int] = frozenset()
    rebalances = []
    for row, traded in zip(market.effective_rows, medians, strict=True):
        held, weights = review(market, row - 1, traded, held)
        rebalances.append((row, weights))
    return chain_levels(market.closes, rebalances)


def review(
    market: Market, cutoff: int, traded: NDArray[np.float64], held: AbstractSet[int]
) -> tuple[AbstractSet[int], NDArray[np.float64]]:
    """Return who is held and the weights of all assets, from what is known at the cut-off."""
    caps = market.market_caps[cutoff]
    needed = np.full(ASSETS, ENTER)
    needed[list(held)] = STAY
    eligible = np.flatnonzero((market.closes[cutoff] > 0) & (caps > 0) & (traded >= needed))
    ranked = eligible[np.argsort(-caps[eligible], kind="stable")].tolist()
    selected = select_by_rank(ranked, held, **BUFFER)

    weights = np.zeros(ASSETS)
    weights[selected] = water_fill(cap_family_scores(caps[selected], alpha=1.0), cap=CAP)
    return set(selected), weights


def replay_by_bt(
    carried: pd.DataFrame, closes: pd.DataFrame, market_caps: pd.DataFrame, medians: pd.DataFrame
) -> NDArray[np.float64]:
    """Return bt's levels from a base of 1000; `carried` has no gaps after an asset's first close."""
    held: list[int] = []

    def select(target: "bt.Strategy") -> bool:
        cutoff = target.now - pd.Timedelta(days=1)
        needed = pd.Series(ENTER, index=carried.columns)
        needed[held] = STAY
        eligible = closes.loc[cutoff].notna() & (medians.loc[target.now] >= needed)
        stat = market_caps.loc[cutoff][eligible].dropna().sort_values(ascending=False)
        held[:] = select_by_rank(list(stat.index), set(held), **BUFFER)
        target.temp["weights"] = stat[held] / stat[held].sum()
        return True

    monthly, limited = bt.algos.RunMonthly(), bt.algos.LimitWeights(CAP)
    strategy = bt.Strategy("capped", [monthly, select, limited, bt.algos.Rebalance()])
    backtest = bt.Backtest(strategy, carried, integer_positions=False)
    backtest.run()
    # bt puts a day before the first and starts at 100.
    return backtest.strategy.prices.to_numpy()[1:] * 10


if __name__ == "__main__":
    main()
