"""CSV files of other people: opened by content, read row by row, and every fault named with its file, row and field."""

import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import IO, NamedTuple, TypeVar

from market.models import FIRST_DAY
from market.money import CONTEXT

GZIP_MAGIC = b"\x1f\x8b"
LISTED_ERRORS = 50
ROWS_BETWEEN_REPORTS = 1000
DAY_PATTERN = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
NUMBER_PATTERN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,6})?", re.ASCII)
DIGITS_BEFORE_POINT = 20
SMALLEST_STEP = Decimal(1).scaleb(-18)
LONGEST_QUOTE = 40
LONGEST_LIST = 300
LONGEST_LINE = 1024 * 1024
MOST_COLUMNS = 1000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RowError:
    """One fault of a file: the row counts lines from 1, the header; 0 speaks of the file as a whole."""

    file: str
    row: int
    field: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}, row {self.row}" if self.row else self.file
        return f"{place}, {self.field}: {self.message}" if self.field else f"{place}: {self.message}"


class BadFileError(Exception):
    """Files that were refused as a whole: `errors` has the first faults, `count` says how many there are."""

    def __init__(self, errors: Sequence[RowError], count: int) -> None:
        super().__init__(errors, count)
        self.errors = list(errors)
        self.count = count

    def __str__(self) -> str:
        lines = [str(error) for error in self.errors]
        if self.count > len(lines):
            lines.append(f"... and {self.count - len(lines)} more.")
        return "\n".join(lines)


class BadValueError(ValueError):
    """One value cannot be used; the message says why."""


class Amount(NamedTuple):
    """A number with at most 18 decimals (None: not given), and whether it had more and was rounded."""

    value: Decimal | None
    rounded: bool


@dataclass(slots=True)
class ErrorList:
    """All faults of an import: the first LISTED_ERRORS are kept, all are counted."""

    listed: list[RowError] = field(default_factory=list)
    count: int = 0

    def add(self, error: RowError) -> None:
        """Take one fault."""
        self.count += 1
        if len(self.listed) < LISTED_ERRORS:
            self.listed.append(error)

    def raise_if_any(self) -> None:
        """Refuse the files when anything is wrong; raises BadFileError."""
        if self.count:
            raise BadFileError(self.listed, self.count)


