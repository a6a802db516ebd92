"""The proof that a ledger holds together, worked out anew from its entries alone."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, F, Q, QuerySet

from market.models import Asset
from market.money import ExactSum
from market.selectors import USD
from portfolios.models import Entry, Order, Portfolio, Position, Transaction
from portfolios.selectors.lots import check_lots

Kind = Transaction.Kind
Role = Entry.Role
ZERO = Decimal(0)
Key = tuple[int, str, int | None]  # wallet, asset, sleeve
_PAID = (Role.PAYMENT, Role.FEE)
_COMING = (Kind.DEPOSIT, Kind.INCOME, Kind.AIRDROP, Kind.FORK, Kind.GIFT_IN)
_GOING = (Kind.WITHDRAWAL, Kind.GIFT_OUT, Kind.LOSS)
# What each kind must have and must not: (principals in, principals out, payments in, payments out).
_SHAPES = {
    Kind.BUY: (True, False, False, True),
    Kind.SELL: (False, True, True, False),
    Kind.SWAP: (True, True, False, False),
    Kind.TRANSFER: (True, True, False, False),
    Kind.FEE: (False, False, False, False),
    **dict.fromkeys(_COMING, (True, False, False, False)),
    **dict.fromkeys(_GOING, (False, True, False, False)),
}


def check_invariants(*, portfolio: Portfolio) -> list[str]:
    """Return what is wrong with a ledger, a sentence each; an empty list is the proof that it holds together.

    Positions are the sums of entries; no balance was ever below zero at the end of an instant; entries stand at the
    instant of their transaction, and each kind has the entries that it must have; transfers conserve what they move;
    cash is deposits less withdrawals less buys plus sells less fees; an order all of whose buys count spent what it
    says; lots follow from all that, see `check_lots`. That all parts belong to this portfolio the database holds.
    """
    return [
        *_wrong_positions(portfolio),
        *_negative_balances(portfolio),
        *_wrong_instants(portfolio),
        *_wrong_shapes(portfolio),
        *_leaking_transfers(portfolio),
        *_wrong_cash(portfolio),
        *_wrong_orders(portfolio),
        *check_lots(portfolio=portfolio),
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
    rows = _entries(portfolio).order_by("at", "id")
    for wallet_id, asset_id, sleeve_id, at, quantity in rows.values_list(
        "wallet_id", "asset_id", "sleeve_id", "at", "quantity"
    ).iterator():
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


def _wrong_instants(portfolio: Portfolio) -> list[str]:
    rows = Entry.objects.filter(portfolio=portfolio).exclude(at=F("transaction__at")).order_by("id")
    return [
        f"Entry {entry_id} stands at another instant than its transaction."
        for entry_id in rows.values_list("id", flat=True)
    ]


def _wrong_shapes(portfolio: Portfolio) -> list[str]:
    principal, payment = Q(entries__role=Role.PRINCIPAL), Q(entries__role=Role.PAYMENT)
    comes, goes = Q(entries__quantity__gt=0), Q(entries__quantity__lt=0)
    rows = (
        Transaction.objects.in_force()
        .filter(portfolio=portfolio)
        .order_by()
        .annotate(
            came=Count("entries", filter=principal & comes),
            went=Count("entries", filter=principal & goes),
            received=Count("entries", filter=payment & comes),
            paid=Count("entries", filter=payment & goes),
            fees=Count("entries", filter=Q(entries__role=Role.FEE)),
        )
    )
    found = []
    for made_id, kind, *counts, fees in rows.values_list(
        "id", "kind", "came", "went", "received", "paid", "fees"
    ).iterator():
        has = tuple(count > 0 for count in counts)
        if has != _SHAPES[Kind(kind)] or (kind == Kind.FEE and not fees):
            found.append(f"Transaction {made_id}: these are not the entries of a {kind}.")
    return found


def _wrong_cash(portfolio: Portfolio) -> list[str]:
    fiat = _entries(portfolio).filter(asset__kind=Asset.Kind.FIAT).order_by()
    sums: dict[str, dict[tuple[str, str], Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for asset_id, kind, role, total in fiat.values_list("asset_id", "transaction__kind", "role").annotate(
        total=ExactSum("quantity")
    ):
        sums[asset_id][kind, role] = total
    positions = Position.objects.filter(portfolio=portfolio, asset__kind=Asset.Kind.FIAT).order_by()
    held: dict[str, Decimal] = defaultdict(Decimal)
    held.update(positions.values_list("asset_id").annotate(total=ExactSum("quantity")))
    return [
        f"Cash in {asset_id}: {held[asset_id]} is kept, the kinds of transactions come to {cash}."
        for asset_id in sorted({*sums, *held})
        if held[asset_id] != (cash := _cash_of(sums[asset_id]))
    ]


def _cash_of(sums: dict[tuple[str, str], Decimal]) -> Decimal:
    """Add what came and take away what went, each by its size: a sign that is wrong shows."""
    came = sum((abs(sums[kind, Role.PRINCIPAL]) for kind in (*_COMING, Kind.BUY)), abs(sums[Kind.SELL, Role.PAYMENT]))
    went = sum((abs(sums[kind, Role.PRINCIPAL]) for kind in (*_GOING, Kind.SELL)), abs(sums[Kind.BUY, Role.PAYMENT]))
    fees = sum((abs(sums[kind, Role.FEE]) for kind in Kind), ZERO)
    return came - went - fees + sums[Kind.SWAP, Role.PRINCIPAL] + sums[Kind.TRANSFER, Role.PRINCIPAL]


def _leaking_transfers(portfolio: Portfolio) -> list[str]:
    moved = _entries(portfolio).filter(transaction__kind=Kind.TRANSFER, role=Role.PRINCIPAL)
    sums = moved.order_by().values_list("transaction_id", "asset_id").annotate(total=ExactSum("quantity"))
    return [f"Transfer {row[0]} of {row[1]} leaks {row[2]}." for row in sums if row[2]]


def _wrong_orders(portfolio: Portfolio) -> list[str]:
    paid = Entry.objects.filter(transaction__order__portfolio=portfolio, asset=USD, role__in=_PAID)
    sums = _totals(paid.order_by().values_list("transaction__order_id", "role").annotate(total=ExactSum("quantity")))
    orders = Order.objects.filter(portfolio=portfolio).exclude(transactions__voided_at__isnull=False)
    found = []
    for order in orders:
        payment, fee = -sums[order.pk, Role.PAYMENT], -sums[order.pk, Role.FEE]
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
