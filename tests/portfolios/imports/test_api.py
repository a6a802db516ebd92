"""Imports by the API: from a file to the ledger and back, once however often it is asked for, and only one's own."""

import base64
import json
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portfolios.models import AssetChoice, ImportBatch, ImportRow, Transaction
from portfolios.selectors import get_cash
from tests.portfolios.factories import NOW, make_portfolio
from tests.portfolios.imports.browsing import COINBASE, make_owned, work


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def portfolio(alice):
    return make_owned(alice)


@pytest.fixture
def api(alice, api_as):
    return api_as(alice)


def url(portfolio, part=""):
    return f"/api/v1/portfolios/{portfolio.pk}/imports/{part}"


def upload(api, portfolio, content=COINBASE, *, key=None, name="history.csv", **fields):
    """Send a file as a form does."""
    file = SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())
    body = {"file": file, "wallet": portfolio.wallets.get().pk} | fields
    headers = {"Idempotency-Key": key} if key else {}
    return api.post(url(portfolio), body, format="multipart", headers=headers)


def tell(api, portfolio, **fields):
    """Send a file as JSON."""
    body = {"file_name": "history.csv", "wallet": portfolio.wallets.get().pk} | fields
    return api.post(url(portfolio), body, format="json")


FIRST_ROW = {
    "number": 1,
    "line": 5,
    "verdict": "new",
    "column": "",
    "reason": "",
    "becomes": "Buy 0.0025 BTC for 98.51 USD, fee 1.49 USD",
    "facts": {
        "timestamp": "2024-03-02T10:00:00+00:00",
        "kind": "buy",
        "asset": "bitcoin",
        "quantity": "0.0025",
        "amount": "98.51",
        "currency": "usd",
        "fee": "1.49",
        "fee_asset": "usd",
        "external_id": "a1",
    },
}


def test_a_file_goes_from_upload_to_the_ledger_and_back(api, portfolio):
    made = upload(api, portfolio)
    assert made.status_code == 201
    assert (made.json()["status"], made.json()["step"]) == ("waiting", "read")
    one = url(portfolio, f"{made.json()['id']}/")

    work()
    asked = api.get(one).json()
    assert (asked["status"], asked["step"], asked["format"]) == ("done", "questions", "coinbase")
    assert [(q["key"], q["code"], q["rows"]) for q in asked["questions"]] == [("asset", "UNI", 2), ("asset", "BTC", 1)]
    assert [one["id"] for one in asked["questions"][0]["candidates"]] == ["unicorn", "uniswap"]

    body = {"assets": {"UNI": "uniswap", "BTC": "bitcoin"}}
    assert api.post(f"{one}answers/", body, format="json").status_code == 202
    work()
    assert api.get(one).json()["counts"] == {"new": 3, "rows": 3, "implied": 0, "wallets": []}
    rows = api.get(f"{one}rows/?verdict=new").json()
    assert rows["next_after"] is None
    assert rows["results"][0] == FIRST_ROW

    assert api.post(f"{one}commit/", {}, format="json").status_code == 202
    work()
    assert api.get(one).json()["counts"]["imported"] == 3
    # 1000 - 98.51 - 1.49 - 5.00
    assert get_cash(portfolio=portfolio) == 895

    assert api.post(f"{one}undo/", {}, format="json").status_code == 202
    work()
    assert api.get(one).json()["step"] == "undone"
    assert get_cash(portfolio=portfolio) == 1000


@pytest.mark.parametrize("kind", ["text", "base64"])
def test_a_file_comes_as_json_too(api, portfolio, kind):
    content = COINBASE if kind == "text" else base64.b64encode(COINBASE.encode()).decode()

    answer = tell(api, portfolio, **{kind: content})

    assert answer.status_code == 201
    assert bytes(ImportBatch.objects.get().file.content) == COINBASE.encode()


