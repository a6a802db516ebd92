"""The account statement of Coinbase Pro: a row for each change of a balance; the rows of a trade share its id."""

from collections.abc import Iterator

from portfolios.importers.base import Format, has_columns, instant, read_one, unknown_kind
from portfolios.importers.coinbase.pairs import usual
from portfolios.importers.instants import IN_UTC
from portfolios.importers.legs import Leg, join_read, told_apart
from portfolios.importers.rows import Answers, ParsedRow, Reading, RowError
from portfolios.importers.tables import CellError, Row, Table

UNIT = "amount/balance unit"
_JOINED = {"match", "fee", "conversion"}
_ADVICE = "Bring the statement of all accounts of the portfolio at once, or add it by hand."


def read(table: Table, _: Answers) -> Iterator[Reading]:
    """Read the statement, whose times are in UTC."""
    time = "time" if "time" in table.names else "timestamp"
    readings: list[Reading] = []
    trades: dict[str, list[Leg | RowError]] = {}
    for row in table.rows():
        if not isinstance(row, Row):
            readings.append(row)
        elif row.text("type").lower() in _JOINED:
            trades.setdefault(_id(row, time), []).append(_leg(table, row, time))
        else:
            readings.append(read_one(table, row, lambda row: _moved(row, time)))
    for id_, legs in trades.items():
        readings += join_read(legs, advice=_ADVICE, id_=id_)
    return iter(told_apart(readings))


def _id(row: Row, time: str) -> str:
    """Return what the rows of a trade share: ids of trades are those of their pair, and an order has one pair."""
    ids = [row.text("order id"), row.text("trade id")] if row.text("trade id") else [row.text("transfer id")]
    return ":".join(filter(None, ids)) or f"{row.text('type').lower()} {row.text(time)}"


def _leg(table: Table, row: Row, time: str) -> Leg | RowError:
    """Read a row of a trade."""
    try:
        at, asset, change = instant(row, time, IN_UTC), usual(row.required(UNIT)), row.required_number("amount")
    except CellError as error:
        return RowError(line=row.line, column=table.title(error.column), message=error.message)
    if row.text("type").lower() == "fee":
        return Leg(row=row, at=at, asset=asset, fee=-change)
    return Leg(row=row, at=at, asset=asset, quantity=change)


def _moved(row: Row, time: str) -> ParsedRow:
    """Read a row that means something by itself; raises CellError."""
    word, change = row.required("type").lower(), row.required_number("amount")
    if not change:
        raise CellError("amount", "The number is 0, so nothing moved.")
    if word in {"deposit", "withdrawal"}:
        kind = "deposit" if change > 0 else "withdrawal"
    elif word == "rebate" and change > 0:
        kind = "income"
    else:
        raise unknown_kind("type", word)
    return ParsedRow(
        line=row.line,
        kind=kind,
        at=instant(row, time, IN_UTC),
        asset=usual(row.required(UNIT)),
        quantity=change.copy_abs(),
        external_id=row.text("transfer id"),
        note="Coinbase Pro: rebate." if kind == "income" else "",
    )


_END = ("Amount", "Balance", "Amount/balance unit", "Transfer id", "Trade id", "Order id")

FORMAT = Format(
    key="coinbase_pro",
    name="Coinbase Pro account statement",
    matches=lambda names: any(
        has_columns("type", time, "amount", UNIT, "trade id")(names) for time in ("time", "timestamp")
    ),
    read=read,
    samples=[
        ("Portfolio", "Type", "Timestamp", *_END),
        ("portfolio", "type", "time", *(title.lower() for title in _END)),
    ],
)
