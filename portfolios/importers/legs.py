"""What a source tells in several rows, joined into one trade; what cannot be joined is refused whole, never guessed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from portfolios.importers.base import Exchanged, OneRow, read_one, trade
from portfolios.importers.rows import ParsedRow, Reading, RowError, SkippedRow
from portfolios.importers.tables import Row, Table
from portfolios.importers.values import EXACT

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """What one row moves: `quantity` has the sign of the balance, `fee` is taken in `fee_asset` and is not in it."""

    row: Row
    at: datetime
    asset: str
    quantity: Decimal = NOTHING
    fee: Decimal = NOTHING
    fee_asset: str = ""


def net(moves: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Add up what moves by asset, exactly; what cancels out is left out. The order is that of the first move."""
    totals: dict[str, Decimal] = {}
    for asset, quantity in moves:
        if quantity:
            totals[asset] = EXACT.add(totals.get(asset, NOTHING), quantity)
    return {asset: total for asset, total in totals.items() if total}


def join(legs: Sequence[Leg], *, advice: str, id_: str = "", note: str = "") -> list[Reading]:
    """Make one trade of its legs, told with the first of their rows; the other rows say where they went.

    Fees in a second asset become transactions of their own. `advice` says what the owner can do when the legs do not
    make one asset given and one received.
    """
    rows = [leg.row for leg in legs]
    totals = net((leg.asset, leg.quantity) for leg in legs)
    fees = net((leg.fee_asset or leg.asset, leg.fee) for leg in legs)
    if not totals and not fees:
        return skip(rows, "What these rows move cancels out: nothing changed hands.")
    gave = [(asset, -total) for asset, total in totals.items() if total < 0]
    got = [(asset, total) for asset, total in totals.items() if total > 0]
    if len(gave) != 1 or len(got) != 1 or any(fee < 0 for fee in fees.values()):
        return refuse(rows, f"{lines_of(rows)} do not make one trade: {_told(totals)}. {advice}")
    fee_asset, fee = next(iter(fees.items()), ("", None))
    sides = Exchanged(
        gave=gave[0][0], gave_quantity=gave[0][1], got=got[0][0], got_quantity=got[0][1], fee=fee, fee_asset=fee_asset
    )
    made = trade(rows[0], legs[0].at, sides, id_=id_, note=note)
    others = [
        fee_row(rows[0], legs[0].at, asset, fee, id_=id_ and f"{id_}:fee", note="A second fee of the trade.")
        for asset, fee in list(fees.items())[1:]
    ]
    return [made, *others, *skip(rows[1:], f"It is part of the trade that line {rows[0].line} begins.")]


def join_read(legs: Sequence[Leg | RowError], *, advice: str, id_: str = "", note: str = "") -> list[Reading]:
    """Make one trade of its legs, or refuse all of it when one of its rows cannot be read."""
    whole = [leg for leg in legs if isinstance(leg, Leg)]
    unread = [leg for leg in legs if isinstance(leg, RowError)]
    if unread:
        return refuse_beside(unread, [leg.row for leg in whole], advice)
    return join(whole, advice=advice, id_=id_, note=note)


def refuse_beside(unread: Sequence[RowError], rows: Iterable[Row], advice: str) -> list[Reading]:
    """Refuse rows of which others, that belong to them, cannot be read."""
    return [*unread, *refuse(rows, f"It belongs to line {unread[0].line}, which cannot be read. {advice}")]


def fee_row(row: Row, at: datetime, asset: str, quantity: Decimal, *, id_: str = "", note: str = "") -> ParsedRow:
    """Return a fee that stands by itself."""
    return ParsedRow(line=row.line, kind="fee", at=at, asset=asset, quantity=quantity, external_id=id_, note=note)


def spent(sale: ParsedRow) -> ParsedRow:
    """Return the withdrawal of the money of a sale that was paid out or spent at once, less what the sale cost."""
    money = EXACT.subtract(sale.amount or NOTHING, sale.fee or NOTHING)
    id_ = sale.external_id and f"{sale.external_id}:spent"
    return replace(
        sale, kind="withdrawal", asset=sale.currency, quantity=money, amount=None, currency="", fee=None, fee_asset="",
        external_id=id_,
    )  # fmt: skip


def skip(rows: Iterable[Row], reason: str) -> list[Reading]:
    """Leave out rows for one reason."""
    return [SkippedRow(line=row.line, reason=reason) for row in rows]


def refuse(rows: Iterable[Row], message: str) -> list[Reading]:
    """Refuse rows that only mean something together."""
    return [RowError(line=row.line, message=message) for row in rows]


def lines_of(rows: Iterable[Row]) -> str:
    """Name the lines of rows: `Line 3`, `Lines 3 and 5`, `Lines 3, 4, 7 and 5 more`."""
    lines = sorted({row.line for row in rows})
    shown = [str(line) for line in lines[:8]]
    last = f"{len(lines) - 7} more" if len(lines) > 8 else shown[-1]
    return f"Line {last}" if len(lines) == 1 else f"Lines {', '.join(shown[: min(len(lines), 8) - 1])} and {last}"


def told_apart(readings: Iterable[Reading]) -> list[Reading]:
    """Put readings in the order of their lines, and give rows that share the id of their source one each.

    The earliest keeps it, the next is numbered: by time, so that rows which a later file adds take no other's id.
    """
    ordered = sorted(readings, key=lambda reading: reading.line)
    by_id: dict[str, list[ParsedRow]] = {}
    for reading in ordered:
        if isinstance(reading, ParsedRow) and reading.external_id:
            by_id.setdefault(reading.external_id, []).append(reading)
    renamed: dict[int, Reading] = {}
    for id_, same in by_id.items():
        for number, reading in enumerate(sorted(same, key=lambda one: one.at)[1:], start=2):
            renamed[id(reading)] = replace(reading, external_id=f"{id_}#{number}")
    return [renamed.get(id(reading), reading) for reading in ordered]


def read_apart(table: Table, one: OneRow) -> Iterator[Reading]:
    """Read row by row like `read_each`, where the source gives several rows the same id."""
    read = (read_one(table, row, one) if isinstance(row, Row) else row for row in table.rows())
    return iter(told_apart(read))


def _told(totals: dict[str, Decimal]) -> str:
    """Write what moved in all."""
    return ", ".join(f"{total:+f} {asset}" for asset, total in totals.items()) or "nothing but fees"
