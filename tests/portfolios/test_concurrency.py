"""Eight at once: one token is one order, and what is there leaves once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections

from portfolios import services
from portfolios.models import Order, Portfolio, Position, Transaction
from portfolios.selectors import check_invariants, get_cash
from tests.factories import make_user
from tests.portfolios.factories import NOW, make_investor, record

THREADS = 8
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def portfolio():
    return make_investor(make_user())


def at_once(work: Callable[[int], Any]) -> list[Any]:
    """Do the same eight times at the same moment, each on its own connection; return results or refusals."""
    barrier = Barrier(THREADS)

    def one(number: int) -> Any:
        try:
            barrier.wait()
            return work(number)
        except services.RefusedError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(THREADS)))


def test_eight_orders_with_one_token_are_one(portfolio):
    sleeve = portfolio.sleeves.get()

    orders = at_once(
        lambda _: services.invest(
            portfolio=portfolio, sleeve=sleeve, amount=Decimal(1000), token="once", source="test", at=NOW
        )
    )

    assert {order.pk for order in orders} == {Order.objects.get().pk}
    assert get_cash(portfolio=portfolio) == 9000
    assert check_invariants(portfolio=portfolio) == []


def test_eight_sales_of_one_holding_sell_it_once(portfolio):
    record(portfolio, "deposit", "1", "bitcoin")

    results = at_once(lambda number: record(portfolio, "sell", "0.4", "bitcoin", price="100", token=f"sale {number}"))

    assert sum(isinstance(result, Transaction) for result in results) == 2
    assert sum(isinstance(result, services.ShortfallError) for result in results) == 6
    assert Position.objects.get(portfolio=portfolio, asset="bitcoin").quantity == Decimal("0.2")
    assert check_invariants(portfolio=portfolio) == []


def test_eight_deposits_all_arrive(portfolio):
    at_once(lambda number: record(portfolio, "deposit", "0.1", "bitcoin", token=f"deposit {number}"))

    assert Position.objects.get(portfolio=portfolio, asset="bitcoin").quantity == Decimal("0.8")
    assert check_invariants(portfolio=portfolio) == []


def test_spending_while_the_deposit_is_voided_leaves_no_debt(portfolio):
    deposit = Transaction.objects.get(token="first deposit")

    def work(number: int) -> Any:
        if number % 2:
            return services.void_transaction(voided=Transaction.objects.get(id=deposit.pk), now=NOW)
        return record(portfolio, "withdrawal", "10000", token=f"spend {number}")

    at_once(work)

    assert check_invariants(portfolio=portfolio) == []
    assert get_cash(portfolio=portfolio) == 0


def test_eight_targets_at_once_never_sum_to_more_than_1(portfolio):
    index = portfolio.sleeves.get().index

    at_once(
        lambda number: services.set_sleeves(
            portfolio=portfolio,
            targets=[services.SleeveTarget(index=index, target_weight=Decimal(number + 1) / 10)],
        )
    )

    assert Portfolio.objects.get(id=portfolio.pk).sleeves.count() == 1


def test_eight_requests_with_one_key_do_it_once(portfolio, api_as):
    body = {"kind": "deposit", "at": "2024-03-02T00:00:00Z", "asset": "bitcoin", "quantity": "1"}

    def work(_: int) -> Any:
        return api_as(portfolio.owner).post(
            f"/api/v1/portfolios/{portfolio.pk}/transactions/", body, format="json", headers={"Idempotency-Key": "k"}
        )

    answers = at_once(work)

    assert {answer.status_code for answer in answers} == {201}
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == THREADS - 1
    assert Transaction.objects.filter(source="api").count() == 1


def test_eight_portfolios_of_one_name_are_one(portfolio):
    results = at_once(lambda _: services.open_portfolio(owner=portfolio.owner, name="Same", at=NOW))

    assert sum(isinstance(result, Portfolio) for result in results) == 1
    assert sum(isinstance(result, services.CannotKeepError) for result in results) == THREADS - 1


def test_the_test_database_locks_as_the_real_one():
    assert connection.vendor == "postgresql" or not connection.is_in_memory_db()  # type: ignore[attr-defined] # SQLite's
