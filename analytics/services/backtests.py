"""Replays that curators ask for: a row with the rules frozen, claimed by a worker, ended with figures or with words.

A row is claimed by compare-and-set and kept by heartbeats; the instant of its start is the token of its owner. One
whose worker is gone is taken up once more.
"""

import gc
from calendar import monthrange
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from analytics.models import Backtest
from analytics.services.backtest_results import result_of
from analytics.services.claims import LONGEST_MESSAGE, STALE_AFTER, LostClaimError
from indices.calc.rules import Rules, RulesError
from indices.models import Index, Methodology
from indices.services import mark_computed
from indices.services.backtests import CannotReplayError, check_span, compare_weights, market_of, replay_rules
from market.models import DailyPrice
from market.selectors import first_and_last_day

logger = structlog.get_logger(__name__)

PERMISSION = "analytics.add_backtest"
YEARS = range(1, 9)
TURN_SECONDS = 120
ONE_DAY = timedelta(days=1)
TAKEN_UP = "Taken up again: the worker that ran it stopped."
Status = Backtest.Status


class CannotRequestBacktestError(Exception):
    """No replay can be asked for; the message says why in a curator's words."""


@dataclass(frozen=True, slots=True)
class BacktestClaim:
    """The right to run a replay; `at` is the instant of the claim, and `began` the reading of a stopwatch then."""

    pk: int
    at: datetime
    began: float = field(default_factory=monotonic)

    def time(self) -> datetime:
        """Return the present instant, from the stopwatch."""
        return self.at + timedelta(seconds=monotonic() - self.began)

    def rows(self) -> QuerySet[Backtest]:
        """Return the row, as long as it is the owner's."""
        return Backtest.objects.filter(pk=self.pk, status=Status.RUNNING, started_at=self.at)


@transaction.atomic
def request_backtest(*, methodology_id: int, span: int | tuple[date, date], by: User, at: datetime) -> Backtest:
    """Ask for a replay of a version's rules as they are now, over years up to the newest price or from day to day.

    One that waits or runs for the same rules and days is returned instead. Raises CannotRequestBacktestError.
    """
    if not by.has_perm(PERMISSION):
        raise CannotRequestBacktestError("Asking for a replay needs the permission to add backtests.")
    methodology = Methodology.objects.select_for_update().get(pk=methodology_id)
    try:
        Rules.from_params(methodology.params)
        first_day, last_day = _days(methodology.index, span, at)
    except RulesError as error:
        raise CannotRequestBacktestError(f"The rules cannot be read. {error}") from error
    except CannotReplayError as error:
        raise CannotRequestBacktestError(str(error)) from error
    for known in Backtest.objects.filter(
        methodology=methodology, first_day=first_day, last_day=last_day, status__in=[Status.WAITING, Status.RUNNING]
    ):
        if known.params == methodology.params:
            return known
    return Backtest.objects.create(
        methodology=methodology,
        params=methodology.params,
        first_day=first_day,
        last_day=last_day,
        requested_by=by,
        requested_at=at,
    )


def run_requested_backtests(*, at: datetime) -> int:
    """Run the replays that wait, and those that a dead worker left, oldest first; return how many were done or failed.

    After two minutes the rest is left to the next turn.
    """
    began = monotonic()
    ended = 0
    while monotonic() - began < TURN_SECONDS:
        claim = _claim_next(at + timedelta(seconds=monotonic() - began))
        if claim is None:
            break
        try:
            _run(claim)
            ended += 1
        except LostClaimError:
            logger.warning("backtest_lost", backtest=claim.pk)
    return ended


def _days(index: Index, span: int | tuple[date, date], at: datetime) -> tuple[date, date]:
    """Return the first and the last day of a span; raises CannotReplayError."""
    if isinstance(span, tuple):
        check_span(*span)
        return span
    if span not in YEARS:
        raise CannotReplayError(f"A replay covers {YEARS[0]} to {YEARS[-1]} years.")
    priced = first_and_last_day(simulated=index.is_simulated)
    if priced is None:
        raise CannotReplayError(f"{index.get_universe_display()}: there are no prices yet.")
    last_day = min(priced[1], at.date() - ONE_DAY)
    year = last_day.year - span
    month_ends = monthrange(year, last_day.month)[1]
    return last_day.replace(year=year, day=min(last_day.day, month_ends)), last_day


