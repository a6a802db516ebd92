"""What a transaction of each kind moves: the kind fixes which legs there must be."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portfolios.models import Entry
from portfolios.services.drafts import PLACES, TRADES, USD, Draft, Kind, check_amount, plain
from portfolios.services.errors import CannotRecordError
from portfolios.services.rates import Rates

Role = Entry.Role
INCOMING = {Kind.BUY, Kind.DEPOSIT, Kind.INCOME, Kind.AIRDROP, Kind.FORK, Kind.GIFT_IN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A signed quantity that a draft moves; `to_wallet_id` takes what leaves, sleeve by sleeve."""

    wallet_id: int
    asset_id: str
    role: str
    quantity: Decimal
    price: Decimal | None = None
    sleeve_id: int | None = None
    to_wallet_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What the facts of a draft come to in USD: `rate` is a unit of its currency, `price` a unit of its asset."""

    draft: Draft
    rate: Decimal | None
    price: Decimal | None

    def of(self, asset_id: str) -> Decimal | None:
        """Return USD a unit; None: these facts do not say."""
        if asset_id == USD:
            return Decimal(1)
        if asset_id == self.draft.currency:
            return self.rate
        return self.price if asset_id == self.draft.asset else None


def build_legs(draft: Draft, *, rates: Rates) -> list[Leg]:
    """Return what moves, in the order principal, payment, fee; what one kind must have, no other has.

    Raises CannotRecordError for a transfer that does not add up, and for a trade whose price nobody knows.
    """
    if draft.kind in TRADES:
        return _trade_legs(draft, rates)
    rate = _rate(draft, rates) if draft.currency in {draft.asset, draft.fee_asset} or draft.price else None
    worth = Worth(draft=draft, rate=rate, price=_in_usd(draft.price, rate))
    if draft.kind == Kind.TRANSFER:
        return _transfer_legs(draft, worth)
    if draft.kind == Kind.FEE:
        return [_leg(worth, Role.FEE, draft.asset, -draft.quantity)]
    legs = [_principal(worth)]
    if draft.kind == Kind.SWAP and draft.received_asset and draft.received_quantity:
        legs.append(
            _leg(worth, Role.PRINCIPAL, draft.received_asset, draft.received_quantity, sleeve_id=_sleeve_id(draft))
        )
    return [*legs, *_fee_legs(worth)]


def _rate(draft: Draft, rates: Rates) -> Decimal | None:
    return draft.rate if draft.rate is not None else rates.usd(draft.currency, draft.at)


def _in_usd(price: Decimal | None, rate: Decimal | None) -> Decimal | None:
    if price is None or (rate is None and price):
        return None
    worth = round(price * (rate or 0), PLACES)
    check_amount("price", worth)
    return worth


def _principal(worth: Worth) -> Leg:
    draft = worth.draft
    sign = 1 if draft.kind in INCOMING else -1
    return _leg(worth, Role.PRINCIPAL, draft.asset, sign * draft.quantity, sleeve_id=_sleeve_id(draft))


def _trade_legs(draft: Draft, rates: Rates) -> list[Leg]:
    rate = _rate(draft, rates)
    amount, price = _paid(draft, rate, rates)
    check_amount("amount", amount)
    if not amount:
        raise CannotRecordError(
            f"amount: quantity times price is less than the smallest amount of {draft.currency.upper()}.",
            field="amount",
        )
    worth = Worth(draft=draft, rate=rate, price=price)
    payment = -amount if draft.kind == Kind.BUY else amount
    return [_principal(worth), _leg(worth, Role.PAYMENT, draft.currency, payment), *_fee_legs(worth)]


def _paid(draft: Draft, rate: Decimal | None, rates: Rates) -> tuple[Decimal, Decimal | None]:
    """Return what a trade pays in its currency, and USD a unit of its asset."""
    if draft.price is not None:
        return round(draft.quantity * draft.price, PLACES), _in_usd(draft.price, rate)
    if draft.amount is not None:
        price = None if rate is None else round(draft.amount * rate / draft.quantity, PLACES)
        check_amount("price", price or Decimal(0))
        return draft.amount, price
    day = rates.day_of(draft.at)
    close = rates.usd(draft.asset, draft.at)
    if close is None:
        raise CannotRecordError(f"price: no close of {draft.asset} is known for {day}; give the price.", field="price")
    if rate is None:
        raise CannotRecordError(
            f"price: no USD rate of {draft.currency.upper()} is known for {day}; give the price.", field="price"
        )
    return round(draft.quantity * close / rate, PLACES), close


def _transfer_legs(draft: Draft, worth: Worth) -> list[Leg]:
    in_kind = draft.fee if draft.fee_asset == draft.asset else None
    received = draft.received_quantity
    if received is None:
        received = draft.quantity - (in_kind or 0)
    network_fee = draft.quantity - received
    if received <= 0 or network_fee < 0:
        raise CannotRecordError(
            "received_quantity: less than nothing or more than was sent.", field="received_quantity"
        )
    if in_kind is not None and in_kind != network_fee:
        raise CannotRecordError(
            f"fee: {plain(draft.quantity)} sent less {plain(received)} received is {plain(network_fee)}, "
            f"not {plain(in_kind)}.",
            field="fee",
        )
    moved = _leg(
        worth, Role.PRINCIPAL, draft.asset, -received,
        sleeve_id=_sleeve_id(draft), to_wallet_id=draft.to_wallet.pk if draft.to_wallet else None,
    )  # fmt: skip
    in_kind_fee = [_leg(worth, Role.FEE, draft.asset, -network_fee)] if network_fee else []
    return [moved, *in_kind_fee, *(_fee_legs(worth) if in_kind is None else [])]


def _fee_legs(worth: Worth) -> list[Leg]:
    draft = worth.draft
    if draft.fee is None or draft.fee_asset is None:
        return []
    return [_leg(worth, Role.FEE, draft.fee_asset, -draft.fee)]


def _leg(worth: Worth, role: str, asset_id: str, quantity: Decimal, **more: Any) -> Leg:
    return Leg(
        wallet_id=worth.draft.wallet.pk, asset_id=asset_id, role=role, quantity=quantity, price=worth.of(asset_id),
        **more,
    )  # fmt: skip


def _sleeve_id(draft: Draft) -> int | None:
    return draft.sleeve.pk if draft.sleeve else None
