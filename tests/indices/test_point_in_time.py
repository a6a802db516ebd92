"""Nothing that was recorded after a cut-off can be seen in what came of it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from indices.models import Holding, Index, Level, ReviewLine
from indices.services import run_window
from market.models import DailyPrice, close_of
from tests.factories import make_price
from tests.indices.factories import AT, FIRST, NEXT, make_coin, make_index, make_rules, price_flat

pytestmark = pytest.mark.django_db

EVE = FIRST - timedelta(days=1)


def outcome(index: Index) -> list[list[tuple[object, ...]]]:
    """Return everything that a replay leaves behind."""
    lines = ReviewLine.objects.filter(review__index=index).order_by("review__cutoff_day", "asset")
    held = Holding.objects.filter(rebalance__index=index).order_by("rebalance__effective_day", "asset")
    return [
        list(lines.values_list("asset", "market_cap", "weight", "reason")),
        list(held.values_list("asset", "units", "weight")),
        list(Level.objects.filter(index=index).order_by("day").values_list("day", "gross", "status")),
    ]


def make_market():
    """Price four coins for two months."""
    coins = {make_coin(name): close for name, close in (("a", "100"), ("b", "50"), ("c", "10"), ("d", "9"))}
    price_flat(coins, EVE - timedelta(days=100), NEXT + timedelta(days=5))
    return {asset.id: asset for asset in coins}


def revise(asset, day: date, hours_after_close: int, **fields):
    """Append a revision, recorded some hours after the close."""
    instant = close_of(day) + timedelta(hours=hours_after_close)
    old = DailyPrice.objects.current().get(asset=asset, day=day)
    old.superseded_at = instant
    old.save()
    return make_price(asset, day, old.close, recorded_at=instant, **fields)


def test_rows_recorded_after_a_cutoff_change_nothing():
    market = make_market()
    before, afterwards = make_index(slug="before"), make_index(slug="afterwards", status="draft")
    run_window(start=FIRST, end=NEXT + timedelta(days=5), at=AT)
    Index.objects.filter(slug="afterwards").update(status="active")

    for cutoff in (EVE, NEXT - timedelta(days=1)):
        revise(market["d"], cutoff, 25, market_cap=Decimal(10) ** 12)
        revise(market["a"], cutoff, 30, market_cap=None, volume=None)
    late = make_coin("late")
    for offset in range(140):
        day = EVE - timedelta(days=100) + timedelta(days=offset)
        recorded = close_of(NEXT) + timedelta(days=30)
        make_price(late, day, "1000", market_cap=Decimal(10) ** 12, recorded_at=recorded)
    run_window(start=FIRST, end=NEXT + timedelta(days=5), at=AT)

    assert [len(rows) for rows in outcome(before)] == [8, 6, 37]
    assert outcome(afterwards) == outcome(before)


def test_a_revision_recorded_before_the_cutoff_instant_counts():
    market = make_market()
    revise(market["d"], EVE, 20, market_cap=Decimal(10) ** 12)
    make_index(make_rules(count=1, enter=1, keep=1, min_count=1))

    run_window(start=FIRST, end=FIRST, at=AT)

    assert Holding.objects.get().asset_id == "d"


def test_a_night_that_runs_early_knows_only_what_was_there():
    market = make_market()
    revise(market["d"], EVE, 20, market_cap=Decimal(10) ** 12)
    make_index(make_rules(count=1, enter=1, keep=1, min_count=1))

    run_window(start=FIRST, end=FIRST, at=close_of(EVE) + timedelta(hours=19))

    assert Holding.objects.get().asset_id == "a"
