"""What may be written into the ledger: the facts of a transaction, and the shape that all callers share."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NotRequired, TypedDict

from market import selectors as market
from portfolios.models import Portfolio, Sleeve, Transaction, Wallet
from portfolios.services.errors import CannotRecordError

Kind = Transaction.Kind
USD = market.USD
PLACES = 18
DIGITS = 20
TRADES = {Kind.BUY, Kind.SELL}
LotsAsked = Sequence[tuple[int, Decimal]]


class Facts(TypedDict):
    """What a caller says of a transaction; see `Draft` for the meaning."""

    kind: str
    at: datetime
    asset: str
    quantity: Decimal
    wallet: NotRequired[Wallet | None]
    sleeve: NotRequired[Sleeve | None]
    price: NotRequired[Decimal | None]
    amount: NotRequired[Decimal | None]
    currency: NotRequired[str | None]
    rate: NotRequired[Decimal | None]
    to_wallet: NotRequired[Wallet | None]
    received_asset: NotRequired[str | None]
    received_quantity: NotRequired[Decimal | None]
    fee: NotRequired[Decimal | None]
    fee_asset: NotRequired[str | None]
    acquired_at: NotRequired[datetime | None]
    lots: NotRequired[LotsAsked | None]
    external_id: NotRequired[str | None]
    note: NotRequired[str | None]


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One transaction as it is asked for, in the shape of the canonical CSV.

    `quantity` is positive; the kind gives it its sign. `currency` is the id of the fiat asset that `price` (a unit)
    and `amount` (the total without the fee) are in, and that a buy pays and a sell receives; `rate` is USD for one
    unit of it, without it the close of the day counts, and where there is none the worth in USD is unknown. A trade
    without price and amount takes the close of its day; for any other kind the price is the market value of what
    leaves or comes, and for a deposit what a unit cost. `asset`, `received_asset` and `fee_asset` are asset ids. In a
    transfer `quantity` leaves `wallet` and `received_quantity` arrives in `to_wallet`; the difference is the network
    fee. `sleeve` tags what comes in, and is what goes out; without it what goes out is drawn from outside of sleeves
    first. `lots` names (transaction that brought it, quantity) for what leaves, in the order in which they are drawn.
    """

    kind: str
    at: datetime
    asset: str
    quantity: Decimal
    wallet: Wallet
    sleeve: Sleeve | None = None
    price: Decimal | None = None
    amount: Decimal | None = None
    currency: str = USD
    rate: Decimal | None = None
    to_wallet: Wallet | None = None
    received_asset: str | None = None
    received_quantity: Decimal | None = None
    fee: Decimal | None = None
    fee_asset: str | None = None
    acquired_at: datetime | None = None
    lots: LotsAsked = ()
    external_id: str = ""
    note: str = ""


def plain(number: Decimal) -> str:
    """Write a number with all its digits and no idle zeros."""
    return f"{number.normalize():f}"


def check_amount(name: str, value: Decimal, *, places: int = PLACES) -> None:
    """Refuse what no column can hold: not finite, too many decimals, too many digits; `name` is the field."""
    if not value.is_finite():
        raise CannotRecordError(f"{name}: {value} is not a finite number.", field=name)
    if value and value.adjusted() >= DIGITS:
        raise CannotRecordError(f"{name}: at most {DIGITS} digits before the point.", field=name)
    if (value and value.adjusted() < -places) or value != round(value, places):
        raise CannotRecordError(f"{name}: at most {places} decimals.", field=name)


def make_draft(*, portfolio: Portfolio, facts: Facts) -> Draft:
    """Fill in what may be left out: the first wallet, US dollars, fees in the currency, no fee for a fee of zero."""
    wallet = facts.get("wallet") or portfolio.wallets.order_by("id").first()
    if wallet is None:
        raise CannotRecordError("wallet: this portfolio has no wallet yet.", field="wallet")
    known: dict[str, Any] = {**facts, "wallet": wallet, "fee": facts.get("fee") or None}
    known["currency"] = (facts.get("currency") or USD).lower()
    known["fee_asset"] = (facts.get("fee_asset") or known["currency"]) if known["fee"] is not None else None
    known["lots"] = tuple((acquired, quantity) for acquired, quantity in facts.get("lots") or ())
    known["note"] = facts.get("note") or ""
    known["external_id"] = facts.get("external_id") or ""
    return Draft(**known)


def fingerprint_of(facts: Draft | Mapping[str, Any]) -> str:
    """Return the SHA-256 of what was asked; 1E-7 and 0.0000001 are the same number, two zones the same instant."""
    known = {field.name: getattr(facts, field.name) for field in fields(facts)} if isinstance(facts, Draft) else facts
    text = json.dumps({name: _canonical(value) for name, value in known.items()}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: object) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Wallet | Sleeve):
        return value.pk
    if isinstance(value, tuple):
        return [_canonical(part) for part in value]
    return None if value is None else str(value)
