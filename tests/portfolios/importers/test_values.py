"""Numbers of files: every digit or an error, and nothing guessed (T28, T29, T30, T35)."""

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from portfolios.importers import values


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.00014884", "0.00014884"),
        ("0.000000000000000001", "0.000000000000000001"),
        ("123456789.123456789123456789", "123456789.123456789123456789"),
        ("-1.5", "-1.5"),
        ("+.5", "0.5"),
        ("5.", "5"),
        ("1E-7", "0.0000001"),
        ("1.5e3", "1500"),
        ("99999999999999999999.999999999999999999", "99999999999999999999.999999999999999999"),
        ("1.10000000000000000000000", "1.1"),
    ],
)
def test_numbers_of_programs_keep_every_digit(text, number):
    assert values.number(text) == Decimal(number)


@pytest.mark.parametrize(
    ("text", "style", "number"),
    [
        ("0,5", "comma", "0.5"),
        ("1.234,56", "comma", "1234.56"),
        ("1.234", "comma", "1234"),
        ("€39,999.33", "point", "39999.33"),
        ("-€5", "point", "-5"),
        ("€-5", "point", "-5"),
        ("−5.25 €", "point", "-5.25"),
        ("EUR 1,234", "point", "1234"),
        ("1 234,56 €", "comma", "1234.56"),
        ("1\u202f234,56", "comma", "1234.56"),
        ("1'234.56", "point", "1234.56"),
        ("12,345,678.9", "point", "12345678.9"),
        ("0,5", "unclear", "0.5"),
        ("1.234,56", "unclear", "1234.56"),
        ("1,234.56", "unclear", "1234.56"),
        ("1.234", "unclear", "1.234"),
        ("0,123", "unclear", "0.123"),
    ],
)
def test_numbers_of_people_are_read_by_their_decimal_sign(text, style, number):
    assert values.number(text, style) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    ["", "abc", "NaN", "Infinity", "1_000", "١٢٣", "1,5", "€5", "0x10", "1e9999", "--5", "1.2.3", "1 000", "12:30"],
)
def test_what_no_program_writes_is_no_number(text):
    with pytest.raises(ValueError, match="is not a number"):
        values.number(text)


@pytest.mark.parametrize(
    ("text", "style"),
    [("1,234.56", "comma"), ("1.234,56", "point"), ("12,34,567", "point"), ("1,23", "point"), ("1.23", "comma")],
)
def test_a_number_that_does_not_fit_the_sign_of_its_file_is_refused(text, style):
    with pytest.raises(ValueError, match="does not fit"):
        values.number(text, style)


def test_a_comma_that_may_be_two_things_is_refused():
    with pytest.raises(ValueError, match="Write it without the comma"):
        values.number("1,234", "unclear")


@pytest.mark.parametrize(("text", "words"), [("1e20", "too large"), ("-1e21", "too large"), ("1e-19", "18 decimals")])
def test_what_the_ledger_cannot_keep_exactly_is_refused(text, words):
    with pytest.raises(ValueError, match=words):
        values.number(text)


@pytest.mark.parametrize(
    ("texts", "style"),
    [
        (["1,234", "0.5"], "point"),
        (["1,234", "0,5"], "comma"),
        (["1,234", "1,234,567"], "point"),
        (["1.234", "1.234.567"], "comma"),
        (["€1,234.50"], "point"),
        (["1,234"], "unclear"),
        (["0,5", "0.5"], "unclear"),
        (["5", ""], "unclear"),
    ],
)
def test_one_number_settles_the_sign_of_all(texts, style):
    assert values.style_of(texts) == style


def test_a_product_is_rounded_to_what_the_ledger_keeps():
    # 1.45678 × 0.000234 = 0.00034088652 and 12,000,000 × 0.000023 = 276 (T29).
    assert values.product(Decimal("1.45678"), Decimal("0.000234")) == Decimal("0.00034088652")
    assert values.product(Decimal(12_000_000), Decimal("0.000023")) == 276
    assert values.product(Decimal("1e-10"), Decimal("1.5e-8")) == Decimal("2e-18")


EXACT = st.decimals(min_value=-(10**20) + 1, max_value=10**20 - 1, places=18, allow_nan=False, allow_infinity=False)


@given(EXACT)
def test_every_decimal_of_18_places_survives(number):
    written = format(number, "f")

    assert values.number(written) == values.number(written, "point") == number
    assert values.number(str(number)) == number
    assert values.number(written.replace(".", ","), "comma") == number


@given(st.text(max_size=40), st.sampled_from(["plain", "point", "comma", "unclear"]))
def test_any_text_is_a_number_within_bounds_or_an_error_with_words(text, style):
    try:
        number = values.number(text, style)
    except ValueError as error:
        words, number = str(error), Decimal(0)
    else:
        words = "."

    assert words.endswith(".")
    assert abs(number) < 10**20
    assert number == number.quantize(Decimal("1e-18"), context=values.EXACT)
