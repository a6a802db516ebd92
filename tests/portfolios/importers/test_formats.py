"""Which format a file has: by its header alone, and only one of them."""

import csv
import io
import json

import pytest

from portfolios.importers.formats import FORMATS, recognise
from portfolios.importers.tables import names_of

SAMPLES = [(one, header) for one in FORMATS for header in one.samples]
TABLES = [(one, header) for one, header in SAMPLES if not one.is_document]
NAMES = [f"{one.key}-{place}" for one in FORMATS for place in range(len(one.samples))]


def write(header, *, delimiter=",", preamble=""):
    """Write a file of a header and nothing else."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerow(header)
    return preamble + out.getvalue()


@pytest.mark.parametrize(("one", "header"), SAMPLES, ids=NAMES)
def test_every_header_belongs_to_one_format(one, header):
    content = json.dumps(dict.fromkeys(header)) if one.is_document else write(header)
    same = [other for other in FORMATS if other.is_document == one.is_document]

    assert recognise("a file", content.encode()) is one
    assert [other for other in same if other.matches(names_of(header))] == [one]


def test_keys_and_names_of_formats_are_their_own():
    assert len({one.key for one in FORMATS}) == len({one.name for one in FORMATS}) == len(FORMATS)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("preamble", ["", "\n\nTransactions\nUser,someone@example.org,1234\n\n"])
def test_a_header_is_found_under_any_preamble_separator_and_encoding(delimiter, encoding, preamble):
    files = [write(header, delimiter=delimiter, preamble=preamble).encode(encoding) for _, header in TABLES]

    assert [recognise("a file", content) for content in files] == [one for one, _ in TABLES]


def test_a_file_of_no_known_header_has_no_format():
    assert recognise("a file", b"name,telephone\nAnna,123\n") is None
