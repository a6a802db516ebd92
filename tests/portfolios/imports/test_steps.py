"""A file on its way: read, looked at, written, taken back."""

from decimal import Decimal

import pytest

from portfolios import services
from portfolios.models import Entry, LotMark, Transaction, Wallet
from portfolios.services import imports
from portfolios.services.imports.facts import clean
from tests.portfolios.factories import NOW, instant, make_portfolio, record
from tests.portfolios.imports.files import (
    balances,
    canonical,
    commit,
    make_coins,
    row_of,
    run,
    take_in,
    undo,
    upload,
    verdicts,
)

MAIN = "Main exchange account"
HISTORY = (
    "2024-03-01 deposit usd 1000",
    "2024-03-02 buy bitcoin 0.01 price=50000 fee=2.5 external_id=T1",
    "2024-03-03 swap bitcoin 0.004 received_asset=ethereum received_quantity=0.08",
    "2024-03-04 transfer ethereum 0.08 fee=0.001 to_wallet=Ledger",
    "2024-03-05 sell bitcoin 0.005 price=60000",
)


@pytest.fixture
def portfolio(alice):
    make_coins()
    return make_portfolio(alice)


def test_a_preview_writes_nothing_into_the_ledger(portfolio):
    batch = upload(portfolio, canonical(*HISTORY))

    assert (batch.status, batch.step, batch.format, batch.progress) == ("done", "preview", "canonical", 100)
    assert verdicts(batch) == ["new"] * 5
    assert batch.counts == {"new": 5, "rows": 5, "implied": 0, "wallets": ["Ledger"]}
    assert not Transaction.objects.exists()
    assert portfolio.wallets.count() == 1


def test_a_preview_shows_a_row_in_the_shape_of_the_canonical_csv(portfolio):
    batch = upload(portfolio, canonical(*HISTORY))

    row = row_of(batch, 2)
    assert row.line == 3
    assert row.facts == {
        "timestamp": "2024-03-02T00:00:00+00:00",
        "kind": "buy",
        "asset": "bitcoin",
        "quantity": "0.01",
        "price": "50000",
        "currency": "usd",
        "fee": "2.5",
        "external_id": "T1",
    }


def test_a_commit_writes_the_rows_and_makes_the_wallets_that_they_name(portfolio):
    batch = take_in(portfolio, *HISTORY)

    # 1000 - 0.01 x 50000 - 2.5 + 0.005 x 60000 = 797.5 USD; 0.01 - 0.004 - 0.005 = 0.001 BTC; 0.08 - 0.001 = 0.079 ETH.
    assert balances(portfolio) == {
        ("Ledger", "ethereum"): "0.079",
        (MAIN, "bitcoin"): "0.001",
        (MAIN, "usd"): "797.5",
    }
    assert (batch.step, batch.status, batch.counts["imported"], batch.counts["wallets"]) == (
        "committed", "done", 5, ["Ledger"],
    )  # fmt: skip
    assert Wallet.objects.get(portfolio=portfolio, name="Ledger").kind == "exchange"


def test_what_is_written_says_where_it_comes_from(portfolio):
    batch = take_in(portfolio, *HISTORY)

    bought = Transaction.objects.get(kind="buy")
    assert (bought.source, bought.batch, bought.external_id, bought.at) == (
        "import",
        batch,
        "T1",
        instant("2024-03-02"),
    )
    assert bought.row_key == row_of(batch, 2).row_key
    assert not bought.is_implied
    entries = Entry.objects.filter(transaction=bought).order_by("id")
    assert [(entry.role, entry.asset_id, entry.quantity, entry.price) for entry in entries] == [
        ("principal", "bitcoin", Decimal("0.01"), 50000),
        ("payment", "usd", -500, 1),
        ("fee", "usd", Decimal("-2.5"), 1),
    ]


def test_a_commit_marks_what_no_longer_follows_from_the_ledger(portfolio):
    record(portfolio, "deposit", "5", at="2024-03-08")
    portfolio.revalue_from = None
    portfolio.save()

    take_in(portfolio, *HISTORY)

    portfolio.refresh_from_db()
    assert portfolio.revalue_from == instant("2024-03-01").date()
    assert set(LotMark.objects.values_list("asset_id", flat=True)) == {"bitcoin", "ethereum"}


def test_asking_twice_for_a_commit_writes_once(portfolio):
    batch = upload(portfolio, canonical(*HISTORY))

    imports.request_commit(batch=batch, at=NOW)
    imports.request_commit(batch=batch, at=NOW)
    run(batch)
    imports.request_commit(batch=batch, at=NOW)
    run(batch)

    assert Transaction.objects.count() == 5
    assert batch.step == "committed"


def test_an_undo_takes_back_the_batch_and_nothing_else(portfolio):
    record(portfolio, "deposit", "7", at="2024-03-01")
    batch = take_in(portfolio, *HISTORY)

    undone = undo(batch)

    assert (undone.step, undone.status) == ("undone", "done")
    assert balances(portfolio) == {(MAIN, "usd"): "7"}
    assert Transaction.objects.in_force().count() == 1
    assert Transaction.objects.filter(batch=batch, voided_at__isnull=False).count() == 5


