"""Share identification of the UK: the same day, the next 30 days, then the section 104 pool of the whole portfolio.

Source: HMRC, Cryptoassets Manual, CRYPTO22250 to CRYPTO22257; TCGA 1992, ss. 104, 105 and 106A.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta, tzinfo

from portfolios.calc.lots.books import Pool
from portfolios.calc.lots.matching import carry, take_out
from portfolios.calc.lots.steps import NO_LOT, Arrival, Exit, Move, Part, Step

WINDOW = timedelta(days=30)


class Section104(Pool):
    """The pool of all places; what it gives has no lot of its own."""

    __slots__ = ()

    def reported(self, parts: list[Part]) -> list[Part]:
        """Return drawn parts as one, of no lot."""
        return [(NO_LOT, sum(part[1] for part in parts), sum(part[2] for part in parts), 0)] if parts else []


def run_section104(steps: Sequence[Step], pool: Section104, zone: tzinfo) -> None:
    """Match the exits of a span by day, then with the pool, and leave in it what is left.

    The acquisitions of a day are one, at their average cost, and go to what leaves on that day first, then to what left
    in the 30 days before it, earliest first; what leaves on one day is matched in its order. What came in with an
    earlier date of acquisition, and what comes after the span, is not matched by day. The lots in the pool go oldest
    first at the pool's average: that matters when the method changes.
    """
    days: dict[date, Pool] = {}
    for step in steps:
        if isinstance(step, Arrival) and _is_dated(step, zone):
            day = step.at.astimezone(zone).date()
            days.setdefault(day, Pool("average", pool.scale)).add(step.rank, step.quantity, step.cost, step.unit)
    _match_by_day(steps, days, zone)
    unmatched = {part[0]: part for acquired in days.values() for part in acquired.left()}
    for step in steps:
        if isinstance(step, Move):
            carry(step, pool, pool, {})
        elif isinstance(step, Exit):
            take_out(step, pool, {})
        elif not _is_dated(step, zone):
            pool.add(step.rank, step.quantity, step.cost, step.unit)
        elif step.rank in unmatched:
            pool.add(*unmatched[step.rank])


def _is_dated(arrival: Arrival, zone: tzinfo) -> bool:
    """Tell whether what arrived was acquired on that day, not brought in from before."""
    if arrival.acquired_at == arrival.at:
        return True
    return arrival.at.astimezone(zone).date() == arrival.acquired_at.astimezone(zone).date()


def _match_by_day(steps: Sequence[Step], days: dict[date, Pool], zone: tzinfo) -> None:
    """Match what leaves with its own day, all of it, before anything with the 30 days after."""
    leaving = [(found.at.astimezone(zone).date(), found) for step in steps if (found := _disposed(step))]
    for day, found in leaving:
        if day in days:
            _match(found, days[day], "same_day")
    ordered = sorted(days)
    for day, found in leaving:
        for acquired in ordered[bisect_right(ordered, day) : bisect_right(ordered, day + WINDOW)]:
            if days[acquired].quantity and not _match(found, days[acquired], "thirty_days"):
                break


def _disposed(step: Step) -> Exit | None:
    """Return what leaves with a step; a transfer's fee whose cost stays is no disposal."""
    found = step.fee if isinstance(step, Move) else step if isinstance(step, Exit) else None
    return None if found is None or (isinstance(step, Move) and found.is_removal) else found


def _match(leaving: Exit, acquired: Pool, rule: str) -> int:
    """Match what leaves with what was acquired on a day; return how much of it is still to be found."""
    parts, missing = acquired.draw(leaving.quantity - sum(part[1] for part in leaving.parts))
    leaving.parts = [*leaving.parts, *parts]
    leaving.rules = [*leaving.rules, *[rule] * len(parts)]
    return missing
