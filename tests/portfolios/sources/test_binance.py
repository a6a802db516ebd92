"""Binance: fills by ascending id, transfers by windows; the first page that fails ends the pull there."""

import csv
import io
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from portfolios.sources.base import ExchangeUnavailableError, KeyRefusedError
from portfolios.sources.registry import open_exchange
from tests.portfolios.sources.exchange import KEYS, always, serve

UNTIL = datetime(2017, 9, 1, tzinfo=UTC)  # one window after the exchange opened
MS = 1_504_000_000_000  # 2017-08-29 09:46:40


@pytest.fixture
def exchange():
    with serve() as running:
        yield running


def opened(exchange):
    return open_exchange("binance", KEYS, proxy_url=exchange.url, patience=0.001)


def fill(number: int, **overrides):
    """Return a fill as Binance documents it."""
    return {
        "symbol": "BTCUSDT", "id": number, "orderId": 1, "price": "4000.10000000", "qty": "0.25000000",
        "quoteQty": "1000.02500000", "commission": "0.00010000", "commissionAsset": "BNB", "time": MS + number,
        "isBuyer": True, "isMaker": False, "isBestMatch": True,
    } | overrides  # fmt: skip


def deposit(**overrides):
    return {
        "amount": "0.01844487", "coin": "BCH", "network": "BCH", "status": 1, "address": "1NYx", "txId": "bafc59",
        "insertTime": MS,
    } | overrides  # fmt: skip


def withdrawal(**overrides):
    return {
        "id": "b6ae22b3", "amount": "8.91000000", "transactionFee": "0.004", "coin": "USDT", "status": 6,
        "txId": "0xb5ef", "applyTime": "2017-08-30 11:12:02",
    } | overrides  # fmt: skip


def market(*, fills=(), deposits=(), withdrawals=()):
    """Answer like Binance: fills of one pair from an id on, transfers of a span from an offset on."""

    def answer(path, params):
        if path.endswith("myTrades"):
            found = [row for row in fills if row["symbol"] == params["symbol"] and row["id"] >= int(params["fromId"])]
            return found[: int(params["limit"])]
        rows = deposits if path.endswith("hisrec") else withdrawals
        first = int(params["offset"])
        inside = int(params["startTime"]) <= MS <= int(params["endTime"])
        return list(rows)[first : first + int(params["limit"])] if inside else []

    return answer


def rows_of(pull):
    return [
        {name: value for name, value in row.items() if value}
        for row in csv.DictReader(io.StringIO(pull.content.decode()))
    ]


def test_a_fill_against_a_coin_is_a_swap_and_against_money_a_trade(exchange):
    euro = fill(7, symbol="ETHEUR", isBuyer=False, commissionAsset="EUR", commission="2.00", price="4000.1")
    exchange.answer = market(fills=[fill(1), fill(2, isBuyer=False, commission="0.00000000"), euro])

    rows = rows_of(opened(exchange).pull({}, until=UNTIL, keep_going=always))

    at = "2017-08-29T09:46:40.001000+00:00"
    assert rows[0] == {
        "timestamp": at, "kind": "swap", "asset": "USDT", "quantity": "1000.02500000", "received_asset": "BTC",
        "received_quantity": "0.25000000", "fee": "0.00010000", "fee_asset": "BNB",
        "external_id": "binance fill BTCUSDT 1",
    }  # fmt: skip
    assert (rows[1]["asset"], rows[1]["quantity"], rows[1]["received_asset"]) == ("BTC", "0.25000000", "USDT")
    assert "fee" not in rows[1]
    assert (rows[2]["kind"], rows[2]["asset"], rows[2]["price"], rows[2]["currency"]) == (
        "sell",
        "ETH",
        "4000.1",
        "EUR",
    )


def test_fills_come_by_ascending_id_until_a_page_is_not_full(exchange):
    exchange.answer = market(fills=[fill(number) for number in range(2500)])

    pull = opened(exchange).pull({}, until=UNTIL, keep_going=always)

    asked = [params["fromId"] for params in exchange.asked("myTrades") if params["symbol"] == "BTCUSDT"]
    assert (pull.count, asked) == (2500, ["0", "1000", "2000"])
    assert pull.cursor["fills BTC/USDT"] == 2499


