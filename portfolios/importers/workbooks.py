"""XLSX: the parts of its archive, unpacked as a stream and counted while they are, so a bomb is refused early."""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from xml.parsers import expat

from portfolios.importers import sheets
from portfolios.importers.rows import UnreadableError
from portfolios.importers.tables import Record

# 100,000 rows of the 14 columns of the canonical file are about 80 MB of XML and 6 MB of shared texts.
SHEET_BYTES = 128_000_000
TEXTS_BYTES = 32_000_000  # the texts that cells share are held in memory
OTHER_BYTES = 4_000_000
PARTS = 1_000
RATIO = 100
RATIO_FROM = 1_000_000  # small parts are often much alike, and harmless
CHUNK = 1 << 16

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WORKBOOK = "xl/workbook.xml"
_BROKEN = (
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    expat.ExpatError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet of a workbook: its name, and the name of the part that holds it."""

    name: str
    part: str


def is_workbook(content: bytes) -> bool:
    """Tell whether a file is a ZIP archive; raises UnreadableError for the old and the encrypted kinds of Excel."""
    if content.startswith(_OLE):
        raise UnreadableError(
            "The file is an Excel file of the old kind, or one with a password. Save it as XLSX without a password, or "
            "as CSV."
        )
    return content.startswith(b"PK\x03\x04")


def list_sheets(content: bytes) -> list[Sheet]:
    """Return the sheets of a workbook that hold cells, in its order; raises UnreadableError."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_parts(archive)
            relations = sheets.relations(_unpack(archive, "xl/_rels/workbook.xml.rels", most=OTHER_BYTES))
            book = sheets.outline(_unpack(archive, _WORKBOOK, most=OTHER_BYTES))
    except _BROKEN:
        raise _broken() from None
    found = [Sheet(name=name, part=_path(relations[key])) for name, key in book.sheets if key in relations]
    if not found:
        raise UnreadableError("The workbook has no sheet with cells.")
    return found


def records(content: bytes, sheet: Sheet) -> Iterator[Record]:
    """Yield the rows of a sheet as texts, empty rows left out; one that holds a formula is Bad.

    Raises UnreadableError when the sheet is damaged, or beyond a limit.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            book = sheets.outline(_unpack(archive, _WORKBOOK, most=OTHER_BYTES))
            texts = sheets.texts(_unpack(archive, "xl/sharedStrings.xml", most=TEXTS_BYTES, optional=True))
            styles = sheets.date_styles(_unpack(archive, "xl/styles.xml", most=OTHER_BYTES, optional=True))
            cells = sheets.Cells(texts=texts, styles=styles, is_1904=book.is_1904)
            for chunk in _unpack(archive, sheet.part, most=SHEET_BYTES):
                yield from cells.feed(chunk)
            yield from cells.close()
    except _BROKEN:
        raise _broken() from None


def _broken() -> UnreadableError:
    return UnreadableError("The file begins as XLSX and is none, or is damaged. Save it again as XLSX or as CSV.")


def _path(target: str) -> str:
    """Return the part that a relation of the workbook points to."""
    return posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")


def _check_parts(archive: zipfile.ZipFile) -> None:
    """Refuse what no table needs: macros, passwords, two parts of one name, any other archive."""
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if len(parts) > PARTS or len(names) < len(parts):
        raise UnreadableError("The workbook has too many parts, or two of one name. Save its sheet alone, or as CSV.")
    if any(part.flag_bits & 1 for part in parts):
        raise UnreadableError("The workbook has a password. Save it without one.")
    if any("vbaproject" in name.lower() for name in names):
        raise UnreadableError("The workbook holds macros. Save it as XLSX without macros, or as CSV.")
    if _WORKBOOK not in names:
        raise UnreadableError("The file is a ZIP archive. Unpack it, and bring the CSV, XLSX or JSON files in it.")


def _unpack(archive: zipfile.ZipFile, name: str, *, most: int, optional: bool = False) -> Iterator[bytes]:
    """Yield a part in pieces, counted as it unpacks and not as the archive says; raises UnreadableError, KeyError."""
    if optional and name not in archive.namelist():
        return
    packed = max(archive.getinfo(name).compress_size, 1)
    size = 0
    with archive.open(name) as stream:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > RATIO_FROM and size > RATIO * packed:
                raise UnreadableError(f"The workbook is packed more than {RATIO} times, which a table never is.")
            if size > most:
                raise UnreadableError(
                    f"A part of the workbook unpacks to more than {most // 1_000_000} MB. Save its sheet alone as CSV, "
                    "or split it into parts."
                )
            yield chunk
