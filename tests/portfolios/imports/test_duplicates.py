"""T32: the same row is one row, equal rows are as many as there are."""

from decimal import Decimal

import pytest

from portfolios import services
from portfolios.models import Transaction
from portfolios.services.imports.keys import RowKeys
from tests.portfolios.factories import NOW, make_portfolio
from tests.portfolios.imports.files import (
    balances,
    canonical,
    commit,
    make_coins,
    row_of,
    take_in,
    upload,
    verdicts,
)

MAIN = "Main exchange account"
FILLS = ("2024-03-01 deposit usd 1000", *["2024-03-02 buy bitcoin 1 price=40.2"] * 3)


@pytest.fixture
def portfolio(alice):
    make_coins()
    return make_portfolio(alice)


def test_three_equal_fills_in_one_file_are_three(portfolio):
    take_in(portfolio, *FILLS)

    # 1000 - 3 x 40.2 = 879.4
    assert balances(portfolio) == {(MAIN, "bitcoin"): "3", (MAIN, "usd"): "879.4"}


def test_the_same_file_again_adds_nothing(portfolio):
    take_in(portfolio, *FILLS)

    again = upload(portfolio, canonical(*FILLS))

    assert verdicts(again) == ["duplicate"] * 4
    assert row_of(again, 1).reason == "It is in the ledger already."
    with pytest.raises(services.CannotImportError, match="Nothing in this file is new"):
        commit(again)
    assert balances(portfolio)[MAIN, "bitcoin"] == "3"


def test_the_same_file_again_under_the_same_token_is_the_same_import(portfolio):
    first = upload(portfolio, canonical(*FILLS), token="one")

    again = upload(portfolio, canonical(*FILLS), token="one")

    assert again == first
    assert portfolio.imports.count() == 1


def test_rows_that_a_longer_file_adds_are_new_and_the_old_ones_stay_valid(portfolio):
    take_in(portfolio, *FILLS)

    longer = upload(portfolio, canonical(*FILLS, "2024-03-02 buy bitcoin 1 price=40.2", "2024-03-03 deposit usd 5"))

    assert verdicts(longer) == ["duplicate"] * 4 + ["new"] * 2
    commit(longer)
    # 1000 - 4 x 40.2 + 5 = 844.2
    assert balances(portfolio) == {(MAIN, "bitcoin"): "4", (MAIN, "usd"): "844.2"}


def test_rows_that_a_file_puts_on_top_are_new_too(portfolio):
    take_in(portfolio, *FILLS)

    longer = upload(portfolio, canonical("2024-03-03 deposit usd 5", "2024-03-02 buy bitcoin 1 price=40.2", *FILLS))

    assert sorted(verdicts(longer)) == ["duplicate"] * 4 + ["new"] * 2


def test_the_same_trade_in_two_accounts_is_two(portfolio):
    rows = [f"{row} wallet={account}" for account in ("Kraken", "Coinbase") for row in FILLS[:2]]

    take_in(portfolio, *rows)

    assert balances(portfolio) == {
        ("Coinbase", "bitcoin"): "1",
        ("Coinbase", "usd"): "959.8",
        ("Kraken", "bitcoin"): "1",
        ("Kraken", "usd"): "959.8",
    }


def test_a_file_without_accounts_brought_into_another_wallet_is_new(portfolio):
    take_in(portfolio, *FILLS)
    ledger = services.add_wallet(portfolio=portfolio, name="Ledger", kind="hardware")

    other = upload(portfolio, canonical(*FILLS), wallet=ledger)

    assert verdicts(other) == ["new"] * 4


def test_a_note_makes_no_other_row(portfolio):
    take_in(portfolio, "2024-03-01 deposit usd 1000")

    noted = upload(portfolio, canonical("2024-03-01 deposit usd 1000 note=salary"))

    assert verdicts(noted) == ["duplicate"]


def test_another_spelling_of_a_number_or_an_instant_makes_no_other_row(portfolio):
    take_in(portfolio, "2024-03-01 deposit bitcoin 0.0000001")

    respelt = {"timestamp": "2024-03-01T02:00:00.000+02:00", "kind": "deposit", "asset": "bitcoin", "quantity": "1e-7"}

    assert verdicts(upload(portfolio, canonical(respelt))) == ["duplicate"]


