"""Wealthfolio: its CSV of activities. Cash goes by the symbol $CASH; what a dividend pays is money."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from portfolios.importers import values
from portfolios.importers.base import Format, fiat, has_columns, instant, read_each, style_of, unknown_kind
from portfolios.importers.instants import Instants, settle
from portfolios.importers.rows import Answers, ParsedRow, Reading, SkippedRow
from portfolios.importers.tables import CellError, Row, Table

IN_KIND = frozenset({"staking_reward", "dividend_in_kind", "drip"})
OF_ASSETS = {
    "buy": "buy",
    "sell": "sell",
    "transfer_in": "deposit",
    "transfer_out": "withdrawal",
    "add_holding": "deposit",
    "remove_holding": "withdrawal",
    "airdrop": "airdrop",
}
OF_CASH = {
    "deposit": "deposit",
    "withdrawal": "withdrawal",
    "dividend": "income",
    "interest": "income",
    "credit": "income",
    "fee": "fee",
    "tax": "fee",
}


def _read(table: Table, answers: Answers) -> Iterator[Reading]:
    """Read a file; raises UnansweredError when its dates have no zone, or an order that is open."""
    style = style_of(table, "quantity", "unitprice", "fee", "amount")
    return read_each(table, _Activities(settle(table.column("date"), answers=answers), style).read)


class _Activities:
    """Reads activities, given how times and numbers are written."""

    def __init__(self, times: Instants, style: values.Style) -> None:
        self.times = times
        self.style = style

    def read(self, row: Row) -> ParsedRow | SkippedRow:
        """Read one activity; raises CellError."""
        said, at = row.required("activitytype"), instant(row, "date", self.times)
        kind, is_cash = said.lower(), row.text("symbol").upper().startswith("$CASH")
        if kind == "split":
            raise CellError("activitytype", "A split has no place among crypto assets. Add what changed by hand.")
        if row.text("subtype").lower() in IN_KIND and not is_cash:
            return self._asset(row, at, "income")
        if kind in OF_ASSETS and not is_cash:
            return self._asset(row, at, OF_ASSETS[kind])
        cash = OF_CASH | {"transfer_in": "deposit", "transfer_out": "withdrawal"}
        if kind in cash:
            return self._money(row, at, cash[kind])
        raise unknown_kind("activitytype", said)

    def _asset(self, row: Row, at: datetime, kind: str) -> ParsedRow:
        """Read what came or went of an asset, at its price if one is told."""
        price, fee = row.number("unitprice", self.style), row.size("fee", self.style)
        return ParsedRow(
            line=row.line,
            kind=kind,
            at=at,
            asset=row.required("symbol"),
            quantity=row.required_size("quantity", self.style),
            price=price.copy_abs() if price else None,
            currency=fiat(row, "currency") if price or fee else "",
            fee=fee,
            note=row.text("comment"),
        )

    def _money(self, row: Row, at: datetime, kind: str) -> ParsedRow:
        """Read what came or went in money; a charge may stand in the amount or in the fee."""
        fee = row.size("fee", self.style)
        paid = row.size("amount", self.style) or self._worth(row)
        if not paid and kind == "fee":
            paid, fee = fee, None
        if not paid:
            raise CellError("amount", "Neither an amount nor a quantity with a price stands in the row.")
        currency = fiat(row, "currency")
        symbol = row.text("symbol")
        return ParsedRow(
            line=row.line,
            kind=kind,
            at=at,
            asset=currency,
            quantity=paid,
            fee=fee,
            fee_asset=currency if fee else "",
            note="" if symbol.startswith("$") else symbol,
        )

    def _worth(self, row: Row) -> Decimal | None:
        """Return quantity times price, where both stand in the row."""
        quantity, price = row.size("quantity", self.style), row.size("unitprice", self.style)
        return values.product(quantity, price) if quantity and price else None


FORMAT = Format(
    key="wealthfolio",
    name="Wealthfolio",
    matches=has_columns("date", "symbol", "quantity", "activitytype", "unitprice", "currency"),
    read=_read,
    samples=[
        (
            "date",
            "symbol",
            "instrumentType",
            "quantity",
            "activityType",
            "unitPrice",
            "currency",
            "fee",
            "amount",
            "fxRate",
            "subtype",
        )
    ],
)
