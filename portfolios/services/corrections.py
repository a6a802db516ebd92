"""A correction that says only what was wrong: the rest stays as the transaction has it."""

from collections.abc import Mapping
from typing import Any

from portfolios import selectors
from portfolios.models import Transaction
from portfolios.services.drafts import TRADES
from portfolios.services.rules import APPLIES

# A new value of the first makes the old values of the others say something that nobody said.
UNSAYS = {
    "price": ("amount",),
    "amount": ("price",),
    "currency": ("rate", "price", "amount"),
    "asset": ("lots", "price", "rate"),
    "at": ("rate",),
}
# Of a transfer whose fee is in kind, one follows from the other.
UNSAYS_IN_KIND = UNSAYS | {"fee": ("received_quantity",), "received_quantity": ("fee", "fee_asset")}


def get_corrected_facts(*, transaction: Transaction, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a transaction with some changed, as `correct_transaction` takes them.

    What the kind has no use for is left out, and what a change makes meaningless: a new price unsays the total, a new
    currency the rate.
    """
    kept = selectors.get_facts(transaction=transaction)
    in_kind = kept["kind"] == Transaction.Kind.TRANSFER and kept.get("fee_asset") == kept["asset"]
    unsays = UNSAYS_IN_KIND if in_kind else UNSAYS
    gone = {name for change in changes for name in unsays.get(change, ())}
    facts = {name: value for name, value in kept.items() if name not in gone} | dict(changes)
    if facts["kind"] not in TRADES and "price" not in changes and transaction.kind in TRADES:
        facts |= {"price": None, "rate": None, "currency": None}
    return {
        name: value
        for name, value in facts.items()
        if name in changes or name not in APPLIES or facts["kind"] in APPLIES[name]
    }
