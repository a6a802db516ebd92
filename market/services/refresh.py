"""Stage 1 of the night: prices from the configured source, kept with their revisions, then a look for oddities."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import islice

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from market.models import FIRST_DAY, Asset, Classification, DataFinding, SourceRun
from market.services.findings import find_problems
from market.services.labels import Spans, priced_days, relabel
from market.services.prices import BATCH_SIZE, PriceRow, Stored, store_prices
from market.sources.base import (
    BadSourceDataError,
    PriceSource,
    SourceAsset,
    SourcePrice,
    SourceProblem,
    SourceUnavailableError,
)
from market.sources.registry import get_source
from market.sources.simulated import DEFAULT_ANCHOR, SimulatedSource

LONGEST_DETAIL = 200


@dataclass(frozen=True, slots=True)
class RefreshResult:
    """What one refresh brought: rows of both kinds, and in words what went wrong; problems stop nothing."""

    rows_new: int = 0
    rows_revised: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Fetched:
    """What a source gave before it ended or failed."""

    rows: list[SourcePrice] = field(default_factory=list)
    problems: list[SourceProblem] = field(default_factory=list)
    failure: str = ""

    def in_words(self) -> list[str]:
        """Return every problem, the failure of the source first."""
        single = [f"{problem.asset_id}, {problem.day or 'all days'}: {problem.message}" for problem in self.problems]
        return [self.failure, *single] if self.failure else single


def refresh_market(*, start: date, end: date, at: datetime) -> RefreshResult:
    """Bring the prices of the days from start to end up to date from the source that MARKET_SOURCE names.

    A source that fails costs its rows alone: what is stored stays, what came before the failure is kept, and the
    problems say what is missing. Days that are not over at `at` are not asked for.
    """
    try:
        source = get_source()
    except ImproperlyConfigured as error:
        return RefreshResult(problems=[str(error)])
    result = RefreshResult()
    last = min(end, date.fromordinal(at.astimezone(UTC).toordinal() - 1))
    if source and last >= start:
        result = _take(source, start, last, at)
    for simulated in (False, True):
        find_problems(simulated=simulated, start=start, end=end, at=at)
    return result


@transaction.atomic
def seed_simulated_market(*, end: date, at: datetime, anchor: date = DEFAULT_ANCHOR) -> RefreshResult:
    """Load the whole simulated market from its anchor day to `end`; a second time adds only what is missing.

    The nights go on with the same history only where the anchor is the default.
    """
    source = SimulatedSource(anchor=anchor, seed=settings.MARKET_SEED)
    _create_assets(source.list_assets(), simulated=True)
    fetched = _fetch(source, anchor, end)
    stored = _store(source, fetched.rows, at)
    find_problems(simulated=True, start=anchor, end=end, at=at)
    return RefreshResult(stored.new, stored.revised, fetched.in_words())


def _take(source: PriceSource, start: date, end: date, at: datetime) -> RefreshResult:
    run = SourceRun.objects.create(source=source.name, started_at=at, first_day=start, last_day=end)
    fetched = _fetch(source, start, end)
    with transaction.atomic():
        stored = _store(source, fetched.rows, at)
        _list_rejected(fetched.problems, at)
        run.status = SourceRun.Status.FAILED if fetched.failure else SourceRun.Status.DONE
        run.finished_at = at
        run.rows_read, run.rows_new = len(fetched.rows), stored.new
        run.rows_revised, run.rows_unchanged = stored.revised, stored.unchanged
        run.message = "\n".join(fetched.in_words())
        run.save()
    return RefreshResult(stored.new, stored.revised, fetched.in_words())


def _fetch(source: PriceSource, start: date, end: date) -> _Fetched:
    """Ask the source for its assets and their prices; no database transaction is open while the network is slow."""
    fetched = _Fetched()
    try:
        wanted = _wanted(source)
        for row in source.fetch_prices(wanted, start, end, report=fetched.problems.append):
            fetched.rows.append(row)
    except (SourceUnavailableError, BadSourceDataError) as error:
        fetched.failure = f"{source.name}: {error}"
    return fetched


def _wanted(source: PriceSource) -> list[str]:
    """Return the ids of the universe's assets; a real source lists its own only for a market without any."""
    universe = Asset.objects.filter(simulated=source.simulated, kind=Asset.Kind.CRYPTO)
    if source.simulated or not universe.exists():
        _create_assets(source.list_assets(), simulated=source.simulated)
    return list(universe.order_by("id").values_list("id", flat=True))


@transaction.atomic
def _create_assets(listed: Iterable[SourceAsset], *, simulated: bool) -> None:
    """Create the assets that are not there yet, classified since ever where the source says what they are."""
    known = set(Asset.objects.values_list("id", flat=True))
    missing = [asset for asset in listed if asset.id not in known]
    Asset.objects.bulk_create(
        Asset(id=asset.id, symbol=asset.symbol, name=asset.name, simulated=simulated) for asset in missing
    )
    for asset in missing:
        if asset.sector and asset.token_type:
            Classification.objects.create(
                asset_id=asset.id,
                valid_from=FIRST_DAY,
                sector=asset.sector,
                token_type=asset.token_type,
                jurisdiction=asset.jurisdiction,
                launch_year=asset.launch_year,
                is_stable=asset.is_stable,
                is_wrapped=asset.is_wrapped,
                is_pegged=asset.is_pegged,
                is_eligible=asset.is_eligible,
                note=asset.note,
            )


def _store(source: PriceSource, fetched: Iterable[SourcePrice], at: datetime) -> Stored:
    """Write the rows, and show a new symbol where the source has one."""
    assets = Asset.objects.filter(simulated=source.simulated).in_bulk()
    stored = Stored()
    spans = Spans()
    rows = iter(fetched)
    while batch := list(islice(rows, BATCH_SIZE)):
        for row in batch:
            if row.symbol != assets[row.asset_id].symbol:
                spans.add(row.asset_id, row.symbol, row.day)
        prices = [PriceRow(row.asset_id, row.day, row.close, row.market_cap, row.volume) for row in batch]
        store_prices(rows=prices, source=source.name, at=at, stored=stored)
    if spans.by_asset:
        relabel(spans=spans, assets=assets, priced=priced_days(), source=source.name, at=at)
    return stored


def _list_rejected(problems: Iterable[SourceProblem], at: datetime) -> None:
    """List refused values of single days as findings; the others are in the run's message."""
    known = set(Asset.objects.values_list("id", flat=True))
    for problem in problems:
        if problem.day is not None and problem.asset_id in known:
            DataFinding.objects.update_or_create(
                asset_id=problem.asset_id,
                kind=DataFinding.Kind.REJECTED,
                first_day=problem.day,
                defaults={
                    "last_day": problem.day,
                    "days": 1,
                    "detail": problem.message[:LONGEST_DETAIL],
                    "found_at": at,
                },
            )
