"""Delta: its CSV of transactions. Amounts are without their fees; the quote is a total."""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from portfolios.importers import values
from portfolios.importers.base import (
    Exchanged,
    Format,
    fee_of,
    has_columns,
    instant,
    read_each,
    style_of,
    trade,
    unknown_kind,
)
from portfolios.importers.instants import Instants, settle
from portfolios.importers.rows import Answers, ParsedRow, Reading
from portfolios.importers.tables import CellError, Row, Table

# Why something came, where Delta tells it in the place of an origin.
ORIGINS = {"airdrop": "airdrop", "fork": "fork", "mining": "income", "staking": "income", "gift": "gift_in"}
_NAMED = re.compile(r"(\S+)\s*\(.*\)")


def _read(table: Table, answers: Answers) -> Iterator[Reading]:
    """Read a file; raises UnansweredError when its dates have no zone, or an order that is open."""
    style = style_of(table, "base amount", "quote amount", "fee amount")
    return read_each(table, _Transactions(settle(table.column("date"), answers=answers), style).read)


def _code(row: Row, column: str) -> str:
    """Return the code of an asset, which may be followed by its name in brackets; raises CellError."""
    said = row.required(column)
    found = _NAMED.fullmatch(said)
    return found[1] if found else said


class _Transactions:
    """Reads transactions, given how times and numbers are written."""

    def __init__(self, times: Instants, style: values.Style) -> None:
        self.times = times
        self.style = style

    def read(self, row: Row) -> ParsedRow:
        """Read one transaction; raises CellError."""
        way, at = row.required("way"), instant(row, "date", self.times)
        if row.text("base type").upper() not in {"", "CRYPTO", "FIAT", "FOREX"}:
            raise CellError("base type", f"“{row.text('base type')[:20]}” is no crypto asset, and is not kept here.")
        match way.upper():
            case "BUY" | "SELL":
                return self._trade(row, at, is_buy=way.upper() == "BUY")
            case "DEPOSIT":
                return self._moved(row, at, ORIGINS.get(row.text("sent/received from").lower(), "deposit"))
            case "WITHDRAW":
                is_gift = row.text("sent to").lower() == "gift"
                return self._moved(row, at, "gift_out" if is_gift else "withdrawal")
            case "TRANSFER":
                return self._transfer(row, at)
        raise unknown_kind("way", way)

    def _trade(self, row: Row, at: datetime, *, is_buy: bool) -> ParsedRow:
        """Read a buy or a sell of the base for the quote."""
        base = _code(row, "base currency (name)"), row.required_size("base amount", self.style)
        if not row.text("quote amount") and not row.text("quote currency"):
            return self._moved(row, at, "buy" if is_buy else "sell")
        quote = _code(row, "quote currency"), row.required_size("quote amount", self.style)
        gave, got = (quote, base) if is_buy else (base, quote)
        fee, fee_asset = self._fee(row)
        sides = Exchanged(
            gave=gave[0], gave_quantity=gave[1], got=got[0], got_quantity=got[1], fee=fee, fee_asset=fee_asset
        )
        return trade(row, at, sides, account=row.text("exchange"), note=row.text("notes"))

    def _fee(self, row: Row) -> tuple[Decimal | None, str]:
        """Return the fee and its asset."""
        fee, _ = fee_of(row, "fee amount", "fee currency (name)", self.style)
        return (fee, _code(row, "fee currency (name)")) if fee else (None, "")

    def _moved(self, row: Row, at: datetime, kind: str) -> ParsedRow:
        """Read what came or went, with no price: what it had cost stands in no file of Delta."""
        asset = _code(row, "base currency (name)")
        fee, fee_asset = self._fee(row)
        return ParsedRow(
            line=row.line,
            kind=kind,
            at=at,
            asset=asset,
            quantity=row.required_size("base amount", self.style),
            account=row.text("exchange"),
            fee=fee,
            fee_asset=fee_asset,
            note=row.text("notes"),
        )

    def _transfer(self, row: Row, at: datetime) -> ParsedRow:
        """Read a move between two places of one's own; a fee in kind is on top of what arrives."""
        asset, arrived = _code(row, "base currency (name)"), row.required_size("base amount", self.style)
        source, target = row.required("sent/received from"), row.required("sent to")
        if source == target:
            raise CellError("sent to", "A transfer needs two places, and both are the same here.")
        fee, fee_asset = self._fee(row)
        return ParsedRow(
            line=row.line,
            kind="transfer",
            at=at,
            asset=asset,
            quantity=values.EXACT.add(arrived, fee) if fee and fee_asset == asset else arrived,
            account=source,
            fee=fee,
            fee_asset=fee_asset,
            to_account=target,
            received_quantity=arrived,
            note=row.text("notes"),
        )


FORMAT = Format(
    key="delta",
    name="Delta",
    matches=has_columns("date", "way", "base amount", "base currency (name)", "quote amount", "quote currency"),
    read=_read,
    samples=[
        (
            "Date",
            "Way",
            "Base amount",
            "Base currency (name)",
            "Base type",
            "Quote amount",
            "Quote currency",
            "Exchange",
            "Sent/Received from",
            "Sent to",
            "Fee amount",
            "Fee currency (name)",
            "Broker",
            "Notes",
        )
    ],
)
