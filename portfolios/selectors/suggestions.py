"""Withdrawals and deposits that look like one transfer between two wallets of one owner."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from portfolios.models import Entry, Portfolio, Transaction

Kind = Transaction.Kind
NEAR = timedelta(hours=24)
LOST = Decimal("0.05")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """A withdrawal or a deposit, by what it moved of one asset in one wallet; fees in kind are inside."""

    transaction_id: int
    asset_id: str
    wallet_id: int
    at: datetime
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferSuggestion:
    """A pair that may be one transfer: what left, what came, what the network kept, and the time between."""

    withdrawal: Transaction
    deposit: Transaction
    sent: Decimal
    received: Decimal

    @property
    def network_fee(self) -> Decimal:
        """What left and did not arrive."""
        return self.sent - self.received

    @property
    def minutes(self) -> int:
        """Minutes from the withdrawal to the deposit; negative when clocks differ."""
        return round((self.deposit.at - self.withdrawal.at) / timedelta(minutes=1))


def get_transfer_suggestions(*, portfolio: Portfolio, limit: int = 100) -> list[TransferSuggestion]:
    """Return pairs of one asset in two wallets, within 24 hours, of which at most 5 % did not arrive; newest first.

    Each transaction is in one pair at most: the one whose amounts lie closest, then whose times do.
    """
    sides = _sides(portfolio)
    arrivals: dict[str, list[_Side]] = defaultdict(list)
    for side in sides[Kind.DEPOSIT]:
        arrivals[side.asset_id].append(side)
    pairs = sorted(
        (sent.quantity - came.quantity, abs(came.at - sent.at), sent.transaction_id, came.transaction_id, sent, came)
        for sent in sides[Kind.WITHDRAWAL]
        for came in _near(sent, arrivals[sent.asset_id])
    )
    taken: set[int] = set()
    chosen: list[tuple[_Side, _Side]] = []
    for *_, sent, came in pairs:
        if not taken & {sent.transaction_id, came.transaction_id}:
            taken |= {sent.transaction_id, came.transaction_id}
            chosen.append((sent, came))
    chosen.sort(key=lambda pair: (pair[0].at, pair[0].transaction_id), reverse=True)
    return _suggestions(chosen[:limit])


def _sides(portfolio: Portfolio) -> dict[str, list[_Side]]:
    """Return withdrawals and deposits that count, by kind, in order of time; implied deposits are nobody's."""
    entries = Entry.objects.filter(
        portfolio=portfolio, transaction__voided_at__isnull=True, transaction__is_implied=False,
        transaction__kind__in=[Kind.WITHDRAWAL, Kind.DEPOSIT],
    )  # fmt: skip
    columns = ("transaction__kind", "transaction_id", "asset_id", "wallet_id", "at", "quantity")
    sums: dict[tuple[str, int, str, int, datetime], Decimal] = defaultdict(Decimal)
    for *key, quantity in entries.order_by("at", "transaction_id", "id").values_list(*columns).iterator():
        kind, transaction_id, asset_id, wallet_id, at = key
        sums[kind, transaction_id, asset_id, wallet_id, at] += quantity
    sides: dict[str, list[_Side]] = {Kind.WITHDRAWAL: [], Kind.DEPOSIT: []}
    for (kind, transaction_id, asset_id, wallet_id, at), quantity in sums.items():
        moved = quantity if kind == Kind.DEPOSIT else -quantity
        if moved > 0:
            sides[kind].append(
                _Side(transaction_id=transaction_id, asset_id=asset_id, wallet_id=wallet_id, at=at, quantity=moved)
            )
    return sides


def _near(sent: _Side, arrivals: list[_Side]) -> Iterable[_Side]:
    first = bisect_left(arrivals, sent.at - NEAR, key=lambda one: one.at)
    last = bisect_right(arrivals, sent.at + NEAR, key=lambda one: one.at)
    return (
        came
        for came in arrivals[first:last]
        if came.wallet_id != sent.wallet_id and sent.quantity * (1 - LOST) <= came.quantity <= sent.quantity
    )


def _suggestions(pairs: list[tuple[_Side, _Side]]) -> list[TransferSuggestion]:
    if not pairs:
        return []
    rows = Transaction.objects.prefetch_related("entries__asset", "entries__wallet")
    found = rows.in_bulk([side.transaction_id for pair in pairs for side in pair])
    return [
        TransferSuggestion(
            withdrawal=found[sent.transaction_id],
            deposit=found[came.transaction_id],
            sent=sent.quantity,
            received=came.quantity,
        )
        for sent, came in pairs
    ]
