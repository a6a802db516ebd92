"""Symbols are labels: the latest one is shown, earlier ones stay as dated aliases."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Max, Min

from market.models import Asset, AssetAlias, DailyPrice


class Span(NamedTuple):
    """The first and the last day on which a symbol was seen."""

    first: date
    last: date


@dataclass(slots=True)
class Spans:
    """By asset id and symbol: when a file or a source called the asset so."""

    by_asset: dict[str, dict[str, Span]] = field(default_factory=dict)

    def add(self, asset_id: str, symbol: str, day: date) -> None:
        """Take one row."""
        spans = self.by_asset.setdefault(asset_id, {})
        span = spans.get(symbol)
        if span is None:
            spans[symbol] = Span(day, day)
        elif not span.first <= day <= span.last:
            spans[symbol] = Span(min(span.first, day), max(span.last, day))

    def days(self) -> Span:
        """Return the first and the last day of all rows; there is at least one."""
        spans = [span for by_symbol in self.by_asset.values() for span in by_symbol.values()]
        return Span(min(span.first for span in spans), max(span.last for span in spans))


def priced_days() -> dict[str, Span]:
    """Return the first and the last day with a price of every asset that has any."""
    rows = DailyPrice.objects.current().order_by().values_list("asset_id").annotate(Min("day"), Max("day"))
    return {asset_id: Span(first, last) for asset_id, first, last in rows}


def relabel(
    *, spans: Spans, assets: Mapping[str, Asset], priced: Mapping[str, Span], source: str, at: datetime
) -> list[str]:
    """Show each asset's latest symbol, keep the others as aliases of the source, and say what changed.

    `priced` holds the days priced before this import: rows older than those do not bring an old symbol back.
    """
    changes: list[str] = []
    for asset_id, by_symbol in sorted(spans.by_asset.items()):
        asset = assets[asset_id]
        latest, seen = max(by_symbol.items(), key=lambda item: (item[1].last, item[0]))
        former = asset.symbol
        before = priced.get(asset_id)
        if former != latest and (before is None or seen.last >= before.last):
            asset.symbol = latest
            asset.save(update_fields=["symbol"])
            changes.append(f"{asset_id}: {former} is now {latest}")
            if before and former not in by_symbol:
                # A provider that relabels all of its history does not say when the symbol changed.
                end = seen.first if seen.first > before.first else at.date()
                by_symbol[former] = Span(before.first, max(end - timedelta(days=1), before.first))
        former_spans = {symbol: span for symbol, span in by_symbol.items() if symbol != asset.symbol}
        for symbol, span in sorted(former_spans.items()):
            changes += _keep_alias(asset, source, symbol, span)
    return changes


def _keep_alias(asset: Asset, source: str, symbol: str, span: Span) -> list[str]:
    alias, created = AssetAlias.objects.get_or_create(
        source=source,
        code=symbol,
        valid_from=span.first,
        defaults={"asset": asset, "valid_to": span.last + timedelta(days=1)},
    )
    if alias.asset_id != asset.id:
        return [f"{asset.id}: {symbol} from {span.first} is an alias of {alias.asset_id} already, none was added"]
    return [f"{asset.id}: {symbol} kept as an alias from {span.first}"] if created else []
