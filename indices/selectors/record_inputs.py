"""What the night describes an index from: its levels, its basket at the newest close, and the prices behind it.

Crossing to float64: statistics are for reading; exact levels are in `Level`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.db.models import Max
from numpy.typing import NDArray

from indices.calc.records import LEAST_RETURNS
from indices.calc.rules import Rules
from indices.calc.safety import COVERAGE_DAYS
from indices.models import Holding, Index, IndexRecord, Level, Methodology, Rebalance
from indices.selectors.rulebooks import rules_of
from market import selectors as market
from market.models import Classification, DailyPrice
from market.money import AsStored, amount_of, float_of

ONE_DAY = timedelta(days=1)
LIKENESS_DAYS = 365
Versions = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelSeries:
    """The current levels of an index in index points, one a day; gross and net are NaN when suspended or not known.

    `newest_gross`, `newest_net` (exact, None when not known) and `status` are those of the last day.
    """

    days: Sequence[date]
    gross: NDArray[np.float64]
    net: NDArray[np.float64]
    newest_gross: Decimal | None
    newest_net: Decimal | None
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAssets:
    """What an index holds after a close, one entry a constituent, heaviest first; NaN and None are unknown.

    names : symbols; weights : shape (n,), summing to 1; closes : shape (90, n) in USD, the last row being of the day;
    volumes : median values traded a day in USD; market_caps : USD at that close; sectors : as classified on that day.
    """

    names: Sequence[str]
    weights: NDArray[np.float64]
    closes: NDArray[np.float64]
    volumes: NDArray[np.float64]
    market_caps: NDArray[np.float64]
    sectors: Sequence[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordInputs:
    """Everything that the record of one index is made from; `rules` is None where they cannot be read."""

    index: Index
    versions: Versions
    levels: LevelSeries
    turnovers: Sequence[Decimal]
    rules: Rules | None
    held: HeldAssets | None


@dataclass(slots=True)
class _Prices:
    """Figures of one asset in the days before a close."""

    closes: NDArray[np.float64]
    volumes: NDArray[np.float64]
    market_cap: float = np.nan
    last: float = np.nan


def newest_versions(indices: Collection[Index]) -> dict[int, Versions]:
    """Return the newest rows of levels and baskets by index id: when they change, so does the record."""
    levels = Level.objects.filter(index__in=indices).order_by().values_list("index").annotate(newest=Max("id"))
    baskets = Rebalance.objects.filter(index__in=indices).order_by().values_list("index").annotate(newest=Max("id"))
    newest_basket = dict(baskets)
    return {index_id: (level, newest_basket.get(index_id, 0)) for index_id, level in levels}


def find_outdated(*, universe: str) -> list[Index]:
    """Return the published indices that have levels and no record, or one made from other rows, in four queries."""
    indices = list(Index.objects.published().filter(universe=universe).order_by("slug"))
    described = IndexRecord.objects.filter(index__in=indices).values_list("index", "figures__versions")
    known = {index_id: tuple(versions or ()) for index_id, versions in described}
    newest = newest_versions(indices)
    return [index for index in indices if index.pk in newest and newest[index.pk] != known.get(index.pk)]


def read_record_inputs(indices: Collection[Index]) -> list[RecordInputs]:
    """Return what the records of indices of one universe are made from, in a fixed number of queries a last day.

    Indices without a level are left out.
    """
    versions = newest_versions(indices)
    series = _read_levels(indices)
    baskets = _read_baskets(indices)
    turnovers = _read_turnovers(indices)
    rules = _read_rules(indices)
    held: dict[int, HeldAssets] = {}
    for day in sorted({levels.days[-1] for levels in series.values()}):
        of_day = {pk: baskets[pk] for pk, levels in series.items() if levels.days[-1] == day and pk in baskets}
        held |= _value_baskets(of_day, day)
    return [
        RecordInputs(
            index=index,
            versions=versions[index.pk],
            levels=series[index.pk],
            turnovers=turnovers.get(index.pk, ()),
            rules=rules.get(index.pk),
            held=held.get(index.pk),
        )
        for index in indices
        if index.pk in series
    ]


def read_returns(*, universe: str, end: date) -> tuple[list[str], NDArray[np.float64]]:
    """Return the slugs of the published indices of a universe and their daily returns of the last 365 days.

    The returns have shape (365, n), NaN on a day without one: a gap is not bridged. Indices that have too few of them
    in all to be alike with anything are left out if they are retired.
    """
    start = end - LIKENESS_DAYS * ONE_DAY
    indices = {index.pk: index for index in Index.objects.published().filter(universe=universe).order_by("slug")}
    places = {pk: place for place, pk in enumerate(indices)}
    levels = np.full((LIKENESS_DAYS + 1, len(indices)), np.nan)
    rows = Level.objects.current().filter(index__in=indices, day__range=(start, end), gross__isnull=False)
    for pk, day, gross in rows.order_by().values_list("index", "day", AsStored("gross")):
        levels[(day - start).days, places[pk]] = float_of(gross)
    returns = levels[1:] / levels[:-1] - 1.0
    enough = np.isfinite(returns).sum(axis=0) >= LEAST_RETURNS
    kept = [places[pk] for pk, index in indices.items() if index.status == Index.Status.ACTIVE or enough[places[pk]]]
    slugs = [index.slug for index in indices.values()]
    return [slugs[place] for place in kept], returns[:, kept]


def _read_levels(indices: Collection[Index]) -> dict[int, LevelSeries]:
    rows: dict[int, list[tuple[Any, ...]]] = {}
    levels = Level.objects.current().filter(index__in=indices).order_by("index", "day")
    for pk, *row in levels.values_list("index", "day", AsStored("gross"), AsStored("net"), "status"):
        rows.setdefault(pk, []).append(tuple(row))
    return {pk: _series(found) for pk, found in rows.items()}


def _series(rows: Sequence[tuple[Any, ...]]) -> LevelSeries:
    days, gross, net, statuses = zip(*rows, strict=True)
    return LevelSeries(
        days=days,
        gross=np.array([float_of(stored) for stored in gross]),
        net=np.array([float_of(stored) for stored in net]),
        newest_gross=None if gross[-1] is None else amount_of(gross[-1]),
        newest_net=None if net[-1] is None else amount_of(net[-1]),
        status=statuses[-1],
    )


def _read_baskets(indices: Collection[Index]) -> dict[int, list[Holding]]:
    """Return the holdings of the basket in force of each index."""
    newest = {
        index_id: pk
        for pk, index_id in Rebalance.objects.current().filter(index__in=indices).values_list("pk", "index")
    }
    baskets: dict[int, list[Holding]] = {}
    holdings = Holding.objects.filter(rebalance__in=newest.values()).select_related("asset", "rebalance")
    for holding in holdings.order_by("rebalance", "asset").defer("rebalance__inputs"):
        baskets.setdefault(holding.rebalance.index_id, []).append(holding)
    return baskets


def _read_turnovers(indices: Collection[Index]) -> dict[int, list[Decimal]]:
    turnovers: dict[int, list[Decimal]] = {}
    for pk, turnover in Rebalance.objects.current().filter(index__in=indices).values_list("index", "turnover"):
        turnovers.setdefault(pk, []).append(turnover)
    return turnovers


def _read_rules(indices: Collection[Index]) -> dict[int, Rules]:
    """Return the rules in force; of an index before its first review those announced first."""
    in_force: dict[int, Methodology] = {}
    for methodology in Methodology.objects.announced().filter(index__in=indices):
        if methodology.index_id not in in_force or methodology.status == Methodology.Status.EFFECTIVE:
            in_force[methodology.index_id] = methodology
    return {pk: rules for pk, methodology in in_force.items() if (rules := rules_of(methodology))}


def _value_baskets(baskets: Mapping[int, Sequence[Holding]], day: date) -> dict[int, HeldAssets]:
    """Value baskets at the close of a day; a constituent without a close counts at its last one."""
    asset_ids = {holding.asset_id for holdings in baskets.values() for holding in holdings}
    prices = _read_prices(asset_ids, day)
    sectors = _read_sectors(asset_ids, day)
    valued = {}
    for pk, holdings in baskets.items():
        worth = np.array([float(each.units) * _price(each, prices[each.asset_id].last, day) for each in holdings])
        order = np.argsort(-worth, kind="stable")
        ranked = [holdings[place] for place in order]
        found = [prices[holding.asset_id] for holding in ranked]
        valued[pk] = HeldAssets(
            names=[holding.asset.symbol for holding in ranked],
            weights=worth[order] / worth.sum(),
            closes=np.column_stack([each.closes for each in found]),
            volumes=np.array([_median(each.volumes) for each in found]),
            market_caps=np.array([each.market_cap for each in found]),
            sectors=[sectors.get(holding.asset_id) for holding in ranked],
        )
    return valued


def _price(holding: Holding, last: float, day: date) -> float:
    """Return what a unit counts: on the day of an event the price at which the event left it, as in `get_basket`."""
    basket = holding.rebalance
    is_event = basket.kind == Rebalance.Kind.EVENT and basket.effective_day == day
    return float(holding.price) if is_event else last


def _read_prices(asset_ids: Collection[str], day: date) -> dict[str, _Prices]:
    start = day - (COVERAGE_DAYS - 1) * ONE_DAY
    blank = np.full(COVERAGE_DAYS, np.nan)
    prices = {asset_id: _Prices(blank.copy(), blank.copy()) for asset_id in asset_ids}
    rows = DailyPrice.objects.current().filter(asset__in=asset_ids, day__range=(start, day)).order_by("day", "asset")
    for asset_id, priced_on, close, market_cap, volume in rows.values_list(
        "asset", "day", AsStored("close"), AsStored("market_cap"), AsStored("volume")
    ):
        found = prices[asset_id]
        place = (priced_on - start).days
        found.closes[place] = found.last = float_of(close)
        found.volumes[place] = float_of(volume)
        if priced_on == day:
            found.market_cap = float_of(market_cap)
    silent = [asset_id for asset_id, found in prices.items() if np.isnan(found.last)]
    if silent:
        older = market.get_last_closes(asset_ids=silent, day=day)
        for asset_id in silent:
            # The child of a fork has no close yet and counts as nothing until it has one.
            prices[asset_id].last = float(older[asset_id].close) if asset_id in older else 0.0
    return prices


def _read_sectors(asset_ids: Collection[str], day: date) -> dict[str, str]:
    dated = Classification.objects.filter(asset__in=asset_ids, valid_from__lte=day).exclude(valid_to__lte=day)
    return dict(dated.order_by("asset", "valid_from").values_list("asset", "sector"))


def _median(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else np.nan
