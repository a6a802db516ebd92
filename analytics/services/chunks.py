"""Stages 3 and 4 for a chunk of portfolios over a window of days: read, compute, write in one short transaction."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from time import perf_counter

from django.db import transaction
from django.db.models import Model

from analytics.models import RiskReport, Valuation
from analytics.selectors.ledger import Fingerprint, day_range, fingerprints, first_days, read_ledgers
from analytics.selectors.prices import Returns, read_prices, read_returns
from analytics.services.risk import Flows, measure_close
from analytics.services.valuations import Close, value_days
from portfolios.models import Portfolio

logger = logging.getLogger(__name__)

CHUNK_SIZE = 500
MOST_ROWS = 20_000
ROUNDS = 3
KEY = ("portfolio", "day")
ONE_DAY = timedelta(days=1)


@dataclass(slots=True)
class ChunkResult:
    """What became of a chunk: portfolios done, reasons of those that failed by id, seconds of both stages."""

    done: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    valuation_seconds: float = 0.0
    risk_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Window:
    """Days to compute at one instant; `returns` are those that chunks of the same days share."""

    start: date
    end: date
    at: datetime
    returns: Returns | None = None


def spans_of(portfolio_ids: Sequence[int]) -> list[tuple[int, int]]:
    """Cut portfolios, whose ids come in order, into chunks; return the first and the last id of each."""
    chunks = (portfolio_ids[start : start + CHUNK_SIZE] for start in range(0, len(portfolio_ids), CHUNK_SIZE))
    return [(chunk[0], chunk[-1]) for chunk in chunks]


def process_chunk(
    *, portfolio_ids: Sequence[int], start: date, end: date, at: datetime, returns: Returns | None = None
) -> ChunkResult:
    """Value and measure portfolios from `start` to `end`, each from the first day on which it is out of date.

    When the chunk fails it is tried once more, one portfolio at a time, so that a failure costs the portfolio that
    causes it and no other.
    """
    result, window = ChunkResult(), Window(start, end, at, returns)
    try:
        _process(portfolio_ids, window, result)
    except Exception:
        logger.exception("chunk_failed", extra={"portfolios": len(portfolio_ids), "start": start, "end": end})
        result = ChunkResult()
        for portfolio_id in portfolio_ids:
            try:
                _process([portfolio_id], window, result)
            except Exception as error:
                logger.exception("portfolio_failed", extra={"portfolio": portfolio_id, "start": start, "end": end})
                result.failures[str(portfolio_id)] = f"{type(error).__name__}: {error}"[:300]
    return result


def _process(portfolio_ids: Sequence[int], window: Window, result: ChunkResult) -> None:
    """Process portfolios; those whose ledger changes meanwhile are taken again, a few times."""
    left = list(portfolio_ids)
    for _round in range(ROUNDS):
        # Before anything else is read: a write in between then shows as a difference at the end.
        marks = fingerprints(portfolio_ids=left)
        changed: list[int] = []
        for first, group in _by_first_day(left, window.start).items():
            changed += _process_group(group, replace(window, start=first), marks, result)
        left = changed
        if not left:
            return
    for portfolio_id in left:
        result.failures[str(portfolio_id)] = "Its ledger kept changing; it is valued again shortly."


def _by_first_day(portfolio_ids: Collection[int], start: date) -> dict[date, list[int]]:
    """Group portfolios by the first day to compute: earlier than `start` where days are missing or out of date."""
    stale = dict(
        Portfolio.objects.filter(id__in=portfolio_ids, revalue_from__lt=start).values_list("id", "revalue_from")
    )
    yesterday = Valuation.objects.filter(portfolio_id__in=portfolio_ids, day=start - ONE_DAY)
    valued = set(yesterday.values_list("portfolio_id", flat=True))
    firsts = first_days(portfolio_ids=portfolio_ids)
    groups: dict[date, list[int]] = defaultdict(list)
    for portfolio_id in portfolio_ids:
        first = firsts.get(portfolio_id, start)
        gap = _first_gap(portfolio_id, first, start) if portfolio_id not in valued and first < start else start
        groups[min(gap, stale.get(portfolio_id) or start)].append(portfolio_id)
    return groups


def _first_gap(portfolio_id: int, first: date, start: date) -> date:
    """Return the first day without a valuation from `first` on, before `start`."""
    rows = Valuation.objects.filter(portfolio_id=portfolio_id, day__range=(first, start))
    valued = set(rows.values_list("day", flat=True))
    return next((day for day in day_range(first, start) if day not in valued), start)


def _process_group(group: list[int], window: Window, marks: dict[int, Fingerprint], result: ChunkResult) -> list[int]:
    """Process portfolios over the same days, piece by piece; return those whose ledger changed meanwhile."""
    step = timedelta(days=max(MOST_ROWS // len(group), 1) - 1)
    start, left, changed = window.start, group, list[int]()
    while start <= window.end and left:
        piece = replace(window, start=start, end=min(start + step, window.end))
        began = perf_counter()
        closes = _value(left, piece)
        valued = perf_counter()
        reports = _measure(closes, left, piece)
        measured = perf_counter()
        written = _write(left, piece, window.end, marks, ([close.valuation for close in closes], reports))
        changed += [portfolio_id for portfolio_id in left if portfolio_id not in written]
        left = [portfolio_id for portfolio_id in left if portfolio_id in written]
        # Both tables are written together, and take about as long.
        half = (perf_counter() - measured) / 2
        result.valuation_seconds += valued - began + half
        result.risk_seconds += measured - valued + half
        start = piece.end + ONE_DAY
    result.done += len(left)
    return changed


def _value(group: Collection[int], window: Window) -> list[Close]:
    """Value every portfolio of a group on every day."""
    ledgers = read_ledgers(portfolio_ids=group, start=window.start, end=window.end)
    asset_ids = set[str]().union(*(ledger.asset_ids() for ledger in ledgers.values()))
    prices = read_prices(asset_ids=asset_ids, start=window.start, end=window.end)
    rows = Valuation.objects.filter(portfolio_id__in=group, day=window.start - ONE_DAY)
    before = {row.portfolio_id: row for row in rows}
    return [
        close
        for portfolio_id in group
        for close in value_days(
            portfolio_id=portfolio_id,
            ledger=ledgers[portfolio_id],
            prices=prices,
            before=before.get(portfolio_id),
            days=day_range(window.start, window.end),
            at=window.at,
        )
    ]


def _measure(closes: Iterable[Close], group: Collection[int], window: Window) -> list[RiskReport]:
    """Measure every portfolio of a group on every day."""
    by_day: dict[date, list[Close]] = defaultdict(list)
    asset_ids = set[str]()
    for close in closes:
        by_day[close.valuation.day].append(close)
        asset_ids.update(line.asset_id for line in close.lines)
    returns = window.returns
    if returns is None or not returns.covers(asset_ids, window.start, window.end):
        returns = read_returns(asset_ids=asset_ids, start=window.start, end=window.end)
    flows = {portfolio_id: Flows() for portfolio_id in group}
    earlier = Valuation.objects.filter(portfolio_id__in=group, day__lt=window.start).exclude(flow=0)
    for portfolio_id, day, flow in earlier.order_by("day").values_list("portfolio_id", "day", "flow"):
        flows[portfolio_id].add(day, flow)

    reports: list[RiskReport] = []
    for day in sorted(by_day):
        for close in by_day[day]:
            flows[close.valuation.portfolio_id].add(day, close.valuation.flow)
        reports += measure_close(closes=by_day[day], flows=flows, returns=returns, at=window.at)
    return reports


@transaction.atomic
def _write(
    group: Collection[int],
    piece: Window,
    end: date,
    marks: dict[int, Fingerprint],
    rows: tuple[list[Valuation], list[RiskReport]],
) -> set[int]:
    """Store the rows of portfolios whose ledger is as it was read; return those portfolios.

    The others are marked to be valued again. A portfolio that is now right up to the end of the piece, with later
    rows that build on what was there before, is marked from there on.
    """
    locked = dict(
        Portfolio.objects.select_for_update().filter(id__in=group).order_by("id").values_list("id", "revalue_from")
    )
    now = fingerprints(portfolio_ids=locked)
    same = {portfolio_id for portfolio_id in locked if now.get(portfolio_id) == marks.get(portfolio_id)}
    for portfolio_id in locked.keys() - same:
        stale = min(locked[portfolio_id] or piece.start, piece.start)
        Portfolio.objects.filter(id=portfolio_id).update(revalue_from=stale)

    valuations = [row for row in rows[0] if row.portfolio_id in same]
    reports = [row for row in rows[1] if row.portfolio_id in same]
    rebuilt = [portfolio_id for portfolio_id in same if locked[portfolio_id]]
    marked = same if piece.end < end else _with_later_days(same, piece.end, valuations)
    for rebuilt_rows in (Valuation.objects, RiskReport.objects):
        rebuilt_rows.filter(portfolio_id__in=rebuilt, day__range=(piece.start, piece.end)).delete()
    Valuation.objects.bulk_create(
        valuations, update_conflicts=True, unique_fields=KEY, update_fields=_figures(Valuation)
    )
    RiskReport.objects.bulk_create(
        reports, update_conflicts=True, unique_fields=KEY, update_fields=_figures(RiskReport)
    )
    Portfolio.objects.filter(id__in=same - marked, revalue_from__lte=piece.end).update(revalue_from=None)
    Portfolio.objects.filter(id__in=marked).update(revalue_from=piece.end + ONE_DAY)
    return same


def _with_later_days(portfolio_ids: Collection[int], day: date, valuations: Iterable[Valuation]) -> set[int]:
    """Return portfolios that have later valuations which build on another one of this day than the new one."""
    later = Valuation.objects.filter(portfolio_id__in=portfolio_ids, day=day + ONE_DAY)
    found = set(later.values_list("portfolio_id", flat=True))
    if not found:
        return set()
    new = {row.portfolio_id: _carried(row) for row in valuations if row.day == day}
    stored = {row.portfolio_id: _carried(row) for row in Valuation.objects.filter(portfolio_id__in=found, day=day)}
    return {portfolio_id for portfolio_id in found if new.get(portfolio_id) != stored.get(portfolio_id)}


def _carried(row: Valuation) -> tuple[Decimal, ...]:
    """Return what the next day takes over."""
    return (row.value, row.growth, row.peak, row.max_drawdown, row.net_deposits)


def _figures(model: type[Model]) -> list[str]:
    """Return the columns that a row of the same portfolio and day takes over from a new one."""
    return [column.name for column in model._meta.concrete_fields if column.name not in {"id", *KEY}]
