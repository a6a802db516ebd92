"""Trades in any fiat currency: what is paid, at which rate, and what stays unknown."""

from datetime import date
from decimal import Decimal

import pytest

from market.models import Asset
from portfolios import services
from portfolios.models import Position
from portfolios.selectors import check_invariants
from portfolios.services.rates import Rates
from tests.factories import make_asset, make_price
from tests.portfolios.factories import NOW, instant, make_portfolio, record

D = Decimal


@pytest.fixture
def portfolio(alice):
    make_asset("bitcoin")
    make_asset("ethereum")
    return make_portfolio(alice)


@pytest.fixture
def euro(portfolio):
    """Price a euro at 1.10 USD on the first of March; long before it is unknown."""
    currency = services.ensure_fiat("EUR")
    make_price(currency, date(2024, 3, 1), "1.1")
    return currency


def rows(transaction):
    return list(transaction.entries.order_by("id").values_list("role", "asset", "quantity", "price"))


def held(portfolio, asset):
    return sum((row.quantity for row in Position.objects.filter(portfolio=portfolio, asset=asset)), D(0))


def test_a_fiat_currency_is_made_once_from_its_code(db):
    first, again = services.ensure_fiat("eur"), services.ensure_fiat("EUR")

    assert first == again
    assert (first.pk, first.symbol, first.name, first.kind) == ("eur", "EUR", "Euro", "fiat")
    with pytest.raises(services.CannotKeepError, match="no currency"):
        services.ensure_fiat("zzz")


def test_a_buy_pays_in_its_currency_at_the_rate_of_the_day(portfolio, euro):
    record(portfolio, "deposit", "100", "eur")

    buy = record(portfolio, "buy", "0.0025", "bitcoin", amount="95", currency="eur", fee="5")

    # 95 EUR x 1.10 = 104.50 USD; / 0.0025 = 41,800 a unit
    assert rows(buy) == [
        ("principal", "bitcoin", D("0.0025"), D(41800)),
        ("payment", "eur", D(-95), D("1.1")),
        ("fee", "eur", D(-5), D("1.1")),
    ]
    assert held(portfolio, "eur") == 0
    assert check_invariants(portfolio=portfolio) == []


def test_the_rate_of_the_trade_counts_before_that_of_the_day(portfolio, euro):
    record(portfolio, "deposit", "2", "bitcoin")

    sell = record(portfolio, "sell", "2", "bitcoin", price="40000", currency="EUR", rate=D("1.25"))

    # 40,000 EUR x 1.25 = 50,000 USD a unit
    assert rows(sell) == [
        ("principal", "bitcoin", D(-2), D(50000)),
        ("payment", "eur", D(80000), D("1.25")),
    ]


def test_an_unknown_rate_is_unknown_and_never_one(portfolio, euro):
    record(portfolio, "deposit", "100", "eur", at="2024-02-01")

    buy = record(portfolio, "buy", "1", "bitcoin", price="100", currency="eur", at="2024-02-01")

    assert [row[3] for row in rows(buy)] == [None, None]


def test_a_trade_without_a_price_takes_the_closes_of_both(portfolio, euro):
    make_price(Asset.objects.get(id="bitcoin"), date(2024, 3, 1), "44000")
    record(portfolio, "deposit", "1", "bitcoin")

    sell = record(portfolio, "sell", "1", "bitcoin", currency="eur")

    # 44,000 USD / 1.10 = 40,000 EUR
    assert rows(sell) == [("principal", "bitcoin", D(-1), D(44000)), ("payment", "eur", D(40000), D("1.1"))]


def test_a_close_without_a_rate_is_no_price(portfolio):
    make_price(Asset.objects.get(id="bitcoin"), date(2024, 3, 1), "44000")
    record(portfolio, "deposit", "1", "bitcoin")

    with pytest.raises(services.CannotRecordError, match="no USD rate of CHF is known for 2024-03-01") as refusal:
        record(portfolio, "sell", "1", "bitcoin", currency="chf")

    assert refusal.value.field == "price"


def test_cash_in_another_currency_comes_and_goes(portfolio):
    record(portfolio, "deposit", "100", "chf")

    record(portfolio, "withdrawal", "40", "chf")

    assert held(portfolio, "chf") == 60


