"""Builders for tests of indices."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from indices.calc.rules import Rules
from indices.models import Index, Level, Methodology, Rebalance
from market.models import Asset, DailyPrice, close_of
from tests.factories import make_asset, make_classification, price_of

FIRST = date(2023, 1, 1)
NEXT = date(2023, 2, 1)
AT = datetime(2024, 1, 1, tzinfo=UTC)

PLAIN: dict[str, Any] = {
    "min_age_days": 0,
    "liquidity_enter": "0",
    "liquidity_stay": "0",
    "count": 3,
    "enter": 3,
    "keep": 3,
    "min_count": 2,
    "alpha": "1",
    "schedule": "monthly",
}


def make_rules(**overrides: Any) -> Rules:
    """Read rules that screen nothing and hold the three largest."""
    return Rules.from_params(PLAIN | overrides)


def make_index(rules: Rules | None = None, **overrides: Any) -> Index:
    """Make an active index under published rules."""
    fields = {
        "slug": "test",
        "name": "Test",
        "kind": "market_cap",
        "tier": "core",
        "status": "active",
        "base_date": FIRST,
        "auto_approve": True,
    } | overrides
    index = Index.objects.create(**fields)
    Methodology.objects.create(
        index=index,
        version=1,
        params=(rules or make_rules()).to_params(),
        status="announced",
        approved_at=AT,
        announced_at=AT,
    )
    return index


def make_coin(asset_id: str, **classification: Any) -> Asset:
    """Make a classified asset."""
    asset = make_asset(asset_id, simulated=classification.pop("simulated", False))
    make_classification(asset, **classification)
    return asset


def price_days(asset: Asset, first: date, closes: Sequence[str | None], *, supply: int = 10, **overrides: Any) -> None:
    """Price an asset on consecutive days, its market cap being price times supply; None leaves a gap."""
    DailyPrice.objects.bulk_create(
        price_of(asset, first + timedelta(days=offset), close, **{"market_cap": Decimal(close) * supply} | overrides)
        for offset, close in enumerate(closes)
        if close is not None
    )


def price_flat(assets: Mapping[Asset, str], first: date, last: date, *, supply: int = 10) -> None:
    """Price assets at the same close on every day from first to last."""
    for asset, close in assets.items():
        price_days(asset, first, [close] * ((last - first).days + 1), supply=supply)


def levels_of(index: Index) -> dict[date, str | None]:
    """Return the current levels at four decimals."""
    rows = Level.objects.current().filter(index=index).order_by("day").values_list("day", "gross")
    return {day: None if gross is None else f"{gross:.4f}" for day, gross in rows}


def after(day: date, hours: int = 1) -> datetime:
    """Return an instant some hours after the close of a day."""
    return close_of(day) + timedelta(hours=hours)


def newest_basket() -> Rebalance:
    """Return the basket in force."""
    basket = Rebalance.objects.current().last()
    assert basket is not None
    return basket
