"""Reading exchanges: the worker's side. The cursor moves in the transaction that keeps what it covers."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction as database

from portfolios.models import ExchangeConnection
from portfolios.services.connections.sealing import UnreadableKeyError, unseal
from portfolios.services.imports import start_import
from portfolios.services.ledger import lock
from portfolios.services.work import WorkClaim, run_waiting
from portfolios.sources.base import ExchangeUnavailableError, KeyRefusedError, Pull
from portfolios.sources.registry import EXCHANGES, open_exchange

EVERY = timedelta(days=1)
TURN = timedelta(minutes=4)
Status = ExchangeConnection.Status
Claim = WorkClaim[ExchangeConnection]


def run_requested_pulls(*, at: datetime) -> int:
    """Read the exchanges whose owners ask for it, and each once a day; return how many were."""
    due = ExchangeConnection.objects.filter(
        is_active=True, status__in=[Status.DONE, Status.FAILED], finished_at__lte=at - EVERY
    )
    due.update(status=Status.WAITING, requested_at=at, message="", progress=0)
    return run_waiting(model=ExchangeConnection, run=_run, at=at)


def _run(connection: ExchangeConnection, claim: Claim) -> None:
    try:
        exchange = open_exchange(
            connection.exchange, unseal(bytes(connection.secret)), proxy_url=settings.EXCHANGE_PROXY_URL,
            patience=settings.EXCHANGE_PATIENCE,
        )  # fmt: skip
        scope = exchange.check_scope()
        pull = exchange.pull(connection.cursor, until=claim.at, keep_going=_patience_of(claim))
    except (KeyRefusedError, UnreadableKeyError) as refusal:
        claim.end(status=Status.FAILED, is_active=False, secret=b"", message=str(refusal))
    except ExchangeUnavailableError as error:
        claim.end(status=Status.FAILED, message=f"{error} Nothing was read; it is tried again within a day.")
    else:
        _keep(connection, claim, scope, pull)


def _patience_of(claim: Claim) -> Callable[[], bool]:
    """Return what says until when a pull goes on, and keeps the claim alive each time that it is asked."""

    def keep_going() -> bool:
        passed = claim.time() - claim.at
        claim.tell(min(99, int(100 * passed / TURN)))
        return passed < TURN

    return keep_going


@database.atomic
def _keep(connection: ExchangeConnection, claim: Claim, scope: str, pull: Pull) -> None:
    """Make an import of what came, and move the cursor: both or neither."""
    lock(connection.portfolio_id)
    if pull.count:
        batch = start_import(
            portfolio=connection.portfolio, wallet=connection.wallet, by=connection.requested_by,
            file_name=f"{EXCHANGES[connection.exchange].name} {claim.at:%Y-%m-%d %H.%M}.csv", content=pull.content,
            token=f"connection {connection.pk} {claim.at.isoformat()}", at=claim.at,
        )  # fmt: skip
        batch.connection = connection
        batch.save(update_fields=["connection"])
    told = f"{pull.count} new records wait in an import." if pull.count else "Nothing new."
    went_on = "There is more: it is being read." if not pull.is_whole else ""
    status = Status.FAILED if pull.failure else Status.DONE if pull.is_whole else Status.WAITING
    claim.end(
        status=status,
        message=" ".join(part for part in (told, pull.failure, went_on) if part),
        cursor=dict(pull.cursor),
        scope=scope,
        synced_at=claim.at if status == Status.DONE else connection.synced_at,
    )
