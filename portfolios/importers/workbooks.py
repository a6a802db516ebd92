"""XLSX through openpyxl, read as a stream after its parts were measured: a bomb is refused before it is parsed."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from xml.parsers import expat

import openpyxl

from portfolios.importers.rows import UnreadableError
from portfolios.importers.tables import COLUMNS, ROWS, Bad, Record, too_many_columns

# 100,000 rows of the 14 columns of the canonical file are about 80 MB of XML and 6 MB of shared texts.
UNPACKED_BYTES = 128_000_000
OTHER_PART_BYTES = 32_000_000  # all that is no sheet is held in memory: texts, styles, the list of sheets
ENTRIES = 100
RATIO = 100
RATIO_FROM = 1_000_000  # small parts are often much alike, and harmless
DIGITS = 17  # a spreadsheet's number is a binary double; what has more digits has lost them already
CHUNK = 1 << 18
ELEMENTS_A_ROW = 4 * COLUMNS
ELEMENTS_BESIDE = 200_000  # widths, merged cells, rules of a sheet
LAST_COLUMN = "ALL"  # the 1,000th

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LONG_NUMBER = re.compile(rb"<(?:\w+:)?v>-?([\d.]{%d,})" % (DIGITS + 1))
_UNREADABLE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
FORMULA = Bad("The row holds a formula. Save the sheet with its values only, or as CSV, and bring it again.")


def is_workbook(content: bytes) -> bool:
    """Tell whether a file is a ZIP archive; raises UnreadableError for the old and the encrypted kinds of Excel."""
    if content.startswith(_OLE):
        raise UnreadableError(
            "The file is an Excel file of the old kind, or one with a password. Save it as XLSX without a password, or "
            "as CSV."
        )
    return content.startswith(b"PK\x03\x04")


def sheets(content: bytes) -> list[str]:
    """Return the names of the sheets of a workbook whose parts are within bounds; raises UnreadableError."""
    try:
        _measure(content)
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
        names = [sheet.title for sheet in book.worksheets]
        book.close()
    except _UNREADABLE:
        raise _broken() from None
    if not names:
        raise UnreadableError("The workbook has no sheet.")
    return names


def records(content: bytes, sheet: str) -> Iterator[Record]:
    """Yield the rows of a sheet as texts, empty rows left out; one that holds a formula is Bad."""
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
        page: Any = book[sheet]
        page.reset_dimensions()
        for line, row in enumerate(page.iter_rows(), start=1):
            if line > ROWS:
                break
            if any(cell.data_type == "f" for cell in row):
                yield line, FORMULA
                continue
            cells = [_text(cell) for cell in row]
            if any(cells):
                yield line, cells
        book.close()
    except _UNREADABLE:
        raise _broken() from None


def _broken() -> UnreadableError:
    return UnreadableError("The file begins as XLSX and is none, or is damaged. Save it again as XLSX or as CSV.")


def _text(cell: Any) -> str:
    """Write a cell as a CSV file would hold it; numbers in the shortest form that is the same number."""
    match cell.value:
        case None:
            text = ""
        case bool(value):
            text = str(value).upper()
        case float(value):
            text = format(Decimal(repr(value)), "f")
        case datetime() as value if "h" in cell.number_format.lower():
            text = value.isoformat(" ")
        case datetime() as value:
            text = value.date().isoformat()
        case value:
            text = str(value)
    return text


def _measure(content: bytes) -> None:
    """Unpack every part once, counted and thrown away, and look at its elements; raises UnreadableError."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        if len(parts) > ENTRIES:
            raise UnreadableError(f"The workbook has {len(parts):,} parts; {ENTRIES} are read at most.")
        if len({part.filename for part in parts}) < len(parts):
            raise UnreadableError("The workbook has two parts of one name. Save it again as XLSX or as CSV.")
        if "[Content_Types].xml" not in archive.namelist():
            raise UnreadableError("The file is a ZIP archive. Unpack it, and bring the CSV, XLSX or JSON files in it.")
        unpacked = beside = 0
        for part in parts:
            _check_kind(part)
            size = _measure_part(archive, part, room=UNPACKED_BYTES - unpacked)
            unpacked += size
            beside += 0 if _is_sheet(part.filename) else size
            if beside > OTHER_PART_BYTES:
                raise _too_large(OTHER_PART_BYTES, "beside its sheets")


