"""What things were worth: recorded, else at the close of the day and labelled, else unknown; never 0, never 1."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from market.models import Asset
from portfolios.models import Disposal, Lot, Receipt
from portfolios.selectors.happenings import get_happenings
from portfolios.selectors.lots import get_gains
from portfolios.services import add_sleeve, lots
from tests.factories import make_asset, make_price
from tests.portfolios.factories import NOW, instant, make_index, make_portfolio, record
from tests.portfolios.taxes.reading import build, gains_of, lots_of, plain

pytestmark = pytest.mark.django_db
DAY = date(2023, 3, 1)


def value_of(portfolio, currency: str = "USD") -> Decimal | None:
    """Return the value of the last happening."""
    return get_happenings(portfolio=portfolio, currency=currency).happenings[-1].value


def price(asset_id: str, day: date, close: str):
    """Price an asset on a day."""
    make_price(Asset.objects.get(id=asset_id), day, close)


def count_in(portfolio, currency: str):
    """Let gains be counted in another currency."""
    lots.keep_tax_settings(portfolio=portfolio, at=NOW, confirm=True, currency=currency)


def test_income_without_a_price_is_worth_the_close_of_its_day_and_says_so(portfolio):
    price("ethereum", DAY, "2000")
    record(portfolio, "income", "0.5", "ethereum", at="2023-03-01 12:00")

    build()

    receipt, lot = Receipt.objects.get(), Lot.objects.get()
    assert (plain(receipt.value), receipt.is_estimated) == ("1000", True)
    assert (plain(lot.cost), lot.is_estimated, lot.is_unpriced) == ("1000", True, False)


def test_income_without_any_price_is_unknown_and_its_lot_costs_0_and_says_so(portfolio):
    price("ethereum", DAY - timedelta(days=3), "2000")
    record(portfolio, "income", "0.5", "ethereum", at="2023-03-01 12:00")
    record(portfolio, "sell", "0.5", "ethereum", price="3000", at="2023-03-02")

    build()

    assert (Receipt.objects.get().value, Receipt.objects.get().is_estimated) == (None, False)
    assert gains_of(portfolio, "ethereum") == [("1500", "0", "1500")]
    assert get_gains(portfolio=portfolio, year=2023).totals.is_incomplete


def test_a_swap_takes_a_recorded_price_before_the_close_of_the_given_before_that_of_the_received(portfolio):
    swap = {"received_asset": "ethereum", "received_quantity": "10", "at": "2023-03-01"}
    record(portfolio, "buy", "3", "bitcoin", price="100", at="2023-01-01")
    record(portfolio, "swap", "1", "bitcoin", **swap)
    assert value_of(portfolio) is None

    price("ethereum", DAY, "2000")
    assert value_of(portfolio) == 20_000

    price("bitcoin", DAY, "21000")
    assert value_of(portfolio) == 21_000

    record(portfolio, "swap", "1", "bitcoin", price="20500", **swap)
    assert value_of(portfolio) == 20_500


def test_proceeds_that_nobody_knows_are_in_no_sum(portfolio):
    record(portfolio, "buy", "1", "bitcoin", price="100", at="2023-01-01")
    record(portfolio, "swap", "1", "bitcoin", received_asset="ethereum", received_quantity="10", at="2023-03-01")

    build()

    assert gains_of(portfolio) == [(None, "100", None)]
    totals = get_gains(portfolio=portfolio, year=2023).totals
    assert (totals.proceeds, totals.cost, totals.gain, totals.is_incomplete) == (0, 0, 0, True)


def test_a_fee_in_the_coin_that_is_sold_counts_at_the_price_of_the_sale(portfolio):
    price("bitcoin", DAY, "40000")
    record(portfolio, "buy", "2", "bitcoin", price="30000", at="2023-01-01")
    record(portfolio, "sell", "1", "bitcoin", price="50000", fee="0.001", fee_asset="bitcoin", at="2023-03-01")

    build()

    # The sale less a fee of 50; the fee itself is a sale of 0.001 for 50 that cost 30.
    assert gains_of(portfolio) == [("49950", "30000", "19950"), ("50", "30", "20")]
    assert not Disposal.objects.filter(is_estimated=True).exists()


def test_a_fee_in_a_third_coin_is_valued_at_the_close_of_that_day(portfolio):
    price("ethereum", DAY, "2000")
    record(portfolio, "buy", "1", "ethereum", price="1500", at="2023-01-01")
    record(portfolio, "buy", "1", "bitcoin", price="100", fee="0.01", fee_asset="ethereum", at="2023-03-01")

    build()

    assert lots_of(portfolio) == [("1", "120")]
    assert gains_of(portfolio, "ethereum") == [("20", "15", "5")]
    assert Lot.objects.get(asset="bitcoin").is_estimated


@pytest.mark.parametrize("kind", ["deposit", "gift_in"])
def test_coins_brought_without_their_cost_cost_nothing_and_say_so(portfolio, kind):
    price("bitcoin", DAY, "40000")
    record(portfolio, kind, "1", "bitcoin", at="2023-03-01")

    build()

    # What they are worth on arrival is not what they cost.
    assert list(Lot.objects.values_list("cost", "is_unpriced", "is_estimated")) == [(0, True, False)]


def test_a_deposit_costs_what_is_recorded_and_is_held_since_it_was_acquired(portfolio):
    since = instant("2021-05-01")
    price("bitcoin", since.date(), "55000")
    record(portfolio, "deposit", "1", "bitcoin", price="20000", acquired_at=since, at="2023-03-01")
    record(portfolio, "deposit", "1", "bitcoin", acquired_at=since, at="2023-03-02")

    build()

    # Without a price of its own the close of the day on which it was acquired stands in.
    rows = list(Lot.objects.order_by("place").values_list("at", "cost", "is_estimated"))
    assert rows == [(since, 20_000, False), (since, 55_000, True)]


def test_a_payment_in_the_currency_of_the_settings_counts_exactly(portfolio, euro):
    price("eur", DAY, "1.0817")
    record(portfolio, "deposit", "1000", "eur", at="2023-01-01")
    # 100 EUR for 0.00251478: the price of a unit would lose digits, what was paid does not.
    record(portfolio, "buy", "0.00251478", "bitcoin", amount="100", currency="eur", at="2023-03-01")
    count_in(portfolio, "EUR")

    build()

    assert lots_of(portfolio) == [("0.00251478", "100")]


def test_dollars_are_converted_at_the_rate_of_the_day(portfolio, euro):
    price("eur", DAY, "1.25")
    record(portfolio, "buy", "1", "bitcoin", price="20000", at="2023-03-01")
    count_in(portfolio, "EUR")

    build()

    assert lots_of(portfolio) == [("1", "16000")]


def test_a_payment_counts_at_the_rate_that_was_recorded_with_it(portfolio, euro):
    price("eur", DAY, "1.25")
    record(portfolio, "deposit", "1000", "eur", at="2023-01-01")
    record(portfolio, "buy", "1", "bitcoin", amount="100", currency="eur", rate=Decimal("1.2"), at="2023-03-01")

    build()

    assert lots_of(portfolio) == [("1", "120")]


@pytest.mark.parametrize(("days", "known"), [(5, True), (6, False)])
def test_a_weekend_takes_the_rate_before_it_and_a_missing_rate_is_unknown(portfolio, euro, days, known):
    price("eur", DAY - timedelta(days=days), "1.25")
    record(portfolio, "buy", "1", "bitcoin", price="20000", at="2023-03-01")

    assert value_of(portfolio, "EUR") == (16_000 if known else None)


def test_a_currency_without_any_rate_leaves_lots_unpriced(portfolio):
    record(portfolio, "buy", "1", "bitcoin", price="20000", at="2023-03-01")
    count_in(portfolio, "CHF")

    build()

    lot = Lot.objects.get()
    assert (lot.is_unpriced, lot.cost) == (True, 0)


def test_currencies_have_no_lots(portfolio, euro):
    record(portfolio, "deposit", "1000", "eur", at="2023-01-01")
    record(portfolio, "swap", "100", "eur", received_asset="bitcoin", received_quantity="1", at="2023-03-01")
    record(portfolio, "withdrawal", "100", "eur", at="2023-03-02")
    price("eur", DAY, "1.1")

    build()

    assert set(Lot.objects.values_list("asset", flat=True)) == {"bitcoin"}
    assert lots_of(portfolio) == [("1", "110")]
    assert not Disposal.objects.exists()


def test_parts_of_sleeves_are_one_sale(alice):
    portfolio = make_portfolio(alice)
    make_asset("bitcoin")
    sleeve = add_sleeve(portfolio=portfolio, index=make_index(), target_weight=Decimal("0.5"))
    record(portfolio, "deposit", "1000", at="2023-01-01")
    record(portfolio, "buy", "1", "bitcoin", price="100", at="2023-01-02", sleeve=sleeve)
    record(portfolio, "buy", "1", "bitcoin", price="200", at="2023-01-03")
    record(portfolio, "sell", "2", "bitcoin", price="300", at="2023-02-01")

    build()

    assert gains_of(portfolio) == [("600", "300", "300")]
