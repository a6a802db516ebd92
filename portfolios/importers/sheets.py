"""The XML of a workbook, read as a stream: which sheets there are, the texts they share, and cells as texts.

A number is taken as it is written. Only one of 16 or 17 digits is a binary double written out, as spreadsheets do:
it becomes the shortest number that is the same double, which is what the sheet shows. A float would lose the rest.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from xml.parsers import expat

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from portfolios.importers.rows import UnreadableError
from portfolios.importers.tables import COLUMNS, ROWS, Bad, Cells as Texts, Record, too_many_columns

ELEMENTS = 200_000  # of a part that lists sheets or styles
ROW_CHARACTERS = 500_000  # as for a record of a text
DOUBLE_DIGITS = (16, 17)
FORMULA = Bad("The row holds a formula. Save the sheet with its values only, or as CSV, and bring it again.")
_WORKSHEET = "/relationships/worksheet"
_LETTERS = str.maketrans("", "", "0123456789")


@dataclass(frozen=True, slots=True)
class Outline:
    """The sheets of a workbook as (name, key of their relation), and whether its days count from 1904."""

    sheets: Sequence[tuple[str, str]]
    is_1904: bool


def outline(chunks: Iterable[bytes]) -> Outline:
    """Read which sheets a workbook has."""
    found: list[tuple[str, str]] = []
    is_1904 = False
    for name, attributes in _elements(chunks):
        if name == "sheet":
            key = next((value for title, value in attributes.items() if title.endswith(" id")), "")
            found.append((attributes.get("name", ""), key))
        elif name == "workbookPr":
            is_1904 = attributes.get("date1904") in {"1", "true"}
    return Outline(found, is_1904)


def relations(chunks: Iterable[bytes]) -> dict[str, str]:
    """Read where the sheets with cells are: their parts by the keys of their relations."""
    return {
        attributes.get("Id", ""): attributes.get("Target", "")
        for name, attributes in _elements(chunks)
        if name == "Relationship" and attributes.get("Type", "").endswith(_WORKSHEET)
    }


def date_styles(chunks: Iterable[bytes]) -> dict[str, bool]:
    """Read which styles show dates, by their number: True if with a time of day."""
    codes: dict[str, str] = {str(number): code for number, code in BUILTIN_FORMATS.items()}
    styles: dict[str, bool] = {}
    place = -1
    for name, attributes in _elements(chunks):
        if name == "numFmt":
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            place = 0
        elif name in {"cellStyles", "dxfs"}:
            place = -1
        elif name == "xf" and place >= 0:
            code = codes.get(attributes.get("numFmtId", ""), "")
            if is_date_format(code):
                styles[str(place)] = "h" in code.lower()
            place += 1
    return styles


def _parser() -> expat.XMLParserType:
    """Return a parser that joins the pieces of texts, and knows no entities: they make a small text a huge one."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_entities
    return parser


def _refuse_entities(*_: object) -> None:
    raise UnreadableError("The workbook declares XML entities, which no spreadsheet needs.")


