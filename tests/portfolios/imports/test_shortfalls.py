"""A wallet never goes below zero: rows that would are told, the rest is imported, deposits are implied if wanted."""

from decimal import Decimal

import pytest

from portfolios import services
from portfolios.models import Entry, Transaction
from portfolios.services import imports
from tests.portfolios.factories import NOW, make_index, make_portfolio, record
from tests.portfolios.imports.files import (
    balances,
    canonical,
    commit,
    make_coins,
    row_of,
    run,
    take_in,
    upload,
    verdicts,
)

MAIN = "Main exchange account"


@pytest.fixture
def portfolio(alice):
    make_coins()
    return make_portfolio(alice)


def test_a_row_that_takes_more_than_there_is_says_asset_day_and_shortfall(portfolio):
    # 1000 are there, 1200 are paid: 200 are missing.
    batch = upload(
        portfolio, canonical("2024-03-01 deposit usd 1000", "2024-03-02 buy bitcoin 12 price=100", *_small(3, 9))
    )

    assert verdicts(batch)[:2] == ["new", "error"]
    assert row_of(batch, 2).column == "quantity"
    assert row_of(batch, 2).reason == (
        "“Main exchange account” would be 200 USD short on 2024-03-02: more would leave than is there."
    )
    commit(batch)
    assert balances(portfolio) == {(MAIN, "usd"): "1007"}


def test_a_row_that_is_left_out_takes_all_its_legs_with_it(portfolio):
    # The purchase is not paid for, so there is nothing to sell, and nothing to give for ether.
    batch = upload(
        portfolio,
        canonical(
            "2024-03-01 deposit usd 99",
            "2024-03-02 buy bitcoin 1 price=100",
            "2024-03-03 sell bitcoin 1 price=200",
            "2024-03-04 swap bitcoin 1 received_asset=ethereum received_quantity=10",
        ),
    )

    assert verdicts(batch) == ["new", "error", "error", "error"]


def test_the_first_in_time_gets_what_there_is_wherever_it_stands_in_the_file(portfolio):
    early, late = "2024-03-02 withdrawal usd 60", "2024-03-03 withdrawal usd 70"
    deposit = "2024-03-01 deposit usd 100"

    one = upload(portfolio, canonical(deposit, early, late, *_small(4, 9)))
    other = upload(portfolio, canonical(*_small(4, 9), late, early, deposit))

    assert verdicts(one)[:3] == ["new", "new", "error"]
    assert verdicts(other)[-3:] == ["error", "new", "new"]


def test_rows_of_one_instant_count_together(portfolio):
    # The sale stands before the purchase of the same second.
    batch = upload(
        portfolio,
        canonical(
            "2024-03-02 sell bitcoin 1 price=120",
            "2024-03-02 buy bitcoin 1 price=100",
            "2024-03-01 deposit usd 100",
        ),
    )

    assert verdicts(batch) == ["new"] * 3


def test_of_one_instant_as_many_rows_come_in_as_fit(portfolio):
    # 100 are there for 60 and 60.
    batch = upload(
        portfolio,
        canonical("2024-03-02 withdrawal usd 60", "2024-03-02 withdrawal usd 60", "2024-03-02 deposit usd 100"),
    )

    assert sorted(verdicts(batch)) == ["error", "new", "new"]
    commit(batch, accept_errors=True)
    assert balances(portfolio) == {(MAIN, "usd"): "40"}


def test_a_row_may_not_take_what_the_ledger_needs_later(portfolio):
    record(portfolio, "deposit", "1000", at="2024-03-01")
    record(portfolio, "withdrawal", "900", at="2024-03-05")

    # 1000 are there on the 2nd, and 900 of them are needed on the 5th: 200 - 100 = 100 are missing.
    batch = upload(portfolio, canonical("2024-03-02 withdrawal usd 200", *_small(6, 10)))

    assert verdicts(batch)[0] == "error"
    assert row_of(batch, 1).reason == (
        "“Main exchange account” would be 100 USD short on 2024-03-05: more would leave than is there."
    )