@pytest.mark.parametrize(
    ("fields", "attr"),
    [
        ({}, "text"),
        ({"text": "a", "base64": "YQ=="}, "text"),
        ({"base64": "not base64!"}, "base64"),
        ({"text": "a", "wallet": 0}, "wallet"),
        ({"text": "a", "file_name": "x" * 201}, "file_name"),
        ({"text": ""}, "text"),
        ({"text": "\ud800"}, "text"),
    ],
)
def test_what_is_no_file_is_refused_at_its_field(api, portfolio, fields, attr):
    body = {"file_name": "history.csv", "wallet": portfolio.wallets.get().pk} | fields

    answer = api.post(url(portfolio), json.dumps(body), content_type="application/json")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == attr
    assert not ImportBatch.objects.exists()


def test_the_same_key_with_the_same_file_is_one_import(api, portfolio):
    first, second = (upload(api, portfolio, key="mine") for _ in range(2))

    assert second.json() == first.json()
    assert second["Idempotent-Replayed"] == "true"
    assert ImportBatch.objects.count() == 1


def test_the_same_key_with_another_file_of_that_name_is_refused(api, portfolio):
    upload(api, portfolio, key="mine")

    answer = upload(api, portfolio, COINBASE + "\n", key="mine")

    assert answer.status_code == 422
    assert ImportBatch.objects.count() == 1


def test_a_file_is_kept_whole_when_it_comes_with_a_key(api, portfolio):
    upload(api, portfolio, key="mine")

    assert bytes(ImportBatch.objects.get().file.content) == COINBASE.encode()


def test_commit_and_undo_asked_for_twice_are_done_once(api, portfolio):
    one = url(portfolio, f"{upload(api, portfolio).json()['id']}/")
    work()
    api.post(f"{one}answers/", {"assets": {"UNI": "uniswap", "BTC": "bitcoin"}}, format="json")
    work()

    for step in ("commit", "undo"):
        answers = [api.post(f"{one}{step}/", {}, format="json").status_code for _ in range(2)]
        work()
        assert answers == [202, 202]

    assert Transaction.objects.count() == 4
    assert get_cash(portfolio=portfolio) == 1000


def test_a_zone_said_beforehand_is_an_answer(api, portfolio):
    content = "Date,Coin,Network,Amount,Address,TXID,Status\n2024-03-02 10:00:00,BTC,BTC,1,x,y,Completed\n"
    one = url(portfolio, f"{upload(api, portfolio, content, zone='Europe/Berlin').json()['id']}/")
    work()

    answer = api.get(one).json()

    assert answer["answers"] == {"zone": "Europe/Berlin"}
    assert [question["key"] for question in answer["questions"]] == ["asset"]


def test_a_file_of_no_known_format_is_read_by_a_mapping(api, portfolio):
    content = "When,What,Coin,How many,Each\n2024-03-02 10:00,buy,bitcoin,0.5,100\n"
    one = url(portfolio, f"{upload(api, portfolio, content).json()['id']}/")
    work()
    [question] = api.get(one).json()["questions"]
    assert question["columns"] == ["When", "What", "Coin", "How many", "Each"]
    assert question["suggested"]["columns"]["asset"] == "Coin"

    columns = {"timestamp": "When", "kind": "What", "asset": "Coin", "quantity": "How many", "price": "Each"}
    api.post(f"{one}answers/", {"mapping": {"columns": columns, "zone": "UTC"}}, format="json")
    work()

    [row] = api.get(f"{one}rows/").json()["results"]
    assert row["becomes"] == "Buy 0.5 BTC at 100 USD each"


@pytest.mark.parametrize(
    "mapping",
    [
        {"columns": {"asset": "a\u0000b"}},
        {"columns": {"a\u0000b": "x"}},
        {"columns": {"asset": "\ud800"}},
        {"columns": ["asset"]},
        {"columns": {"asset": {"deep": 1.5}}},
        {"dates": "whenever"},
        [1],
    ],
)
def test_a_mapping_that_is_none_is_refused(api, portfolio, mapping):
    made = upload(api, portfolio, "a,b,c\n1,2,3\n").json()["id"]
    one = url(portfolio, f"{made}/")
    work()

    answer = api.post(f"{one}answers/", json.dumps({"mapping": mapping}), content_type="application/json")

    assert answer.status_code == 400
    assert ImportBatch.objects.get().mapping is None


