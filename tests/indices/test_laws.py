"""Laws that a level obeys whatever the market does: hypothesis finds the markets."""

from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import HealthCheck, assume, given, settings, strategies as st

from indices.models import Index, Level, Rebalance
from indices.services import run_window
from market.models import Asset, DailyPrice, close_of
from tests.indices.factories import AT, FIRST, NEXT, make_coin, make_index, make_rules

EVE = FIRST - timedelta(days=1)
DAYS = (NEXT - EVE).days + 3
LAST = EVE + timedelta(days=DAYS - 1)

# Examples share a database, and an example may come again.
RUNS = count()

pytestmark = pytest.mark.django_db(transaction=False)

paths = st.lists(st.lists(st.decimals("0.5", "200", places=2), min_size=DAYS, max_size=DAYS), min_size=4, max_size=4)


def fill(
    coins: list[Asset], market: list[list[Decimal]], *, price_factor: int = 1, split: int = 1, later_factor: int = 1
) -> None:
    """Price the coins; `split` cuts the first into so many pieces, each worth that much less.

    `later_factor` multiplies every price after the first day.
    """
    DailyPrice.objects.all().delete()
    rows = []
    for place, (coin, closes) in enumerate(zip(coins, market, strict=True)):
        pieces = split if place == 0 else 1
        for offset, close in enumerate(closes):
            day = EVE + timedelta(days=offset)
            factor = price_factor * (later_factor if day > FIRST else 1)
            rows.append(
                DailyPrice(
                    asset=coin,
                    day=day,
                    close=close * factor / pieces,
                    market_cap=close * factor * (10 + place),
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
@given(market=paths)
def test_scale_and_splits_leave_the_level_alone_and_reviews_do_not_move_it(coins, market):
    run = next(RUNS)
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


RULE_SETS = [
    {"alpha": "0.5", "cap": "0.5"},
    {"alpha": "0", "turnover_limit": "0.2"},
    {"alpha": "1", "recap_schedule": "weekly", "cap": "0.4", "cap_relaxes": True},
    {"alpha": "0", "band_relative": "0.5", "cooldown_days": 2, "max_triggers": 5},
]


def replay(overrides: dict[str, object]) -> tuple[list[Decimal], list[str], list[list[str]]]:
    """Replay a new index and return its levels, its result digests, and its weights by rank."""
    Index.objects.all().update(status="retired", retired_on=FIRST)
    rules = make_rules(**{"count": 3, "enter": 2, "keep": 4} | overrides)
    index = make_index(rules, slug=f"i{Index.objects.count()}")
    assert run_window(start=FIRST, end=LAST, at=AT).problems == []
    baskets = Rebalance.objects.current().filter(index=index).prefetch_related("holdings")
    levels = Level.objects.filter(index=index).order_by("day").values_list("gross", flat=True)
    return (
        [level for level in levels if level is not None],
        [basket.result_hash for basket in baskets],
        [sorted(str(holding.weight) for holding in basket.holdings.all()) for basket in baskets],
    )


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(market=paths, overrides=st.sampled_from(RULE_SETS))
def test_all_prices_times_three_are_the_level_times_three(coins, market, overrides):
    fill(coins, market)
    plain = replay(overrides)[0]
    fill(coins, market, later_factor=3)
    tripled = replay(overrides)[0]

    assert tripled[0] == plain[0]
    assert tripled[1:] == pytest.approx([3 * level for level in plain[1:]], rel=Decimal("1e-12"))


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(market=paths, overrides=st.sampled_from(RULE_SETS))
def test_the_same_replay_gives_the_same_digests_and_a_ticker_changes_nothing(coins, market, overrides):
    fill(coins, market)
    first = replay(overrides)
    for coin in coins:
        Asset.objects.filter(pk=coin.pk).update(symbol=f"NEW{coin.pk}", name="Renamed")

    assert replay(overrides) == first
    assert first[1]


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(market=paths, overrides=st.sampled_from(RULE_SETS), order=st.permutations(range(4)))
def test_which_asset_has_which_id_changes_no_level(coins, market, overrides, order):
    # Equal caps are settled by id: give every asset a cap of its own.
    fill(coins, market)
    caps = {(row.asset_id, row.day): row.market_cap for row in DailyPrice.objects.all()}
    assume(all(len({caps[name, day] for name in "abcd"}) == 4 for day in (EVE, NEXT - timedelta(days=1))))
    plain = replay(overrides)

    fill([coins[place] for place in order], market)
    levels, _, weights = replay(overrides)

    assert levels == pytest.approx(plain[0], rel=Decimal("1e-11"))
    assert len(weights) == len(plain[2])
