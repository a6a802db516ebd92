"""Writers and workers at once, each on its own connection: no row is lost, doubled or left behind."""

import pytest
from django.core.cache import cache

from portfolios import services
from portfolios.models import Disposal, LotMark
from portfolios.selectors import check_invariants
from portfolios.services import lots
from tests.factories import make_user
from tests.portfolios.factories import NOW, make_investor, record
from tests.portfolios.taxes.reading import gains_of
from tests.portfolios.test_concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def portfolio():
    """Hold a bitcoin that cost 100."""
    portfolio = make_investor(make_user())
    record(portfolio, "buy", "1", "bitcoin", price="100")
    lots.rebuild_all(portfolio=portfolio)
    return portfolio


def test_workers_that_come_twice_while_others_write_leave_rows_that_follow(portfolio):
    def work(number: int) -> object:
        if number % 2:
            return lots.rebuild(portfolio_id=portfolio.pk)
        return record(portfolio, "sell", "0.1", "bitcoin", price="300", token=f"sale {number}", at="2024-03-02")

    at_once(work)
    cache.clear()
    lots.rebuild_marked(at=NOW)

    # Each tenth is 30 less 10.
    assert gains_of(portfolio) == [("30", "10", "20")] * 4
    assert not LotMark.objects.exists()
    assert check_invariants(portfolio=portfolio) == []


def test_workers_side_by_side_write_each_disposal_once(portfolio):
    for number in range(5):
        record(portfolio, "sell", "0.1", "bitcoin", price="300", token=f"sale {number}", at="2024-03-02")

    results = at_once(lambda _: lots.rebuild(portfolio_id=portfolio.pk))

    assert not [result for result in results if isinstance(result, services.RefusedError)]
    assert sum(bool(result) for result in results) == 1
    assert Disposal.objects.count() == 5
    assert check_invariants(portfolio=portfolio) == []