def _elements(chunks: Iterable[bytes]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the elements of a small part with their attributes; raises UnreadableError when there are too many."""
    found: list[tuple[str, dict[str, str]]] = []
    count = 0
    parser = _parser()
    parser.StartElementHandler = lambda name, attributes: found.append((name.rpartition(" ")[2], attributes))
    for chunk in chunks:
        parser.Parse(chunk)
        count += len(found)
        if count > ELEMENTS:
            raise UnreadableError("The workbook has more styles than cells. Save it as CSV.")
        yield from found
        found.clear()


def texts(chunks: Iterable[bytes]) -> list[str]:
    """Read the texts that the cells of a workbook share."""
    reader = _SharedTexts()
    for chunk in chunks:
        reader.parser.Parse(chunk)
    return reader.found


class _SharedTexts:
    """Gathers shared texts: all pieces of each, but not the hints of how to pronounce it."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.pieces: list[str] = []
        self.is_text = self.is_hint = False
        self.parser = _parser()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters

    def start(self, name: str, _: dict[str, str]) -> None:
        """Begin a text, a piece of one, or a hint."""
        kind = name.rpartition(" ")[2]
        if kind == "si":
            self.pieces = []
        elif kind == "rPh":
            self.is_hint = True
        elif kind == "t":
            self.is_text = not self.is_hint

    def end(self, name: str) -> None:
        """End what was begun."""
        kind = name.rpartition(" ")[2]
        if kind == "si":
            self.found.append("".join(self.pieces))
        elif kind == "rPh":
            self.is_hint = False
        elif kind == "t":
            self.is_text = False

    def characters(self, text: str) -> None:
        """Take a piece of a text."""
        if self.is_text:
            self.pieces.append(text)


class Cells:
    """Reads the rows of one sheet, piece by piece; refuses what is too wide or too long before it is held."""

    def __init__(self, *, texts: Sequence[str], styles: Mapping[str, bool], is_1904: bool) -> None:
        self.texts = texts
        self.styles = styles
        self.epoch = MAC_EPOCH if is_1904 else WINDOWS_EPOCH
        self.rows: list[Record] = []
        self.line = self.length = 0
        self.cells: list[str] = []
        self.pieces: list[str] = []
        self.column = -1
        self.kind = self.style = ""
        self.is_value = self.is_hint = self.has_formula = False
        self.parser = _parser()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters

    def feed(self, chunk: bytes) -> Iterator[Record]:
        """Take the next bytes, and yield the rows that they complete; raises UnreadableError, ExpatError."""
        self.parser.Parse(chunk)
        yield from self.rows
        self.rows.clear()

    def close(self) -> Iterator[Record]:
        """Yield what is left; raises ExpatError when the sheet breaks off."""
        self.parser.Parse(b"", True)  # noqa: FBT003 - expat takes it by position only
        yield from self.rows

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin a row, a cell, or what stands in one."""
        kind = name.rpartition(" ")[2]
        if kind == "c":
            self.start_cell(attributes)
        elif kind in {"v", "t"}:
            self.is_value = not self.is_hint
        elif kind == "row":
            self.start_row(attributes.get("r", ""))
        elif kind == "f":
            self.has_formula = True
        elif kind == "rPh":
            self.is_hint = True

    def start_row(self, said: str) -> None:
        """Begin a row, on the line that it says or on the next one; lines only go on."""
        self.line = max(int(said) if said.isdecimal() and len(said) < 9 else 0, self.line + 1)
        if self.line > ROWS:
            raise UnreadableError(f"The sheet has more than {ROWS:,} rows. Split it into parts, and bring each.")
        self.cells, self.column, self.length, self.has_formula = [], -1, 0, False

    def start_cell(self, attributes: dict[str, str]) -> None:
        """Begin a cell, in the column that it says or in the next one."""
        place = attributes.get("r")
        self.column = column_of(place.translate(_LETTERS)) if place else self.column + 1
        if self.column >= COLUMNS:
            raise too_many_columns(self.column + 1)
        self.kind, self.style = attributes.get("t", "n"), attributes.get("s", "")
        self.pieces = []

    def characters(self, text: str) -> None:
        """Take a piece of a value."""
        if self.is_value:
            self.count(text)
            self.pieces.append(text)

    def count(self, text: str) -> None:
        """Count what a row holds; raises UnreadableError when that is more than a table has in a row."""
        self.length += len(text)
        if self.length > ROW_CHARACTERS:
            raise UnreadableError(f"Row {self.line} holds more than {ROW_CHARACTERS:,} characters. It is no table.")

    def end(self, name: str) -> None:
        """End what was begun; a row that is empty is none."""
        kind = name.rpartition(" ")[2]
        if kind in {"v", "t"}:
            self.is_value = False
        elif kind == "c" and self.pieces:
            if self.column >= len(self.cells):
                self.cells += [""] * (self.column - len(self.cells) + 1)
            self.cells[self.column] = self.text("".join(self.pieces))
        elif kind == "rPh":
            self.is_hint = False
        elif kind == "row":
            cells: Texts | Bad = FORMULA if self.has_formula else self.cells
            if cells:
                self.rows.append((self.line, cells))

    def text(self, value: str) -> str:
        """Write a value as a CSV file would hold it; raises LookupError and ValueError."""
        if self.kind == "s":
            text = self.texts[int(value)] if value.isdecimal() else ""
            self.count(text)
            return text
        if self.kind == "b":
            return "TRUE" if value == "1" else "FALSE"
        if self.kind != "n":
            return value
        if self.style in self.styles:
            return moment_of(value, self.epoch, with_time=self.styles[self.style])
        return value if len(value) <= 15 else number_of(value)


@lru_cache(maxsize=COLUMNS)
def column_of(letters: str) -> int:
    """Return the place of a column, A being 0; whatever is no column lies beyond all limits."""
    if not letters.isascii() or not letters.isalpha() or len(letters) > 3:
        return COLUMNS
    place = 0
    for letter in letters.upper():
        place = 26 * place + ord(letter) - 64
    return place - 1


def number_of(text: str) -> str:
    """Write a number of a sheet exactly, or as the shortest one of the same double; other texts stay as they are."""
    digits = text.lower().partition("e")[0].replace(".", "").lstrip("+-0")
    if len(digits) in DOUBLE_DIGITS and digits.isdecimal():
        return repr(float(text))
    return text


def moment_of(text: str, epoch: Any, *, with_time: bool) -> str:
    """Write a count of days as a date, with its time where its style shows one; other texts stay as they are."""
    try:
        found = from_excel(float(text), epoch)
    except (ValueError, OverflowError):
        return text
    if not hasattr(found, "date"):
        return text
    return str(found.isoformat(" ") if with_time else found.date().isoformat())