def _claim_next(at: datetime) -> BacktestClaim | None:
    """Take the oldest row that nobody runs; one whose worker has stopped twice has failed."""
    free = Q(status=Status.WAITING) | Q(status=Status.RUNNING, heartbeat_at__lt=at - STALE_AFTER)
    for row in Backtest.objects.filter(free).order_by("requested_at", "id").only("status", "message"):
        is_left = row.status == Status.RUNNING
        mine = Backtest.objects.filter(free, pk=row.pk)
        if is_left and row.message == TAKEN_UP:
            mine.update(status=Status.FAILED, finished_at=at, message="The workers that ran it stopped, twice.")
        elif mine.update(
            status=Status.RUNNING, started_at=at, heartbeat_at=at, progress=0, message=TAKEN_UP if is_left else ""
        ):
            return BacktestClaim(row.pk, at)
    return None


def _run(claim: BacktestClaim) -> None:
    """Replay and end the row; raises LostClaimError when another process has taken it."""
    backtest = Backtest.objects.select_related("methodology__index", "requested_by").get(pk=claim.pk)
    try:
        result = _replay(backtest, claim, _teller(claim))
    except LostClaimError:
        raise
    except (CannotReplayError, RulesError) as error:
        _end(claim, status=Status.FAILED, message=str(error))
    except Exception as error:
        logger.exception("backtest_failed", backtest=claim.pk)
        _end(claim, status=Status.FAILED, message=f"It broke off: {type(error).__name__}: {error}")
    else:
        _finish(claim, backtest, result)


def _teller(claim: BacktestClaim) -> Callable[[int], None]:
    """Return what writes the progress down, which is the heartbeat as well."""

    def tell(percent: int) -> None:
        if not claim.rows().update(progress=percent, heartbeat_at=claim.time()):
            raise LostClaimError(f"Replay {claim.pk} was taken over by another process.")

    return tell


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Leave out the search for cycles: a replay makes none, and each search goes through a million rows."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@_collector_paused()
def _replay(backtest: Backtest, claim: BacktestClaim, tell: Callable[[int], None]) -> dict[str, Any]:
    index, rules = backtest.methodology.index, Rules.from_params(backtest.params)
    market = market_of(index, rules, backtest.first_day, backtest.last_day)
    outcome = replay_rules(
        index=index,
        rules=rules,
        first_day=backtest.first_day,
        last_day=backtest.last_day,
        at=claim.at,
        market=market,
        on_progress=tell,
    )
    comparison = compare_weights(index=index, outcome=outcome, market=market, at=claim.at)
    made_up = DailyPrice.objects.current().filter(
        asset__simulated=index.is_simulated,
        day__range=(backtest.first_day, backtest.last_day),
        reconstructed=True,
    )
    return result_of(index, outcome, comparison, is_reconstructed=made_up.exists())


@transaction.atomic
def _finish(claim: BacktestClaim, backtest: Backtest, result: dict[str, Any]) -> None:
    """Write the result, and count the version as computed if its rules are still those replayed."""
    counted = mark_computed(
        methodology_id=backtest.methodology_id, params=backtest.params, by=backtest.requested_by, at=claim.time()
    )
    backtest.methodology.refresh_from_db(fields=["status", "params"])
    message = _standing(backtest, counted=counted)
    _end(claim, status=Status.DONE, progress=100, result=result, message=message)


def _standing(backtest: Backtest, *, counted: bool) -> str:
    """Return what the replay means for the version, in words."""
    version = backtest.methodology
    if counted:
        return f"Version {version.version} counts as computed: another person may approve it."
    if version.params != backtest.params:
        return f"Version {version.version} was edited after these rules were replayed: it is not computed by this."
    return f"Version {version.version} is past being computed; this replay changes nothing of it."


def _end(claim: BacktestClaim, *, message: str, **fields: Any) -> None:
    """End a row as its owner; raises LostClaimError."""
    now = claim.time()
    if not claim.rows().update(finished_at=now, heartbeat_at=now, message=message[:LONGEST_MESSAGE], **fields):
        raise LostClaimError(f"Replay {claim.pk} was taken over by another process.")
