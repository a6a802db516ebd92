"""The rules of a transaction's facts: what belongs together, and to whom. Each refusal names its field."""

from collections.abc import Iterable
from datetime import UTC, datetime, time
from decimal import Decimal

from market.calc.currencies import is_fiat
from market.models import FIRST_DAY, Asset
from portfolios.models import Portfolio
from portfolios.services.drafts import TRADES, USD, Draft, Kind, check_amount
from portfolios.services.errors import CannotRecordError
from portfolios.services.fiat import ensure_fiat

KINDS = frozenset(Kind.values)
LEAVING = {Kind.SELL, Kind.SWAP, Kind.WITHDRAWAL, Kind.TRANSFER, Kind.FEE, Kind.GIFT_OUT, Kind.LOSS}
APPLIES = {
    "amount": TRADES,
    "to_wallet": {Kind.TRANSFER},
    "received_asset": {Kind.SWAP},
    "received_quantity": {Kind.SWAP, Kind.TRANSFER},
    "fee": set(Kind) - {Kind.FEE},
    "acquired_at": {Kind.DEPOSIT, Kind.GIFT_IN},
    "lots": LEAVING,
}
NEEDS = {
    Kind.SWAP: ("received_asset", "received_quantity"),
    Kind.TRANSFER: ("to_wallet",),
}
LENGTHS = {"note": 300, "external_id": 200}
POSITIVE = ("quantity", "price", "amount", "rate", "received_quantity", "fee")


def check_draft(draft: Draft, *, portfolio: Portfolio, now: datetime) -> None:
    """Refuse facts that do not belong together, or not to this portfolio, naming the field."""
    check_facts(draft, portfolio=portfolio, now=now)
    check_assets(draft, assets=find_assets([draft]))


def check_facts(draft: Draft, *, portfolio: Portfolio, now: datetime) -> None:
    """Refuse what the facts alone show to be wrong; asks the database nothing."""
    if draft.kind not in KINDS:
        raise CannotRecordError(f"kind: {draft.kind!r} is none of {', '.join(Kind.values)}.", field="kind")
    check_instant("at", draft.at, now=now)
    if draft.acquired_at is not None:
        check_instant("acquired_at", draft.acquired_at, now=draft.at)
    _check_fields(draft)
    _check_texts(draft)
    _check_numbers(draft)
    _check_owner(draft, portfolio)


def check_instant(name: str, at: datetime, *, now: datetime) -> None:
    """Refuse what lies after `now`, and anything before there was a blockchain; `name` is the field."""
    if at.tzinfo is None:
        raise CannotRecordError(f"{name}: a time needs its zone, for example 2024-05-01T12:00:00Z.", field=name)
    if at > now:
        late = "this lies in the future." if name == "at" else "this lies after the transaction."
        raise CannotRecordError(f"{name}: {late}", field=name)
    # Compared, not converted: the first hours of year 1 do not exist in UTC.
    if at < datetime.combine(FIRST_DAY, time.min, tzinfo=UTC):
        raise CannotRecordError(f"{name}: nothing is recorded before {FIRST_DAY}.", field=name)


def find_assets(drafts: Iterable[Draft]) -> dict[str, Asset]:
    """Return the assets that drafts name, by id, in one query; fiat currencies that are not there yet are made."""
    asked = {asset_id for draft in drafts for asset_id in _asset_ids(draft).values()}
    # PostgreSQL takes no null character, not even to look for it.
    found = Asset.objects.in_bulk([asset_id for asset_id in asked if "\0" not in asset_id])
    for asset_id in sorted(asked - set(found)):
        if is_fiat(asset_id) and asset_id.islower():
            found[asset_id] = ensure_fiat(asset_id)
    return found


def check_assets(draft: Draft, *, assets: dict[str, Asset]) -> None:
    """Refuse assets that do not exist, or cannot stand where they stand."""
    for name, asset_id in _asset_ids(draft).items():
        if asset_id not in assets:
            raise CannotRecordError(f"{name}: no asset has the id {asset_id[:80]!r}.", field=name)
    if assets[draft.currency].kind != Asset.Kind.FIAT:
        raise CannotRecordError(
            f"currency: {draft.currency[:80]!r} is no fiat currency; a trade against another coin is a swap.",
            field="currency",
        )
    if draft.kind in TRADES and draft.asset == draft.currency:
        name = assets[draft.asset].name
        raise CannotRecordError(f"asset: {name} is bought with nothing but another currency.", field="asset")
    if draft.received_asset == draft.asset:
        raise CannotRecordError("received_asset: a swap gives another asset.", field="received_asset")
    moved = {assets[asset_id].kind for asset_id in (draft.asset, draft.received_asset) if asset_id is not None}
    if draft.sleeve is not None and Asset.Kind.FIAT in moved:
        raise CannotRecordError("sleeve: cash belongs to no sleeve.", field="sleeve")


def _asset_ids(draft: Draft) -> dict[str, str]:
    names = {name: getattr(draft, name) for name in ("asset", "received_asset", "fee_asset", "currency")}
    return {name: asset_id for name, asset_id in names.items() if asset_id is not None}


def _check_fields(draft: Draft) -> None:
    for name, kinds in APPLIES.items():
        if getattr(draft, name) not in {None, ()} and draft.kind not in kinds:
            raise CannotRecordError(f"{name}: a {Kind(draft.kind).label.lower()} has none.", field=name)
    for name in NEEDS.get(Kind(draft.kind), ()):
        if getattr(draft, name) is None:
            raise CannotRecordError(f"{name}: a {Kind(draft.kind).label.lower()} needs it.", field=name)
    if draft.price is not None and draft.amount is not None:
        raise CannotRecordError("amount: give the price or the amount, not both.", field="amount")
    if draft.rate not in {None, Decimal(1)} and draft.currency == USD:
        raise CannotRecordError("rate: one US dollar is one US dollar; name the currency.", field="rate")
    if draft.price not in {None, Decimal(1)} and draft.currency == draft.asset:
        raise CannotRecordError("price: a unit of the currency costs one unit of it; leave it empty.", field="price")


def _check_texts(draft: Draft) -> None:
    for name, length in LENGTHS.items():
        text: str = getattr(draft, name)
        if len(text) > length:
            raise CannotRecordError(f"{name}: at most {length} characters.", field=name)
        if "\0" in text:
            raise CannotRecordError(f"{name}: null characters are not allowed.", field=name)


def _check_numbers(draft: Draft) -> None:
    for name in POSITIVE:
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
