"""Imports of a portfolio, and one page of the rows of one, found by their number: no page costs more than another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from market.models import Asset
from portfolios.models import ImportBatch, ImportRow, Portfolio

ROWS_A_PAGE = 50
ASSETS_IN_FACTS = ("asset", "received_asset", "fee_asset")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPage:
    """Some rows of an import in the order of the file, with the symbols of their assets by id.

    `before` and `after` are the numbers that the pages beside it are found by; None where there is no such page.
    """

    rows: Sequence[ImportRow]
    symbols: Mapping[str, str]
    before: int | None = None
    after: int | None = None


def get_imports(*, portfolio: Portfolio) -> QuerySet[ImportBatch]:
    """Return the imports of a portfolio, newest first, without what only the page of one import shows."""
    rows = ImportBatch.objects.filter(portfolio=portfolio).defer("questions", "answers", "mapping")
    return rows.select_related("wallet", "connection").order_by("-requested_at", "-id")


def get_import_rows(
    *, batch: ImportBatch, verdict: str = "", after: int | None = None, before: int | None = None,
    size: int = ROWS_A_PAGE,
) -> RowPage:  # fmt: skip
    """Return the first page, or the one on either side of a row's number; an empty `verdict` is all rows."""
    found = ImportRow.objects.filter(batch=batch)
    if verdict:
        found = found.filter(verdict=verdict)
    if before is not None:
        rows = list(found.filter(number__lt=before).order_by("-number")[: size + 1])
        page = rows[:size][::-1]
        return RowPage(
            rows=page, symbols=_symbols(page), before=page[0].number if len(rows) > size else None,
            after=page[-1].number if page else before - 1,
        )  # fmt: skip
    rows = list(found.filter(number__gt=after or 0).order_by("number")[: size + 1])
    page = rows[:size]
    first = page[0].number if page else (after or 0) + 1
    return RowPage(
        rows=page, symbols=_symbols(page), before=first if after else None,
        after=page[-1].number if len(rows) > size else None,
    )  # fmt: skip


def _symbols(rows: Sequence[ImportRow]) -> dict[str, str]:
    ids = {row.facts[name] for row in rows for name in ASSETS_IN_FACTS if name in row.facts}
    return dict(Asset.objects.filter(id__in=ids).values_list("id", "symbol"))