def test_a_row_may_take_what_the_file_itself_brings_back_in_time(portfolio):
    record(portfolio, "deposit", "1000", at="2024-03-01")
    record(portfolio, "withdrawal", "900", at="2024-03-05")

    # 1000 - 1000 + 1200 = 1200 on the 3rd, 300 on the 5th.
    batch = take_in(portfolio, "2024-03-02 buy bitcoin 1 price=1000", "2024-03-03 sell bitcoin 1 price=1200")

    assert verdicts(batch) == ["new", "new"]
    assert balances(portfolio) == {(MAIN, "usd"): "300"}


def test_of_two_rows_that_the_ledger_cannot_spare_the_one_that_fits_comes_in(portfolio):
    record(portfolio, "deposit", "1000", at="2024-03-01")
    record(portfolio, "withdrawal", "900", at="2024-03-05")

    batch = upload(portfolio, canonical("2024-03-02 withdrawal usd 500", "2024-03-03 withdrawal usd 60"))

    assert verdicts(batch) == ["error", "new"]


def test_what_was_left_out_does_not_come_in_with_the_same_file_again(portfolio):
    record(portfolio, "deposit", "1000", at="2024-03-01")
    record(portfolio, "withdrawal", "900", at="2024-03-05")
    rows = ("2024-03-02 withdrawal usd 500", "2024-03-03 withdrawal usd 60", "2024-03-04 withdrawal usd 50")
    take_in(portfolio, *rows)

    assert verdicts(upload(portfolio, canonical(*rows))) == ["error", "duplicate", "error"]


def test_a_history_of_buys_without_deposits_gets_deposits_of_just_what_is_missing(portfolio):
    # 500 of 1000 are missing for the first purchase with its fee of 1, then 400 + 1 of the second: 99 come from a sale.
    batch = upload(
        portfolio,
        canonical(
            "2024-03-01 deposit usd 500",
            "2024-03-02 buy bitcoin 10 price=99.9 fee=1",
            "2024-03-03 sell bitcoin 1 price=99",
            "2024-03-04 buy ethereum 1 price=499 fee=1",
        ),
        imply_deposits=True,
    )

    assert verdicts(batch) == ["new"] * 4
    assert batch.counts["implied"] == 2
    assert row_of(batch, 2).reason == (
        "An implied deposit of 500 USD is put before it: the file does not say where the money came from."
    )
    assert not row_of(batch, 3).reason
    commit(batch)

    implied = Transaction.objects.filter(is_implied=True).order_by("at")
    assert [(one.kind, f"{one.at:%d}", one.entries.get().quantity) for one in implied] == [
        ("deposit", "02", 500),
        ("deposit", "04", 401),
    ]
    assert balances(portfolio) == {(MAIN, "bitcoin"): "9", (MAIN, "ethereum"): "1"}


def test_an_implied_deposit_comes_before_its_payment_and_is_valued(portfolio):
    take_in(portfolio, "2024-03-02 buy bitcoin 10 price=100", imply_deposits=True)

    deposit, bought = Transaction.objects.order_by("id")
    assert (deposit.is_implied, bought.is_implied, deposit.at) == (True, False, bought.at)
    assert Entry.objects.get(transaction=deposit).price == 1
    assert deposit.row_key == ""


def test_deposits_are_implied_in_the_currency_that_was_paid(portfolio):
    take_in(portfolio, "2024-03-02 buy bitcoin 10 price=100 currency=EUR fee=2 fee_asset=USD", imply_deposits=True)

    implied = Entry.objects.filter(transaction__is_implied=True).order_by("asset_id")
    assert [(one.asset_id, one.quantity) for one in implied] == [("eur", 1000), ("usd", 2)]


def test_money_that_is_withdrawn_moved_or_given_is_never_implied(portfolio):
    batch = upload(
        portfolio,
        canonical(
            "2024-03-02 withdrawal usd 10",
            "2024-03-02 transfer usd 10 to_wallet=Ledger",
            "2024-03-02 gift_out usd 10",
            "2024-03-02 sell bitcoin 1 price=10",
        ),
        imply_deposits=True,
    )

    assert verdicts(batch) == ["error"] * 4


def test_nothing_is_implied_where_the_file_brings_the_money_at_the_same_instant(portfolio):
    batch = upload(
        portfolio,
        canonical("2024-03-02 buy bitcoin 1 price=100", "2024-03-02 deposit usd 100"),
        imply_deposits=True,
    )

    assert batch.counts["implied"] == 0
    assert verdicts(batch) == ["new", "new"]


