"""Tax years: named by the calendar year in which they start."""

import re
from datetime import date, datetime, tzinfo

_MONTH_AND_DAY = re.compile(r"(\d{2})-(\d{2})", re.ASCII)


def parse_year_start(text: str) -> tuple[int, int]:
    """Read the first day of a tax year, `04-06` for the 6th of April.

    Raises ValueError for what is no such day, and for the 29th of February, which most years do not have.
    """
    found = _MONTH_AND_DAY.fullmatch(text)
    try:
        first = date(2023, int(found[1]), int(found[2])) if found else None
    except ValueError:
        first = None
    if first is None:
        raise ValueError(f"“{text[:20]}” is no day on which every year can start. Write month and day as 04-06.")
    return first.month, first.day


def tax_year(at: datetime, *, zone: tzinfo, starts: tuple[int, int] = (1, 1)) -> int:
    """Return the year in which the tax year of an instant starts; the day is that of the zone."""
    day = at.astimezone(zone).date()
    return day.year if (day.month, day.day) >= starts else day.year - 1
