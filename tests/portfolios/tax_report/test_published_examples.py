"""Examples that tax authorities print, with their figures, and what their rules say of days."""

from decimal import ROUND_DOWN, Decimal

import pytest

from tests.portfolios.tax_report.files import report, row

D = Decimal
LONDON = {"method": "s104", "zone": "Europe/London"}


def pounds(day, kind, quantity, price, **cells):
    return row(day, kind, "TOK", quantity, price, currency="GBP", **cells)


def test_hmrc_cryptoassets_manual_22251_pools_what_was_bought_apart(tmp_path):
    # 100 for 1,000 and 50 for 125,000 are a pool of 150 at 126,000; 50 of it cost 42,000 and were sold for 300,000.
    rows = [
        pounds("2016-01-01", "buy", "100", "10"),
        pounds("2017-01-01", "buy", "50", "2500"),
        pounds("2018-01-01", "sell", "50", "6000"),
    ]

    found = report(tmp_path, rows, **LONDON)

    assert (found["totals"]["cost"], found["totals"]["gain"]) == ("42000", "258000")
    assert [(lot["quantity"], lot["cost"]) for lot in found["lots"]] == [("100", "84000")]


def test_hmrc_helpsheet_284_example_3_with_the_costs_of_dealing(tmp_path):
    # 1,000 at 4.00 and 150, 500 at 4.10 and 80: 6,280 for 1,500. Printed: gains of 329 and 300, and 1,674 left at 400.
    rows = [
        pounds("2015-04-01", "buy", "1000", "4", fee="150"),
        pounds("2018-09-01", "buy", "500", "4.1", fee="80"),
        pounds("2021-05-01", "sell", "700", "4.8", fee="100"),
        pounds("2022-02-01", "sell", "400", "5.2", fee="105"),
    ]

    found = report(tmp_path, rows, **LONDON)

    gains = [D(one["gain"]).quantize(D(1), rounding=ROUND_DOWN) for one in found["disposals"]]
    assert gains == [329, 300]
    assert D(found["lots"][0]["cost"]).quantize(D(1), rounding=ROUND_DOWN) == 1674


def test_what_was_acquired_on_one_day_in_the_uk_is_one_acquisition(tmp_path):
    # TCGA 1992, s. 105: one for 100 and one for 200 are two for 300, so the one sold that day cost 150.
    rows = [
        pounds("2024-05-01T08:00:00Z", "buy", "1", "100"),
        pounds("2024-05-01T09:00:00Z", "buy", "1", "200"),
        pounds("2024-05-01T12:00:00Z", "sell", "1", "300"),
    ]

    found = report(tmp_path, rows, **LONDON)

    assert (found["totals"]["cost"], found["lots"][0]["cost"]) == ("150", "150")


@pytest.mark.parametrize(("bought_back", "gain"), [("2024-03-31T22:30:00Z", "10"), ("2024-03-31T23:30:00Z", "20")])
def test_the_thirty_days_end_at_midnight_in_london(tmp_path, bought_back, gain):
    # Sold on 1 March; the 31st is the thirtieth day after. At 23:30 in UTC it is summer time already, 00:30 on 1 April.
    rows = [
        pounds("2023-01-01", "buy", "2", "10"),
        pounds("2024-03-01T23:30:00Z", "sell", "1", "30"),
        pounds(bought_back, "buy", "1", "20"),
    ]

    assert report(tmp_path, rows, **LONDON)["totals"]["gain"] == gain


def test_irs_revenue_ruling_2019_24_has_income_and_basis_of_what_was_received(tmp_path):
    # 25 units worth 50 together: income of 50, and each unit sold later has a basis of 2.
    rows = [row("2019-02-01", "airdrop", "TOK", "25", "2"), row("2019-06-01", "sell", "TOK", "10", "3")]

    found = report(tmp_path, rows)

    assert (found["totals"]["income"], found["totals"]["cost"], found["totals"]["gain"]) == ("50", "20", "10")
