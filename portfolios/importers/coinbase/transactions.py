"""Coinbase's transactions, in all five generations of their header.

`Subtotal` is what a trade was worth; `Fees` come on top of a purchase and off a sale. A quantity may have the sign of
the balance; the type tells the direction all the same.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from market.calc.currencies import is_fiat
from portfolios.importers.base import Exchanged, Format, instant, read_one, trade, unknown_kind
from portfolios.importers.coinbase import notes, types
from portfolios.importers.coinbase.pairs import Pairs, usual
from portfolios.importers.instants import IN_UTC
from portfolios.importers.legs import spent, told_apart
from portfolios.importers.rows import Answers, ParsedRow, Reading, SkippedRow
from portfolios.importers.tables import CellError, Row, Table
from portfolios.importers.values import EXACT

_SPOT = re.compile(r"(?:spot )?price at transaction|([a-z]{3}) spot price at transaction")
_BASE = frozenset({"timestamp", "transaction type", "asset", "quantity transacted", "notes"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where a generation of the header has its values; the oldest names the currency in their titles."""

    price: str
    subtotal: str
    total: str
    fees: str
    currency: str = ""

    def currency_of(self, row: Row) -> str:
        """Return the currency of a row's values; raises CellError."""
        return self.currency or (row.text("price currency") or row.required("spot price currency")).upper()


def matches(names: Sequence[str]) -> bool:
    """Tell whether a header is of any generation."""
    return set(names) >= _BASE and any(_SPOT.fullmatch(name) for name in names)


def read(table: Table, _: Answers) -> Iterator[Reading]:
    """Read the transactions, whose times are in UTC."""
    columns, pairs = _columns_of(table.names), Pairs(table)
    readings: list[Reading] = []
    for row in table.rows():
        reading = read_one(table, row, lambda row: _read(row, columns, pairs)) if isinstance(row, Row) else row
        readings.append(reading)
        if isinstance(reading, ParsedRow) and reading.kind == "sell" and _is_spent(row):
            readings.append(spent(reading))
    return iter(told_apart(readings))


def _columns_of(names: Sequence[str]) -> Columns:
    """Find the columns of a header."""
    price = next(name for name in names if _SPOT.fullmatch(name))
    found = _SPOT.fullmatch(price)
    currency = found[1] if found and found[1] else ""
    start = f"{currency} " if currency else ""
    return Columns(
        price=price,
        subtotal=f"{start}subtotal",
        total=next((name for name in names if name.startswith(f"{start}total")), ""),
        fees=next((name for name in names if name.startswith(f"{start}fees")), ""),
        currency=currency.upper(),
    )


def _read(row: Row, columns: Columns, pairs: Pairs) -> ParsedRow | SkippedRow:
    """Read one transaction; raises CellError."""
    kind = " ".join(row.required("transaction type").lower().split())
    if row.line in pairs.aside:
        return SkippedRow(line=row.line, reason=pairs.aside[row.line])
    if kind in types.MOVES:
        return SkippedRow(line=row.line, reason="It is a move within Coinbase, such as into staking.")
    if kind in types.MIGRATIONS:
        return _migrated(row)
    if kind == "convert":
        return _converted(row, pairs)
    is_money = is_fiat(row.required("asset"))
    if kind in types.BUYS | types.SELLS or (kind in types.SPENDS and not is_money):
        return _traded(row, columns, is_buy=kind in types.BUYS)
    if kind in types.INCOME | types.INCOMING | types.OUTGOING | types.SPENDS:
        return _moved(row, columns, kind)
    if kind == "admin debit":
        raise CellError(
            "transaction type", "Coinbase took it and does not tell what for. Add it by hand as what it was."
        )
    raise unknown_kind("transaction type", row.text("transaction type"))


def _is_spent(row: object) -> bool:
    """Tell whether a row is a payment by card, whose money did not stay."""
    return isinstance(row, Row) and row.text("transaction type").lower() in types.SPENDS


def _migrated(row: Row) -> SkippedRow:
    """Leave out ETH2 becoming ETH, which are one; raises CellError for every other asset."""
    if usual(row.required("asset")) == "ETH":
        return SkippedRow(line=row.line, reason="ETH2 became ETH, one for one: here both are ETH, and nothing changes.")
    raise CellError(
        "transaction type",
        "Coinbase turned one asset into another. Add it by hand: as a swap, or, if it was a renaming one for one, by "
        "giving the old name's transactions the new asset.",
    )


def _converted(row: Row, pairs: Pairs) -> ParsedRow | SkippedRow:
    """Read a convert, whose other side stands in the note or in a row of its own; raises CellError."""
    sides = pairs.sides_of(row)
    if sides.gave == sides.got:
        reason = f"It turned {sides.got} into itself under another name, one for one: nothing changes."
        return SkippedRow(line=row.line, reason=reason)
    return trade(row, _at(row), sides, id_=row.text("id"))


