"""Builders for tests of the night."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from analytics.models import NightlyRun, RiskReport, Valuation
from analytics.services.chunks import ChunkResult, process_chunk
from market.models import Asset, DailyPrice, close_of
from portfolios.models import Portfolio

NOW = datetime(2024, 3, 10, 12, tzinfo=UTC)


def day(text: str) -> date:
    """Return a day of 2024 from `03-01`."""
    return date.fromisoformat(f"2024-{text}")


def price(asset: Asset, first: date, *closes: str | None) -> None:
    """Price an asset on consecutive days; None leaves a gap."""
    DailyPrice.objects.bulk_create(
        DailyPrice(
            asset=asset,
            day=first + timedelta(days=offset),
            close=Decimal(close),
            source="test",
            recorded_at=close_of(first + timedelta(days=offset)),
        )
        for offset, close in enumerate(closes)
        if close is not None
    )


def value(portfolio: Portfolio, start: str, end: str, *, at: datetime = NOW) -> ChunkResult:
    """Run stages 3 and 4 for one portfolio."""
    return process_chunk(portfolio_ids=[portfolio.pk], start=day(start), end=day(end), at=at)


def valuations(portfolio: Portfolio, *names: str) -> list[tuple[object, ...]]:
    """Return figures of a portfolio's valuations in order of days."""
    return list(Valuation.objects.filter(portfolio=portfolio).order_by("day").values_list(*names))


def make_night(on: date, status: str = "done") -> NightlyRun:
    """Record a night as it ended."""
    return NightlyRun.objects.create(day=on, status=status, started_at=NOW, finished_at=NOW, heartbeat_at=NOW)


def dump() -> tuple[list[object], list[object]]:
    """Return every valuation and every report, without their keys and the instant at which they were made."""
    dumps = []
    for model in (Valuation, RiskReport):
        names = [f.attname for f in model._meta.concrete_fields if f.name not in {"id", "computed_at"}]
        dumps.append(list(model.objects.order_by("portfolio_id", "day").values(*names)))
    return dumps[0], dumps[1]
