"""What a format is, and what its reader says row by row."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from market.calc.currencies import is_fiat
from portfolios.importers import values
from portfolios.importers.instants import Instants
from portfolios.importers.rows import Answers, ParsedRow, Reading, RowError, SkippedRow
from portfolios.importers.tables import CellError, Row, Table

# What a ledger knows; every format's own words become one of these.
KINDS = (
    "buy",
    "sell",
    "swap",
    "deposit",
    "withdrawal",
    "transfer",
    "fee",
    "income",
    "airdrop",
    "fork",
    "gift_in",
    "gift_out",
    "loss",
)

OneRow = Callable[[Row], ParsedRow | SkippedRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format of files. `matches` is given the names of a header (`tables.name_of`), or the keys of a document.

    `read` yields something for every record, in the order of the file, and raises UnansweredError or UnreadableError.
    `sample` is a header of the format as its source writes it; the formats tell each other's samples apart.
    """

    key: str
    name: str
    matches: Callable[[Sequence[str]], bool]
    read: Callable[[Table, Answers], Iterator[Reading]]
    samples: Sequence[Sequence[str]]
    is_document: bool = False


def has_columns(*columns: str, without: Sequence[str] = ()) -> Callable[[Sequence[str]], bool]:
    """Return the test that a header has all of these columns, in any order, and none of those in `without`."""
    wanted, unwanted = frozenset(columns), frozenset(without)
    return lambda names: wanted.issubset(names) and unwanted.isdisjoint(names)


def read_each(table: Table, one: OneRow) -> Iterator[Reading]:
    """Read row by row: a row that cannot be read becomes an error, and the rest goes on."""
    for row in table.rows():
        yield read_one(table, row, one) if isinstance(row, Row) else row


def read_one(table: Table, row: Row, one: OneRow) -> Reading:
    """Read one row, or say why it cannot be read."""
    try:
        return one(row)
    except CellError as error:
        return RowError(line=row.line, column=table.title(error.column), message=error.message)


def instant(row: Row, column: str, instants: Instants) -> datetime:
    """Return the instant of a cell in UTC; raises CellError."""
    try:
        return instants.read(row.required(column))
    except ValueError as error:
        raise CellError(column, str(error)) from None


def fiat(row: Row, column: str) -> str:
    """Return the code of a fiat currency; raises CellError when the cell holds none, or a hundredth of one."""
    code = row.required(column)
    if not is_fiat(code) or (code != code.upper() and code != code.lower()):
        raise CellError(column, f"“{code[:20]}” is not the code of a fiat currency, such as EUR.")
    return code.upper()


def fee_of(row: Row, amount: str, asset: str, style: values.Style = "plain") -> tuple[Decimal | None, str]:
    """Return a fee and the asset it was paid in, (None, "") if there was none; raises CellError."""
    fee = row.size(amount, style)
    return (fee, row.required(asset)) if fee else (None, "")


def style_of(table: Table, *columns: str) -> values.Style:
    """Return the decimal sign of a file, by all the numbers in some columns."""
    rows = (row for row in table.rows() if isinstance(row, Row))
    return values.style_of(row.text(column) for row in rows for column in columns)


def unknown_kind(column: str, kind: str) -> CellError:
    """Return the refusal of a row whose type has no known meaning."""
    return CellError(column, f"“{kind[:60]}” is not a type that is known here. Add this transaction by hand.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """What was given and what was received in one trade, and its fee; sizes are positive."""

    gave: str
    gave_quantity: Decimal
    got: str
    got_quantity: Decimal
    fee: Decimal | None = None
    fee_asset: str = ""


def trade(row: Row, at: datetime, sides: Exchanged, *, account: str = "", id_: str = "", note: str = "") -> ParsedRow:
    """Return a trade as the ledger sees it: against a fiat currency a buy or a sell, of two coins a swap.

    A fiat currency against another is a swap of the two.
    """
    pays, earns = is_fiat(sides.gave), is_fiat(sides.got)
    kind = "swap" if pays == earns else "buy" if pays else "sell"
    asset, quantity, money, currency = sides.gave, sides.gave_quantity, sides.got_quantity, sides.got
    if kind == "buy":
        asset, quantity, money, currency = sides.got, sides.got_quantity, sides.gave_quantity, sides.gave
    return ParsedRow(
        line=row.line,
        kind=kind,
        at=at,
        asset=asset,
        quantity=quantity,
        account=account,
        amount=None if kind == "swap" else money,
        currency="" if kind == "swap" else currency.upper(),
        fee=sides.fee,
        fee_asset=sides.fee_asset if sides.fee else "",
        received_asset=sides.got if kind == "swap" else "",
        received_quantity=sides.got_quantity if kind == "swap" else None,
        external_id=id_,
        note=note,
    )
