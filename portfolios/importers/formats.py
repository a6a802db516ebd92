"""The formats that are known, and the one way from the bytes of a file to its rows."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from portfolios.importers import (
    binance,
    bitstamp,
    bitvavo,
    canonical,
    coinbase,
    cointracking,
    crypto_com,
    delta,
    files,
    ghostfolio,
    koinly,
    kraken,
    kucoin,
    mapper,
    rotki,
    wealthfolio,
)
from portfolios.importers.base import Format
from portfolios.importers.rows import Answers, Reading, UnreadableError
from portfolios.importers.tables import Table

FORMATS: tuple[Format, ...] = (
    canonical.FORMAT,
    *binance.FORMATS,
    bitstamp.FORMAT,
    bitvavo.FORMAT,
    *coinbase.FORMATS,
    cointracking.FORMAT,
    crypto_com.FORMAT,
    delta.FORMAT,
    ghostfolio.CSV,
    ghostfolio.JSON,
    koinly.FORMAT,
    *kraken.FORMATS,
    kucoin.FORMAT,
    rotki.EVENTS,
    rotki.TRADES,
    wealthfolio.FORMAT,
)


def recognise(name: str, content: bytes) -> Format | None:
    """Return the format of a file by its header, whatever stands above it; None when none is known.

    Raises UnreadableError when the file cannot be read at all.
    """
    found = find(name, content)
    return found[0] if found else None


def read_file(
    *,
    name: str,
    content: bytes,
    answers: Answers,
    format_key: str | None = None,
    mapping: Mapping[str, Any] | None = None,
) -> Iterator[Reading]:
    """Yield every record of a file in its order: what it means, why it is left out, or what is wrong with it.

    `format_key` names a format instead of the header. Raises UnansweredError with what the file leaves open, and
    UnreadableError when it is refused: at once, or, for what only shows further down, in the middle.
    """
    if mapping is not None:
        return mapper.read(files.likely(name, content), mapping, answers)
    found = find(name, content, format_key=format_key)
    if found is None:
        raise UnreadableError(_unknown(name, format_key))
    chosen, table = found
    return chosen.read(table, answers)


def find(name: str, content: bytes, *, format_key: str | None = None) -> tuple[Format, Table] | None:
    """Return the format of a file with its table, of one format if its key is given; raises UnreadableError."""
    wanted = [one for one in FORMATS if format_key is None or one.key == format_key]
    for table in files.candidates(name, content):
        for one in wanted:
            if one.is_document == (table.document is not None) and one.matches(table.names):
                return one, replace(table, file=name)
    return None


def _unknown(name: str, format_key: str | None) -> str:
    """Say that no format fits."""
    known = {one.key: one.name for one in FORMATS}
    if format_key is None:
        return f"“{name[:80]}” has none of the headers that are known here. Say which column means what."
    return f"“{name[:80]}” has no header of {known.get(format_key, format_key[:40])}."
