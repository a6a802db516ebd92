"""Lots that an owner names: kept as chosen, and refused when they could not have been there."""

from datetime import timedelta
from decimal import Decimal

import pytest

from portfolios import services
from portfolios.models import LotChoice
from tests.factories import make_asset
from tests.portfolios.factories import NOW, make_portfolio, record

D = Decimal


@pytest.fixture
def portfolio(alice):
    make_asset("bitcoin")
    make_asset("ethereum")
    return make_portfolio(alice)


@pytest.fixture
def lots(portfolio):
    """Two lots of bitcoin, on the first and the second of March."""
    return [record(portfolio, "deposit", "1", "bitcoin", at=f"2024-03-0{day}") for day in (1, 2)]


def sell(portfolio, quantity, lots, **more):
    return record(portfolio, "sell", quantity, "bitcoin", price="100", at="2024-03-05", lots=lots, **more)


def test_named_lots_are_kept_in_their_order(portfolio, lots, alice, bob):
    first, second = lots

    made = sell(portfolio, "1.5", [(second.pk, D("0.5")), (first.pk, D(1))], by=bob)

    kept = LotChoice.objects.filter(transaction=made).values_list("place", "acquired", "quantity", "chosen_by")
    assert list(kept) == [(0, second.pk, D("0.5"), bob.pk), (1, first.pk, D(1), bob.pk)]
    assert made.lot_choices.first().chosen_at == NOW


def test_the_owner_has_chosen_when_nobody_else_is_named(portfolio, lots, alice):
    made = sell(portfolio, "1", [(lots[0].pk, D(1))])

    assert made.lot_choices.get().chosen_by == alice


def test_a_corrected_lot_stands_for_its_correction(portfolio, lots):
    right = services.correct_transaction(
        corrected=lots[0], token="c", source="test", now=NOW, kind="deposit", at=lots[0].at, asset="bitcoin",
        quantity=D(2),
    )  # fmt: skip

    made = sell(portfolio, "2", [(lots[0].pk, D(2))])

    assert made.lot_choices.get().acquired == right


def test_a_correction_keeps_the_day_of_a_choice_that_stays(portfolio, lots):
    made = sell(portfolio, "1", [(lots[0].pk, D("0.5")), (lots[1].pk, D("0.5"))])
    later = NOW + timedelta(days=1)

    right = services.correct_transaction(
        corrected=made, token="c", source="test", now=later, kind="sell", at=made.at, asset="bitcoin", quantity=D(1),
        price=D(200), lots=[(lots[0].pk, D("0.5")), (lots[1].pk, D("0.25"))],
    )  # fmt: skip

    assert list(right.lot_choices.values_list("quantity", "chosen_at")) == [(D("0.5"), NOW), (D("0.25"), later)]


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ([("first", "1"), ("second", "1")], "2 are named, and only 1.5 leave"),
        ([("first", "1.5")], "brought 1, and 1.5 are named"),
        ([("first", "0.6"), ("first", "0.6")], "brought 1, and 1.2 are named"),
        ([("first", "0")], "positive"),
        ([("first", "NaN")], "finite"),
        ([("late", "1")], "came after"),
        ([("ether", "1")], "brought no bitcoin"),
        ([("nobody", "1")], "no transaction 1000000000"),
    ],
)
def test_a_lot_that_cannot_be_meant_is_refused(portfolio, lots, named, words):
    late = record(portfolio, "deposit", "1", "bitcoin", at="2024-03-06")
    ether = record(portfolio, "deposit", "1", "ethereum")
    ids = {"first": lots[0].pk, "second": lots[1].pk, "late": late.pk, "ether": ether.pk, "nobody": 10**9}

    with pytest.raises(services.CannotRecordError, match=words) as refusal:
        sell(portfolio, "1.5", [(ids[name], D(quantity)) for name, quantity in named])

    assert refusal.value.field == "lots"
    assert not LotChoice.objects.exists()


def test_a_deleted_lot_is_refused(portfolio, lots):
    services.void_transaction(voided=lots[0], now=NOW)

    with pytest.raises(services.CannotRecordError, match="was deleted"):
        sell(portfolio, "1", [(lots[0].pk, D(1))])


def test_a_lot_of_another_portfolio_does_not_exist(portfolio, lots, bob):
    theirs = record(make_portfolio(bob), "deposit", "1", "bitcoin", token="theirs")

    with pytest.raises(services.CannotRecordError, match=f"no transaction {theirs.pk}"):
        sell(portfolio, "1", [(theirs.pk, D(1))])


def test_what_comes_in_names_no_lots(portfolio, lots):
    with pytest.raises(services.CannotRecordError, match="has none"):
        record(portfolio, "deposit", "1", "bitcoin", lots=[(lots[0].pk, D(1))])
