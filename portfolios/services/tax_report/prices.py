"""The prices that a file itself names: where a value is missing, one of the same asset and day may stand in."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from market.calc.currencies import is_fiat
from portfolios.importers.rows import ParsedRow
from portfolios.services.tax_report.numbers import product, worth

# The price of a deposit or a gift received may be its cost on another day: it values nothing else.
COST_KINDS = frozenset({"deposit", "gift_in"})
ONE = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What some units were worth in the currency of the report, and the line that says it."""

    at: datetime
    line: int
    value: Decimal
    units: Decimal

    @property
    def price(self) -> Decimal:
        """Return the price a unit, rounded to 36 decimals: to show, not to reckon with."""
        return self.worth(ONE)

    def worth(self, quantity: Decimal) -> Decimal:
        """Return what a quantity is worth by this quote."""
        return worth(quantity, value=self.value, of=self.units)


class DayPrices:
    """All prices of a file, by asset in lower case and UTC day."""

    def __init__(self, rows: Iterable[ParsedRow]) -> None:
        self._quotes: dict[tuple[str, date], list[Quote]] = defaultdict(list)
        for row in rows:
            if row.kind not in COST_KINDS:
                self._take(row)
        for quotes in self._quotes.values():
            quotes.sort(key=lambda quote: (quote.at, quote.line))

    def nearest(self, asset: str, at: datetime) -> Quote | None:
        """Return the last quote of the same UTC day up to an instant, else the first one after it."""
        quotes = self._quotes.get((asset.casefold(), at.astimezone(UTC).date()), [])
        place = bisect_right(quotes, at, key=lambda quote: quote.at)
        return quotes[max(place - 1, 0)] if quotes else None

    def _take(self, row: ParsedRow) -> None:
        if row.price is not None:
            self._add(row, row.asset, row.price, ONE)
        value = value_told(row)
        if row.kind == "swap" and row.received_quantity and value is not None:
            self._add(row, row.received_asset, value, row.received_quantity)
            if row.price is None:
                self._add(row, row.asset, value, row.quantity)

    def _add(self, row: ParsedRow, asset: str, value: Decimal, units: Decimal) -> None:
        if not is_fiat(asset):
            key = (asset.casefold(), row.at.astimezone(UTC).date())
            self._quotes[key].append(Quote(at=row.at, line=row.line, value=value, units=units))


def cash_side(row: ParsedRow) -> tuple[str, Decimal] | None:
    """Return the fiat currency on one side of a swap and how much of it; None when neither or both sides are cash."""
    pays, earns = is_fiat(row.asset), is_fiat(row.received_asset)
    if row.kind != "swap" or pays == earns or row.received_quantity is None:
        return None
    return (row.asset.upper(), row.quantity) if pays else (row.received_asset.upper(), row.received_quantity)


def value_told(row: ParsedRow) -> Decimal | None:
    """Return what a row itself says that its quantity was worth, fees aside; None when it says nothing.

    A price is one of the asset; a swap without it that has a fiat currency on one side says it by that side.
    """
    if row.price is not None and not is_fiat(row.asset):
        return product(row.quantity, row.price)
    side = cash_side(row)
    return side[1] if side else None
