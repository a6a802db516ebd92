"""Recording: each kind moves what it must, and nothing that breaks a rule is half written."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from market.models import Asset
from portfolios import services
from portfolios.models import Entry, Position, Transaction
from portfolios.selectors import check_invariants, get_cash
from tests.factories import make_asset, make_price
from tests.portfolios.factories import NOW, instant, make_investor, make_portfolio, record

D = Decimal


@pytest.fixture
def portfolio(alice):
    make_asset("bitcoin")
    make_asset("ethereum")
    return make_portfolio(alice)


def moves(transaction):
    rows = transaction.entries.order_by("id").values_list("role", "asset_id", "quantity")
    return [(role, asset, quantity) for role, asset, quantity in rows]


def held(portfolio, asset, wallet=None):
    rows = Position.objects.filter(portfolio=portfolio, asset=asset)
    if wallet is not None:
        rows = rows.filter(wallet=wallet)
    return sum((row.quantity for row in rows), D(0))


def test_a_deposit_comes_in(portfolio):
    deposit = record(portfolio, "deposit", "100.5")

    assert moves(deposit) == [("principal", "usd", D("100.5"))]
    assert get_cash(portfolio=portfolio) == D("100.5")


def test_a_buy_pays_price_and_fee(portfolio):
    record(portfolio, "deposit", "1000")

    buy = record(portfolio, "buy", "0.02", "bitcoin", price="40000", fee="2.5")

    assert moves(buy) == [
        ("principal", "bitcoin", D("0.02")),
        ("payment", "usd", D(-800)),
        ("fee", "usd", D("-2.5")),
    ]
    assert get_cash(portfolio=portfolio) == D("197.5")


def test_a_buy_for_an_amount_costs_exactly_that(portfolio):
    record(portfolio, "deposit", "100")

    buy = record(portfolio, "buy", "0.00251478", "bitcoin", amount="100")

    assert get_cash(portfolio=portfolio) == 0
    assert buy.entries.get(role="principal").price == D("39764.909852949363363793")


def test_a_sell_brings_in_its_price(portfolio):
    record(portfolio, "deposit", "2", "bitcoin")

    sell = record(portfolio, "sell", "0.5", "bitcoin", price="40000", fee="10")

    assert moves(sell) == [
        ("principal", "bitcoin", D("-0.5")),
        ("payment", "usd", D(20000)),
        ("fee", "usd", D(-10)),
    ]


def test_a_sell_without_a_price_takes_the_close_of_its_day(portfolio):
    record(portfolio, "deposit", "1", "bitcoin")
    make_price(Asset.objects.get(id="bitcoin"), date(2024, 3, 2), "41000")

    sell = record(portfolio, "sell", "1", "bitcoin", at="2024-03-02 09:00")

    assert sell.entries.get(role="payment").quantity == D(41000)


def test_a_day_that_has_not_closed_takes_the_last_close(portfolio):
    record(portfolio, "deposit", "1", "bitcoin")
    make_price(Asset.objects.get(id="bitcoin"), date(2024, 3, 9), "42000")

    sell = record(portfolio, "sell", "1", "bitcoin", at=NOW)

    assert sell.entries.get(role="payment").quantity == D(42000)


def test_a_price_older_than_two_days_is_not_taken(portfolio):
    record(portfolio, "deposit", "1", "bitcoin")
    make_price(Asset.objects.get(id="bitcoin"), date(2024, 3, 2), "41000")

    record(portfolio, "sell", "0.1", "bitcoin", at="2024-03-04")
    with pytest.raises(services.CannotRecordError, match="no close of bitcoin is known for 2024-03-05") as refusal:
        record(portfolio, "sell", "0.1", "bitcoin", at="2024-03-05")

    assert refusal.value.field == "price"


def test_a_swap_gives_one_asset_for_another(portfolio):
    record(portfolio, "deposit", "1", "bitcoin")

    swap = record(portfolio, "swap", "0.5", "bitcoin", received_asset="ethereum", received_quantity="8")

    assert moves(swap) == [("principal", "bitcoin", D("-0.5")), ("principal", "ethereum", D(8))]


def test_a_transfer_conserves_quantity_less_its_fee(portfolio):
    cold = services.add_wallet(portfolio=portfolio, name="Cold", kind="hardware")
    record(portfolio, "deposit", "1", "bitcoin")

    sent = record(portfolio, "transfer", "1", "bitcoin", to_wallet=cold, fee="0.001", fee_asset="bitcoin")

    assert moves(sent) == [
        ("principal", "bitcoin", D("-0.999")),
        ("principal", "bitcoin", D("0.999")),
        ("fee", "bitcoin", D("-0.001")),
    ]
    assert held(portfolio, "bitcoin", cold) == D("0.999")
    assert held(portfolio, "bitcoin") == D("0.999")
    assert check_invariants(portfolio=portfolio) == []


def test_what_a_transfer_does_not_deliver_is_its_fee(portfolio):
    cold = services.add_wallet(portfolio=portfolio, name="Cold", kind="hardware")
    record(portfolio, "deposit", "1", "bitcoin")

    sent = record(portfolio, "transfer", "1", "bitcoin", to_wallet=cold, received_quantity="0.99")

    assert sent.entries.get(role="fee").quantity == D("-0.01")


def test_a_transfer_may_pay_its_fee_in_another_asset(portfolio):
    cold = services.add_wallet(portfolio=portfolio, name="Cold", kind="hardware")
    record(portfolio, "deposit", "1", "bitcoin")
    record(portfolio, "deposit", "1", "ethereum")

    record(portfolio, "transfer", "1", "bitcoin", to_wallet=cold, fee="0.1", fee_asset="ethereum")

    assert held(portfolio, "bitcoin", cold) == 1
    assert held(portfolio, "ethereum") == D("0.9")


@pytest.mark.parametrize(
    ("kind", "sign"),
    [("income", 1), ("airdrop", 1), ("fork", 1), ("gift_in", 1), ("gift_out", -1), ("loss", -1), ("withdrawal", -1)],
)
def test_kinds_of_one_leg_move_one_way(portfolio, kind, sign):
    record(portfolio, "deposit", "5", "bitcoin")

    record(portfolio, kind, "2", "bitcoin")

    assert held(portfolio, "bitcoin") == 5 + sign * 2


def test_a_fee_alone_is_a_fee(portfolio):
    record(portfolio, "deposit", "5", "bitcoin")

    fee = record(portfolio, "fee", "0.5", "bitcoin")

    assert moves(fee) == [("fee", "bitcoin", D("-0.5"))]


def test_a_fee_may_be_paid_from_what_comes_in(portfolio):
    record(portfolio, "deposit", "100")

    record(portfolio, "buy", "1", "bitcoin", price="100", fee="0.01", fee_asset="bitcoin")

    assert held(portfolio, "bitcoin") == D("0.99")


def test_the_smallest_and_the_longest_quantity_survive(portfolio):
    for quantity in ("0.000000000000000001", "12345678901234567890.123456789012345678"):
        record(portfolio, "deposit", quantity, "ethereum")

    stored = Entry.objects.filter(asset="ethereum").order_by("quantity").values_list("quantity", flat=True)

    assert [str(value) for value in stored] == ["1E-18", "12345678901234567890.123456789012345678"]
    assert held(portfolio, "ethereum") == D("12345678901234567890.123456789012345679")


def test_the_first_day_that_changes_is_marked_for_revaluation(portfolio):
    record(portfolio, "deposit", "5", at="2024-03-05")
    record(portfolio, "deposit", "5", at="2024-03-02 23:59")
    record(portfolio, "deposit", "5", at="2024-03-04")

    portfolio.refresh_from_db()

    assert portfolio.revalue_from == date(2024, 3, 2)


REFUSED = [
    ({"kind": "steal"}, "kind"),
    ({"quantity": "0"}, "quantity"),
    ({"quantity": "-1"}, "quantity"),
    ({"quantity": "NaN"}, "quantity"),
    ({"quantity": "sNaN"}, "quantity"),
    ({"quantity": "Infinity"}, "quantity"),
    ({"quantity": "1e400"}, "quantity"),
    ({"quantity": "1e-400"}, "quantity"),
    ({"quantity": "0.1234567890123456789"}, "quantity"),
    ({"quantity": "123456789012345678901"}, "quantity"),
    ({"quantity": "9" * 200_000}, "quantity"),
    ({"price": "0"}, "price"),
    ({"price": "-1"}, "price"),
    ({"price": "1e19", "quantity": "100"}, "amount"),
    ({"price": "1", "amount": "1"}, "amount"),
    ({"price": "1e-18", "quantity": "1e-18"}, "amount"),
    ({"amount": "0"}, "amount"),
    ({"fee": "-1"}, "fee"),
    ({"fee": "0.1234567890123456789"}, "fee"),
    ({"fee": "1", "fee_asset": "nothing"}, "fee_asset"),
    ({"asset": "nothing"}, "asset"),
    ({"asset": "bit\0coin"}, "asset"),
    ({"asset": "usd", "price": "1"}, "asset"),
    ({"at": NOW + timedelta(seconds=1)}, "at"),
    ({"at": instant("2008-12-31 23:59")}, "at"),
    ({"at": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=9)))}, "at"),
    ({"at": datetime(2024, 3, 1)}, "at"),  # noqa: DTZ001 - the missing zone is what is refused
    ({"note": "x" * 301}, "note"),
    ({"note": "nul\0"}, "note"),
    ({"token": ""}, "token"),
    ({"token": "x" * 81}, "token"),
    ({"received_asset": "ethereum"}, "received_asset"),
    ({"kind": "swap"}, "received_asset"),
    ({"kind": "swap", "received_asset": "bitcoin", "received_quantity": "1"}, "received_asset"),
    ({"kind": "transfer"}, "to_wallet"),
    ({"kind": "fee", "fee": "1"}, "fee"),
    ({"kind": "deposit", "amount": "1"}, "amount"),
]


@pytest.mark.parametrize(("change", "field"), REFUSED, ids=lambda value: str(value)[:50])
def test_a_wrong_field_is_named_and_nothing_is_written(portfolio, change, field):
    record(portfolio, "deposit", "1000")
    facts = {"kind": "buy", "quantity": "1", "asset": "bitcoin"} | change
    before = Entry.objects.count()

    with pytest.raises(services.RefusedError) as refusal:
        record(portfolio, facts.pop("kind"), facts.pop("quantity"), facts.pop("asset"), **facts)

    assert refusal.value.field == field
    assert Entry.objects.count() == before
    assert Transaction.objects.count() == 1


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"received_quantity": "2"}, "received_quantity"),
        ({"fee": "1", "fee_asset": "bitcoin"}, "received_quantity"),
        ({"received_quantity": "0.9", "fee": "0.05", "fee_asset": "bitcoin"}, "fee"),
    ],
)
def test_a_transfer_that_does_not_add_up_is_refused(portfolio, facts, field):
    cold = services.add_wallet(portfolio=portfolio, name="Cold", kind="hardware")
    record(portfolio, "deposit", "1", "bitcoin")

    with pytest.raises(services.CannotRecordError) as refusal:
        record(portfolio, "transfer", "1", "bitcoin", to_wallet=cold, **facts)

    assert refusal.value.field == field


def test_a_transfer_to_the_same_wallet_is_refused(portfolio):
    with pytest.raises(services.CannotRecordError, match="another wallet"):
        record(portfolio, "transfer", "1", "bitcoin", to_wallet=portfolio.wallets.get())


def test_a_wallet_or_sleeve_of_another_portfolio_is_refused(portfolio, bob):
    services.add_wallet(portfolio=portfolio, name="Cold", kind="hardware")
    other = make_investor(bob)

    for name, part in (("wallet", other.wallets.get()), ("sleeve", other.sleeves.get())):
        with pytest.raises(services.CannotRecordError) as refusal:
            record(portfolio, "deposit", "1", "bitcoin", **{name: part})
        assert refusal.value.field == name


def test_cash_stands_outside_of_sleeves(alice):
    portfolio = make_investor(alice)

    with pytest.raises(services.CannotRecordError, match="no sleeve"):
        record(portfolio, "deposit", "1", sleeve=portfolio.sleeves.get())
