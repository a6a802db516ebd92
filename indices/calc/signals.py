"""Signals: the trend of closes, hysteresis, weights under signals and a gate, and the sleeve that takes the rest."""

from collections.abc import Mapping
from enum import StrEnum
from math import fsum, isnan
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indices.calc.rules import Residual
from indices.calc.weighting import InfeasibleLimitsError, water_fill

# Relative: the mean of equal closes may differ from them in the last digit, which is no trend.
_TREND_ROUNDING = 1e-12
# The grid on which weights are stored: what is smaller is rounding and no weight.
_WEIGHT_ROUNDING = 1e-12
_PEG_ROUNDING = 1e-12
_SUM_ROUNDING = 1e-9


class Signal(StrEnum):
    """What is said of an asset or of the market."""

    BULL = "bull"
    NEUTRAL = "neutral"
    BEAR = "bear"


VALUES: Mapping[Signal, float] = MappingProxyType({Signal.BULL: 1.0, Signal.NEUTRAL: 0.0, Signal.BEAR: -1.0})
"""Signals as they stand in arrays, where NaN is none."""

MULTIPLIERS: Mapping[Signal, float] = MappingProxyType({Signal.BULL: 1.0, Signal.NEUTRAL: 0.5, Signal.BEAR: 0.0})
"""The share of its weight that an asset, or the whole basket, keeps."""

SIGNALS: Mapping[float, Signal] = MappingProxyType({value: signal for signal, value in VALUES.items()})
"""What 1, 0 and -1 stand for."""

OFF_PEG = 0.01
"""A stablecoin is off its peg where it is further from 1 than this fraction of it."""


class SleeveError(ValueError):
    """No listed stablecoin may take what is left over."""


def signal_of(value: float) -> Signal | None:
    """Return the signal that 1, 0 or -1 stands for; None for NaN.

    Raises
    ------
    ValueError
        If the value is another number.

    """
    if isnan(value):
        return None
    if value not in SIGNALS:
        raise ValueError(f"{value} is no signal; 1 is bull, 0 neutral, -1 bear.")
    return SIGNALS[value]


def trend_signals(closes: NDArray[np.float64], *, fast: int, slow: int) -> NDArray[np.float64]:
    """Tell the trend of each asset at each close from two trailing means.

    Bull where the close is above the slow mean and so is the fast mean, bear where both are below
    it, neutral otherwise. Nothing later than a day enters its signal, and nothing older than its
    slow window.

    Parameters
    ----------
    closes : shape (days, n), one row per consecutive UTC day
        NaN where a close is missing; zero, negative and infinite closes count as missing.
    fast, slow : days of the means, that of the close included, 1 <= fast < slow

    Returns
    -------
    shape (days, n), 1 bull, 0 neutral, -1 bear
        NaN on a day without a close, and where less than 80% of the days of the slow window have
        one; days before the first row have none. Means are of the closes there are.

    Raises
    ------
    ValueError
        If the windows are out of order, or closes have not one row a day and one column an asset.

    Source: `spec/indices.md` 2.7 names the three states; the rule of two means is this project's.

    """
    closes = np.asarray(closes, dtype=np.float64)
    if closes.ndim != 2:
        raise ValueError("Closes have one row for each day and one column for each asset.")
    if not 1 <= fast < slow:
        raise ValueError(
            f"The fast window has {fast} days and the slow {slow}; the fast is shorter, and has at least 1."
        )

    known = np.isfinite(closes) & (closes > 0)
    filled = np.where(known, closes, 0.0)
    present = _trailing_sums(known.astype(np.float64), slow)
    # A row without a close has no signal, so a count of 0 is never divided by where it matters.
    slow_mean = _trailing_sums(filled, slow) / np.maximum(present, 1)
    fast_mean = _trailing_sums(filled, fast) / np.maximum(_trailing_sums(known.astype(np.float64), fast), 1)

    above, below = slow_mean * (1 + _TREND_ROUNDING), slow_mean * (1 - _TREND_ROUNDING)
    bull = (closes > above) & (fast_mean > above)
    bear = (closes < below) & (fast_mean < below)
    signals = bull.astype(np.float64) - bear
    signals[~known | (5 * present < 4 * slow)] = np.nan
    return signals


