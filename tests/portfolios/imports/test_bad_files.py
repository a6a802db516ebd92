"""Files and bodies that are refused: on the pages, in the API, and by a real server."""

import io
import zipfile

import openpyxl
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from portfolios.importers.files import FILE_BYTES
from portfolios.models import ImportBatch
from tests.portfolios.factories import NOW
from tests.portfolios.imports.browsing import bring, make_owned, send, text, url


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def portfolio(alice):
    return make_owned(alice)


@pytest.fixture
def site(alice, as_user):
    return as_user(alice)


def workbook(*rows):
    """Write a spreadsheet."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def bomb():
    """Write a workbook whose only sheet unpacks to 20 MB of nothing."""
    content = io.BytesIO(workbook(["timestamp", "kind", "asset", "quantity"]))
    bombed = io.BytesIO()
    with zipfile.ZipFile(content) as source, zipfile.ZipFile(bombed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, b" " * 20_000_000 if name.endswith("sheet1.xml") else data)
    return bombed.getvalue()


HEADER = b"timestamp,kind,asset,quantity\n"
BAD_FILES = {
    "zip bomb": ("bomb.xlsx", bomb, "packed more than 100 times"),
    "wrong encoding": ("latin.csv", lambda: HEADER + b"2024-03-02T00:00:00Z,buy,bitc\xf6in,1\n", "UTF-8"),
    "binary": ("picture.csv", lambda: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), "is a picture"),
    "50,000 columns": ("wide.csv", lambda: b",".join(b"c%d" % n for n in range(50_000)) + b"\n", "50,000 columns"),
}


@pytest.mark.parametrize("bad", BAD_FILES)
def test_a_bad_file_is_refused_with_its_reason(site, portfolio, bad):
    name, content, words = BAD_FILES[bad]

    page = bring(site, portfolio, content(), name=name)

    answer = text(site.get(page))
    assert "This file was not read" in answer
    assert words in answer
    assert "failed" in text(site.get(url(portfolio)))


def test_a_row_with_a_formula_is_an_error_that_says_so(site, portfolio):
    content = workbook(
        ["timestamp", "kind", "asset", "quantity", "price"],
        ["2024-03-02T10:00:00Z", "buy", "bitcoin", "=1+1", "100"],
        ["2024-03-02T10:00:00Z", "buy", "bitcoin", "1", "100"],
    )

    page = text(site.get(bring(site, portfolio, content, name="sheet.xlsx")))

    assert "New 1 of 2 rows" in page
    assert "formula" in page


def test_a_body_of_200_mb_is_refused_by_its_announced_length(site, portfolio):
    answer = site.generic("POST", url(portfolio), b"", "multipart/form-data; boundary=x", CONTENT_LENGTH="200000000")

    assert answer.status_code == 413
    assert "At most 32 MB are read here" in text(answer)


def test_a_file_just_above_the_limit_is_refused_at_its_field(site, portfolio):
    answer = send(site, portfolio, b"x" * (FILE_BYTES + 1))

    assert answer.status_code == 422
    assert "32 MB are read at most" in text(answer)
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize("content", [b"", None])
def test_no_file_and_an_empty_one_are_refused_at_the_field(site, portfolio, content):
    filled = {"wallet": portfolio.wallets.get().pk, "token": "t"}
    if content is not None:
        filled["file"] = SimpleUploadedFile("empty.csv", content)

    answer = site.post(url(portfolio), filled)

    assert answer.status_code == 422
    assert not ImportBatch.objects.exists()
