"""What the ledger knows of the balances that an import touches, and of the rows that it has already."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import islice

from django.db.models import Q

from portfolios.models import Entry, ImportBatch, Portfolio, Position, Transaction
from portfolios.services.book import Pair
from portfolios.services.imports.courses import Courses, Key
from portfolios.services.legs import Leg

ALREADY = "It is in the ledger already."
KEYS_AT_ONCE = 2_000
ENTRIES_AT_ONCE = 5_000


def load_courses(*, portfolio: Portfolio, pairs: Collection[Pair], since: datetime) -> Courses:
    """Return the balances of some wallets and assets from an instant on, as the ledger has them now."""
    wallets, assets = {wallet for wallet, _ in pairs if wallet > 0}, {asset for _, asset in pairs}
    openings: dict[Key, Decimal] = defaultdict(Decimal)
    moves: dict[Key, dict[datetime, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    held = Position.objects.filter(portfolio=portfolio, wallet__in=wallets, asset__in=assets)
    for wallet_id, asset_id, sleeve_id, quantity in held.values_list("wallet_id", "asset_id", "sleeve_id", "quantity"):
        openings[wallet_id, asset_id, sleeve_id] += quantity
    later = Entry.objects.filter(
        portfolio=portfolio, transaction__voided_at__isnull=True, at__gte=since, wallet__in=wallets, asset__in=assets
    )
    rows = later.order_by().values_list("wallet_id", "asset_id", "sleeve_id", "quantity", "at")
    for wallet_id, asset_id, sleeve_id, quantity, at in rows.iterator(chunk_size=ENTRIES_AT_ONCE):
        key = (wallet_id, asset_id, sleeve_id)
        openings[key] -= quantity
        moves[key][at] += quantity
    return Courses(openings=openings, moves=moves)


def pairs_of(legs: Iterable[Leg]) -> set[Pair]:
    """Return the wallets and assets that legs touch."""
    pairs = set()
    for leg in legs:
        pairs.add((leg.wallet_id, leg.asset_id))
        if leg.to_wallet_id is not None:
            pairs.add((leg.to_wallet_id, leg.asset_id))
    return pairs


def known_rows(*, portfolio: Portfolio, keys: Iterable[tuple[str, int]]) -> Iterator[int]:
    """Yield the numbers of those rows, given as (key, number), that the ledger has already.

    It also has those that their owner deleted, or made part of a transfer: the same file does not bring them back.
    Those of an import that was taken back may come again.
    """
    undone = Q(voided_at__isnull=False, batch__step=ImportBatch.Step.UNDONE)
    counting = Transaction.objects.filter(~undone, portfolio=portfolio).exclude(row_key="").order_by()
    if not counting.exists():
        return
    left = iter(keys)
    while some := dict(islice(left, KEYS_AT_ONCE)):
        for key in counting.filter(row_key__in=list(some)).values_list("row_key", flat=True):
            yield some[key]
