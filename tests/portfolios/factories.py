"""Builders for tests of portfolios: an investor with cash, and an index that has a basket on chosen days."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import User
from indices.models import Holding, Index, Level, Methodology, Rebalance, Review
from market.models import Asset, DailyPrice, close_of
from portfolios import services
from portfolios.models import Portfolio, Transaction
from tests.factories import make_asset, price_of

NOW = datetime(2024, 3, 10, 12, tzinfo=UTC)
LAST_DAY = date(2024, 3, 9)
FIRST_DAY = date(2024, 3, 1)


def instant(text: str) -> datetime:
    """Return an instant in UTC from `2024-03-01` or `2024-03-01 12:30`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def make_portfolio(owner: User, **overrides: Any) -> Portfolio:
    """Open a portfolio with one wallet."""
    facts: dict[str, Any] = {"owner": owner, "name": "Long run", "at": NOW} | overrides
    return services.open_portfolio(**facts)


def record(portfolio: Portfolio, kind: str, quantity: str, asset: str = "usd", **facts: Any) -> Transaction:
    """Record a transaction; the day may be given as text, numbers too."""
    at = facts.pop("at", "2024-03-01")
    numbers: dict[str, Any] = {
        name: Decimal(facts.pop(name))
        for name in ("price", "amount", "fee", "received_quantity")
        if isinstance(facts.get(name), str)
    }
    token = facts.pop("token", f"token {Transaction.objects.count()}")
    return services.record_transaction(
        portfolio=portfolio,
        token=token,
        source=facts.pop("source", "test"),
        now=facts.pop("now", NOW),
        kind=kind,
        at=instant(at) if isinstance(at, str) else at,
        asset=asset,
        quantity=Decimal(quantity),
        **numbers,
        **facts,
    )


def make_index(slug: str = "top-2", units: Mapping[str, str] | None = None, **overrides: Any) -> Index:
    """Make an active index with a basket from `FIRST_DAY` on; `units` by asset id, each asset made if need be."""
    fields = {
        "slug": slug,
        "name": slug.title().replace("-", " "),
        "kind": "market_cap",
        "tier": "core",
        "status": "active",
        "base_date": FIRST_DAY,
    } | overrides
    index = Index.objects.create(**fields)
    rules = Methodology.objects.create(
        index=index, version=1, params={}, status="effective", approved_at=NOW, announced_at=NOW
    )
    review = Review.objects.create(
        index=index,
        methodology=rules,
        cutoff_day=FIRST_DAY - timedelta(days=1),
        cutoff_at=close_of(FIRST_DAY),
        announce_day=FIRST_DAY,
        effective_day=FIRST_DAY,
        status="effective",
        computed_at=close_of(FIRST_DAY),
        snapshot_hash="0" * 64,
    )
    basket = Rebalance.objects.create(
        index=index, review=review, effective_day=FIRST_DAY, level=1000, divisor=Decimal(1), turnover=Decimal(0)
    )
    for asset_id, quantity in (units or {"bitcoin": "1", "ethereum": "10"}).items():
        asset = Asset.objects.filter(id=asset_id).first() or make_asset(asset_id)
        # The divisor is 1, so that a unit stands for a coin of supply.
        held = Decimal(quantity)
        Holding.objects.create(
            rebalance=basket, asset=asset, units=held, weight=Decimal("0.5"), price=Decimal(1), capped_supply=held
        )
    return index


def make_market(closes: Mapping[str, str], *, first: date = FIRST_DAY, last: date = LAST_DAY) -> None:
    """Price assets the same on every day from the first to the last, and give indices without levels theirs."""
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    for asset_id, close in closes.items():
        asset = Asset.objects.filter(id=asset_id).first() or make_asset(asset_id)
        DailyPrice.objects.bulk_create(price_of(asset, day, close) for day in days)
    for index in Index.objects.filter(levels__isnull=True):
        Level.objects.bulk_create(
            Level(index=index, day=day, gross=Decimal(1000), status="final", recorded_at=close_of(day)) for day in days
        )


def make_investor(owner: User, *, cash: str = "10000", target: str = "0.9", **overrides: Any) -> Portfolio:
    """Open a portfolio with cash since `FIRST_DAY` and one sleeve on an index of one bitcoin and ten ether.

    Bitcoin is at 40,000, ether at 2,000: two thirds and one third.
    """
    index = make_index()
    make_market({"bitcoin": "40000", "ethereum": "2000"})
    portfolio = make_portfolio(owner, **overrides)
    services.add_sleeve(portfolio=portfolio, index=index, target_weight=Decimal(target))
    record(portfolio, "deposit", cash, token="first deposit")
    return portfolio
