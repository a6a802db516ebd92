"""The night: four stages in order, over windows of days, each night recorded with its stages.

A long range is cut into calendar months; each month runs stages 1 to 4 before the next begins.
"""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from time import perf_counter
from typing import Protocol

from django.db.models import Q

from analytics.models import NightlyRun, StageRun
from analytics.selectors.ledger import due_portfolios, held_assets
from analytics.selectors.nights import last_night_began, missing_nights
from analytics.selectors.prices import Returns, read_returns
from analytics.services import claims
from analytics.services.chunks import ChunkResult, process_chunk, spans_of
from analytics.services.claims import Claim, Span
from indices import services as indices_services
from market import services as market_services
from portfolios.models import Portfolio
from portfolios.selectors import check_invariants
from portfolios.services import lots

logger = logging.getLogger(__name__)

Stage = StageRun.Stage
# The ledger is proved again after each night in which it was written.
LATELY = timedelta(hours=36)


@dataclass(frozen=True, slots=True)
class Step:
    """How far the nights are: the days of the window at work, its stage, and the share of all days that is done."""

    start: date
    end: date
    stage: str
    share: float


class WindowProblems(Protocol):
    """What stages 1 and 2 return: among other things, what went wrong, in words."""

    @property
    def problems(self) -> Sequence[str]:
        """Return a sentence for each problem."""


Progress = Callable[[Step], None]
# Takes chunks of portfolios away, each to go through `run_chunk` elsewhere.
Spread = Callable[[Claim, list[Span]], None]


@dataclass(slots=True)
class NightsResult:
    """What became of a range of nights: how many ended how, and what there is to report, by first day of window."""

    statuses: Counter[str] = field(default_factory=Counter)
    problems: dict[str, str] = field(default_factory=dict)
    portfolios: int = 0
    valuation_seconds: float = 0.0
    risk_seconds: float = 0.0
    spread: bool = False

    @property
    def nights(self) -> int:
        """Return how many nights were run."""
        return self.statuses.total()

    def add_chunk(self, part: ChunkResult) -> None:
        """Take the work of a chunk in."""
        self.portfolios += part.done
        self.valuation_seconds += part.valuation_seconds
        self.risk_seconds += part.risk_seconds

    def add_window(self, claim: Claim, status: str) -> None:
        """Take the end of a window in."""
        self.statuses[status] += (claim.end - claim.start).days + 1
        message = NightlyRun.objects.values_list("message", flat=True).get(day=claim.end)
        if message:
            self.problems[claim.start.isoformat()] = message

    def add(self, other: "NightsResult") -> None:
        """Take another range in."""
        self.statuses += other.statuses
        self.problems |= other.problems
        self.portfolios += other.portfolios
        self.valuation_seconds += other.valuation_seconds
        self.risk_seconds += other.risk_seconds
        self.spread = self.spread or other.spread


def run_nights(
    *,
    start: date,
    end: date,
    at: datetime,
    progress: Progress | None = None,
    spread: Spread | None = None,
    keep_going: Callable[[], bool] = lambda: True,
) -> NightsResult:
    """Run every night from `start` to `end` again, whatever has been done; nothing is doubled.

    With `spread`, portfolios of more than one chunk are handed to it, and the run stops there: the chunks finish the
    night, and the next call goes on. Raises NightAlreadyRunningError if another process is at one of the nights.
    """
    result = NightsResult()
    total = (end - start).days + 1
    for first, last in months(start, end):
        if not keep_going() or result.spread:
            return result

        def tell(stage: str, share: float, first: date = first, last: date = last) -> None:
            days = (first - start).days + share * ((last - first).days + 1)
            if progress:
                progress(Step(first, last, stage, days / total))

        claim = claims.claim_nights(start=first, end=last, at=at)
        _run_window(claim, tell, spread, result, is_last=last == end)
    return result


def replay_missing(
    *,
    until: date,
    at: datetime,
    progress: Progress | None = None,
    spread: Spread | None = None,
    keep_going: Callable[[], bool] = lambda: True,
) -> NightsResult:
    """Run what is missing up to a day, in order: nights never run, asked for, failed, or crashed.

    On a database without any night this is the night of `until` alone: a history is asked for by its dates.
    """
    days = missing_nights(until=until, at=at)
    result = NightsResult()
    for first, last in stretches(days):
        before = result.nights

        def tell(step: Step, before: int = before, length: int = (last - first).days + 1) -> None:
            if progress:
                progress(replace(step, share=(before + step.share * length) / len(days)))

        result.add(run_nights(start=first, end=last, at=at, progress=tell, spread=spread, keep_going=keep_going))
        if result.spread or not keep_going():
            break
    return result