def test_transfers_count_when_they_are_done(exchange):
    exchange.answer = market(
        deposits=[deposit(), deposit(txId="pending", status=0)],
        withdrawals=[withdrawal(), withdrawal(id="rejected", status=3)],
    )

    rows = rows_of(opened(exchange).pull({}, until=UNTIL, keep_going=always))

    assert rows == [
        {
            "timestamp": "2017-08-29T09:46:40+00:00", "kind": "deposit", "asset": "BCH", "quantity": "0.01844487",
            "external_id": "binance deposit bafc59",
        },
        {
            "timestamp": "2017-08-30T11:12:02+00:00", "kind": "withdrawal", "asset": "USDT", "quantity": "8.91000000",
            "fee": "0.004", "fee_asset": "USDT", "external_id": "binance withdrawal b6ae22b3",
        },
    ]  # fmt: skip


def test_a_deposit_that_is_read_again_is_not_given_again_and_a_late_one_is(exchange):
    exchange.answer = market(deposits=[deposit()])
    cursor = opened(exchange).pull({}, until=UNTIL, keep_going=always).cursor
    exchange.answer = market(deposits=[deposit(), deposit(txId="late")])

    again = opened(exchange).pull(cursor, until=UNTIL, keep_going=always)

    assert [row["external_id"] for row in rows_of(again)] == ["binance deposit late"]


def test_windows_cover_all_time_without_a_gap_and_move_the_cursor(exchange):
    exchange.answer = market()

    cursor = opened(exchange).pull({}, until=datetime(2018, 1, 1, tzinfo=UTC), keep_going=always).cursor

    spans = [(int(params["startTime"]), int(params["endTime"])) for params in exchange.asked("hisrec")]
    assert all(second[0] == first[1] + 1 for first, second in pairwise(spans))
    assert all(end - start < timedelta(days=90) / timedelta(milliseconds=1) for start, end in spans)
    assert cursor["deposits"] == "2018-01-01T00:00:00+00:00"


def test_a_page_that_fails_keeps_what_came_before_and_moves_no_further(exchange):
    whole = market(fills=[fill(number) for number in range(1500)])
    exchange.answer = lambda path, params: 503 if params.get("fromId") == "1000" else whole(path, params)

    pull = opened(exchange).pull({}, until=UNTIL, keep_going=always)

    assert pull.count == 1000
    assert pull.cursor == {"fills BTC/USDT": 999}
    assert "goes on from there" in pull.failure

    exchange.answer = whole
    rest = opened(exchange).pull(pull.cursor, until=UNTIL, keep_going=always)
    assert (rest.count, rest.failure) == (500, "")


def test_a_first_page_that_fails_is_a_failed_pull(exchange):
    exchange.answer = lambda _path, _params: 503

    with pytest.raises(ExchangeUnavailableError):
        opened(exchange).pull({}, until=UNTIL, keep_going=always)


@pytest.mark.parametrize("wrong", [{"qty": 0.25}, {"time": "soon"}, {"commission": None}])
def test_a_fill_of_another_shape_moves_nothing(exchange, wrong):
    exchange.answer = market(fills=[fill(1, **wrong)])

    with pytest.raises(ExchangeUnavailableError, match="Binance described a fill"):
        opened(exchange).pull({}, until=UNTIL, keep_going=always)


def test_a_key_that_only_reads_is_read_only(exchange):
    exchange.answer = lambda _path, _params: {
        "ipRestrict": True, "createTime": 1, "enableReading": True, "enableFixReadOnly": True,
        "enableWithdrawals": False, "enableSpotAndMarginTrading": False, "permitsUniversalTransfer": False,
    }  # fmt: skip

    assert opened(exchange).check_scope() == "read"


def test_a_key_that_may_trade_is_refused_by_name(exchange):
    exchange.answer = lambda _path, _params: {
        "enableReading": True, "enableSpotAndMarginTrading": True, "permitsUniversalTransfer": True,
    }  # fmt: skip

    with pytest.raises(KeyRefusedError, match="enableSpotAndMarginTrading, permitsUniversalTransfer"):
        opened(exchange).check_scope()


def test_what_does_not_say_what_a_key_may_is_unknown(exchange):
    exchange.answer = lambda _path, _params: {}

    assert opened(exchange).check_scope() == "unknown"
