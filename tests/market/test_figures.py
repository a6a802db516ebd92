"""Figures as every page writes them."""

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from market.templatetags import figures


@pytest.mark.parametrize(
    ("write", "value", "text"),
    [
        (figures.usd, Decimal("48214.065"), "$48,214.07"),
        (figures.usd, Decimal(-12), "−$12.00"),
        (figures.signed_usd, 12.5, "+$12.50"),
        (figures.short_usd, Decimal(1_240_000_000), "$1.24B"),
        (figures.short_usd, Decimal(999), "$999.00"),
        (figures.price, Decimal("0.00001234"), "$0.00001234"),
        (figures.price, Decimal("91234.5"), "$91,234.50"),
        (figures.price, Decimal(0), "$0.00"),
        (figures.percent, Decimal("0.312"), "31.20%"),
        (figures.signed_percent, 0.0184, "+1.84%"),
        (figures.signed_percent, -0.00001, "0.00%"),
        (figures.number, 1234.5, "1,234.50"),
        (figures.quantity, Decimal("0.500000000000000000"), "0.5"),
        (figures.quantity, Decimal(1200), "1,200"),
        (figures.quantity, Decimal("0.123456789012345678"), "0.12345679"),
        (figures.quantity, Decimal("0.000000000012345678"), "0.000000000012345678"),
        (figures.fall, Decimal("-0.316"), "31.60%"),
    ],
)
def test_a_figure_is_written(write, value, text):
    assert write(value) == text


@pytest.mark.parametrize(
    ("write", "value", "currency", "text"),
    [
        (figures.money, Decimal("1234.5"), "EUR", "1,234.50 EUR"),
        (figures.money, Decimal("-1234.5"), "EUR", "−1,234.50 EUR"),
        (figures.money, Decimal("1234.5"), "USD", "$1,234.50"),
        (figures.money, None, "EUR", "unknown"),
        (figures.signed_money, Decimal("3.1"), "CHF", "+3.10 CHF"),
        (figures.signed_money, Decimal(12), "USD", "+$12.00"),
        (figures.signed_money, None, "CHF", "unknown"),
        (figures.unit_price, Decimal("0.00001234"), "GBP", "0.00001234 GBP"),
        (figures.unit_price, Decimal("61234.5"), "GBP", "61,234.50 GBP"),
        (figures.unit_price, Decimal(0), "GBP", "0.00 GBP"),
        (figures.unit_price, Decimal("0.0125"), "USD", "$0.01250"),
        (figures.unit_price, None, "GBP", "unknown"),
    ],
)
def test_an_amount_of_any_currency_is_written_by_its_code(write, value, currency, text):
    assert write(value, currency) == text


@pytest.mark.parametrize(
    "write",
    [
        figures.usd,
        figures.signed_usd,
        figures.short_usd,
        figures.price,
        figures.percent,
        figures.fall,
        figures.signed_percent,
        figures.number,
        figures.quantity,
    ],
)
def test_none_is_unknown_and_never_zero(write):
    assert write(None) == "unknown"


def test_a_quantity_without_decimals_keeps_its_zeros():
    assert figures.quantity(Decimal(100), 0) == "100"


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_an_amount_reads_back(amount):
    text = figures.usd(amount).replace("−", "-").replace("$", "").replace(",", "")

    assert Decimal(text) == amount


@pytest.mark.parametrize(("change", "tone"), [(0.1, "up"), (-0.1, "down"), (0, ""), (None, "")])
def test_the_tone_of_a_change(change, tone):
    assert figures.tone(change) == tone
