"""Taking back what a batch wrote: exactly its transactions that count, all or none."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from itertools import islice

from django.db import transaction as database

from portfolios.models import Entry, ImportBatch, Portfolio, Transaction
from portfolios.services.book import Book
from portfolios.services.errors import ShortfallError
from portfolios.services.imports.courses import END, ZERO, Key, Shortfall
from portfolios.services.imports.state import load_courses
from portfolios.services.imports.words import ShortfallWords
from portfolios.services.ledger import lock
from portfolios.services.work import WorkClaim

IDS_AT_ONCE = 2_000


def undo_import(batch: ImportBatch, claim: WorkClaim[ImportBatch]) -> None:
    """Void the transactions of a batch, and corrections that took their place.

    Raises ShortfallError, with asset, day and shortfall, when later transactions need what the batch brought.
    """
    with database.atomic():
        locked = lock(batch.portfolio_id)
        claim.tell(10)
        counting = Transaction.objects.in_force().filter(portfolio=locked, batch=batch.pk)
        first = counting.order_by("at").values_list("at", flat=True).first()
        if first is not None:
            moves = _moves(batch)
            _prove(locked, moves, since=first)
            claim.tell(50)
            counting.update(voided_at=claim.at)
            book = Book(portfolio=locked, pairs={key[:2] for key in moves}, since=END)
            for key, steps in moves.items():
                book.changes[key] = sum(steps.values(), ZERO)
            book.since = first
            book.save()
        claim.end(step=ImportBatch.Step.UNDONE)


def _moves(batch: ImportBatch) -> dict[Key, dict[datetime, Decimal]]:
    """Return what taking the batch back moves."""
    moves: dict[Key, dict[datetime, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    counting = Transaction.objects.in_force().filter(portfolio=batch.portfolio_id, batch=batch.pk)
    ids = iter(counting.order_by("id").values_list("id", flat=True))
    # By id, not by a join: a planner that has not counted the new rows yet would take hours for it.
    while some := list(islice(ids, IDS_AT_ONCE)):
        rows = Entry.objects.filter(transaction__in=some).order_by()
        for wallet_id, asset_id, sleeve_id, quantity, at in rows.values_list(
            "wallet_id", "asset_id", "sleeve_id", "quantity", "at"
        ):
            moves[wallet_id, asset_id, sleeve_id][at] -= quantity
    return moves


def _prove(portfolio: Portfolio, moves: dict[Key, dict[datetime, Decimal]], *, since: datetime) -> None:
    """Raise ShortfallError for the first instant at which a balance would be below zero."""
    courses = load_courses(portfolio=portfolio, pairs={key[:2] for key in moves}, since=since)
    found: list[Shortfall] = []
    for key, steps in moves.items():
        course = courses.at(key)
        for at in sorted(steps):
            broken = course.advance(at)
            course.add(at, steps[at], 0)
            lacking = broken or course.shortfall(at, looks_ahead=False)
            if lacking is not None:
                found.append(lacking)
                break
        else:
            found += [broken for broken in [course.advance(END)] if broken is not None]
    if not found:
        return
    first = min(found, key=lambda one: (one.at, one.key[:2]))
    names = dict(portfolio.wallets.values_list("pk", "name"))
    raise ShortfallError(
        ShortfallWords(wallets=names).of(first), asset=first.key[1], day=first.at.date(), shortfall=first.missing
    )
