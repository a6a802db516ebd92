"""Exact decimals: every digit, the right order, and nothing inexact gets in or out."""

import math
import random
from decimal import Decimal, localcontext

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, NotSupportedError, connection, transaction
from django.db.models import F, Max, Min, Sum
from hypothesis import given, strategies as st

from market.models import DailyPrice
from market.money import CONTEXT, AmountField, AsStored, ExactSum, amount_of, decode_offset, float_of
from tests.factories import make_asset, make_price, price_of
from tests.market.factories import NOW, day

pytestmark = pytest.mark.django_db
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has numeric columns of its own")
LARGEST = Decimal("99999999999999999999.999999999999999999")
DIFFICULT = [
    Decimal("1E-18"),
    Decimal("12345678.123456789012345678"),
    Decimal("21000000.000000000000000001"),
    Decimal("0.123456789123456789"),
    Decimal("999999999999.999999999999999999"),
    Decimal("1.000000000000000001"),
    LARGEST,
]


@pytest.fixture
def closes():
    """Store 300 prices of about 30 digits, drawn from a fixed seed, and return them by day."""
    rng = random.Random(7)
    asset = make_asset("a")
    values = [*DIFFICULT, *(Decimal(rng.randint(1, 10 ** rng.randint(1, 37))).scaleb(-18) for _ in range(293))]
    prices = [price_of(asset, day(-offset), value, market_cap=None) for offset, value in enumerate(values)]
    DailyPrice.objects.bulk_create(prices)
    return {price.day: price.close for price in prices}


def test_every_value_comes_back_digit_for_digit(closes):
    stored = dict(DailyPrice.objects.values_list("day", "close"))

    assert stored == closes
    assert all(value.as_tuple().exponent == -18 for value in stored.values())


def test_what_is_read_as_stored_is_the_same_number_and_the_nearest_float(closes):
    stored = dict(DailyPrice.objects.values_list("day", AsStored("close")))

    assert {on: amount_of(value) for on, value in stored.items()} == closes
    assert {on: float_of(value) for on, value in stored.items()} == {on: float(close) for on, close in closes.items()}
    assert math.isnan(float_of(DailyPrice.objects.values_list(AsStored("market_cap"), flat=True)[0]))


@on_sqlite
def test_as_stored_keeps_drivers_and_converters_away(closes):
    day_text, close = DailyPrice.objects.order_by("-day").values_list(AsStored("day"), AsStored("close"))[0]

    assert (day_text, type(close)) == (day(0).isoformat(), str)


def test_the_order_of_the_database_is_the_order_of_numbers(closes):
    ordered = list(DailyPrice.objects.order_by("close").values_list("close", flat=True))

    assert ordered == sorted(closes.values())


@pytest.mark.parametrize("bound", DIFFICULT)
def test_comparisons_see_the_last_digit(closes, bound):
    values = closes.values()

    assert DailyPrice.objects.filter(close__gte=bound).count() == sum(value >= bound for value in values)
    assert DailyPrice.objects.filter(close__lt=bound).count() == sum(value < bound for value in values)
    assert DailyPrice.objects.filter(close=bound).count() == sum(value == bound for value in values)
    assert DailyPrice.objects.filter(close__range=(1, bound)).count() == sum(1 <= value <= bound for value in values)


def test_min_max_and_exact_sum_are_exact(closes):
    rows = DailyPrice.objects.exclude(close=LARGEST).filter(close__lt=10**16)
    values = [value for value in closes.values() if value < 10**16]

    result = rows.aggregate(low=Min("close"), high=Max("close"), total=ExactSum("close"))

    with localcontext(CONTEXT):
        assert result == {"low": min(values), "high": max(values), "total": sum(values)}


def test_an_exact_sum_of_nothing_is_none():
    make_price(make_asset("a"), day(0), "1", market_cap=None)

    assert DailyPrice.objects.none().aggregate(total=ExactSum("close"))["total"] is None
    assert DailyPrice.objects.aggregate(total=ExactSum("market_cap"))["total"] is None


def test_a_float_is_refused_before_it_reaches_the_database():
    price = make_price(make_asset("a"), day(0), "1")
    price.close = 0.1  # type: ignore[assignment] # what the test is about

    with pytest.raises(TypeError, match="close: float refused, pass a Decimal or a string"):
        price.save()
    with pytest.raises(TypeError, match="float refused"):
        DailyPrice.objects.filter(close=0.1).exists()  # type: ignore[misc] # what the test is about


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (LARGEST + Decimal("1e-18"), "close: 1.000000e\\+20 has more than 20 digits before the point"),
        (Decimal("1e400"), "more than 20 digits"),
        (Decimal("1e-19"), "close: 1E-19 has more than 18 decimals; round explicitly"),
    ],
)
def test_what_the_column_cannot_hold_is_refused(value, message):
    price = make_price(make_asset("a"), day(0), "1")
    price.close = value

    with pytest.raises(ValueError, match=message):
        price.save()


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "x"])
def test_what_is_no_finite_number_is_refused(value):
    price = make_price(make_asset("a"), day(0), "1")
    price.close = value

    with pytest.raises(ValidationError, match="must be a decimal number"):
        price.save()


@on_sqlite
@pytest.mark.parametrize("raw", ["0.1", "100", "'0.1'", "'1'", "-1", f"'{'1' * 38}x'"])
def test_sqlite_itself_refuses_what_is_not_the_encoding(raw):
    make_price(make_asset("a"), day(0), "1")

    with pytest.raises(IntegrityError, match="CHECK"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE market_dailyprice SET close = {raw}")  # noqa: S608 - fixed values of this test


@on_sqlite
def test_arithmetic_in_sql_is_refused_on_sqlite():
    make_price(make_asset("a"), day(0), "1")

    with pytest.raises(NotSupportedError, match="no SQL arithmetic on money"):
        DailyPrice.objects.update(close=F("close") + 1)


@on_sqlite
def test_an_inexact_sum_is_refused_on_sqlite():
    make_price(make_asset("a"), day(0), "1")

    with pytest.raises(NotSupportedError, match="inexact SQL aggregate; use ExactSum"):
        DailyPrice.objects.aggregate(total=Sum("close"))


def test_a_column_may_take_the_value_of_another():
    price = make_price(make_asset("a"), day(0), "1.000000000000000001", volume=None)

    DailyPrice.objects.update(volume=F("close"))

    price.refresh_from_db()
    assert price.volume == Decimal("1.000000000000000001")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no arrays")
def test_many_rows_go_to_postgresql_as_arrays(django_assert_num_queries):
    asset = make_asset("a")
    rows = [
        DailyPrice(asset=asset, day=day(offset), close=value, source="test", recorded_at=NOW)
        for offset, value in enumerate(DIFFICULT)
    ]

    with django_assert_num_queries(1) as captured:
        DailyPrice.objects.bulk_create(rows)

    assert "UNNEST" in captured[0]["sql"]
    assert list(DailyPrice.objects.order_by("day").values_list("close", flat=True)) == DIFFICULT


signed = st.decimals(min_value=-LARGEST, max_value=LARGEST, places=18)


@given(signed, signed)
def test_the_text_of_sqlite_round_trips_and_sorts_as_the_numbers_do(one, other):
    field = AmountField(name="amount")

    first, second = (field._encode(value) for value in (one, other))

    assert decode_offset(first, digits=38, places=18) == one
    assert (first < second) == (one < other)
    assert len(first) == 39