def settled(signals: NDArray[np.float64], *, hold: int, min_days: int) -> NDArray[np.float64]:
    """Return the signals that are acted on: hysteresis against switching to and fro.

    The first known signal is acted on at once. Another takes its place at the close at which it
    has stood for `hold` closes in a row and the last switch is `min_days` days ago or more; the
    beginning is no switch. A day without a signal repeats the one before, as a recorded signal
    stands until the next. Nothing later than a day enters its row.

    Parameters
    ----------
    signals : shape (days,), 1, 0 or -1; NaN where there is none
    hold : closes, at least 1, that of the switch included
    min_days : days, not negative

    Returns
    -------
    shape (days,), 1, 0 or -1; NaN before the first known signal

    Raises
    ------
    ValueError
        If the signals are not one for each day, or a number is too small.

    Source: `spec/indices.md` 2.7.

    """
    if signals.ndim != 1:
        raise ValueError("Signals are one for each day.")
    if hold < 1 or min_days < 0:
        raise ValueError(f"A signal holds for at least 1 close, not {hold}, and waits 0 days or more, not {min_days}.")

    path: list[float] = []
    acted = raw = np.nan
    stood, since_switch = 0, min_days
    for value in signals.tolist():
        if isnan(value) or value == raw:
            stood += 1
        else:
            raw, stood = value, 1
        since_switch += 1
        if isnan(acted):
            acted = raw
        elif raw != acted and stood >= hold and since_switch >= min_days:
            acted, since_switch = raw, 0
        path.append(acted)
    return np.array(path)


def gated_weights(
    base: NDArray[np.float64],
    multipliers: NDArray[np.float64],
    gate: float,
    *,
    residual: Residual,
    cap: ArrayLike | None = None,
) -> tuple[NDArray[np.float64], float]:
    """Return the weights that signals and the gate leave to the assets, and what goes elsewhere.

    An asset keeps `gate * base * multiplier`. What the gate takes is always residual. What the
    multipliers take is residual too, unless it is redistributed: then it goes to the assets with
    a multiplier above 0, in proportion to what they keep, as far as their caps allow.

    Parameters
    ----------
    base : shape (n,), fractions of 1 that sum to 1
    multipliers : shape (n,), in [0, 1]; see `MULTIPLIERS`
    gate : in [0, 1], the exposure that the market or a volatility target allows
    residual : where the freed weight goes; bitcoin and stablecoins differ only in who holds it
    cap : for redistribution, the most that an asset weighs in the end; a number for all, or shape (n,)

    Returns
    -------
    weights of shape (n,) and the residual in [0, 1], summing to 1 within 1e-12

    Raises
    ------
    ValueError
        If the weights are negative or do not sum to 1, a multiplier or the gate is outside [0, 1]
        or missing, or a cap is negative or NaN.

    Source: `spec/indices.md` 2.7.

    """
    _check_weights(base, multipliers, gate)
    kept = base * multipliers
    if Residual(residual) == Residual.REDISTRIBUTE:
        weights = _redistributed(kept, gate, np.inf if cap is None else cap)
    else:
        weights = gate * kept
    left = 1.0 - fsum(weights)
    return weights, left if left > _WEIGHT_ROUNDING else 0.0


def is_off_peg(prices: NDArray[np.float64], *, off_peg: float = OFF_PEG) -> NDArray[np.bool_]:
    """Tell which stablecoins are further from 1 than allowed; one without a price is among them.

    Parameters
    ----------
    prices : shape (k,), in the currency of the peg; NaN where missing
    off_peg : fraction of 1; a price exactly that far away is still on the peg

    """
    # What has no price is not known to be worth 1, so nothing new is bought of it.
    near: NDArray[np.bool_] = np.abs(np.asarray(prices, dtype=np.float64) - 1.0) <= off_peg + _PEG_ROUNDING
    return ~near


