"""The API: what a client sends and gets, whose it is, and that twice is once."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import IdempotencyRecord
from portfolios import services
from portfolios.models import Entry, Order, Portfolio, Transaction, Wallet
from tests.portfolios.factories import NOW, make_index, make_investor, make_portfolio, record

ROOT = "/api/v1/portfolios/"


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def portfolio(alice):
    return make_investor(alice)


@pytest.fixture
def api(alice, api_as):
    return api_as(alice)


def url(portfolio, part=""):
    return f"{ROOT}{portfolio.id}/{part}"


def deposit(**overrides):
    return {"kind": "deposit", "at": "2024-03-02T00:00:00Z", "asset": "usd", "quantity": "100.5"} | overrides


def test_a_portfolio_is_opened_with_its_sleeves(api, alice):
    make_index()
    body = {"name": "Long run", "sleeves": [{"index": "top-2", "target_weight": "0.8"}]}

    answer = api.post(ROOT, body, format="json")

    assert answer.status_code == 201
    assert answer.json()["fee_rate"] == "0.0025"
    portfolio = Portfolio.objects.get(id=answer.json()["id"])
    assert portfolio.owner == alice
    assert portfolio.sleeves.get().upper_band == Decimal("0.96")


def test_the_list_shows_only_the_callers(api, portfolio, bob):
    make_portfolio(bob, name="Canary")

    rows = api.get(ROOT).json()["results"]

    assert [row["name"] for row in rows] == ["Long run"]


def test_a_portfolio_is_renamed(api, portfolio):
    answer = api.patch(url(portfolio), {"name": "Short run", "owner": 99}, format="json")

    assert answer.json()["name"] == "Short run"


def test_holdings_are_valued_at_the_last_closes(api, portfolio):
    record(portfolio, "deposit", "0.5", "bitcoin")

    body = api.get(url(portfolio, "holdings/")).json()

    assert (body["value"], body["cash"], body["priced_on"]) == ("30000", "10000", "2024-03-09")
    assert [(line["asset"], line["value"], line["weight"]) for line in body["lines"]] == [
        ("bitcoin", "20000", "0.6667"),
        ("usd", "10000", "0.3333"),
    ]


def test_a_transaction_comes_back_as_it_was_sent(api, portfolio):
    answer = api.post(url(portfolio, "transactions/"), deposit(note="Savings"), format="json")

    assert answer.status_code == 201
    body = answer.json()
    assert (body["kind"], body["at"], body["note"], body["via"]) == (
        "deposit",
        "2024-03-02T00:00:00Z",
        "Savings",
        "api",
    )
    assert [(entry["asset"], entry["quantity"]) for entry in body["entries"]] == [("usd", "100.5")]
    assert api.get(url(portfolio, f"transactions/{body['id']}/")).json() == body


@pytest.mark.parametrize("quantity", ["0.000000000000000001", "1234567890123456789.123456789012345678"])
def test_eighteen_decimals_survive(api, portfolio, quantity):
    sent = api.post(url(portfolio, "transactions/"), deposit(asset="bitcoin", quantity=quantity), format="json")

    assert sent.json()["entries"][0]["quantity"] == quantity
    stored = Entry.objects.get(transaction=sent.json()["id"])
    assert stored.quantity == Decimal(quantity)
    lines = api.get(url(portfolio, "holdings/")).json()["lines"]
    assert quantity in {line["quantity"] for line in lines}


def test_the_same_key_and_body_is_one_transaction(api, portfolio):
    headers = {"Idempotency-Key": "abc"}

    first = api.post(url(portfolio, "transactions/"), deposit(), format="json", headers=headers)
    again = api.post(url(portfolio, "transactions/"), deposit(), format="json", headers=headers)

    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert Transaction.objects.count() == 2


def test_the_same_key_with_another_body_is_422(api, portfolio):
    headers = {"Idempotency-Key": "abc"}
    api.post(url(portfolio, "transactions/"), deposit(), format="json", headers=headers)

    answer = api.post(url(portfolio, "transactions/"), deposit(quantity="1"), format="json", headers=headers)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "idempotency_key_reused"


def test_a_key_belongs_to_its_user(api, portfolio, bob, api_as):
    theirs = make_portfolio(bob)
    headers = {"Idempotency-Key": "abc"}

    api.post(url(portfolio, "transactions/"), deposit(), format="json", headers=headers)
    answer = api_as(bob).post(url(theirs, "transactions/"), deposit(), format="json", headers=headers)

    assert answer.status_code == 201
    assert IdempotencyRecord.objects.count() == 2


def test_an_error_does_not_use_up_its_key(api, portfolio):
    headers = {"Idempotency-Key": "abc"}

    refused = api.post(url(portfolio, "transactions/"), deposit(quantity="0"), format="json", headers=headers)
    answer = api.post(url(portfolio, "transactions/"), deposit(), format="json", headers=headers)

    assert (refused.status_code, answer.status_code) == (400, 201)


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_has_1_to_255_characters(api, portfolio, key):
    headers = {"Idempotency-Key": key}

    assert api.post(url(portfolio, "transactions/"), deposit(), format="json", headers=headers).status_code == 400


def test_a_refusal_names_its_field(api, portfolio):
    body = deposit(kind="withdrawal", quantity="10100")

    answer = api.post(url(portfolio, "transactions/"), body, format="json")

    assert answer.status_code == 400
    error = answer.json()["errors"][0]
    assert error["attr"] == "quantity"
    assert "100 USD short on 2024-03-02" in error["detail"]


BAD = [
    {"quantity": "NaN"},
    {"quantity": "Infinity"},
    {"quantity": "1e400"},
    {"quantity": "1E-400"},
    {"quantity": True},
    {"quantity": None},
    {"quantity": "9" * 200_000},
    {"quantity": "0.1234567890123456789"},
    {"quantity": "1\0"},
    {"at": "0000-01-01T00:00:00Z"},
    {"at": "2024-13-01T00:00:00Z"},
    {"at": "9999-12-31T23:59:59-23:59"},
    {"at": "0001-01-01T00:00:00+23:59"},
    {"asset": "bit\0coin"},
    {"asset": ["usd"]},
    {"wallet": 10**30},
    {"wallet": "x"},
    {"wallet": True},
    {"sleeve": 10**30},
    {"note": "\0"},
    {"kind": "\0"},
]


@pytest.mark.parametrize("change", BAD, ids=lambda value: str(value)[:40])
def test_bad_input_is_400(api, portfolio, change):
    answer = api.post(url(portfolio, "transactions/"), deposit(**change), format="json")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == next(iter(change))
    assert Transaction.objects.count() == 1


def test_a_lone_surrogate_is_400(api, portfolio):
    body = json.dumps(deposit(asset="\ud800"))

    assert api.post(url(portfolio, "transactions/"), body, content_type="application/json").status_code == 400


def test_a_json_number_keeps_its_digits(api, portfolio):
    body = json.dumps(deposit()).replace('"100.5"', "0.123456789012345678")

    answer = api.post(
        url(portfolio, "transactions/"), body, content_type="application/json", headers={"Idempotency-Key": "abc"}
    )

    assert answer.json()["entries"][0]["quantity"] == "0.123456789012345678"


@pytest.mark.parametrize("body", [[], "text", 1, None, [1]], ids=str)
def test_a_body_that_is_no_object_is_400(api, portfolio, body):
    for part in ("transactions/", "invest/", "wallets/", "sleeves/"):
        method = api.put if part == "sleeves/" else api.post
        answer = method(url(portfolio, part), body, format="json")
        assert answer.status_code == 400 or (part == "sleeves/" and body == [])


@pytest.mark.parametrize("query", ["kind=steal", "kind=%00", "asset=%00", "from=0000-01-01", "to=x", "in_force=maybe"])
def test_a_bad_query_is_400(api, portfolio, query):
    assert api.get(url(portfolio, f"transactions/?{query}")).status_code == 400


def test_the_end_of_time_is_a_day_like_any_other(api, portfolio):
    answer = api.get(url(portfolio, "transactions/?from=0001-01-01&to=9999-12-31"))

    assert answer.status_code == 200
    assert len(answer.json()["results"]) == 1


def test_the_list_narrows(api, portfolio):
    bought = record(portfolio, "buy", "0.1", "bitcoin", price="100", at="2024-03-03")
    services.void_transaction(voided=record(portfolio, "deposit", "7", at="2024-03-04"), now=NOW)

    def ids(query):
        return [row["id"] for row in api.get(url(portfolio, f"transactions/?{query}")).json()["results"]]

    assert ids("kind=buy") == ids("asset=bitcoin") == ids("from=2024-03-03&to=2024-03-03") == [bought.id]
    assert len(ids("in_force=true")) == 2
    assert len(ids("")) == 3


def test_deleting_voids(api, portfolio):
    made = record(portfolio, "deposit", "7")

    assert api.delete(url(portfolio, f"transactions/{made.id}/")).status_code == 204
    assert api.delete(url(portfolio, f"transactions/{made.id}/")).status_code == 204

    assert api.get(url(portfolio, f"transactions/{made.id}/")).json()["voided_at"] is not None


def test_a_void_that_would_leave_too_little_is_400(api, portfolio):
    first = portfolio.transactions.get()
    record(portfolio, "withdrawal", "1", at="2024-03-05")

    assert api.delete(url(portfolio, f"transactions/{first.id}/")).status_code == 400


def test_an_amount_is_invested_once(api, portfolio):
    body = {"sleeve": portfolio.sleeves.get().id, "amount": "1000"}
    headers = {"Idempotency-Key": "abc"}

    first = api.post(url(portfolio, "invest/"), body, format="json", headers=headers)
    again = api.post(url(portfolio, "invest/"), body, format="json", headers=headers)

    assert first.status_code == 201
    assert first.json()["amount"] == "1000"
    assert len(first.json()["transactions"]) == 2
    assert again.json() == first.json()
    assert Order.objects.count() == 1


def test_investing_too_much_names_the_cash(api, portfolio):
    body = {"sleeve": portfolio.sleeves.get().id, "amount": "10000.01"}

    answer = api.post(url(portfolio, "invest/"), body, format="json")

    assert answer.status_code == 400
    assert "10000 USD" in answer.json()["errors"][0]["detail"]


def test_sleeves_are_read_and_replaced(api, portfolio):
    make_index("tail", {"bitcoin": "1"})
    body = [
        {"index": "top-2", "target_weight": "0.5"},
        {"index": "tail", "target_weight": "0.3", "lower_band": "0.1", "upper_band": "0.4"},
    ]

    answer = api.put(url(portfolio, "sleeves/"), body, format="json")

    assert answer.status_code == 200
    assert answer.json() == api.get(url(portfolio, "sleeves/")).json()
    assert [(row["index"], row["lower_band"], row["state"]) for row in answer.json()] == [
        ("top-2", "0.4", "below"),
        ("tail", "0.1", "below"),
    ]


def test_targets_over_1_are_400(api, portfolio):
    make_index("tail", {"bitcoin": "1"})
    body = [{"index": "top-2", "target_weight": "0.6"}, {"index": "tail", "target_weight": "0.6"}]

    answer = api.put(url(portfolio, "sleeves/"), body, format="json")

    assert answer.status_code == 400
    assert "come to 120%" in answer.json()["errors"][0]["detail"]


def test_wallets_are_listed_and_added(api, portfolio):
    body = {"name": "Cold", "kind": "hardware"}

    assert api.post(url(portfolio, "wallets/"), body, format="json").status_code == 201

    assert [row["name"] for row in api.get(url(portfolio, "wallets/")).json()] == ["Main exchange account", "Cold"]


def test_everything_of_a_stranger_is_404(portfolio, bob, api_as):
    stranger = api_as(bob)
    transaction = portfolio.transactions.get()
    before = list(Entry.objects.values())

    answers = [
        stranger.get(url(portfolio)),
        stranger.patch(url(portfolio), {"name": "x"}, format="json"),
        *(stranger.get(url(portfolio, f"{part}/")) for part in ("holdings", "sleeves", "wallets", "transactions")),
        stranger.put(url(portfolio, "sleeves/"), [], format="json"),
        stranger.post(url(portfolio, "wallets/"), {"name": "x", "kind": "exchange"}, format="json"),
        stranger.post(url(portfolio, "invest/"), {"sleeve": 1, "amount": "100"}, format="json"),
        stranger.post(url(portfolio, "transactions/"), deposit(), format="json"),
        stranger.get(url(portfolio, f"transactions/{transaction.id}/")),
        stranger.delete(url(portfolio, f"transactions/{transaction.id}/")),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert list(Entry.objects.values()) == before


def test_parts_of_a_stranger_do_not_exist(portfolio, bob, api_as):
    mine = make_portfolio(bob)
    api = api_as(bob)
    wallet, sleeve = portfolio.wallets.get().id, portfolio.sleeves.get().id

    for change in ({"wallet": wallet}, {"sleeve": sleeve, "asset": "bitcoin"}, {"to_wallet": wallet}):
        assert api.post(url(mine, "transactions/"), deposit(**change), format="json").status_code == 400
    assert api.post(url(mine, "invest/"), {"sleeve": sleeve, "amount": "100"}, format="json").status_code == 400
    assert api.get(url(mine, f"transactions/{portfolio.transactions.get().id}/")).status_code == 404
    assert mine.transactions.count() == 0


def test_nobody_comes_in_without_a_login(client, portfolio):
    for part in ("", "holdings/", "transactions/", "sleeves/", "wallets/"):
        assert client.get(url(portfolio, part)).status_code in {401, 403}


def test_a_number_beyond_every_key_is_404(api, portfolio):
    assert api.get(f"{ROOT}{10**30}/").status_code == 404
    assert api.get(f"{ROOT}{10**30}/transactions/").status_code == 404
    assert api.get(url(portfolio, f"transactions/{10**30}/")).status_code == 404


def test_lists_cost_the_same_however_long(api, portfolio):
    def cost(part):
        with CaptureQueriesContext(connection) as asked:
            assert api.get(f"{ROOT}{part}").status_code == 200
        return len(asked)

    parts = ["", *(f"{portfolio.id}/{part}/" for part in ("transactions", "holdings", "sleeves", "wallets"))]
    before = [cost(part) for part in parts]
    for number in range(5):
        make_portfolio(portfolio.owner, name=f"Number {number}")
        Wallet.objects.create(portfolio=portfolio, name=f"Number {number}")
        record(portfolio, "deposit", "1", "ethereum", at=NOW - timedelta(hours=number + 1))
        record(portfolio, "deposit", "1", "bitcoin", at=NOW - timedelta(hours=number + 1))

    assert [cost(part) for part in parts] == before
    assert max(before) <= 10
