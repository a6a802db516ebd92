"""Writes of the ledger: record, correct, void, restore.

Each locks the portfolio first and leaves positions equal to entries.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Unpack

from django.db import transaction as database

from accounts.models import User
from portfolios.models import Entry, Order, Portfolio, Transaction
from portfolios.services.book import Book, Pair
from portfolios.services.choices import check_lots, save_choices
from portfolios.services.drafts import Draft, Facts, fingerprint_of, make_draft
from portfolios.services.errors import CannotRecordError, CannotVoidError, TokenReusedError
from portfolios.services.legs import Leg, build_legs
from portfolios.services.rates import Rates
from portfolios.services.rules import check_draft

TOKEN_LENGTH = 80


def lock(portfolio_id: int) -> Portfolio:
    """Take the portfolio's row, before any other row of it: the one lock order of this app."""
    return Portfolio.objects.select_for_update().get(id=portfolio_id)


@database.atomic
def record_transaction(
    *, portfolio: Portfolio, token: str, source: str, now: datetime, by: User | None = None, **facts: Unpack[Facts]
) -> Transaction:
    """Write one transaction with its entries; the same token with the same facts again returns the first one.

    The facts are those of `Draft`; without `wallet` the portfolio's first one counts, and `by` is who named its lots,
    the owner if nobody is. Raises CannotRecordError with the field that is wrong, ShortfallError when a wallet would
    ever hold less than nothing, TokenReusedError.
    """
    check_token(token)
    locked = lock(portfolio.pk)
    draft = make_draft(portfolio=locked, facts=facts)
    check_draft(draft, portfolio=locked, now=now)
    known = _find_repeated(locked, token, fingerprint_of(draft))
    if known is not None:
        return known
    named = check_lots(draft, portfolio_id=locked.pk) if draft.lots else []
    legs = build_legs(draft, rates=Rates(now=now))
    book = Book(portfolio=locked, pairs=_pairs(legs), since=draft.at)
    made = _write(draft, legs, book, Transaction(token=token, source=source, created_at=now))
    if named:
        save_choices(made, named, by=by or locked.owner, at=now)
    return made


@database.atomic
def correct_transaction(
    *, corrected: Transaction, token: str, source: str, now: datetime, by: User | None = None, **facts: Unpack[Facts]
) -> Transaction:
    """Supersede a transaction: void it and write the new facts in its place, both or neither.

    The new one leaves the order of the old one: it is what happened, no longer what was ordered. It stays in its
    import, so that the same file again adds nothing, and in its place among others of one instant. Lots that it names
    as the old one did keep the day of their choice. Raises CannotVoidError for one that no longer counts, and
    whatever `record_transaction` raises.
    """
    check_token(token)
    locked = lock(corrected.portfolio_id)
    draft = make_draft(portfolio=locked, facts=facts)
    check_draft(draft, portfolio=locked, now=now)
    known = _find_repeated(locked, token, fingerprint_of(draft))
    if known is not None:
        return known
    old = Transaction.objects.get(id=corrected.pk)
    if old.voided_at is not None:
        raise CannotVoidError("This transaction no longer counts: correct the one that took its place.")
    named = check_lots(draft, portfolio_id=locked.pk) if draft.lots else []
    legs = build_legs(draft, rates=Rates(now=now))
    made = Transaction(
        token=token, source=source, created_at=now, supersedes=old, batch_id=old.batch_id, row_key=old.row_key,
        sequence=old.sequence if draft.at == old.at else 0,
    )  # fmt: skip
    replace([old], draft, legs, made, now=now, portfolio=locked)
    if named:
        save_choices(made, named, by=by or locked.owner, at=now, corrected=old)
    return made


@database.atomic
def void_transaction(*, voided: Transaction, now: datetime) -> Transaction:
    """Take a transaction back; it stays on record. Voiding twice changes nothing.

    Raises ShortfallError when a wallet would hold less than nothing on any later day.
    """
    locked = lock(voided.portfolio_id)
    _void(locked, [Transaction.objects.get(id=voided.pk)], now=now)
    voided.refresh_from_db()
    return voided


@database.atomic
def unvoid_transaction(*, voided: Transaction) -> Transaction:
    """Let a transaction that was taken back count again; twice changes nothing.

    Raises CannotVoidError when something took its place, and ShortfallError when it no longer fits: a wallet would
    hold less than nothing of an asset on some day.
    """
    locked = lock(voided.portfolio_id)
    old = Transaction.objects.get(id=voided.pk)
    if old.voided_at is None:
        return old
    _check_place_is_free(old)
    entries = list(old.entries.all())
    book = Book(portfolio=locked, pairs=_pairs_of(entries), since=old.at)
    for entry in entries:
        book.add((entry.wallet_id, entry.asset_id, entry.sleeve_id), at=old.at, quantity=entry.quantity)
    book.prove()
    old.voided_at = None
    old.save(update_fields=["voided_at"])
    book.save()
    return old


@database.atomic
def void_order(*, order: Order, now: datetime) -> Order:
    """Take every transaction of an order back, all or none."""
    locked = lock(order.portfolio_id)
    _void(locked, list(order.transactions.all()), now=now)
    return order


def check_token(token: str) -> None:
    """Refuse a token that no column can hold."""
    if not token or len(token) > TOKEN_LENGTH or "\0" in token:
        raise CannotRecordError(f"token: 1 to {TOKEN_LENGTH} characters are needed.", field="token")