def sleeve_weights(
    residual: float, prices: NDArray[np.float64], *, current: NDArray[np.float64], off_peg: float = OFF_PEG
) -> NDArray[np.float64]:
    """Split the residual over the listed stablecoins, in equal parts as far as their pegs hold.

    A coin off its peg, or without a price, gets no new allocation: at most what it weighs now.
    What it cannot take goes to the others in equal parts.

    Parameters
    ----------
    residual : in [0, 1], the weight to be held in the sleeve
    prices : shape (k,), in the currency of the peg, at the fixing; NaN where missing
    current : shape (k,), drifted weights in the index, each at its own price, not negative
    off_peg : the distance from 1, a fraction of it, beyond which a coin is off its peg

    Returns
    -------
    shape (k,), fractions of the index that sum to the residual

    Raises
    ------
    SleeveError
        If no coin is listed, or all are off their pegs and may not take what is left over.
    ValueError
        If the residual is outside [0, 1], the shapes differ, or a current weight is negative or NaN.

    Source: `spec/indices.md` 2.7.

    """
    if not 0 <= residual <= 1:
        raise ValueError(f"The residual is {residual}; it lies in [0, 1].")
    if prices.ndim != 1 or prices.shape != current.shape or not (current >= 0).all():
        raise ValueError("Give each stablecoin its price and its current weight, which is not negative.")
    if residual == 0:
        return np.zeros(current.size)
    if not current.size:
        raise SleeveError(f"No stablecoin is listed that could hold {residual:.2%} of the index.")

    caps = np.where(is_off_peg(prices, off_peg=off_peg), current / residual, np.inf)
    try:
        return residual * water_fill(np.ones(current.size), cap=caps)
    except InfeasibleLimitsError:
        raise SleeveError(
            f"All {current.size} stablecoins are off their pegs or without a price; "
            f"they weigh {fsum(current):.2%} and may not take {residual:.2%} of the index."
        ) from None


def _trailing_sums(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Sum the last `window` rows at each row, fewer where there are no more.

    Windows of 1, 2, 4, ... rows are doubled and those that make up the window added. A running sum
    would be as fast, yet carry the rounding of prices that left the window: next to a coin that
    fell to a millionth, all that is left of it.
    """
    total = np.zeros_like(values)
    block, width, covered = values, 1, 0
    while covered < window:
        if window & width:
            total[covered:] += block[: max(len(values) - covered, 0)]
            covered += width
        doubled = block.copy()
        doubled[width:] += block[:-width]
        block, width = doubled, 2 * width
    return total


def _redistributed(kept: NDArray[np.float64], gate: float, cap: ArrayLike) -> NDArray[np.float64]:
    """Fill the gate with the assets that keep something, up to their caps."""
    caps = np.broadcast_to(np.asarray(cap, dtype=np.float64), kept.shape)
    if not (caps >= 0).all():
        raise ValueError("A cap is a fraction of 1: no less than 0, and a number.")
    weights = np.zeros(kept.size)
    held = kept > 0
    if not held.any() or gate == 0:
        return weights

    room = fsum(caps[held])
    weights[held] = caps[held] if room <= gate else gate * water_fill(kept[held], cap=caps[held] / gate)
    return weights


def _check_weights(base: NDArray[np.float64], multipliers: NDArray[np.float64], gate: float) -> None:
    """Refuse weights that are no basket, and factors that are no shares."""
    if base.ndim != 1 or not (base >= 0).all() or abs(fsum(base) - 1) > _SUM_ROUNDING:
        raise ValueError("The base weights are not negative and sum to 1.")
    if multipliers.shape != base.shape or not ((multipliers >= 0) & (multipliers <= 1)).all():
        raise ValueError("Multipliers are one for each asset, in [0, 1].")
    if not 0 <= gate <= 1:
        raise ValueError(f"The gate is {gate}; it lies in [0, 1].")
