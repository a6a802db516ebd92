"""What is odd in the data, listed: gaps, unknown market caps, jumps, silence, copied days, lost pegs.

A finding is a range of days of one asset. The services look again at the days that changed and at the whole ranges
that touch them, so that night after night gives the same list as one look at everything.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Case, DateField, OuterRef, Q, QuerySet, Subquery, Value, When

from market.models import Asset, Classification, DailyPrice, DataFinding

JUMP_LIMIT = Decimal("0.5")  # of the close of the day before
PEG_LIMIT = Decimal("0.01")  # of one dollar
FRESH_DAYS = 2  # nights that may pass without a price before an asset counts as stale
DAY = timedelta(days=1)
Kind = DataFinding.Kind


class _Point(NamedTuple):
    day: date
    close: Decimal
    market_cap: Decimal | None
    volume: Decimal | None


class _Found(NamedTuple):
    kind: str
    first: date
    last: date
    detail: str


@dataclass(frozen=True, slots=True)
class _Stretch:
    """One asset's days to look at, and its prices there and on the day before.

    `before` and `after` are the nearest priced days outside of these points, None where there is none.
    """

    first: date
    last: date
    points: Sequence[_Point]
    before: date | None
    after: date | None
    last_priced: date
    universe_last: date
    stable: Sequence[tuple[date, date | None]]

    def priced_days(self) -> list[date]:
        """Return the days known to have a price from the last one before `first` on, in order."""
        days = [self.before, *(point.day for point in self.points), self.after]
        known = [day for day in days if day is not None]
        return known[1:] if len(known) > 1 and known[1] < self.first else known

    def covers(self, finding: DataFinding) -> bool:
        """Tell whether a stored finding would be found again from these prices if it still held."""
        if finding.first_day > self.last_priced:
            return True
        days = self.priced_days()
        after_the_former = not days or days[0] >= self.first or finding.last_day > days[0]
        before_the_next = not days or days[-1] <= self.last or finding.first_day < days[-1]
        return after_the_former and before_the_next


@transaction.atomic
def find_problems(*, simulated: bool, start: date, end: date, at: datetime) -> int:
    """Bring the findings of a universe up to date for days from `start` to `end`, and return how many changed.

    The same prices give the same findings, whatever the windows; a finding that no longer holds is removed.
    Refused values (`rejected`) are not touched: they speak of a fetch, not of what is stored.
    """
    findings = DataFinding.objects.filter(asset__simulated=simulated).exclude(kind=Kind.REJECTED)
    existing: dict[str, list[DataFinding]] = {}
    for finding in findings.order_by("asset_id", "first_day"):
        existing.setdefault(finding.asset_id, []).append(finding)

    changes = _Changes(at)
    for asset_id, stretch in _stretches(simulated=simulated, start=start, end=end, existing=existing):
        old = [finding for finding in existing.get(asset_id, []) if stretch.covers(finding)]
        changes.compare(asset_id, old, _detect(stretch))
    return changes.write()


def count_findings(*, asset_ids: Collection[str], start: date, end: date) -> dict[str, int]:
    """Return how many findings of each kind touch the days from start to end."""
    touching = DataFinding.objects.filter(asset_id__in=asset_ids, first_day__lte=end, last_day__gte=start)
    return dict(sorted(Counter(touching.order_by().values_list("kind", flat=True)).items()))


def _detect(stretch: _Stretch) -> list[_Found]:
    own = [point for point in stretch.points if point.day >= stretch.first]
    pairs = [(before, after) for before, after in pairwise(stretch.points) if after.day - before.day == DAY]
    found = [*_gaps(stretch.priced_days()), *_jumps(pairs), *_silence(stretch)]
    found += _runs(Kind.STALE, [after for before, after in pairs if _is_copy(before, after)])
    found += _runs(Kind.ZERO_CAP, [point for point in own if point.market_cap is None])
    found += _runs(Kind.PEG_BREAK, [point for point in own if _off_peg(point, stretch.stable)])
    return found


def _is_copy(before: _Point, after: _Point) -> bool:
    # An equal price alone proves nothing: coins with few digits and stablecoins do stand still.
    return after.volume is not None and after[1:] == before[1:]


def _gaps(priced: Sequence[date]) -> Iterator[_Found]:
    for before, after in pairwise(priced):
        if after - before > DAY:
            yield _Found(Kind.GAP, before + DAY, after - DAY, "no price, though there is one before and one after")


def _jumps(pairs: Iterable[tuple[_Point, _Point]]) -> Iterator[_Found]:
    for before, after in pairs:
        move = after.close / before.close - 1
        if abs(move) > JUMP_LIMIT:
            text = f"{move:+.1%} in a day: from {before.close.normalize():f} to {after.close.normalize():f} USD"
            yield _Found(Kind.JUMP, after.day, after.day, text)


def _silence(stretch: _Stretch) -> Iterator[_Found]:
    last = stretch.last_priced
    if (stretch.universe_last - last).days > FRESH_DAYS:
        yield _Found(Kind.STALE, last + DAY, stretch.universe_last, f"last price on {last}")


def _runs(kind: str, points: Iterable[_Point]) -> Iterator[_Found]:
    """Give one finding for each run of consecutive days."""
    for _, run in groupby(enumerate(points), key=lambda item: item[1].day.toordinal() - item[0]):
        days = [point for _, point in run]
        yield _Found(kind, days[0].day, days[-1].day, _detail(kind, days))


def _detail(kind: str, run: Sequence[_Point]) -> str:
    if kind == Kind.ZERO_CAP:
        return "market cap zero or unknown"
    if kind == Kind.STALE:
        return f"price, market cap and volume of {run[0].day - DAY} again"
    worst = max(run, key=lambda point: abs(point.close - 1))
    return f"furthest from 1 USD on {worst.day}: {worst.close.normalize():f}"


def _off_peg(point: _Point, stable: Sequence[tuple[date, date | None]]) -> bool:
    pegged = any(first <= point.day and (end is None or point.day < end) for first, end in stable)
    return pegged and abs(point.close - 1) > PEG_LIMIT


class _Changes:
    """Findings that are new, that changed, and that no longer hold; what is as it was is left alone."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.created: list[DataFinding] = []
        self.changed: list[DataFinding] = []
        self.gone: list[int] = []

    def compare(self, asset_id: str, stored: Iterable[DataFinding], found: Iterable[_Found]) -> None:
        """Take one asset's findings as stored and as found now."""
        old = {(finding.kind, finding.first_day): finding for finding in stored}
        for item in found:
            days = (item.last - item.first).days + 1
            finding = old.pop((item.kind, item.first), None)
            if finding is None:
                finding = DataFinding(asset_id=asset_id, kind=item.kind, first_day=item.first, found_at=self.at)
                self.created.append(finding)
            elif (finding.last_day, finding.detail) != (item.last, item.detail):
                self.changed.append(finding)
            finding.last_day, finding.days, finding.detail = item.last, days, item.detail
        self.gone += [finding.id for finding in old.values()]

    def write(self) -> int:
        """Store the changes and return how many there are."""
        if self.gone:
            DataFinding.objects.filter(id__in=self.gone).delete()
        DataFinding.objects.bulk_update(self.changed, ["last_day", "days", "detail"], batch_size=100)
        DataFinding.objects.bulk_create(self.created)
        return len(self.gone) + len(self.changed) + len(self.created)


