"""What a write leaves to be worked out anew: the valuations from a day on, and the lots of the assets it moved."""

from collections.abc import Collection
from datetime import date

from django.db.models import F

from market.models import Asset
from portfolios.models import LotMark, Portfolio


def mark_for_revaluation(*, portfolio: Portfolio, since: date) -> None:
    """Say that valuations from a day on no longer follow from the ledger; the portfolio's row is locked."""
    known = portfolio.revalue_from
    if known is None or since < known:
        portfolio.revalue_from = since
        portfolio.save(update_fields=["revalue_from"])


def mark_lots(*, portfolio: Portfolio, asset_ids: Collection[str]) -> None:
    """Say that the lots of some assets no longer follow from the ledger; the portfolio's row is locked.

    Fiat currencies have no lots.
    """
    coins = set(Asset.objects.filter(id__in=asset_ids, kind=Asset.Kind.CRYPTO).values_list("id", flat=True))
    marks = LotMark.objects.filter(portfolio=portfolio, asset_id__in=coins)
    known = set(marks.values_list("asset_id", flat=True))
    marks.update(version=F("version") + 1)
    LotMark.objects.bulk_create(LotMark(portfolio=portfolio, asset_id=asset_id) for asset_id in sorted(coins - known))
