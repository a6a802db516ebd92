"""What happened, as the lot engine reads it: from a file alone or from the ledger, in one currency of account.

`key` is the caller's name of a transaction and comes back in the report. `place` is a wallet. Instants are aware and
in UTC; `order` settles what one instant leaves open. Quantities are positive; values are totals in the currency of
account, None when unknown, which is never 0.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

Key = Hashable


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """What was paid for a transaction; `is_cash`: in a fiat currency, which has no lots."""

    asset: str
    quantity: Decimal
    value: Decimal | None
    is_cash: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One transaction of any kind, before a policy says what its fees mean.

    `kind` is one of buy, sell, swap, deposit, withdrawal, transfer, fee, income, airdrop, fork, gift_in, gift_out,
    loss. `value` is what `quantity` of `asset` was worth or what it was paid with, fees aside. A swap gives `asset`
    and receives `received_asset`. A transfer sends `quantity` from `place`, and `received_quantity` reaches
    `to_place`; its fee in kind is the difference and stands in `fees`. `acquired_at` is when a deposit or a gift was
    first acquired, if that is known. `named` are the lots chosen for what leaves, in order: (key, quantity).
    `is_cash`: `asset` is a fiat currency, which has no lots of its own; the same for what is received.
    """

    key: Key
    at: datetime
    order: int
    kind: str
    place: Hashable
    asset: str
    quantity: Decimal
    value: Decimal | None = None
    is_cash: bool = False
    received_asset: str | None = None
    received_quantity: Decimal | None = None
    received_is_cash: bool = False
    to_place: Hashable | None = None
    fees: Sequence[Fee] = ()
    acquired_at: datetime | None = None
    named: Sequence[tuple[Key, Decimal]] = ()