def test_the_id_of_the_source_decides_whatever_else_is_rounded(portfolio):
    take_in(portfolio, "2024-03-01 deposit usd 1000.004 external_id=D1")

    rounded = upload(
        portfolio, canonical("2024-03-01 deposit usd 1000 external_id=D1", "2024-03-01 deposit usd 1000 external_id=D2")
    )

    assert verdicts(rounded) == ["duplicate", "new"]


def test_one_id_counts_once_for_each_account_kind_and_asset(portfolio):
    batch = upload(
        portfolio,
        canonical(
            "2024-03-01 deposit usd 1 external_id=X",
            "2024-03-01 deposit usd 1 external_id=X wallet=Kraken",
            "2024-03-01 income usd 1 external_id=X",
            "2024-03-01 deposit bitcoin 1 external_id=X",
            "2024-03-01 deposit usd 1 external_id=X",
        ),
    )

    assert verdicts(batch) == ["new", "new", "new", "new", "duplicate"]
    assert row_of(batch, 5).reason == "The file has this record twice."


def test_one_id_of_several_records_is_several_rows(portfolio):
    rows = ("2024-03-01 deposit usd 1 external_id=X", "2024-03-01 deposit usd 2 external_id=X")
    take_in(portfolio, *rows)

    assert balances(portfolio) == {(MAIN, "usd"): "3"}
    assert verdicts(upload(portfolio, canonical(*rows))) == ["duplicate", "duplicate"]


def test_two_previews_of_one_file_write_it_once(portfolio):
    first, second = upload(portfolio, canonical(*FILLS)), upload(portfolio, canonical(*FILLS))

    commit(first)
    late = commit(second)

    assert Transaction.objects.count() == 4
    assert verdicts(late) == ["duplicate"] * 4
    assert (late.step, late.counts["imported"], late.counts["duplicate"]) == ("committed", 0, 4)


def test_a_row_that_its_owner_deleted_does_not_come_again(portfolio):
    take_in(portfolio, "2024-03-01 deposit usd 1000")
    services.void_transaction(voided=Transaction.objects.get(), now=NOW)

    assert verdicts(upload(portfolio, canonical("2024-03-01 deposit usd 1000"))) == ["duplicate"]


def test_rows_that_became_a_transfer_do_not_come_again(portfolio):
    cold = services.add_wallet(portfolio=portfolio, name="Cold", kind="hardware")
    rows = ["2024-03-01 deposit bitcoin 1", "2024-03-02 withdrawal bitcoin 1"]
    take_in(portfolio, *rows)
    take_in(portfolio, "2024-03-02 deposit bitcoin 1", wallet=cold)
    sent = Transaction.objects.get(kind="withdrawal")
    came = Transaction.objects.get(kind="deposit", entries__wallet=cold)
    services.link_transfer(withdrawal=sent, deposit=came, source="test", now=NOW)

    assert verdicts(upload(portfolio, canonical(*rows))) == ["duplicate"] * 2
    assert verdicts(upload(portfolio, canonical("2024-03-02 deposit bitcoin 1"), wallet=cold)) == ["duplicate"]


def test_a_corrected_row_does_not_come_again(portfolio):
    take_in(portfolio, "2024-03-01 deposit usd 1000")
    old = Transaction.objects.get()
    services.correct_transaction(
        corrected=old,
        token="right",
        source="web",
        now=NOW,
        kind="deposit",
        at=old.at,
        asset="usd",
        quantity=Decimal(900),
    )

    assert verdicts(upload(portfolio, canonical("2024-03-01 deposit usd 1000"))) == ["duplicate"]


def test_keys_are_64_characters_and_differ_by_wallet():
    facts = {"timestamp": "2024-03-01T00:00:00+00:00", "kind": "deposit", "asset": "usd", "quantity": "1"}

    here, _ = RowKeys(source="canonical", wallet_id=1).key_of(facts)
    there, _ = RowKeys(source="canonical", wallet_id=2).key_of(facts)

    assert len(here) == 64
    assert here != there
