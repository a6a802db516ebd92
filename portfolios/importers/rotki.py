"""rotki's generic CSV: trades and events, with instants in milliseconds."""

from collections.abc import Iterator
from datetime import datetime

from portfolios.importers import instants
from portfolios.importers.base import Exchanged, Format, fee_of, has_columns, read_each, trade, unknown_kind
from portfolios.importers.rows import Answers, ParsedRow, Reading
from portfolios.importers.tables import CellError, Row, Table

# What was spent bought something of a value that the file does not tell: a sale whose price is unknown.
KINDS = {
    "deposit": "deposit",
    "withdrawal": "withdrawal",
    "income": "income",
    "loss": "loss",
    "spend": "sell",
    "staking": "income",
}


def _at(row: Row) -> datetime:
    """Return the instant of a row; raises CellError."""
    try:
        return instants.epoch(row.required("timestamp"), "milliseconds")
    except ValueError as error:
        raise CellError("timestamp", str(error)) from None


def _trade(row: Row) -> ParsedRow:
    """Read one trade; raises CellError."""
    fee, fee_asset = fee_of(row, "fee", "fee currency")
    sides = Exchanged(
        gave=row.required("spend currency"),
        gave_quantity=row.required_size("spend amount"),
        got=row.required("receive currency"),
        got_quantity=row.required_size("receive amount"),
        fee=fee,
        fee_asset=fee_asset,
    )
    return trade(row, _at(row), sides, account=row.text("location"), note=row.text("description"))


def _event(row: Row) -> ParsedRow:
    """Read one event; raises CellError."""
    kind = row.required("type")
    if kind.lower() not in KINDS:
        raise unknown_kind("type", kind)
    fee, fee_asset = fee_of(row, "fee", "fee currency")
    return ParsedRow(
        line=row.line,
        kind=KINDS[kind.lower()],
        at=_at(row),
        asset=row.required("currency"),
        quantity=row.required_size("amount"),
        account=row.text("location"),
        fee=fee,
        fee_asset=fee_asset,
        note=row.text("description"),
    )


def _read_trades(table: Table, _: Answers) -> Iterator[Reading]:
    return read_each(table, _trade)


def _read_events(table: Table, _: Answers) -> Iterator[Reading]:
    return read_each(table, _event)


TRADES = Format(
    key="rotki-trades",
    name="rotki trades",
    matches=has_columns("spend currency", "spend amount", "receive currency", "receive amount", "timestamp"),
    read=_read_trades,
    samples=[
        (
            "Location",
            "Spend Currency",
            "Receive Currency",
            "Receive Amount",
            "Spend Amount",
            "Fee",
            "Fee Currency",
            "Description",
            "Timestamp",
        )
    ],
)
EVENTS = Format(
    key="rotki-events",
    name="rotki events",
    matches=has_columns("type", "location", "currency", "amount", "fee currency", "description", "timestamp"),
    read=_read_events,
    samples=[("Type", "Location", "Currency", "Amount", "Fee", "Fee Currency", "Description", "Timestamp")],
)
