"""A withdrawal from one wallet and a deposit into another that were one transfer all along."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction as database

from accounts.models import User
from portfolios.models import Entry, Transaction
from portfolios.services.choices import check_lots, save_choices
from portfolios.services.drafts import Facts, make_draft
from portfolios.services.errors import CannotLinkError
from portfolios.services.ledger import link_token, lock, replace
from portfolios.services.legs import build_legs
from portfolios.services.rates import Rates
from portfolios.services.rules import check_draft

Kind = Transaction.Kind
Role = Entry.Role


@database.atomic
def link_transfer(
    *, withdrawal: Transaction, deposit: Transaction, source: str, now: datetime, by: User | None = None
) -> Transaction:
    """Make one transfer of a withdrawal and a deposit of the same asset; both stay on record and count no longer.

    What was sent and did not arrive is the network fee, so that lots keep their date and cost. The transfer stands at
    the earlier of the two instants. Linking twice is once. Raises CannotLinkError when they are no transfer, and
    ShortfallError when a wallet would hold less than nothing.
    """
    locked = lock(withdrawal.portfolio_id)
    token = link_token(deposit_id=deposit.pk, withdrawal_id=withdrawal.pk)
    known = Transaction.objects.filter(portfolio=locked, token=token).first()
    if known is not None and known.voided_at is not None:
        raise CannotLinkError("They were linked before, and that transfer was deleted: restore it instead.")
    if known is not None:
        return known
    ids = [withdrawal.pk, deposit.pk]
    both = Transaction.objects.filter(portfolio=locked, id__in=ids).prefetch_related("entries__wallet")
    found = {one.pk: one for one in both}
    if set(found) != set(ids):
        raise CannotLinkError("Both belong to one portfolio, and are two transactions.")
    sent, came = found[withdrawal.pk], found[deposit.pk]
    facts = _facts_of_transfer(sent, came)
    draft = make_draft(portfolio=locked, facts=facts)
    check_draft(draft, portfolio=locked, now=now)
    named = check_lots(draft, portfolio_id=locked.pk) if draft.lots else []
    made = Transaction(
        token=token, source=source, created_at=now, supersedes=sent, batch_id=sent.batch_id, row_key=sent.row_key
    )
    replace([sent, came], draft, build_legs(draft, rates=Rates(now=now)), made, portfolio=locked, now=now)
    if named:
        save_choices(made, named, by=by or locked.owner, at=now, corrected=sent)
    return made


def _facts_of_transfer(sent: Transaction, came: Transaction) -> Facts:
    _check_kinds(sent, came)
    out, back = _principals(sent), _principals(came)
    asset_id, fee = out[0].asset_id, _fee(sent)
    from_wallet, to_wallet = out[0].wallet, back[0].wallet
    if {entry.asset_id for entry in back} != {asset_id}:
        raise CannotLinkError("A transfer moves one asset; these are two.")
    if from_wallet == to_wallet:
        raise CannotLinkError("A transfer goes to another wallet; both are in the same one.")
    in_kind = fee[1] if fee is not None and fee[0] == asset_id else Decimal(0)
    quantity = -sum((entry.quantity for entry in out), -in_kind)
    received = back[0].quantity - _fee_on_arrival(came, asset_id)
    if received > quantity:
        raise CannotLinkError("More arrived than was sent: they are no transfer.")
    sleeves = {entry.sleeve_id for entry in out}
    facts: Facts = {
        "kind": Kind.TRANSFER, "at": min(sent.at, came.at), "asset": asset_id, "quantity": quantity,
        "wallet": from_wallet, "to_wallet": to_wallet, "received_quantity": received,
        "sleeve": out[0].sleeve if len(sleeves) == 1 else None, "price": _price(out) or _price(back),
        "lots": list(sent.lot_choices.values_list("acquired_id", "quantity")),
        "external_id": sent.external_id or came.external_id, "note": sent.note or came.note,
    }  # fmt: skip
    if fee is not None and not in_kind:
        facts |= {"fee": fee[1], "fee_asset": fee[0]}
    return facts


def _check_kinds(sent: Transaction, came: Transaction) -> None:
    if (sent.kind, came.kind) != (Kind.WITHDRAWAL, Kind.DEPOSIT):
        raise CannotLinkError("A withdrawal and a deposit are needed, in this order.")
    if sent.voided_at is not None or came.voided_at is not None:
        raise CannotLinkError("One of them no longer counts.")
    if came.is_implied:
        raise CannotLinkError("The deposit is implied: nothing in an import says that it happened.")


def _principals(transaction: Transaction) -> list[Entry]:
    return [entry for entry in transaction.entries.all() if entry.role == Role.PRINCIPAL]


def _fee(transaction: Transaction) -> tuple[str, Decimal] | None:
    paid = [entry for entry in transaction.entries.all() if entry.role == Role.FEE]
    return (paid[0].asset_id, -sum((entry.quantity for entry in paid), Decimal(0))) if paid else None


def _fee_on_arrival(came: Transaction, asset_id: str) -> Decimal:
    fee = _fee(came)
    if fee is None:
        return Decimal(0)
    if fee[0] != asset_id:
        raise CannotLinkError("The deposit paid a fee in another asset: record that fee by itself, then link.")
    return fee[1]


def _price(entries: list[Entry]) -> Decimal | None:
    return entries[0].price if entries[0].asset.kind == "crypto" else None
