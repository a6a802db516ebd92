"""The rows of a canonical CSV, all or none: a report on a part of a file would be wrong."""

from collections.abc import Sequence

from portfolios.importers import canonical, formats
from portfolios.importers.rows import ParsedRow, RowError, UnreadableError

ERRORS_NAMED = 50


class CannotReportError(Exception):
    """No report can be made; `reasons` say where, why and what to do, fit for the owner of the file."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


def read_rows(*, name: str, content: bytes) -> list[ParsedRow]:
    """Return the rows of a canonical CSV in the order of the file; raises CannotReportError if any cannot be read."""
    rows: list[ParsedRow] = []
    errors: list[RowError] = []
    try:
        for reading in formats.read_file(name=name, content=content, answers={}, format_key=canonical.FORMAT.key):
            if isinstance(reading, ParsedRow):
                rows.append(reading)
            elif isinstance(reading, RowError):
                errors.append(reading)
    except UnreadableError as error:
        raise CannotReportError([str(error), f"The columns are {', '.join(canonical.COLUMNS)}."]) from error
    if errors:
        raise CannotReportError(_named(errors))
    return rows


def _named(errors: Sequence[RowError]) -> list[str]:
    named = [
        f"line {error.line}{f', column {error.column}' if error.column else ''}: {error.message}"
        for error in errors[:ERRORS_NAMED]
    ]
    more = len(errors) - ERRORS_NAMED
    return [*named, f"… and {more} more."] if more > 0 else named


def label_of(row: ParsedRow) -> str:
    """Return what a report calls a row: its own id, or the line on which it stands."""
    return row.external_id or f"line {row.line}"
