"""What assets are ranked, tilted and weighed by: momentum, Sharpe ratios, volatilities in a common window."""

import numpy as np
from numpy.typing import NDArray

from market.calc.returns import DAYS_PER_YEAR, simple_returns, varies


class TooFewReturnsError(ValueError):
    """A window has fewer daily returns than needed; `position` is the asset that has fewest."""

    def __init__(self, position: int, message: str) -> None:
        """Name the asset by its column, and say why."""
        super().__init__(message)
        self.position = position


def momentum(closes: NDArray[np.float64], *, days: int) -> NDArray[np.float64]:
    """Return the change of each asset over the last `days` days, as a fraction of 1.

    Parameters
    ----------
    closes : shape (rows, n), one row per consecutive UTC day, the last that of the cut-off
        NaN where a close is missing; zero, negative and infinite closes count as missing.
    days : at least 1

    Returns
    -------
    shape (n,), NaN where either of the two closes is missing; a row before the first is missing

    Raises
    ------
    ValueError
        If there is no row, or less than one day.

    """
    known = _known(closes)
    if days < 1 or not len(known):
        raise ValueError("Momentum looks back 1 day or more from a close.")
    if days >= len(known):
        return np.full(known.shape[1], np.nan)
    change: NDArray[np.float64] = known[-1] / known[-1 - days] - 1.0
    return change


def sharpe_ratios(closes: NDArray[np.float64], *, days: int, least: int) -> NDArray[np.float64]:
    """Return mean over sample deviation of each asset's daily returns, a year of 365 days, risk-free rate 0.

    Parameters
    ----------
    closes : shape (rows, n), as in `momentum`
    days : returns looked at, the last ones
    least : returns needed, from 2 to `days`; each asset has its own, a gap is not bridged

    Returns
    -------
    shape (n,), NaN with fewer returns than needed, and where they do not vary by more than rounding

    Raises
    ------
    ValueError
        If there are fewer than two rows, or the numbers are out of order.

    """
    returns = simple_returns(_window(closes, days=days, least=least))
    present = np.isfinite(returns)
    counts = present.sum(axis=0)
    means = np.where(present, returns, 0.0).sum(axis=0) / np.maximum(counts, 1)
    # A gap filled with the mean adds nothing to the spread around it.
    filled = np.where(present, returns, means)
    known = (counts >= least) & varies(filled.T)

    deviations = np.sqrt(((filled - means) ** 2).sum(axis=0) / np.maximum(counts - 1, 1))
    ratios = np.full(means.size, np.nan)
    np.divide(means * np.sqrt(DAYS_PER_YEAR), deviations, out=ratios, where=known)
    return ratios


def log_volatilities(closes: NDArray[np.float64], *, days: int, least: int) -> NDArray[np.float64]:
    """Return the sample deviation of each asset's daily log returns in a common window, a year of 365 days.

    Parameters
    ----------
    closes : shape (rows, n), as in `momentum`
    days, least : as in `common_log_returns`

    Returns
    -------
    shape (n,), fractions of 1, not negative

    Raises
    ------
    TooFewReturnsError
        If the assets have fewer than `least` returns on the same days.
    ValueError
        If there are fewer than two rows, or the numbers are out of order.

    Source: `spec/indices.md` 2.5.

    """
    deviations = common_log_returns(closes, days=days, least=least).std(axis=0, ddof=1)
    volatilities: NDArray[np.float64] = deviations * np.sqrt(DAYS_PER_YEAR)
    return volatilities


def common_log_returns(closes: NDArray[np.float64], *, days: int, least: int) -> NDArray[np.float64]:
    """Return the daily log returns of those of the last `days` days on which every asset has one.

    Parameters
    ----------
    closes : shape (rows, n), as in `momentum`
    days : returns looked at, the last ones
    least : returns in common needed, from 2 to `days`

    Returns
    -------
    shape (at least `least` and at most `days`, n), in order of days; no NaN
        A return is one from a day to the next: a gap is not bridged, so a missing close costs two.

    Raises
    ------
    TooFewReturnsError
        If the assets have fewer than `least` returns on the same days. It names the one with fewest
        returns of its own, the first of several.
    ValueError
        If there are fewer than two rows, or the numbers are out of order.

    Source: `spec/indices.md` 2.5.

    """
    returns = np.diff(np.log(_window(closes, days=days, least=least)), axis=0)
    present = np.isfinite(returns)
    common: NDArray[np.float64] = returns[present.all(axis=1)]
    if len(common) < least:
        counts = present.sum(axis=0)
        position = int(counts.argmin())
        raise TooFewReturnsError(
            position,
            f"The asset at position {position} has daily returns on {counts[position]} of the last {days} days, "
            f"and all have {len(common)} in common; {least} are needed.",
        )
    return common


def _window(closes: NDArray[np.float64], *, days: int, least: int) -> NDArray[np.float64]:
    """Return the closes between which the last `days` returns lie, fewer where there are no more."""
    if not 2 <= least <= days:
        raise ValueError(f"Of {days} days {least} are needed; at least 2 are, and no more than looked at.")
    window = _known(closes)[-days - 1 :]
    if len(window) < 2:
        raise ValueError("Returns need closes of at least two days.")
    return window


def _known(closes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Replace what is no price by NaN."""
    closes = np.asarray(closes, dtype=np.float64)
    if closes.ndim != 2:
        raise ValueError("Closes have one row for each day and one column for each asset.")
    return np.where(np.isfinite(closes) & (closes > 0), closes, np.nan)
