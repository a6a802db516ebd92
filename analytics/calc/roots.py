"""The growth rates at which dated amounts cancel out: every one of them, or the proof that there is one.

With x the log growth of the whole span and p the share of the span that an amount has left, the balance at the
end is h(x) = sum of amount x exp(p x). It is handled as log(received) - log(paid), which has the same roots, a
slope in [-1, 1], and never overflows: Newton's steps on it need no good start.
"""

from dataclasses import dataclass
from math import inf, log

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LARGEST_GROWTH = 700.0
"""Growth of exp(700) is about the last that a float holds; so is a loss of all but exp(-700) of an amount."""

_NARROW = 1e-6
_TOUCHING = 1e-12


@dataclass(frozen=True)
class _Side:
    """Amounts of one sign, as logs, with the share of the span that each has left."""

    logs: Floats
    left: Floats

    def log_sum(self, growth: float) -> tuple[float, float]:
        """Return the log of the sum at this growth, and its slope; minus infinity without amounts."""
        if not self.logs.size:
            return -inf, 0.0
        powers = self.logs + self.left * growth
        largest = float(powers.max())
        terms = np.exp(powers - largest)
        total = float(terms.sum())
        return largest + log(total), float(terms @ self.left) / total


@dataclass(frozen=True)
class _Balance:
    """What was received and paid."""

    received: _Side
    paid: _Side

    @classmethod
    def of(cls, amounts: Floats, left: Floats) -> "_Balance":
        """Split amounts by their sign."""
        gains, debts = amounts > 0, amounts < 0
        return cls(
            received=_Side(np.log(amounts[gains]), left[gains]),
            paid=_Side(np.log(-amounts[debts]), left[debts]),
        )

    def at(self, growth: float) -> tuple[float, float]:
        """Return log(received / paid) and its slope."""
        received, pull = self.received.log_sum(growth)
        paid, push = self.paid.log_sum(growth)
        return received - paid, pull - push

    def is_positive(self, growth: float) -> bool:
        """Tell whether more is received than paid."""
        return self.at(growth)[0] > 0

    def changes_sign(self, low: float, high: float) -> bool:
        """Tell whether one end is positive and the other is not."""
        return self.is_positive(low) != self.is_positive(high)

    def may_vanish(self, low: float, high: float) -> bool:
        """Tell whether a root within is possible.

        The log of a sum of exponentials is convex: above its tangents, below its chords. So the difference of
        two is bounded by straight lines, and those by their ends.
        """
        middle = (low + high) / 2
        received, pull = self.received.log_sum(middle)
        paid, push = self.paid.log_sum(middle)
        least, most = inf, -inf
        for end in (low, high):
            least = min(least, received + pull * (end - middle) - self.paid.log_sum(end)[0])
            most = max(most, self.received.log_sum(end)[0] - paid - push * (end - middle))
        return least <= 0 <= most


def find_roots(amounts: Floats, left: Floats) -> list[float]:
    """Return every log growth up to 700 at which the amounts cancel out, in ascending order.

    Below, the search ends where even the latest amount would have lost all but exp(-700) of itself.

    Parameters
    ----------
    amounts : shape (n,), in order of time, none of them 0, of both signs
    left : shape (n,), the share of the span that each has left, descending from 1 to 0

    """
    balance = _Balance.of(amounts, left)
    lowest = -LARGEST_GROWTH / float(left[left > 0].min())
    low, high = (-1.0, 1.0) if balance.changes_sign(-1.0, 1.0) else (lowest, LARGEST_GROWTH)
    if balance.changes_sign(low, high):
        root = _solve(balance, low, high)
        if _stays_invested(amounts, left, root):
            return [root]
    return _search(balance, _Balance.of((amounts * left)[left > 0], left[left > 0]), lowest)


def _stays_invested(amounts: Floats, left: Floats, root: float) -> bool:
    """Tell whether the running balance keeps one sign until the end, which proves that no other root exists.

    Source: Soper (1959). It holds for a portfolio whose value is never negative at the root's rate.
    """
    powers = np.log(np.abs(amounts)) + left * root
    running = np.cumsum(np.sign(amounts) * np.exp(powers - powers.max()))[:-1]
    return bool((running < 0).all() or (running > 0).all())


def _solve(balance: _Balance, low: float, high: float) -> float:
    """Return the root between two growths of different sign: Newton's steps, halving where they do not gain."""
    start = balance.is_positive(low)
    growth, last = (low + high) / 2, high - low
    while True:
        value, slope = balance.at(growth)
        low, high = (growth, high) if (value > 0) == start else (low, growth)
        step = value / slope if slope else inf
        if 2 * abs(step) > last or not low <= growth - step <= high:
            step = growth - (low + high) / 2
        if abs(step) <= 1e-15 * max(1.0, abs(growth)):
            return growth - step
        growth, last = growth - step, abs(step)


def _search(balance: _Balance, slope: _Balance, lowest: float) -> list[float]:
    """Return all roots: halve intervals until each holds none, or runs one way and so holds at most one."""
    found: list[float] = []
    pending = [(lowest, LARGEST_GROWTH)]
    while pending:
        low, high = pending.pop()
        if not balance.may_vanish(low, high):
            continue
        middle = (low + high) / 2
        narrow = high - low < _NARROW
        if not narrow and slope.may_vanish(low, high):
            pending += [(middle, high), (low, middle)]
        elif balance.changes_sign(low, high):
            found.append(_solve(balance, low, high))
        elif narrow and abs(balance.at(middle)[0]) < _TOUCHING:
            found.append(middle)
    # A root that only touches zero shows up in neighbouring narrow intervals.
    return [root for i, root in enumerate(found) if i == 0 or root - found[i - 1] > 10 * _NARROW]
