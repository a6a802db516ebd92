"""Every digit of a file is in the report: nothing is rounded, and no cost is lost."""

from decimal import Decimal

import pytest

from tests.portfolios.tax_report.files import report, row

D = Decimal
SMALLEST = "0.000000000000000001"
LARGE = "123456789.123456789123456789"


@pytest.mark.parametrize("quantity", [SMALLEST, LARGE])
def test_every_digit_of_a_quantity_and_a_price_survives(tmp_path, quantity):
    rows = [row("2024-01-01", "buy", "ETH", quantity, LARGE), row("2024-01-02", "sell", "ETH", quantity, SMALLEST)]

    bought, both = report(tmp_path, rows[:1]), report(tmp_path, rows)

    assert bought["lots"][0]["quantity"] == both["disposals"][0]["quantity"] == quantity
    # Fractions of whole numbers, the other way to multiply: 1e-36 is the grid of a product.
    cost = int(quantity.replace(".", "")) * int(LARGE.replace(".", ""))
    assert D(bought["lots"][0]["cost"]).scaleb(36) == cost
    assert "E" not in bought["lots"][0]["cost"]
    assert D(both["totals"]["proceeds"]).scaleb(36) == int(quantity.replace(".", ""))


def test_the_last_draw_takes_the_rest_of_the_cost_whole(tmp_path):
    # 10 units for 0.01 sold 3 + 3 + 4 leave nothing, and the parts of the cost sum to it exactly.
    rows = [
        row("2024-01-01", "buy", "ETH", "10", "0.001"),
        *(row(f"2024-01-0{day}", "sell", "ETH", sold, "1") for day, sold in ((2, "3"), (3, "3"), (4, "4"))),
    ]

    found = report(tmp_path, rows)

    assert sum(D(one["cost"]) for one in found["disposals"]) == D("0.01")
    assert found["lots"] == []


def test_a_third_of_a_cost_is_never_lost(tmp_path):
    # 100 for 3 coins: a third has no end in decimals, the three parts still make 100.
    rows = [
        row("2024-01-01", "buy", "ETH", "3", "0.000000000000000001", fee="100"),
        *(row(f"2024-01-0{day}", "sell", "ETH", "1", "1") for day in (2, 3, 4)),
    ]

    assert D(report(tmp_path, rows)["totals"]["cost"]) == D("100.000000000000000003")


@pytest.mark.parametrize(
    ("quantity", "price", "cost"),
    [
        ("1.45678", "0.000234", "0.00034088652"),
        ("12000000", "0.000023", "276"),
        ("0.00014884", "66519.75", "9.90079959"),
        ("1e-7", "1e3", "0.0001"),
    ],
)
def test_small_numbers_are_not_rounded_away(tmp_path, quantity, price, cost):
    assert report(tmp_path, [row("2024-01-01", "buy", "TOK", quantity, price)])["lots"][0]["cost"] == cost


def test_twenty_small_fees_sum_exactly(tmp_path):
    # 20 × 0.2574 is 5.148.
    rows = [row(f"2024-01-{day:02}", "buy", "TOK", "1", "1", fee="0.2574") for day in range(1, 21)]

    assert sum(D(lot["cost"]) for lot in report(tmp_path, rows)["lots"]) == D("25.148")