def stretches(days: Sequence[date]) -> list[tuple[date, date]]:
    """Join consecutive days, which come in order, into ranges."""
    ranges: list[tuple[date, date]] = []
    for day in days:
        if ranges and ranges[-1][1] + timedelta(days=1) == day:
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ranges


def months(start: date, end: date) -> Iterator[tuple[date, date]]:
    """Cut a range of days at the ends of calendar months."""
    while start <= end:
        next_month = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        last = min(next_month - timedelta(days=1), end)
        yield start, last
        start = last + timedelta(days=1)


def run_chunk(*, claim: Claim, span: Span, returns: Returns | None = None) -> tuple[ChunkResult, bool]:
    """Run stages 3 and 4 for one chunk of portfolios under a claim; safe to run twice.

    Chunks of one process may share the `returns` of the night, read once. Returns what became of it, and whether no
    other chunk of these nights is outstanding. Raises LostClaimError if another process has taken the nights over.
    """
    claims.beat(claim)
    portfolio_ids = due_portfolios(end=claim.end, span=span)
    unbuilt = lots.rebuild_marked(at=claim.at, portfolio_ids=set(portfolio_ids))
    part = process_chunk(portfolio_ids=portfolio_ids, start=claim.start, end=claim.end, at=claim.at, returns=returns)
    part.failures |= unbuilt | _violations(portfolio_ids, claim.at)
    return part, claims.take_back(claim, span, done=part.done, failures=part.failures)


def _violations(portfolio_ids: Collection[int], at: datetime) -> dict[str, str]:
    """Return what contradicts itself in ledgers that were written lately, by portfolio id."""
    written = Q(transactions__created_at__gte=at - LATELY) | Q(transactions__voided_at__gte=at - LATELY)
    found = {}
    for portfolio in Portfolio.objects.filter(written, id__in=portfolio_ids).distinct().order_by("id"):
        problems = check_invariants(portfolio=portfolio)
        if problems:
            found[str(portfolio.pk)] = "Ledger: " + " ".join(problems)[:300]
    return found


def _run_window(
    claim: Claim,
    tell: Callable[[str, float], None],
    spread: Spread | None,
    result: NightsResult,
    *,
    is_last: bool,
) -> None:
    """Run the four stages under a claim; what goes wrong is recorded, and what can still be done is done.

    The records of the indices, which are of their newest levels alone, are written in the last window of a range.
    """
    try:
        tell(Stage.MARKET, 0.0)
        _run_stage(claim, Stage.MARKET, market_services.refresh_market)
        tell(Stage.INDICES, 0.1)
        _run_stage(claim, Stage.INDICES, partial(indices_services.run_window, records=is_last))
        if is_last:
            _mark_repriced(claim)
        portfolio_ids = due_portfolios(end=claim.end)
        spans = spans_of(portfolio_ids)
        claims.hand_out(claim, spans, total=len(portfolio_ids))
        if spread and len(spans) > 1:
            result.spread = True
            spread(claim, spans)
            return
        began = perf_counter()
        returns = read_returns(asset_ids=held_assets(), start=claim.start, end=claim.end) if len(spans) > 1 else None
        result.risk_seconds += perf_counter() - began
        for place, span in enumerate(spans):
            tell(Stage.PORTFOLIOS, 0.6 + 0.4 * place / len(spans))
            result.add_chunk(run_chunk(claim=claim, span=span, returns=returns)[0])
        result.add_window(claim, claims.finish_nights(claim))
        tell(Stage.ANALYTICS, 1.0)
    except claims.LostClaimError:
        raise
    except BaseException as error:
        claims.abandon_nights(claim, f"Interrupted: {type(error).__name__}: {error}")
        raise


def _mark_repriced(claim: Claim) -> None:
    """Let lots follow prices that came since the night before; a failure keeps no portfolio from being valued."""
    try:
        lots.mark_repriced(since=last_night_began(but=claim.token))
    except Exception:
        logger.exception("repricing_failed", extra={"start": claim.start, "end": claim.end})


def _run_stage(claim: Claim, stage: str, service: Callable[..., WindowProblems]) -> None:
    """Run a stage that is one call; its failure is recorded and does not keep the later stages from running."""
    claims.start_stage(claim, stage)
    try:
        problems = service(start=claim.start, end=claim.end, at=claim.at).problems
    except Exception as error:
        logger.exception("stage_failed", extra={"stage": stage, "start": claim.start, "end": claim.end})
        claims.finish_stage(claim, stage, problems=[f"{type(error).__name__}: {error}"], crashed=True)
    else:
        claims.finish_stage(claim, stage, problems=list(problems))