def _void(locked: Portfolio, transactions: Iterable[Transaction], *, now: datetime) -> None:
    counting = [one for one in transactions if one.voided_at is None]
    if not counting:
        return
    entries = {one.pk: list(one.entries.all()) for one in counting}
    pairs = _pairs_of(entry for rows in entries.values() for entry in rows)
    book = Book(portfolio=locked, pairs=pairs, since=min(one.at for one in counting))
    for one in counting:
        _take_back(one, entries[one.pk], book, now=now)
    book.prove()
    book.save()


def replace(
    old: Sequence[Transaction], draft: Draft, legs: list[Leg], made: Transaction, *, portfolio: Portfolio, now: datetime
) -> Transaction:
    """Take transactions back and write one in their place; proved once, when all has moved."""
    entries = {one.pk: list(one.entries.all()) for one in old}
    pairs = _pairs(legs) | _pairs_of(entry for rows in entries.values() for entry in rows)
    book = Book(portfolio=portfolio, pairs=pairs, since=min(draft.at, *(one.at for one in old)))
    for one in old:
        _take_back(one, entries[one.pk], book, now=now)
    return _write(draft, legs, book, made)


def link_token(*, deposit_id: int, withdrawal_id: int | str = "") -> str:
    """Return the token of the transfer that two transactions become; without a withdrawal the beginning of it."""
    return f"link {deposit_id} {withdrawal_id}"


def _check_place_is_free(old: Transaction) -> None:
    if Transaction.objects.filter(supersedes=old).exists():
        raise CannotVoidError("A correction took the place of this transaction: restore the correction instead.")
    same_row = Transaction.objects.in_force().filter(portfolio=old.portfolio_id, row_key=old.row_key)
    if old.row_key and same_row.exists():
        raise CannotVoidError("A later import has brought the same row again: it counts already.")
    if old.kind == Transaction.Kind.DEPOSIT and _is_linked(old):
        raise CannotVoidError("This deposit is part of a transfer now: delete the transfer first.")


def _is_linked(deposit: Transaction) -> bool:
    """Tell whether a transfer made of this deposit counts, in whatever version."""
    transfers = Transaction.objects.filter(portfolio=deposit.portfolio_id, kind=Transaction.Kind.TRANSFER)
    links = list(transfers.filter(token__startswith=link_token(deposit_id=deposit.pk)))
    while links:
        if any(link.voided_at is None for link in links):
            return True
        links = list(Transaction.objects.filter(supersedes__in=links))
    return False


def _take_back(old: Transaction, entries: Iterable[Entry], book: Book, *, now: datetime) -> None:
    for entry in entries:
        book.add((entry.wallet_id, entry.asset_id, entry.sleeve_id), at=old.at, quantity=-entry.quantity)
    old.voided_at = now
    old.save(update_fields=["voided_at"])


def _find_repeated(portfolio: Portfolio, token: str, fingerprint: str) -> Transaction | None:
    known = Transaction.objects.filter(portfolio=portfolio, token=token).first()
    if known is not None and known.fingerprint != fingerprint:
        raise TokenReusedError
    return known


def _pairs(legs: Iterable[Leg]) -> set[Pair]:
    here = {(leg.wallet_id, leg.asset_id) for leg in legs}
    return here | {(leg.to_wallet_id, leg.asset_id) for leg in legs if leg.to_wallet_id is not None}


def _pairs_of(entries: Iterable[Entry]) -> set[Pair]:
    return {(entry.wallet_id, entry.asset_id) for entry in entries}


def _write(draft: Draft, legs: list[Leg], book: Book, made: Transaction) -> Transaction:
    made.portfolio, made.kind, made.at, made.note = book.portfolio, draft.kind, draft.at, draft.note
    made.acquired_at, made.external_id = draft.acquired_at, draft.external_id
    made.fingerprint = fingerprint_of(draft)
    entries = draw_entries(legs, book, at=draft.at)
    book.prove()
    made.save(force_insert=True)
    for entry in entries:
        entry.transaction = made
    Entry.objects.bulk_create(entries)
    book.save()
    return made


def draw_entries(legs: Iterable[Leg], book: Book, *, at: datetime) -> list[Entry]:
    """Turn legs into entries of the book, unsaved: what comes in first, so that a fee may be paid from it."""
    for leg in legs:
        if leg.quantity > 0:
            book.add((leg.wallet_id, leg.asset_id, leg.sleeve_id), at=at, quantity=leg.quantity)
    entries = []
    for leg in legs:
        parts = [(leg.sleeve_id, leg.quantity)] if leg.quantity > 0 else book.draw(leg, at=at)
        for sleeve_id, quantity in parts:
            moved: dict[str, Any] = {"portfolio": book.portfolio, "leg": leg, "at": at, "sleeve_id": sleeve_id}
            entries.append(_entry(**moved, wallet_id=leg.wallet_id, quantity=quantity))
            if leg.to_wallet_id is not None:
                entries.append(_entry(**moved, wallet_id=leg.to_wallet_id, quantity=-quantity))
    return entries


def _entry(
    *, portfolio: Portfolio, leg: Leg, at: datetime, sleeve_id: int | None, wallet_id: int, quantity: Decimal
) -> Entry:
    return Entry(
        portfolio=portfolio,
        wallet_id=wallet_id,
        asset_id=leg.asset_id,
        sleeve_id=sleeve_id,
        role=leg.role,
        at=at,
        quantity=quantity,
        price=leg.price,
    )