def _check_kind(part: zipfile.ZipInfo) -> None:
    """Refuse what no table needs: macros, passwords, archives within the archive."""
    name = part.filename.lower()
    if part.flag_bits & 1:
        raise UnreadableError("The workbook has a password. Save it without one.")
    if "vbaproject" in name:
        raise UnreadableError("The workbook holds macros. Save it as XLSX without macros, or as CSV.")
    if name.endswith((".zip", ".xlsx", ".xlsm", ".bin")) and "printersettings" not in name:
        raise UnreadableError("The workbook holds other files. Save its sheet alone as XLSX or as CSV.")


def _is_sheet(name: str) -> bool:
    return name.startswith("xl/worksheets/") and name.endswith(".xml")


def _too_large(limit: int, where: str) -> UnreadableError:
    return UnreadableError(
        f"The workbook unpacks to more than {limit // 1_000_000} MB {where}. Save it as CSV, or split it into parts."
    )


def _measure_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, *, room: int) -> int:
    """Return the bytes of a part, counted as they are unpacked and not as the archive says; raises UnreadableError."""
    is_xml = part.filename.lower().endswith((".xml", ".rels", ".vml"))
    look = _Look(is_sheet=_is_sheet(part.filename)) if is_xml else None
    size = 0
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > room:
                raise _too_large(UNPACKED_BYTES, "in all")
            if size > RATIO_FROM and size > RATIO * max(part.compress_size, 1):
                raise UnreadableError(f"The workbook is packed more than {RATIO} times, which a table never is.")
            if look:
                look.at(chunk)
    return size


class _Look:
    """A first look at the XML of a part: how many elements, in which rows and columns, and no entities."""

    def __init__(self, *, is_sheet: bool) -> None:
        self.is_sheet = is_sheet
        self.in_row = self.beside = self.rows = 0
        self.tail = b""
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartDoctypeDeclHandler = self.refuse_entities
        if is_sheet:
            self.parser.StartElementHandler = self.count

    def at(self, chunk: bytes) -> None:
        """Take the next bytes; raises UnreadableError."""
        try:
            self.parser.Parse(chunk)
        except expat.ExpatError:
            raise _broken() from None
        if self.is_sheet:
            seen = self.tail + chunk
            for found in _LONG_NUMBER.finditer(seen):
                if len(found[1].replace(b".", b"").strip(b"0")) > DIGITS:
                    raise UnreadableError(
                        f"The sheet holds a number of more than {DIGITS} digits, which a spreadsheet cannot keep. "
                        "Format its column as text, or save the sheet as CSV."
                    )
            self.tail = seen[-128:]

    def refuse_entities(self, *_: object) -> None:
        """Refuse a document type: entities are how a small text becomes a huge one."""
        raise UnreadableError("The workbook declares XML entities, which no spreadsheet needs.")

    def count(self, name: str, attributes: dict[str, str]) -> None:
        """Count an element of a sheet; raises UnreadableError when a row, or what stands beside rows, is too much."""
        kind = name.rpartition(" ")[2]
        if kind == "row":
            self.rows += 1
            self.in_row = 0
            line = attributes.get("r", "1")
            if self.rows > ROWS or not line.isdecimal() or len(line) > 7 or int(line) > ROWS:
                raise UnreadableError(f"The sheet has more than {ROWS:,} rows. Split it into parts, and bring each.")
        elif kind in {"c", "v", "is", "t", "f", "r", "rPr"}:
            self.in_row += 1
            column = attributes.get("r", "").rstrip("0123456789") if kind == "c" else ""
            if self.in_row > ELEMENTS_A_ROW or (len(column), column) > (len(LAST_COLUMN), LAST_COLUMN):
                raise too_many_columns(COLUMNS + 1)
        else:
            self.beside += 1
            if self.beside > ELEMENTS_BESIDE:
                raise UnreadableError("The sheet holds more rules and merged cells than values. Save it as CSV.")
