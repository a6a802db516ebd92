"""What an investor earned: time-weighted, money-weighted, modified Dietz and simple returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import expm1

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.calc.measures import UndefinedMeasureError, UndefinedReason
from analytics.calc.roots import LARGEST_GROWTH, find_roots
from market.calc.returns import DAYS_PER_YEAR

Floats = NDArray[np.float64]


class XirrFlag(StrEnum):
    """How far a money-weighted return can be relied on."""

    OK = "ok"
    SHORT_SPAN = "short_span"
    MULTIPLE_ROOTS = "multiple_roots"
    NO_ROOT = "no_root"
    TOTAL_LOSS = "total_loss"


@dataclass(frozen=True, kw_only=True)
class XirrResult:
    """A money-weighted return, fractions of 1.

    `rate` is a year's (365 days), `span_return` that of the span from the first amount to the last, leaving
    out zeros. With `short_span` (under 365 days) show the span's return: the rate is arithmetic, not
    performance. With `multiple_roots` both are of the root nearest to 0. Both are None with `no_root`; the
    rate alone is None where it is beyond any number.
    """

    rate: float | None
    span_return: float | None
    flag: XirrFlag


def growth_factors(values: ArrayLike, flows: ArrayLike) -> Floats:
    """Return each day's growth, free of what was paid in and out.

    Parameters
    ----------
    values : shape (days,), the portfolio's value at each close, flows of the day included
    flows : shape (days,), net external flow of each day, same currency. Money in is invested from the
        start of its day, money out until the end. Before the first day the value is 0: a window within a
        longer history starts with a row whose flow is its opening value.

    Returns
    -------
    shape (days,): 1.1 is a gain of 10%; 1 on a day that started and ended with nothing; 0 once the value
    is lost; NaN where growth is not defined, as the day started with nothing or less and ended otherwise

    Raises
    ------
    UndefinedMeasureError
        If a value or a flow is not finite, or there are not as many of both.

    Source: `spec/analytics.md` 5.3.

    """
    held, paid = _aligned(values, flows)
    before = _opening(held, paid)
    after = held + np.maximum(-paid, 0.0)
    factors = np.full(held.size, np.nan)
    factors[(before == 0) & (after == 0)] = 1.0
    funded = before > 0
    factors[funded] = np.maximum(after[funded] / before[funded], 0.0)
    return factors


def time_weighted_return(values: ArrayLike, flows: ArrayLike) -> float:
    """Link the growth of every day on which it is defined; parameters as of `growth_factors`.

    Days without money count as they are, with no growth; a day of undefined growth is left out, and the
    chain goes on behind it (`growth_factors` shows which those are). Not annualised.

    Raises
    ------
    UndefinedMeasureError
        If no day started with money, or a value is not finite.

    """
    held, paid = _aligned(values, flows)
    funded = _opening(held, paid) > 0
    if not funded.any():
        raise UndefinedMeasureError(UndefinedReason.NEVER_FUNDED, "No day started with money in the portfolio.")
    return float(growth_factors(held, paid)[funded].prod() - 1.0)


def simple_return(value: float, flows: ArrayLike) -> float:
    """Return the gain over net deposits: `value / sum(flows) - 1`.

    Parameters
    ----------
    value : the portfolio's value now
    flows : every external flow up to now, money in above 0, money out below; same currency

    Raises
    ------
    UndefinedMeasureError
        If as much or more was taken out than paid in.

    """
    net = float(np.sum(np.asarray(flows, dtype=np.float64)))
    if not net > 0:
        raise UndefinedMeasureError(UndefinedReason.NO_CAPITAL, "Net deposits are not above 0.")
    return value / net - 1.0


def modified_dietz(days: Sequence[int], amounts: Sequence[float]) -> float:
    """Return the gain over the capital employed, each flow weighted by the share of time it was in.

    Parameters
    ----------
    days, amounts : as of `xirr`; the last day carries the final value

    Returns
    -------
    The return of the whole span, a fraction of 1, not annualised

    Raises
    ------
    UndefinedMeasureError
        If the span has no length, or the average capital is not above 0.

    """
    when, paid = _daily_sums(days, amounts)
    span = when[-1] - when[0]
    capital = -float(paid @ (when[-1] - when)) / span if span else 0.0
    if capital <= 0:
        raise UndefinedMeasureError(UndefinedReason.NO_CAPITAL, "The average capital is not above 0.")
    return float(paid.sum()) / capital


def xirr(days: Sequence[int], amounts: Sequence[float]) -> XirrResult:
    """Return the rate at which the investor's flows are worth nothing together.

    Parameters
    ----------
    days : day of each amount as an integer, in any order; amounts of one day are summed
    amounts : what the investor received (above 0) or paid (below), one currency; the last day's holds the
        final value of the portfolio, also when that is 0

    Returns
    -------
    The result with its flag. Payments followed by a final 0 are a total loss; a single day, or amounts of
    one sign, have no root.

    Raises
    ------
    UndefinedMeasureError
        If an amount is not finite, or there are not as many days.

    Source: `spec/analytics.md` 5.3; actual days over 365, solved for the log of the whole span's growth.

    """
    when, paid = _daily_sums(days, amounts)
    if paid[-1] == 0 and paid.min() < 0 and paid.max() <= 0:
        return XirrResult(rate=-1.0, span_return=-1.0, flag=XirrFlag.TOTAL_LOSS)
    if not paid.min() < 0 < paid.max():
        return XirrResult(rate=None, span_return=None, flag=XirrFlag.NO_ROOT)

    when, paid = when[paid != 0], paid[paid != 0]
    span = float(when[-1] - when[0])
    roots = find_roots(paid, (when[-1] - when) / span)
    if not roots:
        return XirrResult(rate=None, span_return=None, flag=XirrFlag.NO_ROOT)

    years = span / DAYS_PER_YEAR
    root = min(roots, key=lambda growth: abs(expm1(growth / max(years, 1.0))))
    flag = XirrFlag.SHORT_SPAN if years < 1 else XirrFlag.OK
    return XirrResult(
        rate=expm1(root / years) if root / years < LARGEST_GROWTH else None,
        span_return=expm1(root),
        flag=flag if len(roots) == 1 else XirrFlag.MULTIPLE_ROOTS,
    )


def _aligned(values: ArrayLike, flows: ArrayLike) -> tuple[Floats, Floats]:
    """Return values and flows as float64 after refusing unequal lengths and what is not finite."""
    held, paid = np.asarray(values, dtype=np.float64), np.asarray(flows, dtype=np.float64)
    if held.ndim != 1 or held.shape != paid.shape or not held.size:
        message = f"There are {held.shape} values and {paid.shape} flows; give one of each a day."
        raise UndefinedMeasureError(UndefinedReason.NOT_ALIGNED, message)
    if not (np.isfinite(held).all() and np.isfinite(paid).all()):
        raise UndefinedMeasureError(UndefinedReason.NOT_FINITE, "A value or a flow is missing or infinite.")
    return held, paid


def _opening(held: Floats, paid: Floats) -> Floats:
    """Return what each day starts with: the close before and the money that came in."""
    return np.concatenate([[0.0], held[:-1]]) + np.maximum(paid, 0.0)


def _daily_sums(days: ArrayLike, amounts: ArrayLike) -> tuple[NDArray[np.int64], Floats]:
    """Return the days in order, once each, and the sum of each day's amounts."""
    paid = _aligned(amounts, days)[0]
    when, position = np.unique(np.asarray(days, dtype=np.int64), return_inverse=True)
    return when, np.bincount(position, weights=paid).astype(np.float64)
