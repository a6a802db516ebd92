"""The zip: how it is written, and how one that a person brings is read within bounds."""

import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from portfolios.services.errors import CannotImportError

LEDGER = "ledger.json"
ARCHIVE_BYTES = 32_000_000
# 100,000 transactions are about 60 MB of JSON.
LEDGER_BYTES = 100_000_000
ENTRIES = 20
READ_AT_ONCE = 1 << 20
_BROKEN = (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError)


def write_archive(files: Mapping[str, Iterable[str]], *, at: datetime) -> bytes:
    """Return a zip of texts; each is written piece by piece, and the same content gives the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, pieces in files.items():
            entry = zipfile.ZipInfo(name, date_time=at.timetuple()[:6])
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            with archive.open(entry, "w") as stream:
                for piece in pieces:
                    stream.write(piece.encode())
    return buffer.getvalue()


def is_archive(content: bytes) -> bool:
    """Tell whether bytes are a zip that holds a ledger; spreadsheets are zips too."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return LEDGER in archive.NameToInfo
    except _BROKEN:
        return False


def read_ledger(content: bytes) -> Any:
    """Return the JSON of `ledger.json`; nothing else is unpacked, and no name in the archive becomes a path.

    Raises CannotImportError for what is no export, or beyond the bounds: bytes are counted while they are unpacked.
    """
    if len(content) > ARCHIVE_BYTES:
        raise _refusal(f"{len(content) // 1_000_000} MB; {ARCHIVE_BYTES // 1_000_000} MB are read at most")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            text = _unpack(archive)
    except _BROKEN as error:
        raise _refusal("it is no zip that can be read; bring the export as it was downloaded") from error
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _refusal(f"{LEDGER} is no JSON that can be read") from error


def _unpack(archive: zipfile.ZipFile) -> bytes:
    if len(archive.filelist) > ENTRIES:
        raise _refusal(f"{len(archive.filelist)} files are in it; an export has fewer than {ENTRIES}")
    if LEDGER not in archive.NameToInfo:
        raise _refusal(f"there is no {LEDGER} in it, so it is no export of Ballast")
    pieces, size = [], 0
    with archive.open(LEDGER) as stream:
        while piece := stream.read(READ_AT_ONCE):
            size += len(piece)
            if size > LEDGER_BYTES:
                raise _refusal(f"{LEDGER} unpacks to more than {LEDGER_BYTES // 1_000_000} MB, which is not read")
            pieces.append(piece)
    return b"".join(pieces)


def _refusal(why: str) -> CannotImportError:
    return CannotImportError(f"file: {why}.", field="file")
