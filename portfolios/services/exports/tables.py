"""Tables of an export for people and their spreadsheets."""

import csv
import io
from collections.abc import Iterable, Iterator

from portfolios.importers.canonical import guarded
from portfolios.models import Portfolio, Position
from portfolios.services.drafts import plain


def holdings_csv(portfolio: Portfolio) -> Iterator[str]:
    """Yield what is held, by wallet, asset and sleeve."""
    yield line(["wallet", "asset", "symbol", "sleeve", "quantity"])
    rows = Position.objects.filter(portfolio=portfolio).select_related("wallet", "asset", "sleeve__index")
    for row in rows.order_by("wallet__name", "asset_id", "sleeve_id"):
        sleeve = row.sleeve.index.slug if row.sleeve else ""
        texts = [row.wallet.name, row.asset_id, row.asset.symbol, sleeve]
        yield line([*map(guarded, texts), plain(row.quantity)])


def line(cells: Iterable[str]) -> str:
    """Write one line of a CSV."""
    stream = io.StringIO(newline="")
    csv.writer(stream).writerow(cells)
    return stream.getvalue()
