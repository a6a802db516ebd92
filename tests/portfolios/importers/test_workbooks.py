"""Spreadsheets: read like the CSV of the same table; bombs, formulas, macros and passwords are refused."""

import io
import time
import tracemalloc
import zipfile
from datetime import datetime
from decimal import Decimal

import openpyxl
import pytest

from portfolios.importers import workbooks
from portfolios.importers.canonical import COLUMNS
from portfolios.importers.rows import RowError, UnreadableError
from tests.portfolios.importers.read import at, readings, rows, told

HEADER = ["timestamp", "kind", "asset", "quantity", "price", "currency"]
ROW = ["2024-01-31T18:30:00Z", "buy", "bitcoin", 0.5, 40000, "USD"]


def book(*records, sheets=("Sheet",)):
    """Return a workbook with the same records in its last sheet, and a title in the others."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.worksheets[0])
    for name in sheets:
        sheet = workbook.create_sheet(name)
        for record in records if name == sheets[-1] else [["A title"]]:
            sheet.append(record)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def with_parts(content, *, packing=zipfile.ZIP_STORED, **changes):
    """Return an archive with some parts written anew, or added; None leaves a part out."""
    parts = {"sheet": "xl/worksheets/sheet1.xml", "texts": "xl/sharedStrings.xml", "types": "[Content_Types].xml"}
    new = {parts.get(name, name): data for name, data in changes.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", packing) as archive:
        for name in [*old.namelist(), *(name for name in new if name not in old.namelist())]:
            data = new[name] if name in new else old.read(name)
            if data is not None:
                archive.writestr(name, data)
    return out.getvalue()


def sheet_of(body):
    """Return the XML of a sheet."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}"><sheetData>{body}</sheetData></worksheet>'


def refused(content):
    """Return why a file is refused."""
    with pytest.raises(UnreadableError) as error:
        readings(content)
    return str(error.value)


def test_a_sheet_is_read_like_a_csv():
    (row,) = rows(book(["Exported by somebody"], [], HEADER, ROW, [None] * 6, sheets=("About", "Trades")))

    assert told(row) == {
        "line": 4,
        "kind": "buy",
        "at": at("2024-01-31T18:30"),
        "asset": "bitcoin",
        "quantity": Decimal("0.5"),
        "price": Decimal(40000),
        "currency": "USD",
    }


def test_numbers_are_what_the_sheet_shows_and_texts_keep_every_digit():
    (row,) = rows(book(HEADER, [*ROW[:3], "0.000000000000000001", 0.1, "USD"]))

    assert (row.quantity, row.price) == (Decimal("0.000000000000000001"), Decimal("0.1"))


def test_small_numbers_have_no_exponent_that_would_lose_them():
    (row,) = rows(book(HEADER, [*ROW[:3], 1e-7, 12345678.12345678, "USD"]))

    assert (row.quantity, row.price) == (Decimal("0.0000001"), Decimal("12345678.12345678"))


def test_dates_of_a_sheet_have_no_zone_and_days_no_time():
    header = ["Date", "Code", "Currency", "Price", "Quantity", "Action"]
    day = datetime(2024, 8, 15).date()  # noqa: DTZ001 - a sheet knows no zones
    moment = datetime(2024, 8, 15, 0, 30)  # noqa: DTZ001 - same
    content = book(header, [day, "BTC", "USD", 1, 1, "buy"], [moment, "BTC", "USD", 1, 1, "buy"])

    first, second = rows(content, answers={"zone": "Europe/Berlin"})

    assert (first.at, second.at) == (at("2024-08-15T12:00"), at("2024-08-14T22:30"))


def test_a_row_with_a_formula_is_an_error_and_the_rest_is_read():
    formula, row = readings(book(HEADER, [*ROW[:3], "=1+1", 5, "USD"], ROW))

    assert isinstance(formula, RowError)
    assert (formula.line, "formula" in formula.message) == (2, True)
    assert row.quantity == Decimal("0.5")


def test_a_text_that_looks_like_a_formula_is_a_text():
    lines = [[*HEADER, "note"], [*map(str, ROW), "'=1+1"]]
    texts = ["".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in line) for line in lines]
    content = with_parts(book(HEADER, ROW), sheet=sheet_of("".join(f"<row>{text}</row>" for text in texts)))

    assert [row.note for row in rows(content)] == ["=1+1"]


