"""Bytes into tables: text of any encoding and separator, and JSON; what is no table is refused with the reason."""

import time
import tracemalloc
from collections import deque

import pytest
from hypothesis import given, settings, strategies as st

from portfolios.importers import files, tables
from portfolios.importers.canonical import COLUMNS
from portfolios.importers.formats import FORMATS, read_file
from portfolios.importers.rows import ParsedRow, RowError, SkippedRow, UnansweredError, UnreadableError
from tests.portfolios.importers.read import readings, rows

HEADER = "timestamp,kind,asset,quantity,note\n"
ROW = "2024-01-31T18:30:00Z,buy,bitcoin,1,\n"


def refused(content, **options):
    """Return why a file is refused."""
    with pytest.raises(UnreadableError) as error:
        readings(content, **options)
    return str(error.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom"])
def test_encodings_that_say_what_they_are(encoding):
    text = HEADER + ROW.replace("1,\n", "1,Zürich ₿\n")
    marks = {"utf-16-le-bom": b"\xff\xfe", "utf-16-be-bom": b"\xfe\xff"}
    content = marks.get(encoding, b"") + text.encode(encoding.removesuffix("-bom"))

    assert [row.note for row in rows(content)] == ["Zürich ₿"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n\t\r\n", "is empty"),
        ((HEADER + "Zürich").encode("latin-1"), "not text in UTF-8 (found fc"),
        ((HEADER + ROW).encode("utf-16-le"), "byte-order mark"),
        (b"\xff\xfe" + (HEADER + ROW).encode("utf-16-le") + b"x", "not text in UTF-16"),
        (b"\xff\xfe" + (HEADER + "\0" + ROW).encode("utf-16-le"), "holds zeros"),
        ((HEADER + "\0").encode(), "binary"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x89PNG\r\n", "picture"),
        (b"\x1f\x8b\x08 ...", "unpack it first"),
        (b"SQLite format 3\x00", "database"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 ...", "password"),
        (b"PK\x03\x04 ...", "damaged"),
        (b"name,telephone\nAnna,1\n", "none of the headers"),
    ],
)
def test_what_is_no_table_is_refused_with_the_reason(content, words):
    assert words in refused(content)


def test_a_format_that_was_chosen_and_does_not_fit_is_refused():
    assert "no header of Koinly" in refused(HEADER + ROW, format_key="koinly")
    assert len(readings(HEADER + ROW, format_key="canonical")) == 1


def test_a_value_may_hold_lines_separators_and_quotes():
    note = 'first, "second"\nthird'
    content = HEADER + ROW.replace("1,\n", '1,"first, ""second""\nthird"\n') + ROW

    first, second = rows(content)

    assert (first.note, first.line) == (note, 2)
    assert second.line == 4


def test_a_quote_in_the_wrong_place_costs_its_own_row_only():
    broken = ROW.replace("1,\n", '1,"a"b\n')

    good, bad, after = readings(HEADER + ROW + broken + ROW)

    assert (good.line, after.line) == (2, 4)
    assert isinstance(bad, RowError)
    assert (bad.line, "quotes in the wrong place" in bad.message) == (3, True)


def test_a_quote_that_is_never_closed_is_refused_with_its_line():
    content = HEADER + ROW + ROW.replace("1,\n", '1,"never closed\n') + ROW * 3

    assert "opens on line 3" in refused(content)
    assert "opens on line 3" in refused(content + ROW * 5_000)


def test_every_record_yields_something():
    content = HEADER + ROW + "\n,,,,\n" + HEADER + ROW.replace(",\n", ",,,\n") + ROW.replace(",\n", ",a,b\n") + ROW

    found = readings(content)

    assert [(one.line, type(one)) for one in found] == [
        (2, ParsedRow),
        (4, SkippedRow),  # nothing but separators; the blank line 3 is no record
        (5, SkippedRow),  # the header again
        (6, ParsedRow),  # more separators than columns, and nothing between them
        (7, RowError),  # one value too many
        (8, ParsedRow),
    ]


def test_a_short_row_lacks_what_stands_at_the_end():
    (row,) = rows(HEADER + "2024-01-31T18:30:00Z,buy,bitcoin,1\n")

    assert row.note == ""


def test_a_cell_that_is_too_long_is_an_error_of_its_row():
    long = ROW.replace("1,\n", f"1,{'x' * (tables.CELL_CHARACTERS + 1)}\n")

    error, row = readings(HEADER + long + ROW)

    assert (error.line, error.column) == (2, "note")
    assert isinstance(row, ParsedRow)


# Limits: what is refused, in what time and memory


def cost(action):
    """Return what an action gives, the seconds it takes, and the MB that it needs at its peak."""
    start = time.perf_counter()
    result = action()
    seconds = time.perf_counter() - start
    tracemalloc.start()
    action()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return result, seconds, peak / 1_000_000


HOSTILE = {
    "200 MB": (lambda: b"a" * 200_000_000, "200 MB; 32 MB are read at most"),
    "50,000 columns": (lambda: b",".join([b"column"] * 50_000) + b"\n1\n", "50,000 columns"),
    "one line of commas": (lambda: b"a," * 15_000_000, "longer than 500,000 characters"),
    "one record of many lines": (lambda: b'"a\n",' * 5_000_000, "none of the headers"),
    "deep lists": (lambda: b"[" * 1_000_000, "nested too deeply"),
    "very many lists": (lambda: b"[" * 10_000_000, "more than 2,000,000 values"),
    "deep objects": (lambda: b'{"a":' * 200_000, "nested too deeply"),
    "a huge exponent": (lambda: b"[1e999999999999999999999999]", "beyond all bounds"),
    "no number": (lambda: b"[NaN]", "not a number"),
    "half a document": (lambda: b'{"activities": [', "is none: line 1"),
    "a document of another encoding": (lambda: b'{"activities": "\xff"}', "not text in UTF-8"),
}


@pytest.mark.parametrize(("make", "words"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_are_refused_in_bounded_time_and_memory(make, words):
    content = make()

    reason, seconds, megabytes = cost(lambda: refused(content))

    assert words in reason
    assert seconds < 2
    assert megabytes < 100


def test_a_file_of_more_than_a_million_rows_is_refused():
    content = HEADER.encode() + b"a\n" * (tables.ROWS + 1)
    table = next(files.candidates("a file", content))

    with pytest.raises(UnreadableError, match="more than 1,000,000 rows"):
        deque(table.rows(), maxlen=0)


def test_rows_are_read_as_a_stream_and_a_hundred_thousand_of_them_fit():
    line = "2024-01-31T18:30:00Z,buy,Main,bitcoin,0.123456789012345678,42000.12,USD,0.5,USD,,,,id-{},{}\n"
    note = "a note of some length " * 8
    data = (",".join(COLUMNS) + "\n" + "".join(line.format(place, note) for place in range(20_000))).encode()

    count, _, megabytes = cost(lambda: sum(1 for _ in read_file(name="a", content=data, answers={})))

    assert count == 20_000
    assert megabytes < 1
    assert 5 * len(data) < files.FILE_BYTES


DATES = ["05/09/2017", "2024-01-31T18:30:00Z", "1659085200000"]
CELLS = ["", "1", "-0.5", "1,5", "BTC", "EUR", "buy", "Trade", "deposit", "x", *DATES]
HEADERS = [",".join(header).encode() + b"\n" for one in FORMATS for header in one.samples if not one.is_document]
OPENINGS = [*HEADERS, b"", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"PK\x03\x04", b"{", b"[", b'{"activities": [']


@settings(max_examples=300)
@given(st.sampled_from(OPENINGS), st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_words(opening, content):
    try:
        found = readings(opening + content)
    except (UnreadableError, UnansweredError) as error:
        found = []
        words = [str(error)]
    else:
        words = [one.message for one in found if isinstance(one, RowError)]

    assert all(words)
    assert [one.line for one in found] == sorted(one.line for one in found)


@settings(max_examples=300)
@given(st.sampled_from(HEADERS), st.lists(st.lists(st.sampled_from(CELLS), max_size=14), max_size=5))
def test_any_cells_under_any_header_are_read_or_refused_with_words(header, records):
    content = header + "".join(",".join(record) + "\n" for record in records).encode()
    asked = {"zone": "Europe/Berlin", "date_order": "day_first"}
    try:
        count = len(readings(content, answers=asked))
    except UnreadableError as error:
        count = len(records) if str(error) else -1

    assert count in {len(records), sum(1 for record in records if record not in ([], [""]))}
