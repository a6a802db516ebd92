"""A report on the ledger of a portfolio, and its spreadsheet."""

import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from portfolios.models import LotMethod, TaxSettings
from portfolios.services import add_wallet, tax_report
from portfolios.services.tax_report import ReportAsked, as_document, as_xlsx, report_on_portfolio
from tests.factories import make_asset
from tests.portfolios.factories import NOW, make_market, make_portfolio, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def portfolio(alice):
    """Return three lots of bitcoin and a sale of one and a half, all at known prices."""
    portfolio = make_portfolio(alice)
    make_asset("bitcoin")
    record(portfolio, "deposit", "1000000", at="2023-01-01")
    for day, price in (("2023-01-02", "30000"), ("2023-01-03", "60000"), ("2023-01-04", "45000")):
        record(portfolio, "buy", "1", "bitcoin", price=price, at=day, external_id=f"=b{price}")
    record(portfolio, "sell", "1.5", "bitcoin", price="50000", at="2024-02-01")
    return portfolio


def totals(portfolio, **asked):
    """Return the sums of a report."""
    return report_on_portfolio(portfolio=portfolio, asked=ReportAsked(**asked)).totals


@pytest.mark.parametrize(
    ("method", "gain"),
    [("own", "15000"), ("fifo", "15000"), ("lifo", "0"), ("hifo", "-7500"), ("average", "7500"), ("s104", "7500")],
)
def test_each_method_has_its_gain(portfolio, method, gain):
    assert totals(portfolio, method=method).gain == Decimal(gain)


def test_the_chosen_method_holds_from_its_day(portfolio, alice):
    LotMethod.objects.create(
        portfolio=portfolio, valid_from=date(2024, 1, 1), method="hifo", scope="portfolio", chosen_by=alice,
        chosen_at=NOW,
    )  # fmt: skip

    assert totals(portfolio).gain == Decimal(-7500)


def test_scopes_differ_where_wallets_do(portfolio):
    cold = add_wallet(portfolio=portfolio, name="Cold", kind="hardware")
    record(portfolio, "deposit", "1000", wallet=cold, at="2023-01-01")
    record(portfolio, "buy", "0.01", "bitcoin", price="100", wallet=cold, at="2023-01-05")
    record(portfolio, "sell", "0.01", "bitcoin", price="50000", wallet=cold, at="2024-02-02")

    # In its own wallet the cheap lot goes: 500 − 1. In the portfolio half of the second lot is next: 500 − 600.
    assert totals(portfolio, method="fifo", scope="wallet").gain == 15000 + 499
    assert totals(portfolio, method="fifo", scope="portfolio").gain == 15000 - 100


def test_a_tax_year_starts_where_the_settings_say(portfolio):
    TaxSettings.objects.create(portfolio=portfolio, year_starts="04-06", zone="Europe/London")

    assert totals(portfolio, year=2023).gain == 15000
    assert totals(portfolio, year=2024).gain == 0


def test_keys_are_the_ids_of_the_source_and_estimates_are_named(portfolio):
    make_market({"bitcoin": "40000"})
    record(portfolio, "income", "0.1", "bitcoin", at="2024-03-01", external_id="reward")

    report = report_on_portfolio(portfolio=portfolio, asked=ReportAsked())

    document = as_document(report)
    assert [match["acquired_external_id"] for match in document["disposals"][0]["matches"]] == ["=b30000", "=b60000"]
    assert document["disposals"][0]["external_id"].startswith("transaction ")
    assert document["income"][0]["value"] == "4000"
    assert "Estimated, at the close of the day: reward." in document["warnings"]


def test_the_report_says_under_which_method_it_is(portfolio):
    notes = report_on_portfolio(portfolio=portfolio, asked=ReportAsked(method="s104", scope="wallet")).notes

    assert notes == ["As it would be under s104 from the first day on, wallet by wallet.", tax_report.POOLS_ALL]


def sheets(report):
    """Return the sheets of a workbook as rows of (value, type); `s` is a text, wherever the file keeps it."""
    kinds = {"inlineStr": "s"}
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(report)))
    return {
        sheet.title: [
            [(cell.value, kinds.get(cell.data_type, cell.data_type)) for cell in row] for row in sheet.iter_rows()
        ]
        for sheet in book
    }


def test_a_spreadsheet_has_exact_texts_beside_numbers(portfolio):
    # Eighteen digits, three more than a spreadsheet keeps.
    record(portfolio, "buy", "0.123456789123456789", "bitcoin", amount="0.123456789123456789", at="2024-02-03")

    lots = sheets(report_on_portfolio(portfolio=portfolio, asked=ReportAsked()))["Lots"]

    header, *_, last = lots
    row = dict(zip([value for value, _ in header], last, strict=True))
    assert row["quantity"] == ("0.123456789123456789", "s")
    assert row["cost"] == ("0.123456789123456789", "s")
    assert row["quantity (rounded)"][1] == "n"
    assert abs(Decimal(str(row["quantity (rounded)"][0])) - Decimal("0.123456789123456789")) < Decimal("1e-15")


def test_no_cell_of_a_spreadsheet_is_a_formula_and_losses_stay_numbers(portfolio):
    report = report_on_portfolio(portfolio=portfolio, asked=ReportAsked(method="hifo"))

    found = sheets(report)

    cells = [cell for rows in found.values() for row in rows for cell in row]
    assert {kind for _, kind in cells} == {"s", "n"}
    assert [value for value, _ in cells if str(value).startswith(("=", "+", "@"))] == []
    header, first = found["Disposals"][:2]
    assert dict(zip([value for value, _ in header], first, strict=True))["gain (rounded)"] == (-7500, "n")
    assert ("'=b60000", "s") in [cell for row in found["Matches"] for cell in row]
