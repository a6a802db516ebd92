"""A tax report: what the lot engine found, in the words of whoever asked, with totals and everything left open."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from portfolios.calc.lots.outcomes import Disposal, Income, Lot, Match, Outcome, Removal, Shortfall
from portfolios.services.tax_report.numbers import plain, total

Row = TypeVar("Row", Disposal, Removal, Shortfall, Income)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How keys, assets and places of happenings are called in a report."""

    key: Callable[[Hashable], str]
    asset: Callable[[str], str]
    place: Callable[[Hashable], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums of the disposals whose gain is known, and of the income whose value is; `unknown` counts the others.

    `short` and `long` are the gains by term; what has no term is in neither.
    """

    proceeds: Decimal
    cost: Decimal
    gain: Decimal
    short: Decimal
    long: Decimal
    income: Decimal
    unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxReport:
    """Everything in one currency; the keys of rows, their assets and places are words already.

    `is_complete`: nothing was sold that was not there, and every value is known.
    """

    currency: str
    year: int | None
    disposals: Sequence[Disposal]
    removals: Sequence[Removal]
    lots: Sequence[Lot]
    shortfalls: Sequence[Shortfall]
    incomes: Sequence[Income]
    totals: Totals
    warnings: Sequence[str]
    notes: Sequence[str]
    is_complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class YearAsked:
    """A tax year by the year in which it starts, and how an instant finds its own."""

    year: int
    year_of: Callable[[datetime], int]

    def holds(self, at: datetime) -> bool:
        """Tell whether an instant lies in the year."""
        return self.year_of(at) == self.year


def make_report(
    *,
    outcome: Outcome,
    words: Words,
    currency: str,
    asked: YearAsked | None = None,
    warnings: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> TaxReport:
    """Put an outcome into words and sum it up, of one year if that is asked; lots are those left at the end."""
    disposals = [_disposal(row, words) for row in _within(outcome.disposals, asked)]
    removals = [_removal(row, words) for row in _within(outcome.removals, asked)]
    # One of an earlier year makes a later one doubtful: lots that were really gone count as there.
    shortfalls = [_named(row, words) for row in outcome.shortfalls]
    incomes = [_named(row, words) for row in _within(outcome.incomes, asked)]
    said = [*warnings, *_unpriced(outcome.unpriced, words), *_missing(shortfalls)]
    if asked is not None:
        notes = [*notes, "Lots, shortfalls and warnings are of the whole history, not of the year alone."]
    return TaxReport(
        currency=currency,
        year=asked.year if asked else None,
        disposals=disposals,
        removals=removals,
        lots=[_lot(lot, words) for lot in outcome.lots],
        shortfalls=shortfalls,
        incomes=incomes,
        totals=_totals(disposals, incomes),
        warnings=said,
        notes=notes,
        is_complete=not outcome.shortfalls and not outcome.unpriced,
    )


def _within(rows: Sequence[Row], asked: YearAsked | None) -> Sequence[Row]:
    return rows if asked is None else [row for row in rows if asked.holds(row.at)]


def _named(row: Row, words: Words) -> Row:
    return replace(row, key=words.key(row.key), asset=words.asset(row.asset), place=words.place(row.place))


def _disposal(row: Disposal, words: Words) -> Disposal:
    return replace(_named(row, words), matches=[_match(match, words) for match in row.matches])


def _removal(row: Removal, words: Words) -> Removal:
    return replace(_named(row, words), matches=[_match(match, words) for match in row.matches])


def _match(match: Match, words: Words) -> Match:
    return match if match.lot is None else replace(match, lot=words.key(match.lot))


def _lot(lot: Lot, words: Words) -> Lot:
    return replace(
        lot,
        key=None if lot.key is None else words.key(lot.key),
        asset=words.asset(lot.asset),
        place=None if lot.place is None else words.place(lot.place),
    )


def _unpriced(unpriced: Mapping[Hashable, str], words: Words) -> list[str]:
    return [f"{words.key(key)}: {why}" for key, why in unpriced.items()]


def _missing(shortfalls: Sequence[Shortfall]) -> list[str]:
    return [
        f"{row.key}: {plain(row.quantity)} {row.asset} left {_where(str(row.place))} at {row.at:%Y-%m-%d %H:%M} UTC "
        "although no lot was there. That part has no cost and no gain here: the report is incomplete until what "
        "brought it is recorded."
        for row in shortfalls
    ]


def _where(place: str) -> str:
    return f"“{place}”" if place else "the wallet without a name"


def _totals(disposals: Sequence[Disposal], incomes: Sequence[Income]) -> Totals:
    known = [row for row in disposals if row.gain is not None]
    matches = [match for row in known for match in row.matches]
    values = [row.value for row in incomes]
    return Totals(
        proceeds=total([row.proceeds for row in known if row.proceeds is not None]),
        cost=total([row.cost for row in known]),
        gain=total([row.gain for row in known if row.gain is not None]),
        short=_gain_of("short", matches),
        long=_gain_of("long", matches),
        income=total([value for value in values if value is not None]),
        unknown=len(disposals) - len(known) + values.count(None),
    )


def _gain_of(term: str, matches: Sequence[Match]) -> Decimal:
    return total([match.gain for match in matches if match.gain is not None and match.term == term])
