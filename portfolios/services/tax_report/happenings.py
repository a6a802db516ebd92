"""From the rows of a file to what the lot engine reads, in one currency; what is guessed is said."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from market.calc.currencies import is_fiat
from portfolios.calc.lots.happenings import Fee, Happening
from portfolios.importers.rows import ParsedRow
from portfolios.services.tax_report.numbers import EXACT, plain, product, worth
from portfolios.services.tax_report.prices import DayPrices, cash_side, value_told
from portfolios.services.tax_report.reading import CannotReportError, label_of

DOLLAR = "USD"
LINES_NAMED = 5
# What leaves with nothing in return, or moves, needs no value; what comes from outside has a cost, not a price.
VALUELESS = frozenset({"withdrawal", "gift_out", "loss", "transfer"})
AT_COST = frozenset({"deposit", "gift_in"})
INCOME = frozenset({"income", "airdrop", "fork"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FileHappenings:
    """What a file says happened, by line; `labels` are the rows' own ids, `assets` their spelling."""

    happenings: Sequence[Happening]
    currency: str
    labels: dict[int, str]
    assets: dict[str, str]
    warnings: Sequence[str]


def happenings_of(rows: Sequence[ParsedRow]) -> FileHappenings:
    """Return the happenings of some rows; raises CannotReportError when they are valued in several currencies."""
    reader = _Reader(rows)
    happenings = [reader.happening(row, order) for order, row in enumerate(rows)]
    return FileHappenings(
        happenings=happenings,
        currency=reader.currency,
        labels={row.line: label_of(row) for row in rows},
        assets=reader.assets,
        warnings=[*_spelt_twice(rows), *reader.warnings],
    )


def currency_of(rows: Sequence[ParsedRow]) -> str:
    """Return the one currency in which rows are valued, the US dollar if none is; raises CannotReportError."""
    lines: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        for currency in _currencies_of(row):
            lines[currency].append(row.line)
    if len(lines) > 1:
        named = [f"{currency}: {_lines(lines[currency])}" for currency in sorted(lines)]
        reason = (
            "The rows are valued in several currencies, and a file has no exchange rates: "
            f"{'; '.join(named)}. One currency a report: convert the prices and fees of the others, or import the file "
            "into a portfolio, which has rates."
        )
        raise CannotReportError([reason])
    return next(iter(lines), DOLLAR)


def _currencies_of(row: ParsedRow) -> set[str]:
    """Return the currencies of the prices and fees of a row that bear on lots."""
    named, side = row.currency or DOLLAR, cash_side(row)
    found = set()
    if row.price is not None and not is_fiat(row.asset):
        found.add(named)
    elif side is not None:
        found.add(side[0])
    if row.fee and not _moves_cash_alone(row):
        fee_asset = row.fee_asset.upper() or named
        found |= {fee_asset} if is_fiat(fee_asset) else set()
    return found


def _moves_cash_alone(row: ParsedRow) -> bool:
    return is_fiat(row.asset) and (not row.received_asset or is_fiat(row.received_asset))


def _lines(lines: Sequence[int]) -> str:
    named = ", ".join(map(str, lines[:LINES_NAMED]))
    more = f" and {len(lines) - LINES_NAMED} more" if len(lines) > LINES_NAMED else ""
    return f"line{'s' if len(lines) > 1 else ''} {named}{more}"


def _spelt_twice(rows: Sequence[ParsedRow]) -> list[str]:
    spellings: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        for asset in (row.asset, row.received_asset, row.fee_asset):
            if asset and not is_fiat(asset):
                spellings[asset.casefold()].setdefault(asset, row.line)
    return [
        "Counted as one asset: " + ", ".join(f"{asset} (line {line})" for asset, line in found.items()) + "."
        for found in spellings.values()
        if len(found) > 1
    ]


