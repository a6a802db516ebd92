"""A report as a spreadsheet: what is exact stands as text, beside it a number that the sheet can add up."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from portfolios.importers.canonical import guarded
from portfolios.services.tax_report.rendering import as_document
from portfolios.services.tax_report.report import TaxReport

SHEETS: Mapping[str, tuple[str, Sequence[str]]] = {
    "Disposals": (
        "disposals",
        ("external_id", "timestamp", "kind", "asset", "wallet", "quantity", "uncovered", "proceeds", "cost", "gain"),
    ),
    "Removals": (
        "removals",
        ("external_id", "timestamp", "kind", "asset", "wallet", "quantity", "uncovered", "cost"),
    ),
    "Lots": ("lots", ("acquired_external_id", "acquired_at", "asset", "wallet", "quantity", "cost")),
    "Income": ("income", ("external_id", "timestamp", "kind", "asset", "wallet", "quantity", "value")),
    "Shortfalls": ("shortfalls", ("external_id", "timestamp", "asset", "wallet", "quantity")),
}
MATCHES = (
    "external_id", "acquired_external_id", "acquired_at", "term", "rule", "quantity", "proceeds", "cost", "gain",
)  # fmt: skip
QUANTITIES = frozenset({"quantity", "uncovered"})
AMOUNTS = frozenset({"proceeds", "cost", "gain", "value", "amount"})
# A spreadsheet keeps fifteen digits: a number beside the exact text is there to be looked at and added up.
SHOWN = dict.fromkeys(QUANTITIES, "#,##0.00########") | dict.fromkeys(AMOUNTS, "#,##0.00")


def as_xlsx(report: TaxReport) -> bytes:
    """Write a report as a workbook: totals and what there is to say first, then a sheet for each kind of row."""
    document = as_document(report)
    book = Workbook(write_only=True)
    _add(book, "Summary", ("what", "amount", "text"), _summary(document))
    _add(book, "Matches", MATCHES, _matches(document))
    for title, (section, columns) in SHEETS.items():
        _add(book, title, columns, document[section])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _summary(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield {"what": "currency", "text": document["currency"]}
    yield {"what": "year", "text": "all" if document["year"] is None else str(document["year"])}
    yield {"what": "complete", "text": "yes" if document["is_complete"] else "no: see the warnings"}
    for name, amount in document["totals"].items():
        yield {"what": name, "text": str(amount)} if name == "unknown" else {"what": name, "amount": amount}
    for section in ("warnings", "notes"):
        for text in document[section]:
            yield {"what": section.removesuffix("s"), "text": text}


def _matches(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for row in (*document["disposals"], *document["removals"]):
        for match in row["matches"]:
            yield {"external_id": row["external_id"]} | match


def _add(book: Workbook, title: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    header = [name for column in columns for name in _names(column)]
    sheet.append([_cell(sheet, name, is_bold=True) for name in header])
    for row in rows:
        sheet.append([cell for column in columns for cell in _cells(sheet, column, row.get(column))])


def _names(column: str) -> Sequence[str]:
    return (column, f"{column} (rounded)") if column in SHOWN else (column,)


def _cells(sheet: WriteOnlyWorksheet, column: str, value: Any) -> Iterator[Cell]:
    """Yield the exact text, and for a number what a spreadsheet can count with."""
    text = "" if value is None else str(value)
    yield _cell(sheet, text if column in SHOWN else guarded(text))
    if column in SHOWN:
        exact: Any = None if value is None else Decimal(value)
        number = WriteOnlyCell(sheet, value=exact)
        number.number_format = SHOWN[column]
        yield number


def _cell(sheet: WriteOnlyWorksheet, text: str, *, is_bold: bool = False) -> Cell:
    """Write a text as a text whatever it begins with: typed so, no program takes it for a formula."""
    cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("�", text))
    cell.data_type, cell.quotePrefix = "s", True
    if is_bold:
        cell.font = Font(bold=True)
    return cell
