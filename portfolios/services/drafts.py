"""What may be written into the ledger: the facts of a transaction and their rules."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, NotRequired, TypedDict

from market import selectors as market
from market.models import FIRST_DAY, Asset
from portfolios.models import Portfolio, Sleeve, Transaction, Wallet
from portfolios.services.errors import CannotRecordError

Kind = Transaction.Kind
USD = market.USD
PLACES = 18
DIGITS = 20

TRADES = {Kind.BUY, Kind.SELL}
APPLIES = {
    "amount": TRADES,
    "to_wallet": {Kind.TRANSFER},
    "received_asset": {Kind.SWAP},
    "received_quantity": {Kind.SWAP, Kind.TRANSFER},
    "fee": set(Kind) - {Kind.FEE},
    "price": set(Kind) - {Kind.TRANSFER, Kind.FEE},
}
NEEDS = {
    Kind.SWAP: ("received_asset", "received_quantity"),
    Kind.TRANSFER: ("to_wallet",),
}


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
    to_wallet: NotRequired[Wallet | None]
    received_asset: NotRequired[str | None]
    received_quantity: NotRequired[Decimal | None]
    fee: NotRequired[Decimal | None]
    fee_asset: NotRequired[str | None]
    note: NotRequired[str]


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One transaction as it is asked for, in the shape of the canonical CSV.

    `quantity` is positive; the kind gives it its sign. `price` is USD a unit; a buy or a sell may give `amount`
    instead, the USD total without fee, or neither: then the close of the day counts. `asset`, `received_asset` and
    `fee_asset` are asset ids. In a transfer `quantity` leaves `wallet` and `received_quantity` arrives in
    `to_wallet`; the difference is the network fee. `sleeve` tags what comes in, and is what goes out; without it what
    goes out is drawn from outside of sleeves first.
    """

    kind: str
    at: datetime
    asset: str
    quantity: Decimal
    wallet: Wallet
    sleeve: Sleeve | None = None
    price: Decimal | None = None
    amount: Decimal | None = None
    to_wallet: Wallet | None = None
    received_asset: str | None = None
    received_quantity: Decimal | None = None
    fee: Decimal | None = None
    fee_asset: str | None = None
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


def check_instant(at: datetime, *, now: datetime) -> None:
    """Refuse the future, and anything before there was a blockchain."""
    if at.tzinfo is None:
        raise CannotRecordError("at: a time needs its zone, for example 2024-05-01T12:00:00Z.", field="at")
    if at > now:
        raise CannotRecordError("at: this lies in the future.", field="at")
    # Compared, not converted: the first hours of year 1 do not exist in UTC.
    if at < datetime.combine(FIRST_DAY, time.min, tzinfo=UTC):
        raise CannotRecordError(f"at: nothing is recorded before {FIRST_DAY}.", field="at")


def make_draft(*, portfolio: Portfolio, facts: Facts) -> Draft:
    """Fill in what may be left out: the first wallet, the US dollar for fees, no fee instead of a fee of zero."""
    wallet = facts.get("wallet") or portfolio.wallets.order_by("id").first()
    if wallet is None:
        raise CannotRecordError("wallet: this portfolio has no wallet yet.", field="wallet")
    known: dict[str, Any] = {**facts, "wallet": wallet, "fee": facts.get("fee") or None}
    known["fee_asset"] = (facts.get("fee_asset") or USD) if known["fee"] is not None else None
    return Draft(**known)


def check_draft(draft: Draft, *, portfolio: Portfolio, now: datetime) -> None:
    """Refuse facts that do not belong together, or not to this portfolio, naming the field."""
    if draft.kind not in Kind.values:
        raise CannotRecordError(f"kind: {draft.kind!r} is none of {', '.join(Kind.values)}.", field="kind")
    check_instant(draft.at, now=now)
    _check_fields(draft)
    _check_numbers(draft)
    _check_owner(draft, portfolio)
    _check_assets(draft)


def _check_fields(draft: Draft) -> None:
    for name, kinds in APPLIES.items():
        if getattr(draft, name) is not None and draft.kind not in kinds:
            raise CannotRecordError(f"{name}: a {Kind(draft.kind).label.lower()} has none.", field=name)
    for name in NEEDS.get(Kind(draft.kind), ()):
        if getattr(draft, name) is None:
            raise CannotRecordError(f"{name}: a {Kind(draft.kind).label.lower()} needs it.", field=name)
    if draft.price is not None and draft.amount is not None:
        raise CannotRecordError("amount: give the price or the amount, not both.", field="amount")
    if len(draft.note) > 300:
        raise CannotRecordError("note: at most 300 characters.", field="note")
    if "\0" in draft.note:
        raise CannotRecordError("note: null characters are not allowed.", field="note")


def _check_numbers(draft: Draft) -> None:
    for name in ("quantity", "price", "amount", "received_quantity", "fee"):
        value = getattr(draft, name)
        if value is None:
            continue
        check_amount(name, value)
        may_be_zero = name == "price" and draft.kind not in TRADES
        if value < 0 or (value == 0 and not may_be_zero):
            raise CannotRecordError(f"{name}: a positive number is needed.", field=name)


def _check_owner(draft: Draft, portfolio: Portfolio) -> None:
    for name in ("wallet", "to_wallet", "sleeve"):
        part = getattr(draft, name)
        if part is not None and part.portfolio_id != portfolio.pk:
            raise CannotRecordError(f"{name}: it belongs to no part of this portfolio.", field=name)
    if draft.to_wallet is not None and draft.to_wallet.pk == draft.wallet.pk:
        raise CannotRecordError("to_wallet: a transfer goes to another wallet.", field="to_wallet")


def _check_assets(draft: Draft) -> None:
    names = {name: getattr(draft, name) for name in ("asset", "received_asset", "fee_asset")}
    asked = {name: asset_id for name, asset_id in names.items() if asset_id is not None}
    # PostgreSQL takes no null character, not even to look for it.
    possible = [asset_id for asset_id in asked.values() if "\0" not in asset_id]
    known = set(Asset.objects.filter(id__in=possible).values_list("id", flat=True))
    for name, asset_id in asked.items():
        if asset_id not in known:
            raise CannotRecordError(f"{name}: no asset has the id {asset_id[:80]!r}.", field=name)
    if draft.kind in TRADES and draft.asset == USD:
        raise CannotRecordError("asset: US dollars are bought with nothing but themselves.", field="asset")
    if draft.received_asset == draft.asset:
        raise CannotRecordError("received_asset: a swap gives another asset.", field="received_asset")
    if draft.sleeve is not None and USD in {draft.asset, draft.received_asset} - {None}:
        raise CannotRecordError("sleeve: cash belongs to no sleeve.", field="sleeve")


def fingerprint_of(facts: Draft | Mapping[str, Any]) -> str:
    """Return the SHA-256 of what was asked; 1E-7 and 0.0000001 are the same number, two zones the same instant."""
    known = {field.name: getattr(facts, field.name) for field in fields(facts)} if isinstance(facts, Draft) else facts
    text = json.dumps({name: _canonical(value) for name, value in known.items()}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: object) -> str | int | None:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Wallet | Sleeve):
        return value.pk
    return None if value is None else str(value)
