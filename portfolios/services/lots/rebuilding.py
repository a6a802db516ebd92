"""Rebuilds what a change of the ledger has made untrue of lots: asset by asset, without holding the ledger up."""

import logging
from collections.abc import Collection
from datetime import datetime
from itertools import islice

from django.core.cache import cache
from django.db import transaction as database

from portfolios.models import Disposal, DisposalMatch, Entry, GainSummary, Lot, LotMark, Portfolio, Receipt
from portfolios.selectors.lots import Derived, derive
from portfolios.services.ledger import lock
from portfolios.services.marks import mark_lots

logger = logging.getLogger(__name__)

# A portfolio that fails is left alone this long before it is tried again.
CLAIM_SECONDS = 300
BATCH = 2000
Seen = dict[str, tuple[int, int]]  # asset id: the mark's own id and its version


def rebuild_marked(*, at: datetime, portfolio_ids: Collection[int] | None = None, limit: int = 100) -> dict[str, str]:
    """Rebuild the marked lots of at most `limit` portfolios, or of all that are named; return what failed by id.

    Two processes leave each other's portfolios alone by a claim in the cache. Losing the cache costs double work and
    nothing else. A portfolio that fails keeps nobody waiting; `at` stands in the log of it.
    """
    failures: dict[str, str] = {}
    marks = LotMark.objects.order_by("portfolio_id").values_list("portfolio_id", flat=True).distinct()
    wanted = [each for each in marks if portfolio_ids is None or each in portfolio_ids]
    taken = (each for each in wanted if cache.add(f"lots:{each}", 1, timeout=CLAIM_SECONDS))
    for portfolio_id in islice(taken, limit if portfolio_ids is None else None):
        try:
            rebuild(portfolio_id=portfolio_id)
        except Exception as error:
            logger.exception("lots_failed", extra={"portfolio": portfolio_id, "at": at})
            failures[str(portfolio_id)] = f"Lots: {type(error).__name__}: {error}"[:300]
        else:
            cache.delete(f"lots:{portfolio_id}")
    return failures


def rebuild(*, portfolio_id: int) -> set[str]:
    """Rebuild the marked assets of a portfolio; return those that are now right.

    All is worked out before the portfolio is locked. What was written meanwhile has made a mark newer: that asset keeps
    its old rows and its mark, for the next turn.
    """
    portfolio = Portfolio.objects.filter(id=portfolio_id).first()
    seen = _marks(portfolio_id)
    if portfolio is None or not seen:
        return set()
    return _replace(portfolio, derive(portfolio=portfolio, asset_ids=seen), seen)


def rebuild_all(*, portfolio: Portfolio) -> set[str]:
    """Rebuild every asset that the ledger knows, marked or not; return those that are now right."""
    with database.atomic():
        mark_all(portfolio=lock(portfolio.pk))
    return rebuild(portfolio_id=portfolio.pk)


def mark_all(*, portfolio: Portfolio) -> None:
    """Say that no lot of a portfolio follows from the ledger any longer; its row is locked."""
    moved = Entry.objects.filter(portfolio=portfolio).order_by().values_list("asset_id", flat=True).distinct()
    mark_lots(portfolio=portfolio, asset_ids=set(moved))


def _marks(portfolio_id: int) -> Seen:
    rows = LotMark.objects.filter(portfolio=portfolio_id).order_by("id")
    return {asset_id: (mark_id, version) for asset_id, mark_id, version in rows.values_list("asset", "id", "version")}


@database.atomic
def _replace(portfolio: Portfolio, derived: Derived, seen: Seen) -> set[str]:
    """Put new rows in the place of the old ones, for assets whose mark is the one that was seen."""
    lock(portfolio.pk)
    now = _marks(portfolio.pk)
    same = {asset_id for asset_id, mark in seen.items() if now.get(asset_id) == mark}
    if not same:
        return same
    old = {"portfolio": portfolio, "asset__in": same}
    DisposalMatch.objects.filter(portfolio=portfolio, disposal__asset__in=same).delete()
    # Django looks for matches of what it deletes: the ids alone will do.
    Disposal.objects.filter(**old).only("id").delete()
    Lot.objects.filter(**old).delete()
    Lot.objects.bulk_create([row for row in derived.lots if row.asset_id in same], batch_size=BATCH)
    Receipt.objects.filter(**old).delete()
    Receipt.objects.bulk_create([row for row in derived.receipts if row.asset_id in same], batch_size=BATCH)
    GainSummary.objects.filter(**old).delete()
    GainSummary.objects.bulk_create([row for row in derived.summaries if row.asset_id in same], batch_size=BATCH)
    _create_disposals(derived, same)
    LotMark.objects.filter(portfolio=portfolio, asset__in=same).delete()
    return same


def _create_disposals(derived: Derived, same: Collection[str]) -> None:
    pairs = [
        (disposal, matches)
        for disposal, matches in zip(derived.disposals, derived.matches, strict=True)
        if disposal.asset_id in same
    ]
    Disposal.objects.bulk_create([disposal for disposal, _ in pairs], batch_size=BATCH)
    for disposal, matches in pairs:
        for match in matches:
            match.disposal = disposal
    DisposalMatch.objects.bulk_create([match for _, matches in pairs for match in matches], batch_size=BATCH)
