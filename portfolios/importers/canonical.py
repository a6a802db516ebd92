"""Our own CSV: the contract of what goes in and out. Every value is exact, every time has its zone."""

from collections.abc import Iterator
from decimal import Decimal

from market.calc.currencies import is_fiat
from portfolios.importers.base import KINDS, Format, has_columns, instant, read_each, unknown_kind
from portfolios.importers.instants import WITH_ZONE
from portfolios.importers.rows import Answers, ParsedRow, Reading, UnreadableError
from portfolios.importers.tables import CellError, Row, Table
from portfolios.importers.values import EXACT

COLUMNS = (
    "timestamp",
    "kind",
    "wallet",
    "asset",
    "quantity",
    "price",
    "currency",
    "fee",
    "fee_asset",
    "to_wallet",
    "received_asset",
    "received_quantity",
    "external_id",
    "note",
)
_KNOWN = frozenset(KINDS)
_OPENS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0", "'")


def guarded(text: str) -> str:
    """Write a text so that no spreadsheet takes it for a formula; `unguarded` gives it back."""
    return "'" + text if text.startswith(_OPENS_A_FORMULA) else text


def unguarded(text: str) -> str:
    """Return what `guarded` was given; every other text stays as it is."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(_OPENS_A_FORMULA) else text


def read(table: Table, _: Answers) -> Iterator[Reading]:
    """Read the canonical CSV; raises UnreadableError when a column is not one of the contract."""
    strangers = [table.title(name) for name in table.names if name not in COLUMNS]
    if strangers:
        raise UnreadableError(
            f"The file has a column “{strangers[0][:60]}”, which the canonical CSV does not have. Its columns are "
            f"{', '.join(COLUMNS)}. Remove it, or say which column means what."
        )
    return read_each(table, _row)


def _row(row: Row) -> ParsedRow:
    """Read one transaction; raises CellError."""
    kind = row.required("kind").lower()
    if kind not in _KNOWN:
        raise unknown_kind("kind", kind)
    price, asset = _not_negative(row, "price"), unguarded(row.required("asset"))
    currency = row.text("currency").upper()
    if currency and not is_fiat(currency):
        raise CellError("currency", f"“{currency[:20]}” is no fiat currency. A trade against another coin is a swap.")
    fee = _not_negative(row, "fee") or None
    fee_asset = unguarded(row.text("fee_asset")) if fee else ""
    parsed = ParsedRow(
        line=row.line,
        kind=kind,
        at=instant(row, "timestamp", WITH_ZONE),
        asset=asset,
        quantity=_positive(row, "quantity"),
        account=unguarded(row.text("wallet")),
        price=price,
        currency=currency,
        fee=fee,
        # What a network takes is taken from what it moves.
        fee_asset=asset if fee and kind == "transfer" and not fee_asset else fee_asset,
        to_account=unguarded(row.text("to_wallet")),
        received_asset=unguarded(row.text("received_asset")),
        received_quantity=_positive(row, "received_quantity") if row.text("received_quantity") else None,
        external_id=unguarded(row.text("external_id")),
        note=unguarded(row.text("note")),
    )
    check(parsed)
    return parsed


def check(parsed: ParsedRow) -> None:
    """Raise CellError, with a column of the canonical CSV, when a row tells too little or too much for its kind."""
    if parsed.kind == "swap":
        _check_swap(parsed)
    elif parsed.kind == "transfer":
        _check_transfer(parsed)
    elif parsed.to_account or parsed.received_asset or parsed.received_quantity:
        raise _stray(parsed)


def _positive(row: Row, column: str) -> Decimal:
    """Return a number above 0; raises CellError."""
    value = row.required_number(column)
    if value <= 0:
        raise CellError(column, f"“{row.text(column)}” is not above 0. The kind says what comes in and what goes out.")
    return value


def _not_negative(row: Row, column: str) -> Decimal | None:
    """Return a number from 0 up, None when the cell is empty; raises CellError."""
    value = row.number(column)
    if value is not None and value < 0:
        raise CellError(column, f"“{row.text(column)}” is below 0.")
    return value


def _check_swap(parsed: ParsedRow) -> None:
    """Raise CellError when it is not told what was received, or where a swap has nothing to tell."""
    if parsed.to_account:
        raise _stray(parsed)
    if not parsed.received_asset or parsed.received_quantity is None:
        column = "received_quantity" if parsed.received_asset else "received_asset"
        raise CellError(column, "A swap needs the asset that was received, and how much of it.")
    if parsed.received_asset == parsed.asset:
        raise CellError("received_asset", "A swap gives one asset and receives another; both are the same here.")


def _check_transfer(parsed: ParsedRow) -> None:
    """Raise CellError when a transfer has nowhere to arrive, or what arrives does not fit what left."""
    if not parsed.to_account or parsed.to_account == parsed.account:
        raise CellError("to_wallet", "A transfer needs the other wallet of yours in which it arrives.")
    if parsed.received_asset not in {"", parsed.asset}:
        raise CellError("received_asset", "A transfer moves one asset. Receiving another one is a swap.")
    fee = parsed.fee if parsed.fee_asset == parsed.asset else None
    arrived = parsed.received_quantity
    if fee is not None and arrived is None and fee >= parsed.quantity:
        raise CellError("fee", "The fee leaves nothing to arrive.")
    if arrived is None:
        return
    lost = EXACT.subtract(parsed.quantity, arrived)
    if lost < 0 or (lost and fee is not None and lost != fee):
        raise CellError(
            "received_quantity",
            f"{parsed.quantity:f} leaves and {arrived:f} arrives, which does not fit a fee of {fee or 0:f}.",
        )


def _stray(parsed: ParsedRow) -> CellError:
    """Refuse what a row tells of a destination or a receipt that its kind does not have."""
    column = "to_wallet" if parsed.to_account else "received_asset" if parsed.received_asset else "received_quantity"
    return CellError(column, f"A {parsed.kind} has none. Empty the cell, or choose the kind that it belongs to.")


FORMAT = Format(
    key="canonical",
    name="Ballast CSV",
    matches=has_columns("timestamp", "kind", "asset", "quantity"),
    read=read,
    samples=[COLUMNS],
)