class _Reader:
    """Turns rows into happenings one by one, and collects what is to be said about them."""

    def __init__(self, rows: Sequence[ParsedRow]) -> None:
        self.currency = currency_of(rows)
        self.prices = DayPrices(rows)
        self.assets: dict[str, str] = {}
        self.warnings: list[str] = []

    def happening(self, row: ParsedRow, order: int) -> Happening:
        """Return what one row says happened."""
        value = self._value(row)
        return Happening(
            key=row.line,
            at=row.at,
            order=order,
            kind=row.kind,
            place=row.account,
            asset=self._asset(row.asset),
            quantity=row.quantity,
            value=value,
            is_cash=is_fiat(row.asset),
            received_asset=self._asset(row.received_asset) if row.kind == "swap" else None,
            received_quantity=row.received_quantity,
            received_is_cash=is_fiat(row.received_asset),
            to_place=row.to_account if row.kind == "transfer" else None,
            fees=self._fees(row, value),
        )

    def _asset(self, asset: str) -> str:
        known = asset.casefold()
        self.assets.setdefault(known, asset)
        return known

    def _value(self, row: ParsedRow) -> Decimal | None:
        if row.kind in VALUELESS:
            return None
        if row.kind in INCOME and is_fiat(row.asset):
            return self._cash_income(row)
        told = value_told(row)
        if told is not None or row.kind in AT_COST or _moves_cash_alone(row):
            return told
        found = self._at_day_price(row, row.asset, row.quantity)
        if found is None and row.kind == "swap" and row.received_quantity is not None:
            found = self._at_day_price(row, row.received_asset, row.received_quantity)
        return found

    def _cash_income(self, row: ParsedRow) -> Decimal | None:
        if row.asset.upper() == self.currency:
            return row.quantity
        self.warnings.append(
            f"{label_of(row)}: {plain(row.quantity)} {row.asset.upper()} of income are left out: the report is in "
            f"{self.currency}, and a file has no exchange rates."
        )
        return None

    def _at_day_price(self, row: ParsedRow, asset: str, quantity: Decimal, what: str = "") -> Decimal | None:
        quote = self.prices.nearest(asset, row.at)
        if quote is None:
            return None
        self.warnings.append(
            f"{label_of(row)}: {what or row.kind} of {plain(quantity)} {asset} has no price of its own. It is valued "
            f"at {plain(quote.price)} {self.currency} a unit, the price of line {quote.line} on the same UTC day."
        )
        return quote.worth(quantity)

    def _fees(self, row: ParsedRow, value: Decimal | None) -> list[Fee]:
        fees = []
        if row.fee:
            fees.append(self._fee(row, row.fee_asset or self.currency, row.fee, value))
        if row.kind == "transfer" and row.received_quantity is not None:
            lost = EXACT.subtract(row.quantity, row.received_quantity)
            is_told = row.fee and row.fee_asset.casefold() == row.asset.casefold()
            if lost and not is_told:
                fees.append(self._fee(row, row.asset, lost, value))
        return [fee for fee in fees if not (fee.is_cash and _moves_cash_alone(row))]

    def _fee(self, row: ParsedRow, asset: str, quantity: Decimal, value: Decimal | None) -> Fee:
        if is_fiat(asset):
            return Fee(asset=asset.casefold(), quantity=quantity, value=quantity, is_cash=True)
        return Fee(asset=self._asset(asset), quantity=quantity, value=self._value_of_fee(row, asset, quantity, value))

    def _value_of_fee(self, row: ParsedRow, asset: str, quantity: Decimal, value: Decimal | None) -> Decimal | None:
        """Value a fee in coins at its own transaction's price, else at one of its day, else not at all."""
        if asset.casefold() == row.asset.casefold() and row.kind not in AT_COST:
            if row.price is not None:
                return product(quantity, row.price)
            if value is not None:
                return worth(quantity, value=value, of=row.quantity)
        if asset.casefold() == row.received_asset.casefold() and value is not None and row.received_quantity:
            return worth(quantity, value=value, of=row.received_quantity)
        return self._at_day_price(row, asset, quantity, "the fee")
