"""How a worker runs what people ask for: a row is claimed by compare-and-set, kept by heartbeats, ended with words.

The instant of the claim is the token of its owner. A row whose worker is gone is taken up once more; the second time
it has failed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Generic, TypeVar

import structlog
from django.db.models import Q, QuerySet

from portfolios.models import Work
from portfolios.services.errors import RefusedError

logger = structlog.get_logger(__name__)

STALE_AFTER = timedelta(minutes=5)
TURN_SECONDS = 120
LONGEST_MESSAGE = 500
TAKEN_UP = "Taken up again: the worker that ran it stopped."
Status = Work.Status
W = TypeVar("W", bound=Work)


class LostClaimError(Exception):
    """Another process has taken the row over; this one stops and writes nothing more."""


@dataclass(frozen=True, slots=True)
class WorkClaim(Generic[W]):
    """The right to do a row's work; `at` is the instant of the claim, `began` the reading of a stopwatch then."""

    model: type[W]
    pk: int
    at: datetime
    began: float = field(default_factory=monotonic)

    def time(self) -> datetime:
        """Return the present instant, from the stopwatch."""
        return self.at + timedelta(seconds=monotonic() - self.began)

    def rows(self) -> QuerySet[W]:
        """Return the row, as long as it is the owner's."""
        return QuerySet(self.model).filter(pk=self.pk, status=Status.RUNNING, started_at=self.at)

    def tell(self, percent: int) -> None:
        """Write the progress down, which is the heartbeat as well; raises LostClaimError."""
        if not self.rows().update(progress=percent, heartbeat_at=self.time()):
            raise LostClaimError(f"{self.model.__name__} {self.pk} was taken over by another process.")

    def end(self, *, message: str = "", **fields: Any) -> None:
        """End the row, done unless `fields` say otherwise; raises LostClaimError.

        Inside the transaction that writes the results, both are written or neither.
        """
        now = self.time()
        ending: dict[str, Any] = {"status": Status.DONE, "progress": 100, "finished_at": now, "heartbeat_at": now}
        if not self.rows().update(**{**ending, "message": message[:LONGEST_MESSAGE], **fields}):
            raise LostClaimError(f"{self.model.__name__} {self.pk} was taken over by another process.")


def run_waiting(*, model: type[W], run: Callable[[W, WorkClaim[W]], None], at: datetime) -> int:
    """Do the work of all rows that wait, and of those that a dead worker left, oldest first; return how many ended.

    `run` is given the row and its claim, and ends the row itself. What it refuses (RefusedError) fails with these
    words; so does what breaks it. After two minutes the rest is left to the next turn.
    """
    began = monotonic()
    ended = 0
    while monotonic() - began < TURN_SECONDS:
        claim = claim_next(model=model, at=at + timedelta(seconds=monotonic() - began))
        if claim is None:
            break
        try:
            _run(claim, run)
            ended += 1
        except LostClaimError:
            logger.warning("work_lost", model=model.__name__, pk=claim.pk)
    return ended


def claim_next(*, model: type[W], at: datetime) -> WorkClaim[W] | None:
    """Take the oldest row that nobody works on; one whose worker has stopped twice has failed."""
    free = Q(status=Status.WAITING) | Q(status=Status.RUNNING, heartbeat_at__lt=at - STALE_AFTER)
    rows: QuerySet[W] = QuerySet(model)
    for row in rows.filter(free).order_by("requested_at", "id").only("status", "message"):
        is_left = row.status == Status.RUNNING
        mine = rows.filter(free, pk=row.pk)
        if is_left and row.message == TAKEN_UP:
            mine.update(status=Status.FAILED, finished_at=at, message="The workers that ran it stopped, twice.")
        elif mine.update(
            status=Status.RUNNING, started_at=at, heartbeat_at=at, progress=0, message=TAKEN_UP if is_left else ""
        ):
            return WorkClaim(model, row.pk, at)
    return None


def _run(claim: WorkClaim[W], run: Callable[[W, WorkClaim[W]], None]) -> None:
    rows: QuerySet[W] = QuerySet(claim.model)
    row = rows.get(pk=claim.pk)
    try:
        run(row, claim)
    except LostClaimError:
        raise
    except RefusedError as refusal:
        claim.end(status=Status.FAILED, message=str(refusal))
    except Exception as error:
        logger.exception("work_failed", model=claim.model.__name__, pk=claim.pk)
        claim.end(status=Status.FAILED, message=f"It broke off: {type(error).__name__}: {error}")
