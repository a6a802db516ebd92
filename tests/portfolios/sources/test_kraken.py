"""Kraken's ledger: every page or none, in the columns of its own export."""

import csv
import io
from datetime import UTC, datetime

import pytest

from portfolios.importers.formats import recognise
from portfolios.sources.base import ExchangeUnavailableError, KeyRefusedError
from portfolios.sources.registry import open_exchange
from tests.portfolios.sources.exchange import KEYS, always, serve

UNTIL = datetime(2024, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def exchange():
    with serve() as running:
        yield running


def opened(exchange):
    return open_exchange("kraken", KEYS, proxy_url=exchange.url, patience=0.001)


def entry(number: int, **overrides):
    """Return a ledger entry as Kraken documents it; the higher the number, the later."""
    return {
        "refid": f"T{number:05d}", "time": 1_700_000_000 + number + 0.5, "type": "deposit", "subtype": "",
        "aclass": "currency", "asset": "XXBT", "amount": "0.1234567890", "fee": "0.0000000000",
        "balance": "1.0000000000",
    } | overrides  # fmt: skip


def paged(entries):
    """Answer like Kraken: 50 entries a page, newest first, from an offset."""

    def answer(path, params):
        assert path == "/0/private/Ledgers"
        start, end, first = int(params["start"]), int(params["end"]), int(params["ofs"])
        inside = [item for item in entries.items() if start < item[1]["time"] <= end]
        newest = sorted(inside, key=lambda item: -item[1]["time"])
        return {"error": [], "result": {"ledger": dict(newest[first : first + 50]), "count": len(newest)}}

    return answer


def rows_of(pull):
    return list(csv.DictReader(io.StringIO(pull.content.decode())))


def test_every_page_comes_in_the_order_of_time_with_all_digits(exchange):
    exchange.answer = paged({f"L{number:05d}": entry(number) for number in range(120)})

    pull = opened(exchange).pull({}, until=UNTIL, keep_going=always)

    rows = rows_of(pull)
    assert [row["txid"] for row in rows] == [f"L{number:05d}" for number in range(120)]
    assert {row["amount"] for row in rows} == {"0.1234567890"}
    assert rows[0]["time"] == "2023-11-14 22:13:20"
    assert (pull.count, pull.failure) == (120, "")
    found = recognise("kraken.csv", pull.content)
    assert found is not None
    assert found.key == "kraken_ledgers"
    assert [params["ofs"] for params in exchange.asked("Ledgers")] == ["0", "50", "100"]


def test_the_next_pull_begins_an_hour_before_the_last_ones_end(exchange):
    exchange.answer = paged({})

    cursor = opened(exchange).pull({}, until=UNTIL, keep_going=always).cursor
    opened(exchange).pull(cursor, until=UNTIL, keep_going=always)

    first, second = exchange.asked("Ledgers")
    assert int(first["end"]) - int(second["start"]) == 3600


def test_what_is_read_again_is_not_given_again(exchange):
    last_minute = {"L1": entry(1, time=UNTIL.timestamp() - 60)}
    exchange.answer = paged(last_minute)
    cursor = opened(exchange).pull({}, until=UNTIL, keep_going=always).cursor
    exchange.answer = paged(last_minute | {"L2": entry(2, time=UNTIL.timestamp() - 30)})

    again = opened(exchange).pull(cursor, until=UNTIL, keep_going=always)

    assert [row["txid"] for row in rows_of(again)] == ["L2"]


def test_a_page_that_fails_leaves_no_file_and_no_cursor(exchange):
    whole = paged({f"L{number:05d}": entry(number) for number in range(120)})
    exchange.answer = lambda path, params: 503 if params["ofs"] == "50" else whole(path, params)

    with pytest.raises(ExchangeUnavailableError, match="Kraken did not answer as expected"):
        opened(exchange).pull({}, until=UNTIL, keep_going=always)

    assert [params["ofs"] for params in exchange.asked("Ledgers")] == ["0", "50", "50", "50"]


def test_a_long_ledger_is_read_in_spans_of_few_pages_each_once(exchange):
    exchange.answer = paged({f"L{number:05d}": entry(number) for number in range(1200)})

    pull = opened(exchange).pull({}, until=UNTIL, keep_going=always)

    assert [row["txid"] for row in rows_of(pull)] == [f"L{number:05d}" for number in range(1200)]
    assert max(int(params["ofs"]) for params in exchange.asked("Ledgers")) <= 500


def test_a_later_span_that_fails_keeps_the_earlier_ones_and_the_next_pull_goes_on_from_there(exchange):
    whole = paged({f"L{number:05d}": entry(number) for number in range(1200)})
    # The last of them is at 1,700,001,199.5: spans that reach it fail unless they are the whole.
    exchange.answer = lambda path, params: (
        503 if int(params["start"]) > 1_700_000_500 and params["ofs"] != "0" else whole(path, params)
    )

    pull = opened(exchange).pull({}, until=UNTIL, keep_going=always)

    kept = [row["txid"] for row in rows_of(pull)]
    assert kept == [f"L{number:05d}" for number in range(len(kept))]
    assert 0 < len(kept) < 1200
    assert "goes on from there" in pull.failure

    exchange.answer = whole
    rest = opened(exchange).pull(pull.cursor, until=UNTIL, keep_going=always)
    assert [row["txid"] for row in rows_of(rest)] == [f"L{number:05d}" for number in range(len(kept), 1200)]


def test_a_pull_that_is_told_to_stop_is_not_whole_and_no_failure(exchange):
    exchange.answer = paged({f"L{number:05d}": entry(number) for number in range(120)})
    answers = iter([True, True, False])

    pull = opened(exchange).pull({}, until=UNTIL, keep_going=lambda: next(answers))

    assert (pull.count, pull.is_whole, pull.failure, pull.cursor) == (0, False, "", {})


def test_a_page_that_fails_once_is_asked_for_again(exchange):
    whole, failures = paged({"L1": entry(1)}), [502]
    exchange.answer = lambda path, params: failures.pop() if failures else whole(path, params)

    assert opened(exchange).pull({}, until=UNTIL, keep_going=always).count == 1


@pytest.mark.parametrize("result", [{"ledger": [1]}, {"ledger": {"L1": {"time": 1}}}, {}, None])
def test_an_answer_of_another_shape_is_refused(exchange, result):
    exchange.answer = lambda _path, _params: {"error": [], "result": result}

    with pytest.raises(ExchangeUnavailableError):
        opened(exchange).pull({}, until=UNTIL, keep_going=always)


def test_a_key_that_only_queries_is_read_only(exchange):
    exchange.answer = lambda _path, _params: {
        "error": [],
        "result": {"permissions": ["query-funds", "query-ledger", "export-data"]},
    }

    assert opened(exchange).check_scope() == "read"


def test_a_key_that_may_withdraw_is_refused_by_name(exchange):
    exchange.answer = lambda _path, _params: {
        "error": [],
        "result": {"permissions": ["query-funds", "withdraw-funds", "modify-trades"]},
    }

    with pytest.raises(KeyRefusedError, match=r"modify-trades, withdraw-funds"):
        opened(exchange).check_scope()


def test_a_kraken_that_does_not_say_what_a_key_may_is_unknown(exchange):
    exchange.answer = lambda _path, _params: {"error": [], "result": {"name": "old"}}

    assert opened(exchange).check_scope() == "unknown"


def test_a_wrong_key_is_refused_without_a_word_of_it(exchange):
    exchange.answer = lambda _path, _params: {"error": ["EAPI:Invalid key"]}

    with pytest.raises(KeyRefusedError) as refusal:
        opened(exchange).pull({}, until=UNTIL, keep_going=always)

    assert str(refusal.value) == "Kraken does not accept this key (AuthenticationError)."
    assert KEYS.key not in repr(KEYS)


def test_requests_are_signed_and_carry_the_key_in_a_header_alone(exchange):
    exchange.answer = paged({})

    opened(exchange).pull({}, until=UNTIL, keep_going=always)

    call = exchange.calls[0]
    headers = {name.lower(): value for name, value in call.headers.items()}
    assert headers["api-key"] == KEYS.key
    assert headers["api-sign"]
    assert KEYS.secret not in str(call)
