"""Small builders for tests: each makes one valid row, overrides make it special."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import User
from market.models import Asset, Classification, DailyPrice, close_of

PASSWORD = "correct horse battery staple"


def make_user(**overrides: Any) -> User:
    """Make a user who logs in with `PASSWORD`."""
    fields = {"email": "alice@example.com", "password": PASSWORD} | overrides
    return User.objects.create_user(**fields)


def make_asset(asset_id: str = "bitcoin", **overrides: Any) -> Asset:
    """Make a crypto asset."""
    fields = {"id": asset_id, "symbol": asset_id[:5].upper(), "name": asset_id.title()} | overrides
    return Asset.objects.create(**fields)


def make_classification(asset: Asset, **overrides: Any) -> Classification:
    """Classify an asset as an eligible layer 1 since 2009."""
    fields = {"valid_from": date(2009, 1, 3), "sector": "layer1", "token_type": "utility"} | overrides
    return Classification.objects.create(asset=asset, **fields)


def price_of(asset: Asset, day: date, close: Decimal | str, **overrides: Any) -> DailyPrice:
    """Build a price of an asset on one day, known from the close on; not saved."""
    fields = {
        "close": Decimal(close),
        "market_cap": Decimal(close) * 1_000_000,
        "volume": Decimal(10_000_000),
        "source": "test",
        "recorded_at": close_of(day),
    } | overrides
    return DailyPrice(asset=asset, day=day, **fields)


def make_price(asset: Asset, day: date, close: Decimal | str, **overrides: Any) -> DailyPrice:
    """Price an asset on one day, known from the close on."""
    price = price_of(asset, day, close, **overrides)
    price.save(force_insert=True)
    return price


def make_prices(first_day: date, closes: Mapping[Asset, list[str | None]]) -> None:
    """Price assets on consecutive days; None leaves a gap."""
    DailyPrice.objects.bulk_create(
        price_of(asset, first_day + timedelta(days=offset), value)
        for asset, values in closes.items()
        for offset, value in enumerate(values)
        if value is not None
    )
