"""Bitstamp's transactions: one row each, with the id of the transaction."""

from collections.abc import Iterator

from portfolios.importers.base import Exchanged, Format, fee_of, has_columns, instant, trade, unknown_kind
from portfolios.importers.instants import Instants, settle
from portfolios.importers.legs import read_apart
from portfolios.importers.rows import Answers, ParsedRow, Reading, SkippedRow
from portfolios.importers.tables import Row, Table

_KINDS = {
    "deposit": "deposit",
    "ripple deposit": "deposit",
    "ripple payment": "withdrawal",
    "staking reward": "income",
    "withdrawal": "withdrawal",
}
_MOVES = {"started generating rewards", "stopped generating rewards", "sub account transfer"}


def read(table: Table, answers: Answers) -> Iterator[Reading]:
    """Read the transactions; raises UnansweredError when the times name no zone."""
    instants = settle(table.column("datetime"), answers=answers)
    return read_apart(table, lambda row: _read(row, instants))


def _read(row: Row, instants: Instants) -> ParsedRow | SkippedRow:
    """Read one transaction; raises CellError. A value is without the fee, which comes on top or off."""
    kind = row.required("type").lower()
    if kind in _MOVES:
        return SkippedRow(line=row.line, reason="It is a move within Bitstamp, such as into staking.")
    at, (fee, fee_asset) = instant(row, "datetime", instants), fee_of(row, "fee", "fee currency")
    amount = (row.required("amount currency"), row.required_size("amount"))
    if kind == "market":
        way = row.required("subtype").lower()
        if way not in {"buy", "sell"}:
            raise unknown_kind("subtype", way)
        value = (row.required("value currency"), row.required_size("value"))
        gave, got = (value, amount) if way == "buy" else (amount, value)
        sides = Exchanged(
            gave=gave[0], gave_quantity=gave[1], got=got[0], got_quantity=got[1], fee=fee, fee_asset=fee_asset
        )
        return trade(row, at, sides, id_=row.text("id"))
    if kind not in _KINDS:
        raise unknown_kind("type", kind)
    return ParsedRow(
        line=row.line,
        kind=_KINDS[kind],
        at=at,
        asset=amount[0],
        quantity=amount[1],
        fee=fee,
        fee_asset=fee_asset,
        external_id=row.text("id"),
    )


FORMAT = Format(
    key="bitstamp",
    name="Bitstamp transactions",
    matches=has_columns("type", "subtype", "datetime", "amount", "amount currency", "value", "value currency"),
    read=read,
    samples=[(
        "ID", "Account", "Type", "Subtype", "Datetime", "Amount", "Amount currency", "Value", "Value currency", "Rate",
        "Rate currency", "Fee", "Fee currency", "Order ID",
    )],
)  # fmt: skip