@dataclass(slots=True)
class CsvFile:
    """One CSV file, plain or gzip by its content, with the columns that are wanted from it.

    Columns come in any order; those that nobody asked for are named in `ignored_columns`. After reading, faults of
    the file itself are in `errors`; nothing is raised for them.
    """

    path: Path
    required: Sequence[str]
    errors: ErrorList
    optional: Sequence[str] = ()
    report: Callable[[int], None] = lambda _position: None
    ignored_columns: list[str] = field(default_factory=list)
    width: int = 0

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Give the row number and the stripped values of the required, then of the optional columns ('' if absent)."""
        row = 0
        try:
            with self._open() as (raw, text):
                reader = csv.reader(_lines(text), strict=True)
                places = self._places(next(reader, []))
                for values in reader if places else ():
                    row = reader.line_num
                    if row % ROWS_BETWEEN_REPORTS == 0:
                        self.report(raw.tell())
                    if self._fits(row, values):
                        yield row, [values[place].strip() if place >= 0 else "" for place in places]
                if places and not row:
                    self._refuse(0, "there are no rows below the header.")
        except (UnicodeDecodeError, EOFError, zlib.error, csv.Error, OSError) as error:
            self._refuse(row + 1, _explain(error))

    @contextmanager
    def _open(self) -> Iterator[tuple[IO[bytes], IO[str]]]:
        with self.path.open("rb") as raw:
            magic = raw.read(2)
            raw.seek(0)
            if magic != GZIP_MAGIC and self.path.suffix == ".gz":
                raise gzip.BadGzipFile("the name ends in .gz, the content is not gzip")
            data: io.BufferedReader | gzip.GzipFile = gzip.GzipFile(fileobj=raw) if magic == GZIP_MAGIC else raw
            yield raw, io.TextIOWrapper(data, encoding="utf-8-sig", newline="")

    def _places(self, header: list[str]) -> list[int]:
        names = [name.strip().casefold() for name in header]
        missing = [name for name in self.required if name not in names]
        double = sorted(name for name, count in Counter(names).items() if count > 1)
        if not any(names):
            self._refuse(0, "the file is empty.")
        elif missing:
            self._refuse(1, f"no column {', '.join(missing)}; the header has {_listed(names)}.")
        elif double:
            self._refuse(1, f"the header names {_listed(double)} more than once.")
        elif len(names) > MOST_COLUMNS:
            self._refuse(1, f"the header has {len(names):,} columns; at most {MOST_COLUMNS:,} are read.")
        else:
            wanted = [*self.required, *self.optional]
            self.ignored_columns.extend(_listed([name]) for name in names if name not in wanted)
            self.width = len(names)
            return [names.index(name) if name in names else -1 for name in wanted]
        return []

    def _fits(self, row: int, values: list[str]) -> bool:
        if values and len(values) != self.width:
            self._refuse(row, f"{len(values)} values where the header has {self.width} columns.")
        return len(values) == self.width

    def _refuse(self, row: int, message: str) -> None:
        self.errors.add(RowError(self.path.name, row, "", message))


def _lines(text: IO[str]) -> Iterator[str]:
    """Give the lines; a file without line ends, such as a gzip of nothing but zeros, is not read into memory."""
    while line := text.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE and not line.endswith(("\n", "\r")):
            raise csv.Error(f"a line has more than {LONGEST_LINE:,} characters")
        yield line


def _explain(error: Exception) -> str:
    """Say in words why reading stopped, at or after a row."""
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8 text, at or after this row. Save the file as CSV in UTF-8."
    if isinstance(error, EOFError | gzip.BadGzipFile | zlib.error):
        return f"damaged gzip data, at or after this row ({error}). Fetch the file again."
    if isinstance(error, csv.Error):
        return f"not readable as CSV, at or after this row ({error})."
    return f"cannot be read ({error})."


def checked(name: str, parse: Callable[[str], T], text: str, faults: list[tuple[str, str]]) -> T | None:
    """Return the parsed value of a field, or None with the fault added to `faults`."""
    try:
        return parse(text)
    except BadValueError as error:
        faults.append((name, str(error)))
        return None


def parse_day(text: str) -> date:
    """Return the day written as YYYY-MM-DD; raises BadValueError."""
    if not DAY_PATTERN.fullmatch(text):
        raise BadValueError(f"{quoted(text)} is not a day written as YYYY-MM-DD.")
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise BadValueError(f"{quoted(text)} is not a day of the calendar.") from error
    if day < FIRST_DAY:
        raise BadValueError(f"{text} lies before {FIRST_DAY}, the first day of any crypto asset.")
    return day


def parse_amount(text: str) -> Amount:
    """Return a number of 0 or more with at most 18 decimals, rounded half to even where the text has more.

    Raises BadValueError for what is no number, not finite, negative, or has more than 20 digits before the point.
    """
    if not NUMBER_PATTERN.fullmatch(text):
        raise BadValueError(f"{quoted(text)} is not a number.")
    value = Decimal(text)
    if value < 0:
        raise BadValueError(f"{quoted(text)} is negative.")
    if value and value.adjusted() >= DIGITS_BEFORE_POINT:
        raise BadValueError(f"{quoted(text)} has more than {DIGITS_BEFORE_POINT} digits before the point.")
    exact = CONTEXT.quantize(value, SMALLEST_STEP)
    return Amount(exact, rounded=exact != value)


def parse_optional_amount(text: str) -> Amount:
    """Return an amount, None for an empty field; raises BadValueError as `parse_amount` does."""
    return parse_amount(text) if text else Amount(None, rounded=False)


def parse_label(text: str, *, longest: int) -> str:
    """Return a non-empty printable text of limited length; raises BadValueError."""
    if not text:
        raise BadValueError("is empty.")
    if len(text) > longest:
        raise BadValueError(f"{quoted(text)} has more than {longest} characters.")
    if not text.isprintable():
        raise BadValueError(f"{quoted(text)} has characters that cannot be printed.")
    return text


def quoted(text: str) -> str:
    """Return what a file said, cut and escaped, fit for a message."""
    shown = _cut(text, LONGEST_QUOTE)
    return f'"{shown}"' if shown.isprintable() else ascii(shown)


def _listed(names: Sequence[str]) -> str:
    shown = _cut(", ".join(names), LONGEST_LIST)
    return shown if shown.isprintable() else ascii(shown)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[:longest] + "..."
