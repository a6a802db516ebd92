"""How well the constituents are priced, and how long the index has been computed as it happened."""

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from indices.calc.safety.items import Item, SafetyInputError, Topic, check_basket, state_of

COVERAGE_DAYS = 90
COVERAGE_LEAST = 0.95
STALE_MOST = 0.0
LIVE_LEAST = 365.0


def data_coverage(names: Sequence[str], weights: NDArray[np.float64], closes: NDArray[np.float64]) -> list[Item]:
    """Return the weight of the constituents that have a close on every day, and how many have none on the last one.

    Parameters
    ----------
    names : one a constituent
    weights : shape (n,), fractions of 1 that sum to 1
    closes : shape (days, n), the last row being of the index's day; NaN where there is no close

    Raises
    ------
    SafetyInputError
        If the weights are not those of a whole basket, or names or columns are not as many, or there is no day.

    """
    check_basket(weights, names, closes.T)
    if not closes.size:
        raise SafetyInputError("Coverage is measured over a day or more.")
    is_priced = np.isfinite(closes)
    stale = [name for name, is_fresh in zip(names, is_priced[-1].tolist(), strict=True) if not is_fresh]
    return [_covered(names, weights, is_priced), _stale(stale, len(names))]


def _covered(names: Sequence[str], weights: NDArray[np.float64], is_priced: NDArray[np.bool_]) -> Item:
    days, counts = len(is_priced), is_priced.sum(axis=0)
    gaps = [f"{name} {count}" for name, count in zip(names, counts.tolist(), strict=True) if count < days]
    share = min(1.0, float(weights[counts == days].sum()))
    return Item(
        key="data_coverage",
        topic=Topic.COVERAGE,
        title=f"Weight priced on each of the last {days} days",
        value=share,
        unit="share",
        threshold=COVERAGE_LEAST,
        is_least=True,
        state=state_of(share, COVERAGE_LEAST, is_least=True),
        words=f"{len(gaps)} of {len(names)} constituents lack a close." if gaps else "No close is missing.",
        working=(
            f"Days with a close, out of {days}: {', '.join(gaps)}; all others {days}."
            if gaps
            else f"Every constituent has {days} of {days} closes.",
            f"Weight of those with all of them: {share:.2%}.",
        ),
    )


def _stale(stale: Sequence[str], total: int) -> Item:
    return Item(
        key="stale",
        topic=Topic.COVERAGE,
        title="Constituents without a close on the last day",
        value=float(len(stale)),
        unit="count",
        threshold=STALE_MOST,
        is_least=False,
        state=state_of(float(len(stale)), STALE_MOST, is_least=False),
        words=f"Carried at an older close: {', '.join(stale)}." if stale else "All are priced.",
        working=(f"{len(stale)} of {total} have no close on the last day.",),
    )


def live_record(live_since: date | None, *, first: date, day: date) -> Item:
    """Return the days for which the index has been computed as they happened, both ends included.

    Parameters
    ----------
    live_since : first day that was computed in its own night; None when every level is reconstructed
    first, day : of the first level and of the newest

    """
    if live_since is None:
        words = "Every level is reconstructed."
    elif live_since > first:
        words = f"Levels before {live_since} are reconstructed."
    else:
        words = "Every level was computed as it happened."
    days = float((day - live_since).days + 1) if live_since else 0.0
    return Item(
        key="live_days",
        topic=Topic.RECORD,
        title="Age of the live record",
        value=days,
        unit="days",
        threshold=LIVE_LEAST,
        is_least=True,
        state=state_of(days, LIVE_LEAST, is_least=True),
        words=words,
        working=(
            f"From {live_since} to {day}, both included: {days:.0f} days."
            if live_since
            else "No level was computed in its own night.",
        ),
    )
