"""Calendars: the days on which a basket is reconstituted, rebalanced or capped anew."""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from itertools import takewhile

_FRIDAY, _SATURDAY = 4, 5
_LONGEST_ROLL = timedelta(days=2)
_LONGEST_WAIT = timedelta(days=100)


class Schedule(StrEnum):
    """How often a day comes round: each Monday, the first of each month, or of January, April, July and October."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


class Roll(StrEnum):
    """Where a day goes that falls on a Saturday or Sunday: nowhere, to the Monday after, to the Friday before."""

    NONE = "none"
    FOLLOWING = "following"
    PRECEDING = "preceding"


def effective_days(schedule: Schedule, start: date, end: date, *, roll: Roll = Roll.NONE) -> Iterator[date]:
    """Yield the days of a calendar from start to end, ascending.

    Parameters
    ----------
    schedule : which days there are before rolling
    start, end : both belong to the span; days count where they lie after rolling, so that the Sunday after
        `end` may give its Friday
    roll : where days on a weekend go; going back may leave the month

    """
    for day in takewhile(lambda day: day <= end + _LONGEST_ROLL, _days_from(schedule, start - _LONGEST_ROLL)):
        rolled = _rolled(day, roll)
        if start <= rolled <= end:
            yield rolled


def is_effective_day(schedule: Schedule, day: date, *, roll: Roll = Roll.NONE) -> bool:
    """Tell whether a day, after rolling, is one of the calendar's."""
    return any(effective_days(schedule, day, day, roll=roll))


def next_effective_day(schedule: Schedule, after: date, *, roll: Roll = Roll.NONE) -> date:
    """Return the calendar's first day, after rolling, that lies later than `after`."""
    return next(effective_days(schedule, after + timedelta(days=1), after + _LONGEST_WAIT, roll=roll))


def _days_from(schedule: Schedule, start: date) -> Iterator[date]:
    """Yield the days before rolling, without end, from `start` on."""
    if schedule == Schedule.WEEKLY:
        day = start + timedelta(days=-start.weekday() % 7)
        while True:
            yield day
            day += timedelta(days=7)

    step = 1 if schedule == Schedule.MONTHLY else 3
    # Months since year 0; the first of the start's own month is past unless the month has just begun.
    month = start.year * 12 + start.month - 1 + (start.day > 1)
    month += -month % step
    while True:
        yield date(month // 12, month % 12 + 1, 1)
        month += step


def _rolled(day: date, roll: Roll) -> date:
    """Move a day off the weekend."""
    weekday = day.weekday()
    if roll == Roll.NONE or weekday < _SATURDAY:
        return day
    return day + timedelta(days=7 - weekday if roll == Roll.FOLLOWING else _FRIDAY - weekday)
