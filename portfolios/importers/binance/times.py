"""Binance's times: the zone stands in the title of their column, or nowhere; the year may have two digits."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from portfolios.importers.instants import Instants, settle, zone_in, zone_named
from portfolios.importers.rows import Answers
from portfolios.importers.tables import CellError, Row, Table

_TITLE = re.compile(r"(?:utc_)?(?:date|time)\s*(?:\(utc[^)]*\))?")
_SHORT_YEAR = re.compile(r"\d{2}-\d{2}-\d{2}(?!\d)", re.ASCII)


def time_column(names: Sequence[str]) -> str:
    """Return the column of times, such as `date(utc+1)` or `utc_time`; empty if there is none."""
    return next((name for name in names if _TITLE.fullmatch(name)), "")


def has_time_and(*columns: str, without: Sequence[str] = ()) -> Callable[[Sequence[str]], bool]:
    """Return the test that a header has a column of times and all of these, and none of those in `without`."""
    wanted, unwanted = frozenset(columns), frozenset(without)
    return lambda names: bool(time_column(names)) and wanted.issubset(names) and unwanted.isdisjoint(names)


class Times:
    """How the times of one file are read.

    The title tells the zone, else it is asked. Statements in Spanish are known to hold local times under a title that
    says UTC, which no file shows: the answer `zone_instead`, that is never asked for, goes before the title. Raises
    UnansweredError when nothing tells the zone.
    """

    def __init__(self, table: Table, answers: Answers) -> None:
        self.column = time_column(table.names)
        instead = answers.get("zone_instead")
        zone = zone_named(instead) if instead else zone_in(table.title(self.column))
        texts = (_long_year(text) for text in table.column(self.column))
        self._instants: Instants = settle(texts, answers=answers, zone=zone)

    def read(self, row: Row) -> datetime:
        """Return the instant of a row in UTC; raises CellError."""
        try:
            return self._instants.read(_long_year(row.required(self.column)))
        except ValueError as error:
            raise CellError(self.column, str(error)) from None


def _long_year(text: str) -> str:
    """Write `23-09-20 18:20:55` with the year in full; the year comes first in every file of Binance."""
    return f"20{text}" if _SHORT_YEAR.match(text) else text
