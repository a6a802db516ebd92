"""Delimited text, read as a stream: encodings, separators, quotes."""

import codecs
import csv
import io
from collections.abc import Iterator

from portfolios.importers.rows import UnreadableError
from portfolios.importers.tables import COLUMNS, Bad, Record, too_many_columns

DELIMITERS = (",", ";", "\t", "|")
RECORD_CHARACTERS = 500_000  # a record of 1,000 columns has 500 characters for each

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BINARIES = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a compressed file; unpack it first"),
    (b"BZh", "a compressed file; unpack it first"),
    (b"7z\xbc\xaf", "a compressed file; unpack it first"),
    (b"\xfd7zXZ", "a compressed file; unpack it first"),
    (b"Rar!", "a compressed file; unpack it first"),
    (b"SQLite format 3", "a database"),
)


def encoding_of(content: bytes) -> str:
    """Return the encoding of a text; raises UnreadableError when the bytes are no text."""
    for mark, words in _BINARIES:
        if content.startswith(mark):
            raise UnreadableError(f"The file is {words}. A table is read as CSV, XLSX or JSON.")
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return encoding
    if b"\0" in content:
        raise UnreadableError(
            "The file is binary, or text in UTF-16 without its byte-order mark. Save it as CSV in UTF-8."
        )
    return "utf-8"


def records(content: bytes, delimiter: str) -> Iterator[Record]:
    """Yield the records of a text, blank lines left out; a record whose quotes are wrong is Bad, and the rest goes on.

    Raises UnreadableError when the bytes are not of their encoding, a quote is never closed, or a limit is passed.
    """
    lines = _Lines(content)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.characters = 0
        first = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield first, _bad(str(error), first, reader.line_num)
            continue
        if len(cells) > COLUMNS and any(cells[COLUMNS:]):
            raise too_many_columns(len(cells))
        if cells:
            yield first, cells


def _bad(error: str, first: int, last: int) -> Bad:
    """Say what is wrong with quotes; raises UnreadableError when the rest of the file is lost with them."""
    if "unexpected end" in error or "field larger" in error:
        raise UnreadableError(
            f"A quote that opens on line {first} is never closed, so what follows cannot be told apart. Close it, or "
            "remove it, and bring the file again."
        )
    lines = f"Line {first} has" if last <= first else f"Lines {first} to {last} have"
    return Bad(f"{lines} quotes in the wrong place. A quote within a quoted value is written twice.")


class _Lines:
    """The lines of a text, decoded as they are asked for, and the characters given since a record began."""

    def __init__(self, content: bytes) -> None:
        self.encoding = encoding_of(content)
        self.stream = io.TextIOWrapper(io.BytesIO(content), self.encoding, newline="")
        self.characters = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        try:
            line = self.stream.readline(RECORD_CHARACTERS + 1)
        except UnicodeError as error:
            raise UnreadableError(_wrong_encoding(error, self.encoding)) from None
        self.characters += len(line)
        if self.characters > RECORD_CHARACTERS:
            raise UnreadableError(
                f"One row of the file is longer than {RECORD_CHARACTERS:,} characters. It is no table, or a quote is "
                "never closed."
            )
        if "\0" in line:
            raise UnreadableError("The file is binary: it holds zeros. A table is read as CSV, XLSX or JSON.")
        if not line:
            raise StopIteration
        return line


def _wrong_encoding(error: UnicodeError, encoding: str) -> str:
    """Say which bytes are not of the encoding."""
    found = ""
    if isinstance(error, UnicodeDecodeError):
        found = f" (found {error.object[error.start : error.start + 4].hex(' ')})"
    return f"The file is not text in {encoding.removesuffix('-sig').upper()}{found}. Save it as CSV in UTF-8."
