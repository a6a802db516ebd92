"""Files that an owner asks for: once a token, made by the worker, kept for a week."""

import csv
import io
import json
from datetime import timedelta

import pytest

from portfolios.models import Download, DownloadFile
from portfolios.selectors.downloads import get_downloads, get_file
from portfolios.services import TokenReusedError, downloads
from portfolios.services.work import STALE_AFTER
from tests.factories import make_asset
from tests.portfolios.exports.builders import unpacked
from tests.portfolios.factories import NOW, make_portfolio, record

pytestmark = pytest.mark.django_db


def ask(portfolio, kind="tax_report", **params):
    """Ask for a file; the token is `t` unless another is given."""
    return downloads.request_download(
        portfolio=portfolio, kind=kind, by=portfolio.owner, token=params.pop("token", "t"), params=params, at=NOW
    )


def make(download, *, at=NOW):
    """Let the worker run."""
    downloads.make_requested_downloads(at=at)
    download.refresh_from_db()
    return download


@pytest.fixture
def portfolio(alice):
    """Return a portfolio with a name that is no file name, and some euros sold for nothing else."""
    portfolio = make_portfolio(alice, name='=Ünder/../"the" bed')
    record(portfolio, "deposit", "1000")
    return portfolio


@pytest.mark.parametrize(
    ("form", "media_type"),
    [
        ("csv", "text/csv; charset=utf-8"),
        ("json", "application/json"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ],
)
def test_a_report_is_made_in_each_form(portfolio, form, media_type):
    made = make(ask(portfolio, format=form, year=2024, method="hifo", scope="wallet"))

    assert (made.status, made.progress, made.message) == ("done", 100, "")
    assert made.file_name == f"ballast-underthe-bed-tax-2024-hifo-wallet.{form}"
    assert made.media_type == media_type
    assert abs(made.expires_at - NOW - timedelta(days=7)) < timedelta(minutes=1)
    content = bytes(made.file.content)
    assert get_file(download=made, at=NOW) == content
    assert len(content) == made.size > 0
    if form == "json":
        assert json.loads(content)["year"] == 2024
    if form == "csv":
        assert {line["row"] for line in csv.DictReader(io.StringIO(content.decode()))} == {"total", "note"}
    if form == "xlsx":
        assert content.startswith(b"PK")


def test_everything_is_one_zip(portfolio):
    made = make(ask(portfolio, "export", year=5))

    assert made.params == {}
    assert made.file_name == "ballast-underthe-bed-export-2024-03-10.zip"
    assert set(unpacked(bytes(made.file.content))) == {
        "README.txt", "ledger.json", "transactions.csv", "holdings.csv", "lots.csv", "disposals.csv",
    }  # fmt: skip


def test_an_incomplete_report_says_so_before_it_is_opened(portfolio):
    make_asset("bitcoin")
    record(portfolio, "gift_in", "1", "bitcoin")

    assert make(ask(portfolio)).message.startswith("Incomplete: ")


def test_the_same_token_is_one_file(portfolio):
    assert ask(portfolio).pk == ask(portfolio).pk
    with pytest.raises(TokenReusedError):
        ask(portfolio, format="json")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"kind": "diary"}, "none of export, tax_report"),
        ({"format": "pdf"}, "none of csv, xlsx, json"),
        ({"method": "specific"}, "none of own, fifo"),
        ({"scope": "world"}, "none of wallet, portfolio"),
        ({"year": 1}, "a year from 2009 on"),
        ({"year": "2024"}, "a year from 2009 on"),
    ],
)
def test_what_is_no_file_here_is_refused(portfolio, asked, words):
    with pytest.raises(downloads.CannotDownloadError, match=words):
        ask(portfolio, **asked)


def test_five_at_once_are_enough(portfolio):
    for number in range(5):
        ask(portfolio, token=str(number))

    with pytest.raises(downloads.CannotDownloadError, match="wait for one of them"):
        ask(portfolio, token="one more")
    downloads.make_requested_downloads(at=NOW)
    assert ask(portfolio, token="one more").status == "waiting"


def test_a_file_goes_away_after_a_week(portfolio):
    made = make(ask(portfolio))
    week = made.expires_at

    assert get_file(download=made, at=week - timedelta(seconds=1)) is not None
    assert get_file(download=made, at=week) is None
    assert get_downloads(portfolio=portfolio, at=week) == []
    assert downloads.delete_expired_downloads(at=week - timedelta(seconds=1)) == 0
    assert downloads.delete_expired_downloads(at=week) == 1
    assert not DownloadFile.objects.exists()


def test_what_came_to_nothing_goes_away_as_well(portfolio):
    failed = ask(portfolio)
    Download.objects.filter(pk=failed.pk).update(status="failed")

    assert downloads.delete_expired_downloads(at=NOW + timedelta(days=6)) == 0
    assert downloads.delete_expired_downloads(at=NOW + timedelta(days=7)) == 1


def test_a_file_that_is_not_made_yet_cannot_be_fetched(portfolio):
    assert get_file(download=ask(portfolio), at=NOW) is None


def test_made_twice_it_is_one_file(portfolio):
    made = make(ask(portfolio))
    # As if the worker had died after writing the file and before its row: it is taken up again.
    Download.objects.filter(pk=made.pk).update(status="running", message="", heartbeat_at=NOW)

    again = make(made, at=NOW + STALE_AFTER + timedelta(seconds=1))

    assert again.status == "done"
    assert DownloadFile.objects.count() == 1


def test_what_breaks_is_said_and_keeps_no_other_waiting(portfolio):
    broken, fine = ask(portfolio, token="a"), ask(portfolio, token="b")
    Download.objects.filter(pk=broken.pk).update(params={})

    assert downloads.make_requested_downloads(at=NOW) == 2

    broken.refresh_from_db()
    fine.refresh_from_db()
    assert (broken.status, fine.status) == ("failed", "done")
    assert "KeyError" in broken.message
