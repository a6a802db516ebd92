"""Investing and recording through the forms: shown first, done once, refused in words."""

import re
from decimal import Decimal

import pytest
import time_machine

from indices.models import Index
from portfolios import services
from portfolios.models import Entry, Order, Transaction
from portfolios.selectors import get_cash
from tests.portfolios.factories import NOW, make_investor, record


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def portfolio(alice):
    return make_investor(alice)


@pytest.fixture
def site(alice, as_user):
    return as_user(alice)


def url(portfolio, part=""):
    return f"/portfolios/{portfolio.id}/{part}"


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def deposit(**overrides):
    return {"at": "2024-03-02T09:30", "asset": "usd", "quantity": "100.5", "wallet": "", "token": "t1"} | overrides


def test_investing_is_shown_before_it_is_done(site, portfolio):
    fields = {
        "sleeve": portfolio.sleeves.get().id,
        "amount": "1000",
        "wallet": portfolio.wallets.get().id,
        "day": "",
        "token": "t1",
    }

    assert "Cash now: $10,000.00" in text(site.get(url(portfolio, "invest/")))
    preview = text(site.post(url(portfolio, "invest/"), fields))

    assert "Cash afterwards $9,000.00" in preview
    assert "BITCO 66.67% $666.67" in preview
    assert Order.objects.count() == 0


def test_an_order_confirmed_twice_is_one(site, portfolio):
    fields = {
        "sleeve": portfolio.sleeves.get().id,
        "amount": "1000",
        "wallet": portfolio.wallets.get().id,
        "day": "2024-03-05",
        "token": "t1",
        "confirm": "yes",
    }

    for _ in range(2):
        assert site.post(url(portfolio, "invest/"), fields).status_code == 302

    assert Order.objects.count() == 1
    assert get_cash(portfolio=portfolio) == 9000


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"amount": "20000"}, "more than the cash"),
        ({"amount": "1"}, "smallest order is 50 USD"),
        ({"amount": "NaN"}, "Enter a number"),
        ({"amount": "1e400"}, "digits"),
        ({"amount": "100.001"}, "2 decimal places"),
        ({"day": "2024-03-10"}, "has not closed yet"),
        ({"day": "2024-02-01"}, "no basket on 2024-02-01"),
        ({"day": "0000-00-00"}, "valid date"),
        ({"sleeve": "99999"}, "valid choice"),
        ({"sleeve": "\0"}, "Null characters"),
        ({"token": ""}, "Show what it comes to"),
    ],
    ids=str,
)
@pytest.mark.parametrize("step", [{}, {"confirm": "yes"}], ids=["preview", "confirm"])
def test_a_wrong_order_is_said_in_words(site, portfolio, change, words, step):
    fields = {
        "sleeve": portfolio.sleeves.get().id,
        "amount": "1000",
        "wallet": portfolio.wallets.get().id,
        "token": "t1",
    }

    answer = site.post(url(portfolio, "invest/"), fields | change | step)

    assert answer.status_code == 422
    assert words in text(answer)
    assert Order.objects.count() == 0


def test_a_retired_index_takes_no_order(site, portfolio):
    Index.objects.update(status="retired", retired_on="2024-03-05")
    fields = {"sleeve": portfolio.sleeves.get().id, "amount": "100", "wallet": portfolio.wallets.get().id, "token": "t"}

    answer = site.post(url(portfolio, "invest/"), fields)

    assert answer.status_code == 422
    assert "is retired since 2024-03-05" in text(answer)


def test_every_kind_has_its_form(site, portfolio):
    for kind in [*Transaction.Kind.values, "steal"]:
        assert site.get(url(portfolio, f"transactions/new/?kind={kind}")).status_code == 200


def test_a_deposit_sent_twice_is_one(site, portfolio):
    fields = deposit(wallet=portfolio.wallets.get().id)

    for _ in range(2):
        assert site.post(url(portfolio, "transactions/new/?kind=deposit"), fields).status_code == 302

    made = Transaction.objects.get(token="t1")
    assert str(made.at) == "2024-03-02 09:30:00+00:00"
    assert get_cash(portfolio=portfolio) == Decimal("10100.5")


def test_a_time_is_read_in_the_users_zone(site, portfolio):
    session = site.session
    session["time_zone"] = "Asia/Tokyo"
    session.save()
    fields = deposit(wallet=portfolio.wallets.get().id, at="2024-03-02T08:00")

    site.post(url(portfolio, "transactions/new/?kind=deposit"), fields)

    assert str(Transaction.objects.get(token="t1").at) == "2024-03-01 23:00:00+00:00"


def test_eighteen_decimals_survive_the_form(site, portfolio):
    fields = deposit(
        wallet=portfolio.wallets.get().id, asset="bitcoin", quantity="1234567890123456789.123456780000000001"
    )

    site.post(url(portfolio, "transactions/new/?kind=deposit"), fields)

    assert Entry.objects.get(asset="bitcoin").quantity == Decimal("1234567890123456789.123456780000000001")
    assert "1,234,567,890,123,456,789.12345678" in text(site.get(url(portfolio)))


def test_a_sell_and_a_transfer_go_through_their_forms(site, portfolio):
    record(portfolio, "deposit", "1", "bitcoin")
    cold = services.add_wallet(portfolio=portfolio, name="Cold", kind="hardware")
    main = portfolio.wallets.order_by("id").first().id
    base = {"at": "2024-03-05T10:00", "asset": "bitcoin", "wallet": main}

    sold = site.post(
        url(portfolio, "transactions/new/?kind=sell"), base | {"quantity": "0.5", "fee": "1", "token": "a"}
    )
    sent = site.post(
        url(portfolio, "transactions/new/?kind=transfer"),
        base | {"quantity": "0.5", "to_wallet": cold.id, "fee": "0.01", "fee_asset": "bitcoin", "token": "b"},
    )

    assert (sold.status_code, sent.status_code) == (302, 302)
    assert get_cash(portfolio=portfolio) == 29999
    assert Entry.objects.get(wallet=cold).quantity == Decimal("0.49")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"quantity": "NaN"}, "Enter a number"),
        ({"quantity": "1e400"}, "digits"),
        ({"quantity": "0.1234567890123456789"}, "decimal places"),
        ({"quantity": "0"}, "positive number"),
        ({"at": "0000-01-01T00:00"}, "valid date"),
        ({"at": "2024-03-10T12:01"}, "lies in the future"),
        ({"at": "2008-01-01T00:00"}, "before 2009"),
        ({"asset": "nothing"}, "valid choice"),
        ({"note": "\0"}, "Null characters"),
        ({"wallet": "999999999999999999999999"}, "valid choice"),
    ],
    ids=str,
)
def test_a_wrong_transaction_is_said_in_words(site, portfolio, change, words):
    fields = deposit(wallet=portfolio.wallets.get().id) | change

    answer = site.post(url(portfolio, "transactions/new/?kind=deposit"), fields)

    assert answer.status_code == 422
    assert words in text(answer)
    assert Transaction.objects.count() == 1


def test_more_than_is_held_cannot_be_sold(site, portfolio):
    fields = deposit(wallet=portfolio.wallets.get().id, asset="bitcoin", quantity="1", price="5")

    answer = site.post(url(portfolio, "transactions/new/?kind=sell"), fields)

    assert answer.status_code == 422
    assert "1 BITCO short on 2024-03-02" in text(answer)