@pytest.mark.parametrize(
    "assets", [{"UNI": "no-such-asset"}, {"": "bitcoin"}, {"x" * 81: "bitcoin"}, {"a\u0000b": "bitcoin"}, ["bitcoin"]]
)
def test_a_choice_that_is_none_is_refused(api, portfolio, assets):
    one = url(portfolio, f"{upload(api, portfolio).json()['id']}/")
    work()

    answer = api.post(f"{one}answers/", {"assets": assets}, format="json")

    assert answer.status_code == 400
    assert not AssetChoice.objects.exists()


def test_many_errors_are_told_and_need_a_word(api, portfolio):
    content = COINBASE.replace("Staking Income", "Something new")
    one = url(portfolio, f"{upload(api, portfolio, content).json()['id']}/")
    work()
    api.post(f"{one}answers/", {"assets": {"UNI": "uniswap", "BTC": "bitcoin"}}, format="json")
    work()

    refused = api.post(f"{one}commit/", {}, format="json")
    accepted = api.post(f"{one}commit/", {"accept_errors": True}, format="json")

    assert api.get(one).json()["needs_accept_errors"] is True
    assert (refused.status_code, refused.json()["errors"][0]["attr"]) == (400, "accept_errors")
    assert accepted.status_code == 202


@pytest.mark.parametrize("step", ["answers", "commit", "undo"])
def test_what_is_not_the_next_step_is_refused_in_words(api, portfolio, step):
    one = url(portfolio, f"{upload(api, portfolio).json()['id']}/")

    answer = api.post(f"{one}{step}/", {}, format="json")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["detail"]


def test_an_import_is_forgotten_unless_it_was_written(api, portfolio):
    one = url(portfolio, f"{upload(api, portfolio).json()['id']}/")
    work()

    assert api.delete(one).status_code == 204
    assert api.get(one).status_code == 404


def test_rows_are_paged_by_their_number(api, portfolio):
    one = url(portfolio, f"{upload(api, portfolio).json()['id']}/")
    batch = ImportBatch.objects.get()
    ImportRow.objects.bulk_create(
        ImportRow(batch=batch, number=n, line=n, verdict="error" if n % 2 else "new") for n in range(1, 11)
    )

    first = api.get(f"{one}rows/?verdict=error&page_size=3").json()
    second = api.get(f"{one}rows/?verdict=error&page_size=3&after={first['next_after']}").json()

    assert [row["number"] for row in first["results"]] == [1, 3, 5]
    assert [row["number"] for row in second["results"]] == [7, 9]
    assert (first["next_after"], second["next_after"]) == (5, None)


@pytest.mark.parametrize("query", ["verdict=nonsense", "after=-1", "after=x", "page_size=0", "page_size=1001"])
def test_a_query_that_is_none_is_refused(api, portfolio, query):
    one = url(portfolio, f"{upload(api, portfolio).json()['id']}/")

    assert api.get(f"{one}rows/?{query}").status_code == 400


def test_lists_ask_as_much_for_many_as_for_few(api, portfolio):
    def queries(address):
        with CaptureQueriesContext(connection) as captured:
            assert api.get(address).status_code == 200
        return len(captured)

    one = url(portfolio, f"{upload(api, portfolio).json()['id']}/rows/")
    batch = ImportBatch.objects.get()
    ImportRow.objects.create(batch=batch, number=1, line=1, verdict="new")
    few = queries(url(portfolio)), queries(one)
    for _ in range(4):
        upload(api, portfolio)
    ImportRow.objects.bulk_create(ImportRow(batch=batch, number=n, line=n, verdict="new") for n in range(2, 60))

    assert (queries(url(portfolio)), queries(one)) == few


def test_an_import_of_another_portfolio_is_not_found(api, portfolio, alice):
    made = upload(api, portfolio).json()["id"]
    other = make_portfolio(alice, name="Other")

    assert api.get(url(other, f"{made}/")).status_code == 404
    assert api.get(url(other)).json()["count"] == 0


def test_the_newest_import_comes_first(api, portfolio):
    upload(api, portfolio, name="older.csv")
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        upload(api, portfolio, name="newer.csv")

    assert [row["file_name"] for row in api.get(url(portfolio)).json()["results"]] == ["newer.csv", "older.csv"]