def test_one_currency_is_traded_for_another(portfolio, euro):
    record(portfolio, "deposit", "110", "usd")

    record(portfolio, "buy", "100", "eur", price="1.1")

    assert (held(portfolio, "usd"), held(portfolio, "eur")) == (0, 100)


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"currency": "bitcoin"}, "currency", "is a swap"),
        ({"currency": "nothing"}, "currency", "no asset has the id"),
        ({"asset": "eur", "currency": "eur"}, "asset", "another currency"),
        ({"rate": D("1.1")}, "rate", "one US dollar"),
        ({"rate": D(0), "currency": "eur"}, "rate", "positive"),
        ({"kind": "deposit", "asset": "usd", "price": "2"}, "price", "leave it empty"),
        ({"kind": "deposit", "asset": "eur", "currency": "eur", "price": "2"}, "price", "leave it empty"),
    ],
)
def test_what_makes_no_sense_in_a_currency_is_refused(portfolio, euro, change, field, words):
    record(portfolio, "deposit", "100")
    facts = {"kind": "buy", "quantity": "1", "asset": "ethereum", "price": "1"} | change
    if facts["kind"] == "buy" and "price" in change:
        del facts["price"]

    with pytest.raises(services.CannotRecordError, match=words) as refusal:
        record(portfolio, facts.pop("kind"), facts.pop("quantity"), facts.pop("asset"), **facts)

    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("kind", "sign"),
    [("income", 1), ("airdrop", 1), ("fork", 1), ("gift_in", 1), ("deposit", 1), ("gift_out", -1), ("loss", -1)],
)
def test_a_price_of_any_kind_is_kept_in_usd(portfolio, euro, kind, sign):
    record(portfolio, "deposit", "5", "bitcoin")

    made = record(portfolio, kind, "2", "bitcoin", price="30000", currency="eur")

    assert rows(made) == [("principal", "bitcoin", sign * D(2), D(33000))]


def test_the_price_of_a_transfer_is_on_all_its_entries(portfolio):
    cold = services.add_wallet(portfolio=portfolio, name="Cold", kind="hardware")
    record(portfolio, "deposit", "1", "bitcoin")

    sent = record(
        portfolio, "transfer", "1", "bitcoin", to_wallet=cold, fee="0.001", fee_asset="bitcoin", price="30000"
    )

    assert [row[3] for row in rows(sent)] == [D(30000)] * 3


def test_the_price_of_a_swap_is_that_of_what_is_given(portfolio):
    record(portfolio, "deposit", "1", "bitcoin")

    swap = record(portfolio, "swap", "1", "bitcoin", received_asset="ethereum", received_quantity="16", price="40000")

    assert [(row[1], row[3]) for row in rows(swap)] == [("bitcoin", D(40000)), ("ethereum", None)]


def test_a_fee_by_itself_has_a_price(portfolio):
    record(portfolio, "deposit", "1", "bitcoin")

    fee = record(portfolio, "fee", "0.5", "bitcoin", price="100")

    assert rows(fee) == [("fee", "bitcoin", D("-0.5"), D(100))]


def test_a_deposit_may_pay_a_fee_and_say_when_it_was_acquired(portfolio):
    made = record(
        portfolio, "deposit", "1", "bitcoin", price="20000", fee="0.1", fee_asset="bitcoin",
        acquired_at=instant("2020-01-01"), external_id="tx 1",
    )  # fmt: skip

    assert rows(made)[1] == ("fee", "bitcoin", D("-0.1"), D(20000))
    assert (made.acquired_at, made.external_id) == (instant("2020-01-01"), "tx 1")


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"acquired_at": instant("2024-03-02")}, "acquired_at"),
        ({"acquired_at": instant("2008-01-01")}, "acquired_at"),
        ({"kind": "income", "acquired_at": instant("2020-01-01")}, "acquired_at"),
        ({"external_id": "x" * 201}, "external_id"),
        ({"external_id": "nul\0"}, "external_id"),
    ],
)
def test_a_wrong_date_or_id_is_refused(portfolio, facts, field):
    with pytest.raises(services.CannotRecordError) as refusal:
        record(portfolio, facts.pop("kind", "deposit"), "1", "bitcoin", **facts)

    assert refusal.value.field == field


def test_rates_that_were_loaded_at_once_are_those_asked_for_one_by_one(portfolio, euro, django_assert_num_queries):
    wanted = [("eur", instant(f"2024-03-0{day}")) for day in range(1, 6)] + [("usd", NOW), ("bitcoin", NOW)]
    one_by_one = Rates(now=NOW)
    expected = [one_by_one.usd(*one) for one in wanted]

    at_once = Rates(now=NOW)
    with django_assert_num_queries(1):
        at_once.preload(wanted)
        found = [at_once.usd(*one) for one in wanted]

    assert found == expected
    assert expected == [D("1.1"), D("1.1"), D("1.1"), None, None, D(1), None]