def bomb():
    """Return a workbook of a few hundred KB that unpacks to 100 MB."""
    blanks = sheet_of("<row>" + " " * 100_000_000 + "</row>")
    return with_parts(book(HEADER, ROW), packing=zipfile.ZIP_DEFLATED, sheet=blanks)


def entities():
    """Return a workbook whose texts are a billion laughs."""
    levels = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    return with_parts(book(HEADER, ROW), texts=f"<!DOCTYPE sst [{levels}]><sst>&a9;</sst>")


def long_row():
    """Return a workbook with one row of 1,000 cells that share a text of 1,000 characters."""
    texts = f"<sst><si><t>{'x' * 1_000}</t></si></sst>"
    cells = '<c t="s"><v>0</v></c>' * 1_000
    return with_parts(book(HEADER, ROW), texts=texts, sheet=sheet_of(f"<row>{cells}</row>"))


def altered(**parts):
    """Return what makes a workbook with some parts written anew."""
    return lambda: with_parts(book(HEADER, ROW), **parts)


HOSTILE = {
    "bomb": (bomb, "packed more than 100 times"),
    "entities": (entities, "entities"),
    "50,000 columns": (altered(sheet=sheet_of("<row>" + "<c><v>1</v></c>" * 50_000 + "</row>")), "1,001 columns"),
    "a column far out": (altered(sheet=sheet_of('<row><c r="ZZZZZZ1"><v>1</v></c></row>')), "columns"),
    "a row far out": (altered(sheet=sheet_of('<row r="99999999"><c><v>1</v></c></row>')), "rows"),
    "many empty rows": (altered(sheet=sheet_of("<row/>" * 1_000_001)), "rows"),
    "many styles": (altered(**{"xl/styles.xml": f"<styleSheet>{'<xf/>' * 200_001}</styleSheet>"}), "more styles"),
    "a long row": (long_row, "more than 500,000 characters"),
    "half a sheet": (altered(sheet="<worksheet>"), "damaged"),
    "macros": (altered(**{"xl/vbaProject.bin": b"macro"}), "macros"),
    "many parts": (altered(**{f"part{n}.xml": "<a/>" for n in range(1_000)}), "parts"),
    "another archive": (altered(**{"xl/workbook.xml": None}), "ZIP archive"),
    "an end cut off": (lambda: book(HEADER, ROW)[:-30], "damaged"),
    "half of it cut off": (lambda: book(HEADER, ROW)[:2000], "damaged"),
    "zeros": (lambda: b"PK\x03\x04" + b"\0" * 1000, "damaged"),
}


@pytest.mark.parametrize(("make", "words"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_workbooks_are_refused_in_bounded_time_and_memory(make, words):
    content = make()

    start = time.perf_counter()
    reason = refused(content)
    seconds = time.perf_counter() - start

    assert words in reason
    assert seconds < 4


def test_a_bomb_is_refused_by_what_it_unpacks_to_and_needs_little_memory():
    content = bomb()
    tracemalloc.start()

    refused(content)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(content) < 200_000
    assert peak < 20_000_000


def test_an_archive_that_lies_about_its_sizes_is_counted_as_it_unpacks():
    content = bytearray(bomb())
    # The sizes before packing, in the local header and in the directory, say 10 bytes.
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = content.index(b"xl/worksheets/sheet1.xml", content.index(mark))
        header = content.rindex(mark, 0, start) if mark == b"PK\x03\x04" else content.index(mark)
        content[header + place : header + place + 4] = (10).to_bytes(4, "little")

    assert refused(bytes(content))


def test_a_password_is_refused_by_name():
    content = bytearray(book(HEADER, ROW))
    # Bit 0 of the flags of the first part, in the local header and in the directory, says that it is encrypted.
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1

    assert "password" in refused(bytes(content))


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("0.123456789012345678", "0.123456789012345678"),
        ("123456789.123456789123456789", "123456789.123456789123456789"),
        ("1.1000000000000001", "1.1"),  # how Excel writes the double nearest to 1.1
        ("39999.330000000002", "39999.33"),
        ("1E-18", "0.000000000000000001"),
        ("42", "42"),
    ],
)
def test_numbers_of_a_sheet_lose_no_digit_and_gain_none(written, number):
    header = "".join(f'<c t="inlineStr"><is><t>{title}</t></is></c>' for title in HEADER)
    cells = "".join(f'<c t="str"><v>{text}</v></c>' for text in ROW[:3]) + f"<c><v>{written}</v></c>"

    (row,) = rows(with_parts(book(HEADER, ROW), sheet=sheet_of(f"<row>{header}</row><row>{cells}</row>")))

    assert row.quantity == Decimal(number)


