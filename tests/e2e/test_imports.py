"""A history comes in by a file, in a browser: upload, the question what a symbol means, preview, import, undo."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from market.models import Asset
from portfolios.models import Transaction
from portfolios.services import imports
from tests.e2e.browser import BROWSER, PHONE, check_page

pytestmark = BROWSER

COINBASE = (
    "\nTransactions\nUser,someone@example.org,0000\n"
    "ID,Timestamp,Transaction Type,Asset,Quantity Transacted,Price Currency,Price at Transaction,Subtotal,"
    "Total (inclusive of fees and/or spread),Fees and/or Spread,Notes\n"
    'a1,2024-03-02 10:00:00 UTC,Receive,BTC,0.0025,USD,$39404,$98.51,$98.51,$0.00,"From a friend"\n'
    'a2,2024-03-03 10:00:00 UTC,Staking Income,UNI,0.1,USD,$10,$1.00,$1.00,$0.00,""\n'
    'a3,2024-03-04 10:00:00 UTC,Something new,UNI,0.5,USD,$10,$5.00,$5.00,$0.00,""\n'
)
OWN = "When,What,Coin,How many\n02/03/2024 10:00,got,usd,5\n"


@pytest.fixture
def coins(small_world):
    """Make coins of which two share a symbol."""
    for asset_id, symbol in (("bitcoin", "BTC"), ("uniswap", "UNI"), ("unicorn", "UNI")):
        Asset.objects.create(id=asset_id, symbol=symbol, name=asset_id.title())
    return small_world


def work():
    """Let the worker take its turn."""
    imports.run_requested_imports(at=datetime.now(UTC))


def bring(page, portfolio, name, content):
    """Send a file by the form."""
    page.goto(f"/portfolios/{portfolio.pk}/")
    page.get_by_role("navigation", name="Pages of this portfolio").get_by_role("link", name="Imports").click()
    page.get_by_label("File", exact=True).set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
    )
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


class Visit:
    """Somebody's visit to an import, with scripts or without."""

    def __init__(self, page: Page, *, javascript: bool) -> None:
        self.page, self.javascript = page, javascript
        self.rows = page.get_by_role("region", name="Table of rows")

    def check(self) -> None:
        """Refuse a page with faults; looking for them takes scripts."""
        if self.javascript:
            check_page(self.page)

    def see(self, words: str) -> None:
        """Let the worker work, and wait for the page to show it; without scripts one looks again."""
        self.check()
        work()
        if not self.javascript:
            self.page.get_by_role("link", name="Look again").click()
        expect(self.page.get_by_text(words).first).to_be_visible()
        self.check()

    def answer(self) -> None:
        """Say what the symbols mean; of two assets none is chosen beforehand."""
        group = self.page.get_by_role("group", name=re.compile("UNI"))
        expect(group.get_by_role("radio", checked=True)).to_have_count(0)
        group.get_by_label(re.compile("Uniswap")).check()
        self.page.get_by_role("group", name=re.compile("BTC")).get_by_label(re.compile("Bitcoin")).check()
        self.page.get_by_role("button", name="Go on").click()

    def look(self) -> None:
        """Look at the preview, and at its errors alone."""
        expect(self.rows).to_contain_text("Deposit 0.0025 BTC")
        self.page.get_by_role("link", name=re.compile("^Error")).click()
        expect(self.rows.get_by_role("row")).to_have_count(2)
        expect(self.rows).to_contain_text("is not a type that is known here")
        self.check()

    def commit(self) -> None:
        """Have the rows written in spite of the error."""
        self.page.get_by_label(re.compile("I have looked at the errors")).check()
        self.page.get_by_role("button", name="Import 2 rows").click()

    def undo(self) -> None:
        """Have it taken back, which is asked once more."""
        self.page.get_by_role("link", name="Take the import back").click()
        self.page.get_by_role("button", name="Take the import back").click()


@pytest.mark.parametrize("javascript", [True, False], ids=["with javascript", "without javascript"])
def test_a_file_of_coinbase_is_imported_and_taken_back(open_browser, coins, javascript):
    page = open_browser(user=coins.investor, javascript=javascript)
    visit = Visit(page, javascript=javascript)
    before = Transaction.objects.in_force().count()

    bring(page, coins.portfolio, "coinbase.csv", COINBASE)
    visit.see("What the file leaves open")
    visit.answer()
    visit.see("Write 2 transactions")
    visit.look()
    visit.commit()
    visit.see("2 transactions imported")
    assert Transaction.objects.in_force().count() == before + 2

    page.get_by_role("link", name="See the transactions of this import").click()
    expect(page.get_by_role("region", name=re.compile("ransactions")).last).to_contain_text("0.0025")
    page.go_back()
    visit.undo()
    visit.see("This import was taken back")
    assert Transaction.objects.in_force().count() == before


def test_a_sheet_of_ones_own_is_read_by_its_columns_on_a_phone(open_browser, small_world):
    page = open_browser(user=small_world.investor)
    page.set_viewport_size(PHONE)
    bring(page, small_world.portfolio, "sheet.csv", OWN)
    work()

    page.get_by_role("link", name="Say which column means what").click()
    page.get_by_label("Date, or date and time", exact=True).select_option("When")
    page.get_by_label("Kind of transaction", exact=True).select_option("What")
    page.get_by_label("Asset", exact=True).select_option("Coin")
    page.get_by_label("Quantity", exact=True).select_option("How many")
    page.get_by_label("Dates").select_option("day_first")
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_text("One more thing")).to_be_visible()
    check_page(page)
    page.get_by_label("“got” is").select_option("deposit")
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_text("Being read").first).to_be_visible()
    work()

    expect(page.get_by_text("Write 1 transaction")).to_be_visible()
    expect(page.get_by_role("region", name="Table of rows")).to_contain_text("09:00:00 UTC")
    expect(page.get_by_role("region", name="Table of rows")).to_contain_text("Deposit 5 USD")


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(open_browser, small_world, tmp_path):
    big = tmp_path / "big.csv"
    big.write_bytes(b"0" * 33_000_000)
    page = open_browser(user=small_world.investor)
    page.goto(f"/portfolios/{small_world.portfolio.pk}/imports/")
    sent = []
    page.on("request", lambda request: sent.append(request.method))

    field = page.get_by_label("File", exact=True)
    field.set_input_files(big)
    page.get_by_role("button", name="Read the file").click()

    assert "32 MB are read at most" in field.evaluate("field => field.validationMessage")
    assert "POST" not in sent
