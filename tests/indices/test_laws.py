"""Laws that a level obeys whatever the market does: hypothesis finds the markets."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from indices.models import Index, Level, Rebalance
from indices.services import run_window
from market.models import Asset, DailyPrice, close_of
from tests.indices.factories import AT, FIRST, NEXT, make_coin, make_index, make_rules

EVE = FIRST - timedelta(days=1)
DAYS = (NEXT - EVE).days + 3
LAST = EVE + timedelta(days=DAYS - 1)

pytestmark = pytest.mark.django_db(transaction=False)

paths = st.lists(st.lists(st.decimals("0.5", "200", places=2), min_size=DAYS, max_size=DAYS), min_size=4, max_size=4)


def fill(coins: list[Asset], market: list[list[Decimal]], *, price_factor: int = 1, split: int = 1) -> None:
    """Price the coins; `split` cuts the first into so many pieces, each worth that much less."""
    DailyPrice.objects.all().delete()
    rows = []
    for place, (coin, closes) in enumerate(zip(coins, market, strict=True)):
        pieces = split if place == 0 else 1
        for offset, close in enumerate(closes):
            day = EVE + timedelta(days=offset)
            rows.append(
                DailyPrice(
                    asset=coin,
                    day=day,
                    close=close * price_factor / pieces,
                    market_cap=close * price_factor * (10 + place),
                    volume=Decimal(1),
                    source="test",
                    recorded_at=close_of(day),
                )
            )
    DailyPrice.objects.bulk_create(rows)


def replayed(slug: str) -> list[Decimal]:
    """Replay a new index and return its levels."""
    Index.objects.update(status="retired", retired_on=FIRST)
    index = make_index(make_rules(count=3, enter=2, keep=4, alpha="0.5", cap="0.5"), slug=slug)
    assert run_window(start=FIRST, end=LAST, at=AT).problems == []
    levels = Level.objects.filter(index=index).order_by("day").values_list("gross", flat=True)
    return [level for level in levels if level is not None]


@pytest.fixture
def coins():
    """Make four coins."""
    return [make_coin(name) for name in "abcd"]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(market=paths, run=st.uuids())
def test_scale_and_splits_leave_the_level_alone_and_reviews_do_not_move_it(coins, market, run):
    fill(coins, market)
    plain = replayed(f"plain-{run}")
    fill(coins, market, price_factor=1000)
    scaled = replayed(f"scaled-{run}")
    fill(coins, market, split=10)
    split = replayed(f"split-{run}")

    assert len(plain) == (LAST - FIRST).days + 1
    assert scaled == pytest.approx(plain, rel=Decimal("1e-12"))
    assert split == pytest.approx(plain, rel=Decimal("1e-12"))
    for rebalance in Rebalance.objects.filter(index__slug=f"plain-{run}").prefetch_related("holdings"):
        holdings = list(rebalance.holdings.all())
        assert sum(h.weight for h in holdings) == 1
        assert all(h.weight <= Decimal("0.5") for h in holdings)
        assert sum(h.units * h.price for h in holdings) == pytest.approx(rebalance.level, rel=Decimal("1e-12"))
