"""The ledger through the API: pages by cursor, filters, corrections, deletes and their undo, wallets."""

from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portfolios import services
from portfolios.models import Portfolio, Transaction
from portfolios.selectors import check_invariants
from tests.portfolios.factories import NOW, make_investor, make_portfolio, record

D = Decimal
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


def ids(answer):
    return [row["id"] for row in answer.json()["results"]]


def test_pages_lead_through_the_ledger_and_back(api, portfolio):
    for day in range(1, 6):
        record(portfolio, "deposit", "1", "bitcoin", at=f"2024-03-0{day}", note="kept")
    expected = list(portfolio.transactions.order_by("-at", "-sequence", "-id").values_list("id", flat=True))

    seen, pages, address = [], [], url(portfolio, "transactions/?page_size=2")
    while address:
        page = api.get(address)
        pages.append(page.json())
        seen += ids(page)
        address = page.json()["next"]

    assert seen == expected
    assert pages[0]["previous"] is None
    assert ids(api.get(pages[2]["previous"])) == [row["id"] for row in pages[1]["results"]]


def test_a_cursor_keeps_the_filters(api, portfolio):
    for day in range(1, 4):
        record(portfolio, "deposit", "1", "bitcoin", at=f"2024-03-0{day}")

    first = api.get(url(portfolio, "transactions/?asset=bitcoin&page_size=2")).json()
    second = api.get(first["next"]).json()

    assert (len(first["results"]), len(second["results"]), second["next"]) == (2, 1, None)


@pytest.mark.parametrize(
    "query",
    ["cursor=x", "cursor=older-1.2", "cursor=later-1.2.3", "page_size=0", "page_size=1001", "wallet=x", "q=%00"],
)
def test_a_bad_query_is_400(api, portfolio, query):
    assert api.get(url(portfolio, f"transactions/?{query}")).status_code == 400


def test_wallets_of_others_are_no_filter(api, portfolio, bob):
    theirs = make_portfolio(bob).wallets.get()

    assert api.get(url(portfolio, f"transactions/?wallet={theirs.pk}")).status_code == 400


def test_words_and_ids_find(api, portfolio):
    noted = record(portfolio, "deposit", "1", "bitcoin", note="From my aunt")
    known = record(portfolio, "deposit", "1", "bitcoin", external_id="0xabc")

    assert ids(api.get(url(portfolio, "transactions/?q=AUNT"))) == [noted.id]
    assert ids(api.get(url(portfolio, "transactions/?q=0xabc"))) == [known.id]
    assert ids(api.get(url(portfolio, f"transactions/?wallet={portfolio.wallets.get().pk}&kind=sell"))) == []


def test_every_field_of_a_transaction_is_kept(api, portfolio):
    lot = record(portfolio, "deposit", "1", "bitcoin")
    body = {
        "kind": "sell", "at": "2024-03-05T10:00:00Z", "asset": "bitcoin", "quantity": "1", "price": "40000",
        "currency": "EUR", "rate": "1.1", "fee": "0.5", "fee_asset": "eur", "external_id": "x-1", "note": "sold",
        "lots": [{"transaction": lot.id, "quantity": "0.75"}],
    }  # fmt: skip

    answer = api.post(url(portfolio, "transactions/"), body, format="json")

    made = answer.json()
    assert answer.status_code == 201
    assert [(one["asset"], one["quantity"], one["price"]) for one in made["entries"]] == [
        ("bitcoin", "-1", "44000"),
        ("eur", "40000", "1.1"),
        ("eur", "-0.5", "1.1"),
    ]
    assert (made["external_id"], made["note"], made["superseded_by"]) == ("x-1", "sold", None)
    assert made["lots"] == [{"transaction": lot.id, "quantity": "0.75", "chosen_at": "2024-03-10T12:00:00Z"}]


@pytest.mark.parametrize("quantity", ["0.000000000000000001", "123456789.123456789123456789"])
def test_eighteen_decimals_survive_there_and_back(api, portfolio, quantity):
    body = {
        "kind": "deposit",
        "at": "2024-03-05T10:00:00Z",
        "asset": "bitcoin",
        "quantity": quantity,
        "price": quantity,
    }

    made = api.post(url(portfolio, "transactions/"), body, format="json").json()

    assert (made["entries"][0]["quantity"], made["entries"][0]["price"]) == (quantity, quantity)
    balances = api.get(url(portfolio, "wallets/")).json()[0]["balances"]
    assert [one["quantity"] for one in balances if one["asset"] == "bitcoin"] == [quantity]


def test_one_wrong_field_is_corrected(api, portfolio):
    made = record(portfolio, "buy", "1", "bitcoin", price="100", fee="1", note="first")

    answer = api.patch(url(portfolio, f"transactions/{made.id}/"), {"price": "90"}, format="json")

    right = answer.json()
    assert answer.status_code == 200
    assert (right["supersedes"], right["note"]) == (made.id, "first")
    assert [one["quantity"] for one in right["entries"]] == ["1", "-90", "-1"]
    assert api.get(url(portfolio, f"transactions/{made.id}/")).json()["superseded_by"] == right["id"]
    assert check_invariants(portfolio=portfolio) == []


def test_all_of_it_is_stated_anew(api, portfolio):
    made = record(portfolio, "deposit", "1", "bitcoin", price="100", note="gone")
    body = {"kind": "income", "at": "2024-03-04T10:00:00Z", "asset": "bitcoin", "quantity": "2"}

    right = api.put(url(portfolio, f"transactions/{made.id}/"), body, format="json").json()

    assert (right["kind"], right["note"], right["entries"][0]["price"]) == ("income", "", None)


