"""Reads of the ledger: pages of transactions, cash, and the proof that everything derived still agrees."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db.models import Prefetch, QuerySet

from market.money import ExactSum
from market.selectors import USD
from portfolios.models import Entry, Order, Portfolio, Position, Transaction

ZERO = Decimal(0)
Key = tuple[int, str, int | None]  # wallet, asset, sleeve
_PAID = (Entry.Role.PAYMENT, Entry.Role.FEE)


def get_transactions(*, portfolio: Portfolio) -> QuerySet[Transaction]:
    """Return the transactions of a portfolio, newest first, entries and their assets and wallets at hand."""
    entries = Entry.objects.select_related("asset", "wallet", "sleeve__index").order_by("id")
    rows = Transaction.objects.filter(portfolio=portfolio).select_related("order", "superseded_by")
    return rows.prefetch_related(Prefetch("entries", entries)).order_by("-at", "-sequence", "-id")


def get_cash(*, portfolio: Portfolio) -> Decimal:
    """Return the USD that a portfolio holds now, in all its wallets."""
    rows = Position.objects.filter(portfolio=portfolio, asset=USD)
    return rows.aggregate(total=ExactSum("quantity"))["total"] or ZERO


def check_invariants(*, portfolio: Portfolio) -> list[str]:
    """Return what is wrong with a ledger, a sentence each; an empty list is the proof that it holds together.

    Positions are the sums of entries; no balance was ever below zero at the end of an instant; transfers conserve
    what they move; an order all of whose buys count spent what it says. That all parts belong to this portfolio is
    held by the database.
    """
    return [
        *_wrong_positions(portfolio),
        *_negative_balances(portfolio),
        *_leaking_transfers(portfolio),
        *_wrong_orders(portfolio),
    ]


def _entries(portfolio: Portfolio) -> QuerySet[Entry]:
    return Entry.objects.filter(transaction__portfolio=portfolio, transaction__voided_at__isnull=True)


def _wrong_positions(portfolio: Portfolio) -> list[str]:
    sums = _entries(portfolio).order_by().values_list("wallet_id", "asset_id", "sleeve_id")
    proved: dict[Key, Decimal] = {row[:3]: row[3] for row in sums.annotate(total=ExactSum("quantity"))}
    rows = Position.objects.filter(portfolio=portfolio)
    cached: dict[Key, Decimal] = {(row.wallet_id, row.asset_id, row.sleeve_id): row.quantity for row in rows}
    return [
        f"Position {key}: {cached.get(key, ZERO)} is kept, entries sum to {proved.get(key, ZERO)}."
        for key in sorted({*proved, *cached}, key=str)
        if proved.get(key, ZERO) != cached.get(key, ZERO)
    ]


def _negative_balances(portfolio: Portfolio) -> list[str]:
    steps: dict[Key, dict[datetime, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    rows = _entries(portfolio).order_by("transaction__at", "id")
    for wallet_id, asset_id, sleeve_id, at, quantity in rows.values_list(
        "wallet_id", "asset_id", "sleeve_id", "transaction__at", "quantity"
    ):
        steps[wallet_id, asset_id, sleeve_id][at] += quantity
    found = []
    for key, moves in steps.items():
        held = ZERO
        for at, quantity in moves.items():
            held += quantity
            if held < 0:
                found.append(f"Balance {key} is {held} at {at.isoformat()}.")
                break
    return found


def _leaking_transfers(portfolio: Portfolio) -> list[str]:
    moved = _entries(portfolio).filter(transaction__kind=Transaction.Kind.TRANSFER, role=Entry.Role.PRINCIPAL)
    sums = moved.order_by().values_list("transaction_id", "asset_id").annotate(total=ExactSum("quantity"))
    return [f"Transfer {row[0]} of {row[1]} leaks {row[2]}." for row in sums if row[2]]


def _wrong_orders(portfolio: Portfolio) -> list[str]:
    paid = Entry.objects.filter(transaction__order__portfolio=portfolio, asset=USD, role__in=_PAID)
    sums = _totals(paid.order_by().values_list("transaction__order_id", "role").annotate(total=ExactSum("quantity")))
    orders = Order.objects.filter(portfolio=portfolio).exclude(transactions__voided_at__isnull=False)
    found = []
    for order in orders:
        payment, fee = -sums[order.pk, Entry.Role.PAYMENT], -sums[order.pk, Entry.Role.FEE]
        if (payment + fee, fee) != (order.amount, order.fees):
            found.append(
                f"Order {order.pk}: {order.amount} with {order.fees} of fees, paid {payment + fee} with {fee}."
            )
    return found


def _totals(rows: Iterable[tuple[int, str, Decimal]]) -> dict[tuple[int, str], Decimal]:
    totals: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for order_id, role, total in rows:
        totals[order_id, role] = total
    return totals
