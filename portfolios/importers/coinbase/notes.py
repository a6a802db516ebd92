"""What only the Notes of Coinbase tell: the other side of a convert, and the coin that a trade was settled in.

Their numbers follow the language of the account, the columns do not; a number that both tell settles which it is.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from portfolios.importers import values
from portfolios.importers.tables import CellError, Row

COLUMN = "notes"
_STYLES: tuple[values.Style, ...] = ("point", "comma")
_SIZE = r"[^\d\s]?([\d.,]+)\s?[^\w\s]?"
_CONVERTED = re.compile(rf"Converted {_SIZE} (\w+) to {_SIZE} (\w+)", re.IGNORECASE)
_TRADED = re.compile(rf"(?:Bought|Sold) {_SIZE} (\w+) for {_SIZE} (\w+)(?: on \w+-(\w+))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Two amounts of a note, as written: `first` is given in a convert, and traded in a trade; `pair` is its quote."""

    first: str
    first_coin: str
    second: str
    second_coin: str
    pair: str = ""


def converted(row: Row) -> Told | None:
    """Return what the note says of a convert."""
    found = _CONVERTED.search(row.text(COLUMN))
    if not found:
        return None
    first, first_coin, second, second_coin = found.groups()
    return Told(first=first, first_coin=first_coin.upper(), second=second, second_coin=second_coin.upper())


def traded(row: Row) -> Told | None:
    """Return what the note says of a trade."""
    found = _TRADED.search(row.text(COLUMN))
    if not found:
        return None
    first, first_coin, second, second_coin, pair = found.groups()
    return Told(
        first=first,
        first_coin=first_coin.upper(),
        second=second,
        second_coin=second_coin.upper(),
        pair=(pair or "").upper(),
    )


def second_of(told: Told, *, first: Decimal) -> Decimal:
    """Return the second amount, in the notation in which the first is what the columns say; raises CellError."""
    return _in_notation_of(told.second, told.first, first)


def first_of(told: Told, *, second: Decimal) -> Decimal:
    """Return the first amount, in the notation in which the second is what the columns say; raises CellError."""
    return _in_notation_of(told.first, told.second, second)


def _in_notation_of(text: str, known_text: str, known: Decimal) -> Decimal:
    """Read a number in the notation in which another one is what is known; raises CellError."""
    fitting = [style for style in _STYLES if _read(known_text, style) == known]
    try:
        size = values.number(text, fitting[0] if len(fitting) == 1 else "unclear")
    except ValueError as error:
        raise CellError(COLUMN, str(error)) from None
    if size <= 0:
        raise CellError(COLUMN, "The note tells an amount of 0, so nothing moved.")
    return size


def _read(text: str, style: values.Style) -> Decimal | None:
    """Return a number if it can be read in a style."""
    try:
        return values.number(text, style)
    except ValueError:
        return None