def test_an_undo_is_refused_where_later_transactions_need_what_came(portfolio):
    batch = take_in(portfolio, *HISTORY)
    # 0.001 BTC are left of the import; after an undo nothing of it is there on 9 March.
    record(portfolio, "withdrawal", "0.0004", "bitcoin", at="2024-03-09")

    refused = undo(batch)

    assert (refused.step, refused.status) == ("undo", "failed")
    assert refused.message == (
        "“Main exchange account” would be 0.0004 BIT short on 2024-03-09: more would leave than is there."
    )
    assert Transaction.objects.in_force().count() == 6


def test_an_undo_that_was_refused_can_be_asked_for_again(portfolio):
    batch = take_in(portfolio, *HISTORY)
    needs = record(portfolio, "withdrawal", "0.0004", "bitcoin", at="2024-03-09")
    undo(batch)
    services.void_transaction(voided=needs, now=NOW)

    assert undo(batch).step == "undone"
    assert balances(portfolio) == {}


def test_an_undone_batch_may_come_again(portfolio):
    undo(take_in(portfolio, *HISTORY))

    again = upload(portfolio, canonical(*HISTORY))
    assert verdicts(again) == ["new"] * 5
    commit(again)

    assert balances(portfolio)[MAIN, "usd"] == "797.5"
    assert Transaction.objects.in_force().count() == 5


def test_a_correction_of_an_imported_row_goes_with_its_batch(portfolio):
    batch = take_in(portfolio, "2024-03-01 deposit usd 1000")
    services.correct_transaction(
        corrected=Transaction.objects.get(), token="right", source="web", now=NOW, kind="deposit",
        at=instant("2024-03-01"), asset="usd", quantity=Decimal(900),
    )  # fmt: skip

    undo(batch)

    assert not Transaction.objects.in_force().exists()


def test_an_unreadable_file_fails_in_words(portfolio):
    batch = upload(portfolio, b"\x00\x01\x02\x03" * 100, file_name="photo.raw")

    assert (batch.status, batch.step) == ("failed", "read")
    assert batch.message
    assert not batch.rows.exists()


def test_a_bad_row_is_told_and_the_rest_is_imported(portfolio):
    batch = upload(
        portfolio,
        canonical(
            "2024-03-01 deposit usd 1000",
            "2024-03-02 buy bitcoin 0.01 price=50000",
            "2024-03-02 stake bitcoin 0.01",
            "2024-03-03 buy bitcoin 0.01 price=0",
            *(f"2024-03-0{day} deposit usd 1" for day in range(4, 10)),
        ),
    )

    assert verdicts(batch) == ["new", "new", "error", "error", *["new"] * 6]
    assert row_of(batch, 3).column == "kind"
    assert "stake" in row_of(batch, 3).reason
    assert (row_of(batch, 4).column, row_of(batch, 4).reason) == ("price", "A positive number is needed.")
    assert commit(batch).counts["imported"] == 8


def test_the_future_is_an_error(portfolio):
    batch = upload(portfolio, canonical("2024-03-11 deposit usd 1000", "2024-03-01 deposit usd 1"))

    assert verdicts(batch) == ["error", "new"]
    assert row_of(batch, 1).reason == "This lies in the future."


def test_more_than_one_bad_row_in_five_needs_a_word(portfolio):
    # 1 of 5 is exactly 20 %, which is not more; 2 of 5 is 40 %.
    good = [f"2024-03-0{day} deposit usd 1" for day in range(1, 5)]
    fine = upload(portfolio, canonical(*good, "2024-03-05 stake usd 1"))
    poor = upload(portfolio, canonical(*good[:3], "2024-03-05 stake usd 1", "2024-03-06 stake usd 1"))

    assert commit(fine).step == "committed"
    with pytest.raises(services.CannotImportError, match="2 of 5 rows are errors"):
        imports.request_commit(batch=poor, at=NOW)
    assert imports.request_commit(batch=poor, at=NOW, accept_errors=True).step == "commit"


def test_numbers_of_18_decimals_arrive_as_they_were_written(portfolio):
    take_in(
        portfolio,
        "2024-03-01 deposit bitcoin 0.000000000000000001",
        "2024-03-01 deposit ethereum 123456789.123456789123456789",
        "2024-03-02 deposit bitcoin 0.00014884",
    )

    assert balances(portfolio) == {
        (MAIN, "bitcoin"): "0.000148840000000001",
        (MAIN, "ethereum"): "123456789.123456789123456789",
    }


def test_a_note_that_is_too_long_is_cut_and_null_characters_go(portfolio):
    batch = take_in(portfolio, f"2024-03-01 deposit usd 1 note={'n' * 400}")

    assert Transaction.objects.get(batch=batch).note == "n" * 300
    assert clean("a\0b\ud800é") == "ab?é"
