"""Rebuilds what a change of the ledger has made untrue of lots: asset by asset, without holding the ledger up."""

import logging
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import islice

from django.core.cache import cache
from django.db import transaction as database
from django.db.models import Count

from portfolios.models import Disposal, DisposalMatch, Entry, GainSummary, Lot, LotMark, Portfolio, Receipt
from portfolios.selectors.lots import Derived, derive
from portfolios.services.ledger import lock
from portfolios.services.marks import mark_lots

logger = logging.getLogger(__name__)

# A portfolio that fails is left alone this long before it is tried again.
CLAIM_SECONDS = 300
BATCH = 2000
PORTION = 100_000
PLACE = ("portfolio", "asset", "place")
FIGURES = [field.name for field in Disposal._meta.concrete_fields if field.name not in {"id", *PLACE}]
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
    """Rebuild the marked assets of a portfolio, a portion at a time; return those that are now right.

    A portion is worked out before the portfolio is locked. What was written meanwhile has made a mark newer: that asset
    keeps its old rows and its mark, for the next turn.
    """
    portfolio = Portfolio.objects.filter(id=portfolio_id).first()
    right: set[str] = set()
    if portfolio is None:
        return right
    for portion in _portions(portfolio, _marks(portfolio_id)):
        right |= _replace(portfolio, derive(portfolio=portfolio, asset_ids=portion), portion)
    return right


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


def _portions(portfolio: Portfolio, seen: Seen) -> Iterator[Seen]:
    """Cut marks into portions of so many entries, and at least one asset: a worker that dies loses no more."""
    moved = Entry.objects.filter(portfolio=portfolio, asset__in=seen).order_by().values_list("asset_id")
    sizes = dict(moved.annotate(size=Count("id")))
    portion, size = Seen(), 0
    for asset_id, mark in seen.items():
        if portion and size + sizes.get(asset_id, 0) > PORTION:
            yield portion
            portion, size = Seen(), 0
        portion[asset_id] = mark
        size += sizes.get(asset_id, 0)
    if portion:
        yield portion


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
    Lot.objects.filter(**old).delete()
    Lot.objects.bulk_create([row for row in derived.lots if row.asset_id in same], batch_size=BATCH)
    Receipt.objects.filter(**old).delete()
    Receipt.objects.bulk_create([row for row in derived.receipts if row.asset_id in same], batch_size=BATCH)
    GainSummary.objects.filter(**old).delete()
    GainSummary.objects.bulk_create([row for row in derived.summaries if row.asset_id in same], batch_size=BATCH)
    _write_disposals(portfolio, derived, same)
    LotMark.objects.filter(portfolio=portfolio, asset__in=same).delete()
    return same


def _write_disposals(portfolio: Portfolio, derived: Derived, same: Collection[str]) -> None:
    """Write disposals over the old ones at their places, for a database looks long for the parts of what it deletes."""
    pairs = [
        (disposal, matches)
        for disposal, matches in zip(derived.disposals, derived.matches, strict=True)
        if disposal.asset_id in same
    ]
    disposals = [disposal for disposal, _ in pairs]
    counts = Counter(disposal.asset_id for disposal in disposals)
    for asset_id in same:
        Disposal.objects.filter(portfolio=portfolio, asset=asset_id, place__gt=counts[asset_id]).only("id").delete()
    Disposal.objects.bulk_create(
        disposals, batch_size=BATCH, update_conflicts=True, unique_fields=PLACE, update_fields=FIGURES
    )
    for disposal, matches in pairs:
        for match in matches:
            match.disposal = disposal
    DisposalMatch.objects.bulk_create([match for _, matches in pairs for match in matches], batch_size=BATCH)