def _stretches(
    *, simulated: bool, start: date, end: date, existing: dict[str, list[DataFinding]]
) -> Iterator[tuple[str, _Stretch]]:
    """Give each asset that was ever priced with its days to look at."""
    # The day after the last may jump differently once the last one has changed.
    usual = (start, end + DAY)
    widened = {asset_id: _widen(*usual, findings) for asset_id, findings in existing.items()}
    widened = {asset_id: days for asset_id, days in widened.items() if days != usual}
    points = _points(simulated=simulated, usual=usual, widened=widened)
    stable = _stable_ranges(simulated=simulated)
    assets = list(_with_neighbours(simulated=simulated, usual=usual, widened=widened))
    universe_last = max((asset.last_day for asset in assets), default=end)
    for asset in assets:
        first, last = widened.get(asset.id, usual)
        stretch = _Stretch(
            first=first,
            last=last,
            points=points.get(asset.id, []),
            before=asset.day_before,
            after=asset.day_after,
            last_priced=asset.last_day,
            universe_last=universe_last,
            stable=stable.get(asset.id, []),
        )
        yield asset.id, stretch


def _widen(start: date, end: date, findings: Sequence[DataFinding]) -> tuple[date, date]:
    """Return the days to look at so that every finding that touches them lies inside."""
    ranges = [(finding.first_day, finding.last_day) for finding in findings]
    before = None
    while before != (start, end):
        before = (start, end)
        for first, last in ranges:
            if first <= end + DAY and last >= start - DAY:
                start, end = min(start, first), max(end, last)
    return start, end


def _points(
    *, simulated: bool, usual: tuple[date, date], widened: Mapping[str, tuple[date, date]]
) -> dict[str, list[_Point]]:
    wanted = Q(day__range=(usual[0] - DAY, usual[1]))
    for asset_id, (first, last) in widened.items():
        wanted |= Q(asset_id=asset_id, day__range=(first - DAY, last))
    rows = DailyPrice.objects.current().filter(wanted, asset__simulated=simulated).order_by("asset_id", "day")
    points: dict[str, list[_Point]] = {}
    for asset_id, day, close, cap, volume in rows.values_list("asset_id", "day", "close", "market_cap", "volume"):
        points.setdefault(asset_id, []).append(_Point(day, close, cap, volume))
    return points


def _with_neighbours(
    *, simulated: bool, usual: tuple[date, date], widened: Mapping[str, tuple[date, date]]
) -> QuerySet[Any]:
    """Return the assets that were ever priced, with the priced days around what is read and with the last one."""
    first, last = (
        Case(
            *(When(id=asset_id, then=Value(days[side] - margin)) for asset_id, days in widened.items()),
            default=Value(usual[side] - margin),
            output_field=DateField(),
        )
        for side, margin in ((0, DAY), (1, timedelta(0)))
    )
    prices = DailyPrice.objects.current().filter(asset_id=OuterRef("id"))
    before = prices.filter(day__lt=OuterRef("first")).order_by("-day")
    after = prices.filter(day__gt=OuterRef("last")).order_by("day")
    return (
        Asset.objects.filter(simulated=simulated)
        .annotate(
            first=first,
            last=last,
            day_before=Subquery(before.values("day")[:1]),
            day_after=Subquery(after.values("day")[:1]),
            last_day=Subquery(prices.order_by("-day").values("day")[:1]),
        )
        .filter(last_day__isnull=False)
    )


def _stable_ranges(*, simulated: bool) -> dict[str, list[tuple[date, date | None]]]:
    ranges: dict[str, list[tuple[date, date | None]]] = {}
    stable = Classification.objects.filter(asset__simulated=simulated, is_stable=True)
    for asset_id, first, end in stable.values_list("asset_id", "valid_from", "valid_to"):
        ranges.setdefault(asset_id, []).append((first, end))
    return ranges
