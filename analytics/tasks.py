"""All Celery tasks: doors like views, with ids and ISO dates in and one service call inside.

The database is the only truth about what has been done. A task may be lost, come late or come twice: the tick finds
what is missing, and every write is idempotent.
"""

import time
from datetime import UTC, date, datetime, timedelta

import structlog
from celery import shared_task
from django.utils import timezone

from accounts.models import IdempotencyRecord
from analytics import services
from indices import services as indices
from portfolios.services import connections, downloads, imports, lots

logger = structlog.get_logger(__name__)

# A tick hands over to the next one well before the time limit of a task.
TICK_SECONDS = 240
IDEMPOTENCY_HOURS = 48


@shared_task
def tick_nights() -> None:
    """Run the nights that are missing up to yesterday (UTC), oldest first; two ticks at once leave each other alone.

    Portfolios of more than one chunk are handed out as tasks; the last of them calls the next tick.
    """
    began = time.monotonic()
    try:
        result = services.replay_missing(
            until=datetime.now(UTC).date() - timedelta(days=1),
            at=timezone.now(),
            spread=_hand_out,
            keep_going=lambda: time.monotonic() - began < TICK_SECONDS,
        )
    except services.NightAlreadyRunningError as error:
        logger.info("night_busy", message=str(error))
        return
    if result.nights and not result.spread and time.monotonic() - began >= TICK_SECONDS:
        tick_nights.delay()


@shared_task
def process_chunk(*, claim: str, start: str, end: str, at: str, first: int, last: int) -> None:
    """Run stages 3 and 4 for the portfolios from one id to another; the last chunk to come back ends the nights."""
    held = services.Claim(
        claim, date.fromisoformat(start), date.fromisoformat(end), datetime.fromisoformat(at), timezone.now()
    )
    try:
        _, was_last = services.run_chunk(claim=held, span=(first, last))
        if was_last:
            services.finish_nights(held)
            tick_nights.delay()
    except services.LostClaimError as error:
        logger.warning("claim_lost", message=str(error))


@shared_task
def claim_work() -> None:
    """Take up what people have asked for.

    Imports are read, written or taken back, portfolios whose ledger has changed are valued, their lots are worked
    out, files are made, reviews are computed, approved restatements are carried out, rules are replayed on history.
    What fails does not keep the others waiting: it is reported when all have had their turn.
    """
    steps = (
        imports.run_requested_imports,
        services.revalue_marked,
        lots.rebuild_marked,
        downloads.make_requested_downloads,
        indices.compute_requested,
        indices.run_approved_restatements,
        services.run_requested_backtests,
    )
    failures = []
    for step in steps:
        try:
            step(at=timezone.now())
        except Exception as error:
            logger.exception("work_failed", step=step.__name__)
            failures.append(error)
    if failures:
        raise failures[0]


@shared_task
def pull_exchanges() -> None:
    """Read the exchanges that owners have connected: when they ask for it, and once a day."""
    connections.run_requested_pulls(at=timezone.now())


@shared_task
def clean_up() -> None:
    """Forget answered requests after the time within which a client may repeat one, and files after their week."""
    downloads.delete_expired_downloads(at=timezone.now())
    old = timezone.now() - timedelta(hours=IDEMPOTENCY_HOURS)
    IdempotencyRecord.objects.filter(created_at__lt=old).delete()


def _hand_out(claim: services.Claim, spans: list[services.Span]) -> None:
    for first, last in spans:
        process_chunk.delay(
            claim=claim.token,
            start=claim.start.isoformat(),
            end=claim.end.isoformat(),
            at=claim.at.isoformat(),
            first=first,
            last=last,
        )
