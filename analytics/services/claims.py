"""Who runs which night. A night is claimed by compare-and-set, kept by heartbeats, and given up by finishing it.

A claim whose process is gone, or whose heartbeat is too old, may be taken over; the old owner notices at its next
heartbeat. All writes of a night are idempotent, so that even an owner who wakes up late doubles nothing.
"""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from time import monotonic
from uuid import uuid4

from django.db import transaction
from django.db.models import F, Q, QuerySet

from analytics.models import NightlyRun, StageRun
from analytics.selectors.ledger import day_range

STALE_AFTER = timedelta(minutes=5)
LONGEST_MESSAGE = 4000

Status = NightlyRun.Status
Stage = StageRun.Stage
CHUNKED = (Stage.PORTFOLIOS, Stage.ANALYTICS)

# A chunk of portfolios by its first and its last id.
Span = tuple[int, int]


class NightAlreadyRunningError(Exception):
    """Another process is running one of these nights right now; the message says since when."""


class LostClaimError(Exception):
    """Another process has taken the night over; this one stops."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run consecutive nights; `at` is the instant of the claim, and of everything computed under it.

    `seen` is the instant at which this process got the claim, and `began` the reading of its stopwatch then.
    """

    token: str
    start: date
    end: date
    at: datetime
    seen: datetime
    began: float = field(default_factory=monotonic)

    def time(self) -> datetime:
        """Return the present instant, from the stopwatch."""
        return self.seen + timedelta(seconds=monotonic() - self.began)


@transaction.atomic
def claim_nights(*, start: date, end: date, at: datetime) -> Claim:
    """Claim every night from `start` to `end`, or none.

    Raises NightAlreadyRunningError if another process is alive in one of them.
    """
    days = day_range(start, end)
    claim = Claim(f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex}", start, end, at, at)
    NightlyRun.objects.bulk_create([NightlyRun(day=day) for day in days], ignore_conflicts=True)
    running = NightlyRun.objects.filter(day__in=days, status=Status.RUNNING)
    dead = [run.claim for run in running if _process_is_gone(run.claim)]
    free = ~Q(status=Status.RUNNING) | Q(heartbeat_at__lt=at - STALE_AFTER) | Q(claim__in=dead)
    claimed = NightlyRun.objects.filter(free, day__in=days).update(
        status=Status.RUNNING,
        claim=claim.token,
        attempts=F("attempts") + 1,
        started_at=at,
        heartbeat_at=at,
        finished_at=None,
        message="",
    )
    if claimed < len(days):
        busy = running.exclude(claim=claim.token).order_by("day").first()
        since = f" since {busy.started_at:%Y-%m-%d %H:%M:%S} UTC" if busy and busy.started_at else ""
        raise NightAlreadyRunningError(
            f"The night of {busy.day if busy else start} is being run by another process{since}."
        )
    _reset_stages(claim)
    return claim


def _process_is_gone(token: str) -> bool:
    """Tell whether the owner of a claim was a process of this machine that is no more."""
    host, _, rest = token.partition(":")
    pid = rest.partition(":")[0]
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return _is_zombie(int(pid))


