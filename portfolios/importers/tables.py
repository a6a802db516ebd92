"""A table of a file, whatever wrote it: a header, and rows whose cells are found by the name of their column."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from portfolios.importers import values
from portfolios.importers.rows import RowError, SkippedRow, UnreadableError

# What one row of a file may be. The text of a row is bounded too, so that no row costs much memory before it is read.
COLUMNS = 1_000
ROWS = 1_000_000
CELL_CHARACTERS = 10_000

Cells = Sequence[str]


class CellError(Exception):
    """A cell cannot be read: its column, empty if it is the whole row, and words fit for the owner of the file."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column
        self.message = message


class TooWideError(UnreadableError):
    """The table has more columns than are read."""


@dataclass(frozen=True, slots=True)
class Bad:
    """What a reader of bytes gives in place of the cells of a record that it cannot split."""

    message: str


Record = tuple[int, Cells | Bad]
"""The line on which a record begins, from 1, and its cells."""


def name_of(title: str) -> str:
    """Return the title of a column as formats write it: in lower case, with single spaces."""
    return " ".join(title.replace("\ufeff", "").casefold().split())


def names_of(titles: Sequence[str]) -> tuple[str, ...]:
    """Return the names of all columns; the second `Cur.` becomes `cur. #2`, empty titles at the end are dropped."""
    names: list[str] = []
    seen: dict[str, int] = {}
    for title in titles:
        name = name_of(title)
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    while names and not titles[len(names) - 1].strip():
        names.pop()
    return tuple(names)


class Row:
    """One record: its line, and its cells by the name of their column. A column that is not there is empty."""

    __slots__ = ("_places", "cells", "line")

    def __init__(self, line: int, cells: Cells, places: Mapping[str, int]) -> None:
        self.line = line
        self.cells = cells
        self._places = places

    def text(self, column: str) -> str:
        """Return what a cell says, without the spaces around it; empty when there is nothing."""
        place = self._places.get(column)
        if place is None or place >= len(self.cells):
            return ""
        return self.cells[place].strip()

    def required(self, column: str) -> str:
        """Return what a cell says; raises CellError when it is empty."""
        text = self.text(column)
        if not text:
            raise CellError(column, "The cell is empty, and without it the row means nothing.")
        return text

    def number(self, column: str, style: values.Style = "plain") -> Decimal | None:
        """Return the exact number of a cell with its sign, None when it is empty; raises CellError."""
        text = self.text(column)
        if not text:
            return None
        try:
            return values.number(text, style)
        except ValueError as error:
            raise CellError(column, str(error)) from None

    def required_number(self, column: str, style: values.Style = "plain") -> Decimal:
        """Return the exact number of a cell with its sign; raises CellError, also when it is empty."""
        value = self.number(column, style)
        if value is None:
            raise CellError(column, "The cell is empty, and without its number the row means nothing.")
        return value

    def size(self, column: str, style: values.Style = "plain") -> Decimal | None:
        """Return a number without its sign, None when the cell is empty or 0: of nothing, nothing is told."""
        value = self.number(column, style)
        return value.copy_abs() if value else None

    def required_size(self, column: str, style: values.Style = "plain") -> Decimal:
        """Return a number without its sign; raises CellError when it is empty or 0."""
        value = self.required_number(column, style)
        if not value:
            raise CellError(column, "The number is 0, so nothing moved.")
        return value.copy_abs()


@dataclass(frozen=True, kw_only=True)
class Table:
    """A header and the rows under it, readable more than once. `names` are the columns as `name_of` writes them.

    `titles` are the same as the file writes them, `line` is the header's, `preamble` what stands above it, `file` the
    name of the file, which for some formats alone tells what they hold. A JSON document has its topmost keys as names
    and itself as `document`; it has no rows.
    """

    titles: Sequence[str]
    records: Callable[[], Iterator[Record]]
    line: int = 1
    preamble: Sequence[Cells] = ()
    document: Any = None
    file: str = ""
    names: tuple[str, ...] = field(init=False)
    places: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        names = names_of(self.titles)
        if len(names) > COLUMNS:
            raise too_many_columns(len(names))
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "places", {name: place for place, name in enumerate(names) if name})

    def title(self, column: str) -> str:
        """Return a column as the file writes it."""
        return self.titles[self.places[column]].strip() if column in self.places else column

    def rows(self) -> Iterator[Row | RowError | SkippedRow]:
        """Yield every record under the header: as a row, or why it is none.

        Raises UnreadableError when the file turns out to be beyond reading or beyond its limits.
        """
        places, width, first = self.places, len(self.titles), self.titles[0]
        count = 0
        for line, cells in self.records():
            if line <= self.line:
                continue
            count += 1
            if count > ROWS:
                raise UnreadableError(f"The file has more than {ROWS:,} rows. Split it into parts, and bring each.")
            if isinstance(cells, Bad):
                yield RowError(line=line, message=cells.message)
            elif len(cells) == width and cells[0] != first and len("".join(cells)) <= CELL_CHARACTERS and any(cells):
                yield Row(line, cells, places)
            else:
                yield self._unusual(line, cells)

    def column(self, name: str) -> Iterator[str]:
        """Yield what every row says in a column, in order; rows that cannot be read are left out."""
        return (row.text(name) for row in self.rows() if isinstance(row, Row))

    def _unusual(self, line: int, cells: Cells) -> Row | RowError | SkippedRow:
        """Look closer at a record that is short, long, or has an empty or a very long cell."""
        if not any(cells):
            return SkippedRow(line=line, reason="The row is empty.")
        if tuple(cells) == tuple(self.titles):
            return SkippedRow(line=line, reason="The row repeats the header.")
        if any(cells[len(self.titles) :]):
            return RowError(
                line=line,
                message=f"The row has {len(cells)} values under {len(self.titles)} columns. A value that holds the "
                "separator has to stand in quotes.",
            )
        for place, cell in enumerate(cells):
            if len(cell) > CELL_CHARACTERS:
                title = self.titles[place].strip()
                return RowError(
                    line=line, column=title, message=f"The cell is longer than {CELL_CHARACTERS:,} characters."
                )
        return Row(line, cells, self.places)


def too_many_columns(count: int) -> TooWideError:
    """Return the refusal of a table that is too wide."""
    return TooWideError(f"The file has {count:,} columns; {COLUMNS:,} are read at most. Is it the right file?")
