"""What is there on which day: shortfalls, repetitions, voids, corrections, sleeves."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from portfolios import services
from portfolios.models import Position
from portfolios.selectors import check_invariants, get_cash
from tests.factories import make_asset
from tests.portfolios.factories import NOW, make_investor, make_portfolio, record

D = Decimal


@pytest.fixture
def portfolio(alice):
    make_asset("bitcoin")
    make_asset("ethereum")
    return make_portfolio(alice)


def held(portfolio, asset, wallet=None):
    rows = Position.objects.filter(portfolio=portfolio, asset=asset)
    if wallet is not None:
        rows = rows.filter(wallet=wallet)
    return sum((row.quantity for row in rows), D(0))


def test_more_than_is_there_is_refused_with_asset_day_and_shortfall(portfolio):
    record(portfolio, "deposit", "1", "bitcoin", at="2024-03-02")

    with pytest.raises(services.ShortfallError, match=r"0\.5 BITCO short on 2024-03-03") as refusal:
        record(portfolio, "withdrawal", "1.5", "bitcoin", at="2024-03-03")

    assert (refusal.value.asset, refusal.value.day, refusal.value.shortfall) == (
        "bitcoin",
        date(2024, 3, 3),
        D("0.5"),
    )


def test_a_past_withdrawal_must_not_empty_a_later_day(portfolio):
    record(portfolio, "deposit", "1", "bitcoin", at="2024-03-02")
    record(portfolio, "withdrawal", "0.8", "bitcoin", at="2024-03-05")
    record(portfolio, "deposit", "5", "bitcoin", at="2024-03-07")

    with pytest.raises(services.ShortfallError, match=r"0\.1 BITCO short on 2024-03-05"):
        record(portfolio, "withdrawal", "0.3", "bitcoin", at="2024-03-03")


def test_what_is_in_another_wallet_does_not_help(portfolio):
    cold = services.add_wallet(portfolio=portfolio, name="Cold", kind="hardware")
    record(portfolio, "deposit", "1", "bitcoin")

    with pytest.raises(services.ShortfallError, match="Cold"):
        record(portfolio, "withdrawal", "1", "bitcoin", wallet=cold)


def test_moves_of_one_instant_count_together(portfolio):
    record(portfolio, "deposit", "1", "bitcoin", at="2024-03-02")
    record(portfolio, "withdrawal", "1", "bitcoin", at="2024-03-02")

    assert held(portfolio, "bitcoin") == 0
    assert not Position.objects.filter(portfolio=portfolio).exists()


def test_a_wallet_does_not_outgrow_its_column(portfolio):
    record(portfolio, "deposit", "99999999999999999999", "bitcoin")

    with pytest.raises(services.CannotRecordError, match="at most 20 digits"):
        record(portfolio, "deposit", "1", "bitcoin")


def test_the_same_token_with_the_same_content_is_one_transaction(portfolio):
    first = record(portfolio, "deposit", "0.0000001", "bitcoin", token="once")

    again = record(portfolio, "deposit", "1e-7", "bitcoin", token="once")

    assert again == first
    assert held(portfolio, "bitcoin") == D("0.0000001")


def test_the_same_token_with_other_content_is_refused(portfolio):
    record(portfolio, "deposit", "1", token="once")

    with pytest.raises(services.TokenReusedError):
        record(portfolio, "deposit", "2", token="once")

    assert get_cash(portfolio=portfolio) == 1


def test_a_token_counts_within_its_portfolio(portfolio, alice):
    other = make_portfolio(alice, name="Other")

    record(portfolio, "deposit", "1", token="once")
    record(other, "deposit", "2", token="once")

    assert get_cash(portfolio=other) == 2


def test_voiding_takes_back_once(portfolio):
    record(portfolio, "deposit", "1", "bitcoin")
    more = record(portfolio, "deposit", "2", "bitcoin")

    services.void_transaction(voided=more, now=NOW)
    services.void_transaction(voided=more, now=NOW + timedelta(hours=1))

    more.refresh_from_db()
    assert more.voided_at == NOW
    assert held(portfolio, "bitcoin") == 1
    assert check_invariants(portfolio=portfolio) == []


def test_voiding_what_was_spent_later_is_refused(portfolio):
    deposit = record(portfolio, "deposit", "1", "bitcoin", at="2024-03-02")
    record(portfolio, "withdrawal", "1", "bitcoin", at="2024-03-04")

    with pytest.raises(services.ShortfallError, match="1 BITCO short on 2024-03-04"):
        services.void_transaction(voided=deposit, now=NOW)

    deposit.refresh_from_db()
    assert deposit.voided_at is None


def test_voiding_and_adding_again_gives_the_same_state(portfolio):
    deposit = record(portfolio, "deposit", "1.5", "bitcoin", at="2024-03-02")
    before = list(Position.objects.values_list("wallet", "asset", "sleeve", "quantity"))

    services.void_transaction(voided=deposit, now=NOW)
    record(portfolio, "deposit", "1.5", "bitcoin", at="2024-03-02")

    assert list(Position.objects.values_list("wallet", "asset", "sleeve", "quantity")) == before


def correct(transaction, quantity, **more):
    facts: dict[str, Any] = {
        "token": "correction",
        "source": "test",
        "now": NOW,
        "kind": "deposit",
        "asset": "bitcoin",
    } | more
    return services.correct_transaction(
        corrected=transaction, at=more.pop("at", transaction.at), quantity=D(quantity), **facts
    )


def test_a_correction_supersedes(portfolio):
    wrong = record(portfolio, "deposit", "10", "bitcoin")

    right = correct(wrong, "1")

    wrong.refresh_from_db()
    assert wrong.voided_at == NOW
    assert right.supersedes == wrong
    assert held(portfolio, "bitcoin") == 1


def test_a_correction_of_what_was_spent_needs_enough(portfolio):
    wrong = record(portfolio, "deposit", "10", "bitcoin", at="2024-03-02")
    record(portfolio, "withdrawal", "5", "bitcoin", at="2024-03-04")

    with pytest.raises(services.ShortfallError):
        correct(wrong, "4")
    correct(wrong, "5")

    assert held(portfolio, "bitcoin") == 0


def test_a_correction_sent_twice_is_one(portfolio):
    wrong = record(portfolio, "deposit", "10", "bitcoin")

    assert correct(wrong, "1") == correct(wrong, "1")
    with pytest.raises(services.CannotVoidError):
        correct(wrong, "1", token="another")


def test_what_leaves_is_drawn_from_outside_of_sleeves_first(alice):
    portfolio = make_investor(alice)
    sleeve = portfolio.sleeves.get()
    record(portfolio, "deposit", "1", "bitcoin", sleeve=sleeve)
    record(portfolio, "deposit", "0.4", "bitcoin")
    cold = services.add_wallet(portfolio=portfolio, name="Cold", kind="hardware")

    record(portfolio, "transfer", "1", "bitcoin", to_wallet=cold)

    there = Position.objects.filter(wallet=cold).values_list("sleeve", "quantity")
    assert set(there) == {(None, D("0.4")), (sleeve.pk, D("0.6"))}
    assert check_invariants(portfolio=portfolio) == []


def test_a_sleeve_that_is_named_gives_alone(alice):
    portfolio = make_investor(alice)
    sleeve = portfolio.sleeves.get()
    record(portfolio, "deposit", "1", "bitcoin", sleeve=sleeve)
    record(portfolio, "deposit", "5", "bitcoin")

    with pytest.raises(services.ShortfallError, match="in the sleeve “Top 2”, would be 1 BITCO short"):
        record(portfolio, "sell", "2", "bitcoin", price="1", sleeve=sleeve)
