"""Stage 2 of the night: every active index through a window of days."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import structlog
from django.db import InterfaceError, OperationalError, transaction

from indices.models import Index, Level, Methodology
from indices.selectors.rulebooks import rules_of
from indices.services.ballots import open_ballot
from indices.services.gathering import lookback_of
from indices.services.index_records import refresh_records
from indices.services.levels import FormsDisagreeError
from indices.services.market_nights import MarketNights
from indices.services.records import save
from indices.services.replay import ONE_DAY, UNSETTLED, IndexReplay
from indices.services.state import CannotRunError, IndexState

LATE_PRICES = timedelta(days=45)

logger = structlog.get_logger(__name__)


@dataclass(slots=True)
class WindowResult:
    """What a window brought: new level versions, new reviews, and in words what went wrong with which index."""

    levels: int = 0
    reviews: int = 0
    problems: list[str] = field(default_factory=list)


def run_window(*, start: date, end: date, at: datetime, records: bool = True) -> WindowResult:
    """Bring every active index up to the close of `end`, day by day in order; twice is the same as once.

    An index that missed nights before `start` catches up first. Levels of the last 45 days that were provisional or
    suspended are computed again: a price that came late gives a new version. Each index is one transaction under a
    lock; one that fails is reported among the problems and leaves the others alone.

    With `records` the pages' record of every index that has changed since its last one is written, whichever window
    changed it: a replay of many windows asks for that in the last one alone.
    """
    result = WindowResult()
    for universe in Index.Universe:
        indices = Index.objects.active().filter(universe=universe).order_by("slug")
        firsts = {index: _first_day(index, start) for index in indices}
        market = MarketNights(
            simulated=universe == Index.Universe.SIMULATED,
            first=min(firsts.values(), default=start),
            end=end,
            lookback=_lookback(indices),
        )
        for index, first in firsts.items():
            try:
                replay = _run_index(index_id=index.pk, market=market, first=first, end=end, at=at)
            except (CannotRunError, FormsDisagreeError) as error:
                result.problems.append(f"{index.slug}: {error}")
            except (InterfaceError, OperationalError):
                raise  # the database is away: no index can be run
            except Exception as error:  # its own transaction is undone; the others go on
                logger.exception("index_failed", index=index.slug)
                result.problems.append(f"{index.slug}: {type(error).__name__}: {error}")
            else:
                result.levels += len(replay.levels)
                result.reviews += len(replay.reviews)
    if records:
        refresh_records(at=at)
    return result


@transaction.atomic
def _run_index(*, index_id: int, market: MarketNights, first: date, end: date, at: datetime) -> IndexReplay:
    """Walk one index through the days and write what is new."""
    index = Index.objects.select_for_update().get(pk=index_id)
    # Whoever approves an event holds this lock too: what was approved before it is seen, what comes after is refused.
    market.forget_events()
    replay = IndexReplay(index=index, market=market, state=IndexState.load(index=index, first=first, end=end), at=at)
    for offset in range((end - first).days + 1):
        replay.night(first + offset * ONE_DAY)
    save(replay)
    open_ballot(index=index, state=replay.state, at=at)
    return replay


def _first_day(index: Index, start: date) -> date:
    """Return the first day that an index has open: not computed, or not settled within the last 45 days."""
    levels = Level.objects.current().filter(index=index)
    newest = levels.order_by("-day").values_list("day", flat=True).first()
    if newest is None:
        return min(start, index.base_date or start)
    unsettled = levels.filter(status__in=UNSETTLED, day__gte=start - LATE_PRICES).order_by("day")
    return min([newest + ONE_DAY, *unsettled.values_list("day", flat=True)[:1]])


def _lookback(indices: Iterable[Index]) -> timedelta:
    """Return how far the rules of these indices look back; unreadable rules are reported when their index is run."""
    methodologies = Methodology.objects.announced().filter(index__in=indices)
    return lookback_of([rules for methodology in methodologies if (rules := rules_of(methodology))])