def test_texts_that_cells_share_are_joined_without_hints_of_their_sound():
    texts = "<sst><si><r><t>bit</t></r><r><t>coin</t></r><rPh><t>hint</t></rPh></si></sst>"
    header = "".join(f'<c t="inlineStr"><is><t>{title}</t></is></c>' for title in HEADER)
    cells = '<c t="str"><v>2024-01-31T18:30:00Z</v></c><c t="str"><v>buy</v></c><c t="s"><v>0</v></c><c><v>2</v></c>'
    content = with_parts(
        book(HEADER, ROW), texts=texts, sheet=sheet_of(f'<row r="3">{header}</row><row r="7">{cells}</row>')
    )

    (row,) = rows(content)

    assert (row.asset, row.line) == ("bitcoin", 7)


def test_what_no_table_needs_is_never_unpacked():
    inner = with_parts(book(HEADER, ROW), **{"xl/embeddings/inner.xlsx": b"PK", "docProps/app.xml": b"not even XML"})

    assert len(rows(inner)) == 1


def test_a_workbook_of_a_hundred_thousand_rows_is_within_the_limits():
    # 100,000 rows of the canonical columns, as openpyxl and Excel write them: about 60 bytes a cell.
    cell = '<c r="AA100000" s="1" t="s"><v>1000000</v></c>'
    row = f'<row r="100000" spans="1:14">{cell * len(COLUMNS)}</row>'

    assert len(row) * 100_000 < workbooks.SHEET_BYTES


def cells_of(body, *, book_of="<workbookPr/>", styles="<cellXfs/>"):
    """Return the records of a sheet with such rows."""
    space = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    content = with_parts(
        book(HEADER, ROW),
        sheet=sheet_of(body),
        **{
            "xl/workbook.xml": f'<workbook {space}>{book_of}<sheets><sheet name="S" r:id="rId1"/></sheets></workbook>',
            "xl/styles.xml": f"<styleSheet>{styles}</styleSheet>",
        },
    )
    (sheet,) = workbooks.list_sheets(content)
    return list(workbooks.records(content, sheet))


def test_dates_are_counted_from_1900_or_1904_and_shown_as_their_style_says():
    styles = (
        '<numFmts><numFmt numFmtId="200" formatCode="dd.mm.yyyy hh:mm"/></numFmts>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="200"/></cellXfs>'
    )
    row = '<row><c><v>45292.75</v></c><c s="1"><v>45292</v></c><c s="2"><v>45292.75</v></c><c s="1"><v>x</v></c></row>'

    # Day 45292 after 1899-12-30 is 2024-01-01; counted from 1904 the same number is 1462 days later.
    assert cells_of(row, styles=styles) == [(1, ["45292.75", "2024-01-01", "2024-01-01 18:00:00", "x"])]
    from_1904 = cells_of(row, styles=styles, book_of='<workbookPr date1904="1"/>')
    assert from_1904 == [(1, ["45292.75", "2028-01-02", "2028-01-02 18:00:00", "x"])]


def test_cells_stand_where_they_say_and_rows_go_on():
    body = (
        '<row r="5"><c r="B5" t="b"><v>1</v></c><c r="D5" t="b"><v>0</v></c><c t="e"><v>#N/A</v></c></row>'
        '<row r="3"><c t="s"><v>-1</v></c><c><v>7</v></c></row><row/>'
    )

    assert cells_of(body) == [(5, ["", "TRUE", "", "FALSE", "#N/A"]), (6, ["", "7"])]


def test_a_shared_text_that_is_not_there_is_damage():
    with pytest.raises(UnreadableError, match="damaged"):
        cells_of('<row><c t="s"><v>99</v></c></row>')