def _is_zombie(pid: int) -> bool:
    """Tell whether a process has ended and only waits for its parent; False where there is no /proc."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] == "Z"


def _reset_stages(claim: Claim) -> None:
    runs = NightlyRun.objects.filter(claim=claim.token)
    rows = [StageRun(run=run, stage=stage) for run in runs for stage in Stage]
    StageRun.objects.bulk_create(rows, ignore_conflicts=True)
    StageRun.objects.filter(run__in=runs).update(
        status=Status.PENDING,
        total=0,
        done=0,
        failed=0,
        failures={},
        pending=[],
        started_at=None,
        finished_at=None,
        message="",
    )


def beat(claim: Claim) -> None:
    """Show that the owner is alive; raises LostClaimError if the night is no longer theirs."""
    runs = NightlyRun.objects.filter(claim=claim.token, status=Status.RUNNING)
    if not runs.update(heartbeat_at=claim.time()):
        raise LostClaimError(f"The nights {claim.start} to {claim.end} were taken over by another process.")


def start_stage(claim: Claim, stage: str, *, total: int = 1) -> None:
    """Begin a stage of all nights of the claim."""
    beat(claim)
    _stages(claim, stage).update(status=Status.RUNNING, total=total, started_at=claim.time())


def hand_out(claim: Claim, spans: list[Span], *, total: int) -> None:
    """Begin stages 3 and 4 with all of their chunks outstanding."""
    for stage in CHUNKED:
        start_stage(claim, stage, total=total)
    _ledger_of_chunks(claim).update(pending=spans)


@transaction.atomic
def take_back(claim: Claim, span: Span, *, done: int, failures: Mapping[str, str]) -> bool:
    """Count a chunk, once however often it comes back; return whether it was the last one outstanding.

    Raises LostClaimError if the night is no longer the owner's.
    """
    beat(claim)
    last = _ledger_of_chunks(claim).select_for_update().get()
    if list(span) not in last.pending:
        return False
    pending = [each for each in last.pending if each != list(span)]
    done, failed = last.done + done, last.failures | failures
    for stage in CHUNKED:
        _stages(claim, stage).update(done=done, failures=failed, failed=len(failed))
    _ledger_of_chunks(claim).update(pending=pending)
    return not pending


def _ledger_of_chunks(claim: Claim) -> QuerySet[StageRun]:
    """Return the one row that says which chunks are outstanding: stage 4 of the last night of the claim."""
    return StageRun.objects.filter(run__claim=claim.token, run__day=claim.end, stage=Stage.ANALYTICS)


def finish_stage(claim: Claim, stage: str, *, problems: list[str], crashed: bool = False) -> None:
    """End a stage: done only if nothing failed and there is nothing to report."""
    rows = _stages(claim, stage)
    if not crashed and stage not in CHUNKED:
        rows.update(done=1)
    bad = Status.FAILED if crashed else Status.PARTIAL
    failed = rows.filter(failed__gt=0).exists()
    rows.update(
        status=bad if problems or failed else Status.DONE,
        message="\n".join(problems)[:LONGEST_MESSAGE],
        finished_at=claim.time(),
    )


def finish_nights(claim: Claim) -> str:
    """End stages 3 and 4, and the nights of a claim with the worst that happened in a stage; return the status.

    Raises LostClaimError if another process owns or has finished them.
    """
    beat(claim)
    for stage in CHUNKED:
        finish_stage(claim, stage, problems=[])
    stages = list(StageRun.objects.filter(run__claim=claim.token, run__day=claim.end).order_by("stage"))
    statuses = {row.status for row in stages}
    if statuses <= {Status.DONE}:
        status = Status.DONE
    else:
        status = Status.FAILED if statuses <= {Status.FAILED, Status.PENDING} else Status.PARTIAL
    message = "\n".join(f"{row.get_stage_display()}: {_words(row)}" for row in stages if row.message or row.failed)
    finished = NightlyRun.objects.filter(claim=claim.token, status=Status.RUNNING).update(
        status=status, message=message[:LONGEST_MESSAGE], finished_at=claim.time(), heartbeat_at=claim.time()
    )
    if not finished:
        raise LostClaimError(f"The nights {claim.start} to {claim.end} were finished by another process.")
    return status


def _words(row: StageRun) -> str:
    failed = f"{row.failed} of {row.total} portfolios failed." if row.failed else ""
    return " ".join(part for part in (failed, row.message) if part)


def abandon_nights(claim: Claim, reason: str) -> None:
    """Give the nights back as failed, so that they are run again."""
    NightlyRun.objects.filter(claim=claim.token, status=Status.RUNNING).update(
        status=Status.FAILED, message=reason[:LONGEST_MESSAGE], finished_at=claim.time()
    )


def _stages(claim: Claim, stage: str) -> QuerySet[StageRun]:
    return StageRun.objects.filter(run__claim=claim.token, stage=stage)
