"""Bitvavo's transactions: one row each, with its id and the time zone that its date and time are in.

What was paid or received is what the balance changed by: the fee is in it. So it is in what a withdrawal moves.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from portfolios.importers.base import Exchanged, Format, fee_of, has_columns, trade, unknown_kind
from portfolios.importers.instants import Instants, zone_named
from portfolios.importers.legs import read_apart
from portfolios.importers.rows import Answers, ParsedRow, Reading, SkippedRow, UnreadableError
from portfolios.importers.tables import CellError, Row, Table
from portfolios.importers.values import EXACT

_INCOME = {"affiliate", "campaign_new_user_incentive", "fixed_staking", "rebate", "staking"}
_DONE = {"completed", "distributed"}


def read(table: Table, _: Answers) -> Iterator[Reading]:
    """Read the transactions."""
    return read_apart(table, _read)


def _read(row: Row) -> ParsedRow | SkippedRow:
    """Read one transaction, if it went through; raises CellError."""
    status, kind = row.required("status"), row.required("type").lower()
    if status.lower() not in _DONE:
        return SkippedRow(line=row.line, reason=f"It did not go through: its status is {status[:40]}.")
    if kind in {"buy", "sell"}:
        return _traded(row, is_buy=kind == "buy")
    if kind not in _INCOME | {"deposit", "withdrawal"}:
        raise unknown_kind("type", kind)
    asset, quantity = row.required("currency"), row.required_size("amount")
    fee, fee_asset = fee_of(row, "fee amount", "fee currency")
    if kind == "withdrawal" and fee_asset == asset:
        quantity = _without(quantity, fee)
    return ParsedRow(
        line=row.line,
        kind="income" if kind in _INCOME else kind,
        at=_at(row),
        asset=asset,
        quantity=quantity,
        fee=fee,
        fee_asset=fee_asset,
        external_id=row.text("transaction id"),
        note=f"Bitvavo: {kind}." if kind in _INCOME else "",
    )


def _traded(row: Row, *, is_buy: bool) -> ParsedRow:
    """Return a trade; raises CellError."""
    asset, other = row.required("currency"), row.required("received / paid currency")
    quantity, changed = row.required_size("amount"), row.required_size("received / paid amount")
    fee, fee_asset = fee_of(row, "fee amount", "fee currency")
    if fee and fee_asset == other:
        changed = _without(changed, fee) if is_buy else EXACT.add(changed, fee)
    gave, got = ((other, changed), (asset, quantity)) if is_buy else ((asset, quantity), (other, changed))
    sides = Exchanged(
        gave=gave[0], gave_quantity=gave[1], got=got[0], got_quantity=got[1], fee=fee, fee_asset=fee_asset
    )
    return trade(row, _at(row), sides, id_=row.text("transaction id"))


def _without(size: Decimal, fee: Decimal | None) -> Decimal:
    """Return an amount without the fee that is in it; raises CellError when that leaves nothing."""
    rest = EXACT.subtract(size, fee or Decimal(0))
    if rest <= 0:
        raise CellError("fee amount", "The fee is no less than the amount that it is in.")
    return rest


def _at(row: Row) -> datetime:
    """Return the instant of a row in UTC; raises CellError."""
    try:
        zone = zone_named(row.required("timezone"))
    except UnreadableError as error:
        raise CellError("timezone", str(error)) from None
    try:
        return Instants(zone=zone).read(f"{row.required('date')} {row.required('time')}")
    except ValueError as error:
        raise CellError("time", str(error)) from None


FORMAT = Format(
    key="bitvavo",
    name="Bitvavo transactions",
    matches=has_columns("timezone", "date", "time", "type", "received / paid currency", "received / paid amount"),
    read=read,
    samples=[(
        "Timezone", "Date", "Time", "Type", "Currency", "Amount", "Quote Currency", "Quote Price",
        "Received / Paid Currency", "Received / Paid Amount", "Fee currency", "Fee amount", "Status", "Transaction ID",
        "Address",
    )],
)  # fmt: skip
