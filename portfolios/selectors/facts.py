"""What was asked for when a transaction was written, read back from its entries: what a correction starts from."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from market.selectors import USD
from portfolios.models import Entry, Transaction

Kind = Transaction.Kind
Role = Entry.Role
ZERO = Decimal(0)
PLACES = 18


def get_facts(*, transaction: Transaction) -> dict[str, Any]:
    """Return the facts that would write the same entries again; what is not among them was not said.

    A trade gives its price in its currency, or the amount where no price of 18 decimals comes to it exactly. The
    prices of all other kinds are in USD, in whichever currency they were given.
    """
    entries = list(transaction.entries.select_related("asset", "wallet", "sleeve").order_by("id"))
    main = [entry for entry in entries if entry.role == (Role.FEE if transaction.kind == Kind.FEE else Role.PRINCIPAL)]
    first = _first(main, outgoing=transaction.kind in {Kind.SWAP, Kind.TRANSFER})
    facts: dict[str, Any] = {
        "kind": transaction.kind, "at": transaction.at, "asset": first.asset_id, "wallet": first.wallet,
        "quantity": abs(_total(main, asset_id=first.asset_id, wallet_id=first.wallet_id)), "sleeve": _sleeve(main),
        "acquired_at": transaction.acquired_at, "external_id": transaction.external_id, "note": transaction.note,
        "lots": list(transaction.lot_choices.values_list("acquired_id", "quantity")),
    }  # fmt: skip
    if transaction.kind in {Kind.BUY, Kind.SELL}:
        facts |= _trade(first, [entry for entry in entries if entry.role == Role.PAYMENT], facts["quantity"])
    elif first.asset_id != USD:
        facts["price"] = first.price
    if transaction.kind == Kind.SWAP:
        facts |= _received(main, first)
    if transaction.kind != Kind.FEE:
        facts |= _fees(transaction, main, first, [entry for entry in entries if entry.role == Role.FEE])
    return facts


def _first(entries: Sequence[Entry], *, outgoing: bool) -> Entry:
    return next(entry for entry in entries if entry.quantity < 0 or not outgoing)


def _total(entries: Sequence[Entry], *, asset_id: str, wallet_id: int) -> Decimal:
    same = (entry.quantity for entry in entries if (entry.asset_id, entry.wallet_id) == (asset_id, wallet_id))
    return sum(same, ZERO)


def _sleeve(main: Sequence[Entry]) -> Any:
    """Return the sleeve that all of it is in; what was drawn from several places is drawn again."""
    return main[0].sleeve if len({entry.sleeve_id for entry in main}) == 1 else None


def _trade(principal: Entry, payments: Sequence[Entry], quantity: Decimal) -> dict[str, Any]:
    amount = abs(sum((entry.quantity for entry in payments), ZERO))
    currency, rate = payments[0].asset_id, payments[0].price
    price = principal.price if currency == USD and principal.price is not None else round(amount / quantity, PLACES)
    paid = {"price": price} if round(price * quantity, PLACES) == amount else {"amount": amount}
    return {"currency": currency, "rate": None if currency == USD else rate} | paid


def _received(main: Sequence[Entry], given: Entry) -> dict[str, Any]:
    received = [entry for entry in main if entry.asset_id != given.asset_id]
    total = sum((entry.quantity for entry in received), ZERO)
    return {"received_asset": received[0].asset_id, "received_quantity": total, "sleeve": received[0].sleeve}


def _fees(transaction: Transaction, main: Sequence[Entry], first: Entry, fees: Sequence[Entry]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    in_kind = -_total(fees, asset_id=first.asset_id, wallet_id=first.wallet_id)
    other = [entry for entry in fees if entry.asset_id != first.asset_id]
    if transaction.kind == Kind.TRANSFER:
        arrived = next(entry for entry in main if entry.quantity > 0)
        facts["to_wallet"] = arrived.wallet
        sent = -_total(main, asset_id=first.asset_id, wallet_id=first.wallet_id)
        facts["quantity"] = sent + in_kind
        if in_kind and other:
            facts["received_quantity"] = sent
    if other:
        facts |= {"fee": -sum((entry.quantity for entry in other), ZERO), "fee_asset": other[0].asset_id}
    elif in_kind:
        facts |= {"fee": in_kind, "fee_asset": first.asset_id}
    return facts
