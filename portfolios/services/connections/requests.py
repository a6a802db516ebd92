"""What an owner asks of a connection: make it, have it read now or from the beginning, end it."""

import re
from datetime import datetime

from django.db import transaction as database

from accounts.models import User
from portfolios.models import ExchangeConnection, Portfolio, Wallet
from portfolios.services.connections.sealing import seal
from portfolios.services.errors import CannotConnectError
from portfolios.services.ledger import lock
from portfolios.sources.base import Keys
from portfolios.sources.registry import EXCHANGES

LONGEST_KEY = 4000
MOST_MARKETS = 200
MARKET = re.compile(r"[A-Z0-9]{1,20}/[A-Z0-9]{1,20}")
Status = ExchangeConnection.Status


@database.atomic
def connect_exchange(
    *, portfolio: Portfolio, wallet: Wallet, exchange: str, label: str, keys: Keys, by: User, at: datetime
) -> ExchangeConnection:
    """Keep a key, encrypted, and have the exchange read with it; the worker looks first at what the key may do.

    Raises CannotConnectError, naming the field, for an exchange that is not known, a name that is taken, a key that
    is none, and for pairs of markets that are missing or not written as BTC/USDT.
    """
    locked = lock(portfolio.pk)
    if exchange not in EXCHANGES:
        raise CannotConnectError(f"exchange: {exchange[:40]!r} is none of {', '.join(EXCHANGES)}.", field="exchange")
    if wallet.portfolio_id != locked.pk:
        raise CannotConnectError("wallet: it belongs to no part of this portfolio.", field="wallet")
    label = label.strip()
    if not 1 <= len(label) <= 80 or "\0" in label:
        raise CannotConnectError("label: 1 to 80 characters are needed.", field="label")
    if locked.connections.filter(label=label).exists():
        raise CannotConnectError(f"label: there is a connection “{label}” already.", field="label")
    _check_keys(keys, wants_markets=EXCHANGES[exchange].wants_markets)
    return ExchangeConnection.objects.create(
        portfolio=locked, wallet=wallet, exchange=exchange, label=label, secret=seal(keys), requested_by=by,
        requested_at=at,
    )  # fmt: skip


@database.atomic
def request_pull(*, connection: ExchangeConnection, at: datetime) -> ExchangeConnection:
    """Have an exchange read now; one that waits or is being read stays as it is.

    Raises CannotConnectError for a connection whose key is gone.
    """
    lock(connection.portfolio_id)
    connection.refresh_from_db()
    if not connection.is_active:
        raise CannotConnectError("The key of this connection was refused; connect the exchange again with another.")
    free = ExchangeConnection.objects.filter(pk=connection.pk, status__in=[Status.DONE, Status.FAILED])
    free.update(status=Status.WAITING, requested_at=at, message="", progress=0)
    connection.refresh_from_db()
    return connection


@database.atomic
def read_anew(*, connection: ExchangeConnection, at: datetime) -> ExchangeConnection:
    """Have an exchange read from its beginning; rows that are in the ledger already will be known as such."""
    lock(connection.portfolio_id)
    idle = ExchangeConnection.objects.filter(pk=connection.pk, status__in=[Status.DONE, Status.FAILED])
    if not idle.update(cursor={}):
        raise CannotConnectError("The exchange is being read; try again in a moment.")
    return request_pull(connection=connection, at=at)


@database.atomic
def disconnect_exchange(*, connection: ExchangeConnection) -> None:
    """Forget a connection and its key; what came through it stays."""
    lock(connection.portfolio_id)
    connection.delete()


def _check_keys(keys: Keys, *, wants_markets: bool) -> None:
    for field, value in (("key", keys.key), ("secret", keys.secret)):
        if not 8 <= len(value) <= LONGEST_KEY or not value.isascii() or not value.strip().isprintable():
            raise CannotConnectError(f"{field}: 8 to {LONGEST_KEY} printable characters are needed.", field=field)
    if wants_markets and not keys.markets:
        raise CannotConnectError(
            "markets: this exchange gives trades pair by pair; name at least one.", field="markets"
        )
    if len(keys.markets) > MOST_MARKETS:
        raise CannotConnectError(f"markets: at most {MOST_MARKETS} pairs.", field="markets")
    for market in keys.markets:
        if not MARKET.fullmatch(market):
            raise CannotConnectError(f"markets: {market[:40]!r} is no pair such as BTC/USDT.", field="markets")