def _traded(row: Row, columns: Columns, *, is_buy: bool) -> ParsedRow:
    """Read a purchase or a sale, or a swap when the note tells that it was settled in a coin; raises CellError."""
    asset, quantity = usual(row.required("asset")), row.required_size("quantity transacted", "point")
    told = notes.traded(row)
    in_coin = told is not None and not is_fiat(told.second_coin)
    if told and in_coin:
        coin, size, fee, fee_asset = usual(told.second_coin), notes.second_of(told, first=quantity), None, ""
    elif told and told.pair and not is_fiat(told.pair):
        raise CellError(
            notes.COLUMN, f"It was settled in {told.pair}, and the note tells only its worth. Add it by hand as a swap."
        )
    else:
        coin, fee = columns.currency_of(row), row.size(columns.fees, "point")
        size, fee_asset = _subtotal(row, columns, fee, is_buy=is_buy), coin if fee else ""
    gave, got = ((coin, size), (asset, quantity)) if is_buy else ((asset, quantity), (coin, size))
    sides = Exchanged(
        gave=gave[0], gave_quantity=gave[1], got=got[0], got_quantity=got[1], fee=fee, fee_asset=fee_asset
    )
    note = "Coinbase: fees are in the amounts." if in_coin else ""
    return trade(row, _at(row), sides, id_=row.text("id"), note=note)


def _subtotal(row: Row, columns: Columns, fee: Decimal | None, *, is_buy: bool) -> Decimal:
    """Return what a trade was worth without its fee; raises CellError when neither total tells it."""
    subtotal = row.size(columns.subtotal, "point")
    if subtotal is not None:
        return subtotal
    total = row.size(columns.total, "point")
    if total is None:
        raise CellError(columns.subtotal, "The cell is empty, and without it the trade has no price.")
    return EXACT.subtract(total, fee or Decimal(0)) if is_buy else EXACT.add(total, fee or Decimal(0))


def _moved(row: Row, columns: Columns, kind: str) -> ParsedRow:
    """Read what came or went against nothing: rewards with their worth, the rest without; raises CellError."""
    asset, quantity = usual(row.required("asset")), row.required_size("quantity transacted", "point")
    is_income = kind in types.INCOME or (
        kind == "receive" and any(words in row.text(notes.COLUMN).lower() for words in types.REWARDS_IN_NOTES)
    )
    worth = (row.size(columns.subtotal, "point") or row.size(columns.total, "point")) if is_income else None
    fee = row.size(columns.fees, "point") if is_fiat(asset) and columns.currency_of(row) == asset else None
    is_incoming = is_income or kind in types.INCOMING
    # The quantity is what the balance changed by; a deposit and a withdrawal are told without their fee.
    size = EXACT.add(quantity, fee or Decimal(0)) if is_incoming else EXACT.subtract(quantity, fee or Decimal(0))
    if size <= 0:
        raise CellError(columns.fees, "The fee leaves nothing to move.")
    return ParsedRow(
        line=row.line,
        kind="income" if is_income else "deposit" if is_incoming else "withdrawal",
        at=_at(row),
        asset=asset,
        quantity=size,
        amount=worth,
        currency=columns.currency_of(row) if worth else "",
        fee=fee,
        fee_asset=asset if fee else "",
        external_id=row.text("id"),
        note=f"Coinbase: {row.text('transaction type')}.",
    )


def _at(row: Row) -> datetime:
    """Return the instant of a row in UTC; raises CellError."""
    return instant(row, "timestamp", IN_UTC)


_START = ("Timestamp", "Transaction Type", "Asset", "Quantity Transacted")
_SPREAD = ("Subtotal", "Total (inclusive of fees and/or spread)", "Fees and/or Spread", "Notes")

FORMAT = Format(
    key="coinbase",
    name="Coinbase transactions",
    matches=matches,
    read=read,
    samples=[
        ("ID", *_START, "Price Currency", "Price at Transaction", *_SPREAD),
        (*_START, "Price Currency", "Price at Transaction", *_SPREAD),
        (*_START, "Spot Price Currency", "Spot Price at Transaction", *_SPREAD),
        (
            *_START,
            "Spot Price Currency",
            "Spot Price at Transaction",
            "Subtotal",
            "Total (inclusive of fees)",
            "Fees",
            "Notes",
        ),
        (
            *_START,
            "EUR Spot Price at Transaction",
            "EUR Subtotal",
            "EUR Total (inclusive of fees)",
            "EUR Fees",
            "Notes",
        ),
    ],
)
