"""Rebuilds what a change of the ledger has made untrue: valuations and risk from the first day that changed."""

from datetime import date, datetime

from django.core.cache import cache
from django.db.models import Max

from analytics.models import NightlyRun
from analytics.services.chunks import ChunkResult, process_chunk
from portfolios.models import Portfolio

# A portfolio that fails is left alone this long before it is tried again.
CLAIM_SECONDS = 300


def revalue(*, portfolio: Portfolio, at: datetime) -> ChunkResult:
    """Rebuild a portfolio from its `revalue_from` up to the last night done; no work when nothing has changed.

    The mark is taken away in the transaction that writes the rows, and only if the ledger is then as it was read.
    """
    last = _last_night()
    stale = Portfolio.objects.filter(id=portfolio.id).values_list("revalue_from", flat=True).first()
    if last is None or stale is None or stale > last:
        return ChunkResult()
    return process_chunk(portfolio_ids=[portfolio.id], start=last, end=last, at=at)


def revalue_marked(*, at: datetime, limit: int = 200) -> dict[str, str]:
    """Rebuild portfolios that are marked, at most `limit`; return what failed by portfolio id.

    Two processes leave each other's portfolios alone by a claim in the cache. Losing the cache costs double work
    and nothing else.
    """
    last = _last_night()
    if last is None:
        return {}
    failures: dict[str, str] = {}
    for portfolio in Portfolio.objects.filter(revalue_from__lte=last).order_by("revalue_from", "id")[:limit]:
        key = f"revalue:{portfolio.id}"
        if not cache.add(key, 1, timeout=CLAIM_SECONDS):
            continue
        result = revalue(portfolio=portfolio, at=at)
        failures |= result.failures
        if not result.failures:
            cache.delete(key)
    return failures


def _last_night() -> date | None:
    done = NightlyRun.objects.filter(status__in=[NightlyRun.Status.DONE, NightlyRun.Status.PARTIAL])
    last: date | None = done.aggregate(last=Max("day"))["last"]
    return last