def test_a_correction_with_the_same_key_is_one(api, portfolio):
    made = record(portfolio, "deposit", "1", "bitcoin")
    headers = {"Idempotency-Key": "once"}

    answers = [
        api.patch(url(portfolio, f"transactions/{made.id}/"), {"quantity": "2"}, format="json", headers=headers)
        for _ in range(2)
    ]

    assert answers[0].json() == answers[1].json()
    assert Transaction.objects.filter(supersedes=made).count() == 1


@pytest.mark.parametrize("body", [{"quantity": "0"}, {"kind": "steal"}, {"lots": [{"transaction": 1}]}, {"at": "x"}])
def test_a_correction_that_breaks_a_rule_is_400(api, portfolio, body):
    made = record(portfolio, "deposit", "1", "bitcoin")

    answer = api.patch(url(portfolio, f"transactions/{made.id}/"), body, format="json")

    assert answer.status_code == 400
    assert Transaction.objects.count() == 2


def test_what_was_corrected_is_corrected_no_more(api, portfolio):
    made = record(portfolio, "deposit", "1", "bitcoin")
    api.patch(url(portfolio, f"transactions/{made.id}/"), {"quantity": "2"}, format="json")

    answer = api.patch(url(portfolio, f"transactions/{made.id}/"), {"quantity": "3"}, format="json")

    assert answer.status_code == 400
    assert "took its place" in answer.json()["errors"][0]["detail"]


def test_a_delete_is_undone(api, portfolio):
    made = record(portfolio, "deposit", "1", "bitcoin")
    address = url(portfolio, f"transactions/{made.id}/")
    api.delete(address)

    answers = [api.post(f"{address}restore/") for _ in range(2)]

    assert [(answer.status_code, answer.json()["voided_at"]) for answer in answers] == [(200, None)] * 2


def test_an_undo_that_no_longer_fits_is_400(api, portfolio):
    gone = record(portfolio, "withdrawal", "6000")
    services.void_transaction(voided=gone, now=NOW)
    record(portfolio, "withdrawal", "6000", at="2024-03-03")

    answer = api.post(url(portfolio, f"transactions/{gone.id}/restore/"))

    assert answer.status_code == 400
    assert "2000 USD short on 2024-03-03" in answer.json()["errors"][0]["detail"]


def test_wallets_have_balances_and_custody(api, portfolio):
    record(portfolio, "deposit", "0.5", "bitcoin")

    assert api.get(url(portfolio, "wallets/")).json() == [
        {
            "id": portfolio.wallets.get().id,
            "name": "Main exchange account",
            "kind": "exchange",
            "custody": "third_party",
            "value": "30000",
            "unpriced": 0,
            "balances": [
                {"asset": "bitcoin", "symbol": "BITCO", "quantity": "0.5", "value": "20000"},
                {"asset": "usd", "symbol": "USD", "quantity": "10000", "value": "10000"},
            ],
        }
    ]


def test_wallets_are_added_changed_and_taken_away(api, portfolio):
    made = api.post(url(portfolio, "wallets/"), {"name": "Cold", "kind": "hardware"}, format="json").json()
    address = url(portfolio, f"wallets/{made['id']}/")

    assert (made["custody"], made["balances"]) == ("own", [])
    assert api.patch(address, {"name": "Safe"}, format="json").json()["name"] == "Safe"
    assert api.patch(address, {"kind": "sock"}, format="json").status_code == 400
    assert api.delete(address).status_code == 204
    assert api.delete(url(portfolio, f"wallets/{portfolio.wallets.get().id}/")).status_code == 400


def test_a_portfolio_goes_with_its_name(api, portfolio):
    assert api.delete(url(portfolio)).status_code == 400
    assert api.delete(url(portfolio, "?name=Other")).status_code == 400
    assert api.delete(url(portfolio, "?name=Long run")).status_code == 204
    assert not Portfolio.objects.exists()


def test_a_stranger_finds_nothing(portfolio, bob, api_as):
    stranger, made, wallet = api_as(bob), portfolio.transactions.get(), portfolio.wallets.get()
    parts = ["", f"transactions/{made.id}/", f"transactions/{made.id}/restore/", f"wallets/{wallet.id}/"]

    for part in parts:
        for method in ("post", "put", "patch", "delete"):
            answer = getattr(stranger, method)(url(portfolio, part), {}, format="json")
            assert answer.status_code in {404, 405}, (part, method)
    made.refresh_from_db()
    assert made.voided_at is None


def test_lists_cost_the_same_however_long(api, portfolio):
    def cost(part):
        with CaptureQueriesContext(connection) as asked:
            assert api.get(url(portfolio, part)).status_code == 200
        return len(asked)

    parts = ["transactions/", "transactions/?q=n&asset=bitcoin", "wallets/"]
    record(portfolio, "deposit", "1", "bitcoin", note="n")
    before = [cost(part) for part in parts]
    for number in range(5):
        wallet = services.add_wallet(portfolio=portfolio, name=f"W {number}", kind="software")
        lot = record(portfolio, "deposit", "1", "bitcoin", wallet=wallet, note="n")
        record(portfolio, "withdrawal", "1", "bitcoin", wallet=wallet, note="n", lots=[(lot.pk, D(1))])

    assert [cost(part) for part in parts] == before
    assert max(before) <= 10
