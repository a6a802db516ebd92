"""What a transaction of each kind moves: the kind fixes which legs there must be."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from market import selectors as market
from portfolios.models import Entry
from portfolios.services.drafts import PLACES, TRADES, USD, Draft, Kind, check_amount, plain
from portfolios.services.errors import CannotRecordError

Role = Entry.Role
INCOMING = {Kind.BUY, Kind.DEPOSIT, Kind.INCOME, Kind.AIRDROP, Kind.FORK, Kind.GIFT_IN}
CARRY_DAYS = 2


@dataclass(frozen=True, kw_only=True)
class Leg:
    """A signed quantity that a draft moves; `to_wallet_id` takes what leaves, sleeve by sleeve."""

    wallet_id: int
    asset_id: str
    role: str
    quantity: Decimal
    price: Decimal | None = None
    sleeve_id: int | None = None
    to_wallet_id: int | None = None


def build_legs(draft: Draft, *, now: datetime) -> list[Leg]:
    """Return what moves, in the order principal, payment, fee; what one kind must have, no other has."""
    if draft.kind == Kind.TRANSFER:
        return _transfer_legs(draft)
    if draft.kind == Kind.FEE:
        return [_leg(draft, Role.FEE, draft.asset, -draft.quantity)]
    legs = _trade_legs(draft, now) if draft.kind in TRADES else [_principal(draft, _price_known(draft))]
    if draft.kind == Kind.SWAP and draft.received_asset and draft.received_quantity:
        legs.append(
            _leg(draft, Role.PRINCIPAL, draft.received_asset, draft.received_quantity, sleeve_id=_sleeve_id(draft))
        )
    return [*legs, *_fee_legs(draft, draft.fee)]


def _principal(draft: Draft, price: Decimal | None) -> Leg:
    sign = 1 if draft.kind in INCOMING else -1
    return _leg(draft, Role.PRINCIPAL, draft.asset, sign * draft.quantity, price=price, sleeve_id=_sleeve_id(draft))


def _trade_legs(draft: Draft, now: datetime) -> list[Leg]:
    price = draft.price
    if draft.amount is not None:
        price = round(draft.amount / draft.quantity, PLACES)
    if price is None:
        price = _close_for(draft, now)
    amount = draft.amount if draft.amount is not None else round(draft.quantity * price, PLACES)
    check_amount("price", price)
    check_amount("amount", amount)
    if not amount:
        raise CannotRecordError("amount: quantity times price is less than the smallest amount of USD.", field="amount")
    payment = -amount if draft.kind == Kind.BUY else amount
    return [_principal(draft, price), _leg(draft, Role.PAYMENT, USD, payment, price=Decimal(1))]


def _transfer_legs(draft: Draft) -> list[Leg]:
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
        draft, Role.PRINCIPAL, draft.asset, -received,
        sleeve_id=_sleeve_id(draft), to_wallet_id=draft.to_wallet.pk if draft.to_wallet else None,
    )  # fmt: skip
    in_kind_fee = [_leg(draft, Role.FEE, draft.asset, -network_fee)] if network_fee else []
    return [moved, *in_kind_fee, *(_fee_legs(draft, draft.fee) if in_kind is None else [])]


def _fee_legs(draft: Draft, fee: Decimal | None) -> list[Leg]:
    if fee is None or draft.fee_asset is None:
        return []
    return [_leg(draft, Role.FEE, draft.fee_asset, -fee)]


def _leg(draft: Draft, role: str, asset_id: str, quantity: Decimal, **more: Any) -> Leg:
    if asset_id == USD:
        more["price"] = Decimal(1)
    return Leg(wallet_id=draft.wallet.pk, asset_id=asset_id, role=role, quantity=quantity, **more)


def _sleeve_id(draft: Draft) -> int | None:
    return draft.sleeve.pk if draft.sleeve else None


def _price_known(draft: Draft) -> Decimal | None:
    return Decimal(1) if draft.asset == USD else draft.price


def _close_for(draft: Draft, now: datetime) -> Decimal:
    """Return the close of the transaction's day, or of the last closed day; a gap of two days is carried over."""
    last_closed = now.astimezone(UTC).date() - timedelta(days=1)
    day = min(draft.at.astimezone(UTC).date(), last_closed)
    last = market.get_last_closes(asset_ids=[draft.asset], day=day).get(draft.asset)
    if last is None or (day - last.day).days > CARRY_DAYS:
        raise CannotRecordError(f"price: no close of {draft.asset} is known for {day}; give the price.", field="price")
    return last.close