def test_nothing_is_implied_that_the_ledger_has_and_later_gets_back(portfolio):
    record(portfolio, "deposit", "1000", at="2024-03-01")
    record(portfolio, "withdrawal", "1000", at="2024-03-05")

    batch = upload(
        portfolio,
        canonical("2024-03-02 buy bitcoin 5 price=100", "2024-03-03 sell bitcoin 5 price=120"),
        imply_deposits=True,
    )

    assert (verdicts(batch), batch.counts["implied"]) == (["new", "new"], 0)


def test_what_the_ledger_needs_later_is_implied_too(portfolio):
    record(portfolio, "deposit", "1000", at="2024-03-01")
    record(portfolio, "withdrawal", "800", at="2024-03-05")

    batch = upload(portfolio, canonical("2024-03-02 buy bitcoin 5 price=100"), imply_deposits=True)
    commit(batch)

    # 1000 - 500 = 500 and 800 are needed: 300 are missing.
    assert Entry.objects.get(transaction__is_implied=True).quantity == 300


def test_the_same_file_again_implies_nothing_more(portfolio):
    rows = ("2024-03-02 buy bitcoin 10 price=100", "2024-03-03 buy ethereum 1 price=50")
    take_in(portfolio, *rows, imply_deposits=True)

    again = upload(portfolio, canonical(*rows), imply_deposits=True)

    assert (verdicts(again), again.counts["implied"]) == (["duplicate", "duplicate"], 0)


def test_deposits_may_be_implied_as_an_answer_to_the_preview(portfolio):
    batch = upload(portfolio, canonical("2024-03-02 buy bitcoin 10 price=100"))
    assert verdicts(batch) == ["error"]

    run(imports.answer_import(batch=batch, by=portfolio.owner, at=NOW, imply_deposits=True))

    assert verdicts(batch) == ["new"]


def test_what_has_been_spent_since_the_preview_is_told_at_the_commit(portfolio):
    record(portfolio, "deposit", "100", at="2024-03-01")
    batch = upload(portfolio, canonical("2024-03-02 withdrawal usd 60", "2024-03-03 deposit bitcoin 1"))
    assert verdicts(batch) == ["new", "new"]
    record(portfolio, "withdrawal", "50", at="2024-03-04")

    commit(batch)

    # 100 - 60 - 50 = -10
    assert verdicts(batch) == ["error", "new"]
    assert "10 USD short on 2024-03-04" in row_of(batch, 1).reason
    assert (batch.counts["imported"], batch.counts["error"]) == (1, 1)


def test_what_leaves_is_drawn_from_outside_of_sleeves_first(portfolio):
    index = make_index()
    sleeve = services.add_sleeve(portfolio=portfolio, index=index, target_weight=Decimal("0.5"))
    record(portfolio, "deposit", "2", "bitcoin", at="2024-03-01", sleeve=sleeve)
    record(portfolio, "deposit", "1", "bitcoin", at="2024-03-01")

    take_in(portfolio, "2024-03-02 transfer bitcoin 2.5 to_wallet=Ledger fee=0.5")

    # 2 are moved: 1 from outside and 1 of the sleeve; the fee of 0.5 is the sleeve's, which keeps 0.5 here.
    held = {(one.wallet.name, one.sleeve_id): one.quantity for one in portfolio.positions.select_related("wallet")}
    assert held == {
        (MAIN, sleeve.pk): Decimal("0.5"),
        ("Ledger", None): Decimal(1),
        ("Ledger", sleeve.pk): Decimal(1),
    }


def test_a_wallet_has_room_for_20_digits(portfolio):
    batch = upload(portfolio, canonical(*[f"2024-03-0{day} deposit bitcoin 60000000000000000000" for day in (1, 2)]))

    assert verdicts(batch) == ["new", "error"]
    assert row_of(batch, 2).reason == "A wallet holds at most 20 digits."


def _small(first: int, last: int) -> list[str]:
    """Return a deposit of 1 USD on each of some days, so that few of the rows of a file are errors."""
    return [f"2024-03-{day:02d} deposit usd 1" for day in range(first, last + 1)]
