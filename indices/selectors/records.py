"""How an index has done, as the night stored it: one row an index for the catalogue, its factsheet and the API."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self

from django.db.models import OuterRef, Q, QuerySet, Subquery

from indices.calc.safety import Item, State
from indices.models import Holding, Index, IndexQuerySet, IndexRecord, Level, Rebalance

WINDOWS = ("1D", "7D", "1M", "3M", "YTD", "1Y", "SI")
NEAR_DUPLICATE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """How an index has done up to its newest level. Fractions of 1; losses positive; None is unknown.

    `level`, `net` (exact, in index points) and `status` are those of `as_of`, the newest day with a level, suspended or
    not. `returns` by window end at the last day that has a number, gross and net of costs; volatility (a year) and
    drawdowns are since inception, and `worst_recovery` is None while below the peak. `cost` is the share of the level
    that all rebalances have cost, `turnover` one-way, a year. `correlations` are by slug; `sectors` and `tiers` are
    weights.
    """

    as_of: date | None = None
    computed_at: datetime | None = None
    inception: date | None = None
    level: Decimal | None = None
    net: Decimal | None = None
    status: str = ""
    returns: Mapping[str, float | None]
    net_returns: Mapping[str, float | None]
    volatility: float | None = None
    drawdown: float | None = None
    worst_drawdown: float | None = None
    worst_peak: date | None = None
    worst_trough: date | None = None
    worst_recovery: date | None = None
    spark: Sequence[float | None] = ()
    turnover: float | None = None
    rebalances: int = 0
    cost: float | None = None
    correlations: Mapping[str, float | None]
    sectors: Sequence[tuple[str, float]] = ()
    tiers: Sequence[tuple[str, float]] = ()
    safety: Sequence[Item] = ()

    @classmethod
    def of(cls, stored: IndexRecord) -> Self:
        """Read a stored record."""
        figures: dict[str, Any] = stored.figures
        plain = (
            "status", "volatility", "drawdown", "worst_drawdown", "spark", "turnover", "rebalances", "cost",
            "correlations",
        )  # fmt: skip
        read: dict[str, Any] = {name: figures[name] for name in plain}
        for name in ("returns", "net_returns"):
            read[name] = {window: figures[name].get(window) for window in WINDOWS}
        for name in ("inception", "worst_peak", "worst_trough", "worst_recovery"):
            read[name] = None if figures[name] is None else date.fromisoformat(figures[name])
        for name in ("level", "net"):
            read[name] = None if figures[name] is None else Decimal(figures[name])
        for name in ("sectors", "tiers"):
            read[name] = [(group, weight) for group, weight in figures[name]]
        safety = [Item.from_json(row) for row in figures["safety"]]
        return cls(as_of=stored.day, computed_at=stored.computed_at, safety=safety, **read)

    @property
    def to_watch(self) -> int:
        """Count the items of the safety card that are beyond their thresholds."""
        return sum(1 for item in self.safety if item.state == State.WATCH)


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """An index and its record."""

    index: Index
    record: Record

    @property
    def labels(self) -> list[str]:
        """Return what must be said about its data, in a word each."""
        return labels_of(self.index, self.record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How alike another index moves; None where too few days are common. 0.9 and more is a near duplicate."""

    index: Index
    correlation: float | None

    @property
    def is_near_duplicate(self) -> bool:
        """Tell whether holding both is little else than holding one."""
        return self.correlation is not None and self.correlation >= NEAR_DUPLICATE


def get_catalogue(indices: IndexQuerySet) -> list[CatalogueRow]:
    """Return each index with its record, in one query; an index that no night has described yet has an empty one."""
    return [CatalogueRow(index, get_record(index)) for index in indices.select_related("record")]


def get_record(index: Index) -> Record:
    """Return what the night stored of an index; an empty record where it has described none yet.

    This reads index.record: no query where it was selected along.
    """
    stored: IndexRecord | None = getattr(index, "record", None)
    if stored is None:
        return Record(returns=dict.fromkeys(WINDOWS), net_returns=dict.fromkeys(WINDOWS), correlations={})
    return Record.of(stored)


def labels_of(index: Index, record: Record) -> list[str]:
    """Return what must be said wherever figures of an index show, in a word each."""
    said = {
        "simulated": index.is_simulated,
        "retired": index.status == Index.Status.RETIRED,
        "provisional": record.status == Level.Status.PROVISIONAL,
        "suspended": record.status == Level.Status.SUSPENDED,
        "restated": record.status == Level.Status.RESTATED,
        "reconstructed": record.as_of is not None and index.live_since is None,
        "partly reconstructed": bool(record.inception and index.live_since and index.live_since > record.inception),
    }
    return [label for label, is_so in said.items() if is_so]


def sort_catalogue(rows: Iterable[CatalogueRow], *, column: str, descending: bool) -> list[CatalogueRow]:
    """Return rows in the order of a column: a window of `WINDOWS`, or "name", "level", "volatility", "drawdown".

    What is unknown comes last in either direction; equal rows keep their order. "drawdown" is the worst one. Without a
    column the order stays, and indices without a level come last.
    """
    if not column:
        return sorted(rows, key=lambda row: row.record.as_of is None)
    if column == "name":
        return sorted(rows, key=lambda row: row.index.name.lower(), reverse=descending)
    keyed = [(_figure(row.record, column), row) for row in rows]
    known = [(figure, row) for figure, row in keyed if figure is not None]
    known.sort(key=lambda pair: pair[0], reverse=descending)
    return [row for _, row in known] + [row for figure, row in keyed if figure is None]


def indices_holding(words: str) -> QuerySet[Index]:
    """Return the indices that hold, in the basket in force, an asset of this symbol or name; any case."""
    newest = Rebalance.objects.current().filter(index=OuterRef("rebalance__index")).reverse()
    held = Holding.objects.filter(
        Q(asset__symbol__iexact=words) | Q(asset__name__iexact=words), rebalance=Subquery(newest.values("pk")[:1])
    )
    return Index.objects.filter(pk__in=held.values("rebalance__index"))


def get_likeness(*, index: Index, record: Record) -> list[Likeness]:
    """Return the other published indices of the same market, those that move the most alike first."""
    others = Index.objects.published().filter(slug__in=record.correlations).exclude(pk=index.pk).order_by("slug")
    found = [Likeness(index=other, correlation=record.correlations[other.slug]) for other in others]
    return sorted(found, key=lambda like: -2.0 if like.correlation is None else like.correlation, reverse=True)


def _figure(record: Record, column: str) -> Decimal | float | None:
    figures: dict[str, Any] = {
        **record.returns,
        "level": record.level,
        "volatility": record.volatility,
        "drawdown": record.worst_drawdown,
    }
    figure: Decimal | float | None = figures[column]
    return figure
