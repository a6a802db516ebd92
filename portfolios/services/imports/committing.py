"""Writing what a preview found new: one transaction of the database, rows in bulk, positions once."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction as database

from portfolios.models import Entry, ImportBatch, ImportRow, Portfolio, Transaction
from portfolios.services.book import Book
from portfolios.services.drafts import Kind
from portfolios.services.errors import RefusedError
from portfolios.services.imports.accounts import Accounts
from portfolios.services.imports.admission import Admission, Candidate, Parts, in_time
from portfolios.services.imports.bulk import (
    Values,
    amount_encoder,
    count_anew,
    insert_rows,
    instant_encoder,
    reserve_ids,
)
from portfolios.services.imports.courses import END, ZERO, Key
from portfolios.services.imports.facts import draft_of
from portfolios.services.imports.fitting import candidate_of, fit
from portfolios.services.imports.state import ALREADY, known_rows, pairs_of
from portfolios.services.imports.words import ShortfallWords
from portfolios.services.ledger import lock
from portfolios.services.legs import Leg, build_legs
from portfolios.services.rates import Rates
from portfolios.services.work import WorkClaim

Step, Verdict = ImportBatch.Step, ImportRow.Verdict
ROWS_AT_ONCE = 5_000
MANY = 5_000
PREPARED, WRITTEN = 40, 70  # per cent of the way
TRANSACTION_COLUMNS = (
    "id", "kind", "at", "sequence", "source", "token", "fingerprint", "note", "created_at", "portfolio_id",
    "external_id", "is_implied", "row_key", "batch_id",
)  # fmt: skip
ENTRY_COLUMNS = (
    "portfolio_id",
    "transaction_id",
    "wallet_id",
    "asset_id",
    "sleeve_id",
    "role",
    "at",
    "quantity",
    "price",
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A row of the preview, ready to be written: what its transaction says beside its legs."""

    kind: str
    note: str
    external_id: str
    key: str


@dataclass(frozen=True, slots=True)
class Written:
    """A transaction to be: of a row, or of a deposit that is implied before it."""

    number: int
    at: datetime
    prepared: Prepared
    legs: Sequence[Leg]
    parts: Sequence[Parts] | None = None
    implied: str = ""


def commit_import(batch: ImportBatch, claim: WorkClaim[ImportBatch]) -> None:
    """Write every new row of a preview that still fits, all of them or none.

    Rows that have become duplicates since, or no longer fit, are told as such.
    """
    writer = _Writer(batch, claim)
    writer.prepare()
    with database.atomic():
        locked = lock(batch.portfolio_id)
        # From here on the row of the batch is locked too: nobody can take it over half-way.
        claim.tell(PREPARED)
        duplicates = writer.drop_duplicates(locked)
        admission = fit(portfolio=locked, candidates=writer.candidates)
        counts = writer.write(locked, admission)
        refused = writer.tell_rows(duplicates, admission)
        counts |= {"new": counts["imported"], "duplicate": batch.counts.get("duplicate", 0) + len(duplicates)}
        counts["error"] = batch.counts.get("error", 0) + refused
        claim.end(step=Step.COMMITTED, counts=batch.counts | counts)
    if counts["imported"] >= MANY:
        count_anew(Transaction, Entry)


class _Writer:
    """The rows of one batch on their way into the ledger."""

    def __init__(self, batch: ImportBatch, claim: WorkClaim[ImportBatch]) -> None:
        self.batch, self.claim = batch, claim
        self.accounts = Accounts(batch=batch)
        self.rates = Rates(now=claim.at)
        self.prepared: dict[int, Prepared] = {}
        self.candidates: list[Candidate] = []
        self.failed: dict[int, str] = {}

    def prepare(self) -> None:
        """Read the new rows back and build their legs; the ledger is not asked, and nothing is locked."""
        rows = self.batch.rows.filter(verdict=Verdict.NEW).order_by("number")
        for number, facts, key in rows.values_list("number", "facts", "row_key").iterator(chunk_size=ROWS_AT_ONCE):
            try:
                draft = draft_of(facts, self.accounts)
                legs = build_legs(draft, rates=self.rates)
            except RefusedError as refusal:
                self.failed[number] = refusal.message
                continue
            self.prepared[number] = Prepared(draft.kind, draft.note, draft.external_id, key)
            self.candidates.append(candidate_of(number, draft, legs, imply=self.batch.imply_deposits))

    def drop_duplicates(self, locked: Portfolio) -> list[int]:
        """Leave out what has come into the ledger since the preview; return the numbers of these rows."""
        gone = list(known_rows(portfolio=locked, keys=((one.key, number) for number, one in self.prepared.items())))
        left_out = set(gone)
        self.candidates = [one for one in self.candidates if one.rank not in left_out]
        return gone

    def write(self, locked: Portfolio, admission: Admission) -> dict[str, Any]:
        """Write transactions, entries and positions of what was let in; return how many."""
        admitted = [one for one in in_time(self.candidates) if one.rank in admission.admitted]
        implied = sum(map(len, admission.implied.values()))
        if not admitted:
            return {"imported": 0, "implied": 0, "wallets": []}
        ids = reserve_ids(model=Transaction, count=len(admitted) + implied)
        used = {wallet for one in admitted for wallet, _ in pairs_of(one.legs)}
        made = self.accounts.missing(used)
        wallets = self.accounts.make(used)
        changes: dict[Key, Decimal] = {}
        self._insert(list(self._written(admitted, admission)), ids, wallets, changes)
        book = Book(portfolio=locked, pairs={key[:2] for key in changes}, since=END)
        book.changes.update(changes)
        book.since = admitted[0].at
        book.save()
        return {"imported": len(admitted), "implied": implied, "wallets": made}

    def tell_rows(self, duplicates: Sequence[int], admission: Admission) -> int:
        """Write down what has become of rows since the preview; return how many no longer fit."""
        rows = self.batch.rows
        for start in range(0, len(duplicates), ROWS_AT_ONCE):
            some = duplicates[start : start + ROWS_AT_ONCE]
            rows.filter(number__in=some).update(verdict=Verdict.DUPLICATE, reason=ALREADY)
        words = ShortfallWords(wallets=self.accounts.names)
        reasons = self.failed | {number: words.of(lacking) for number, lacking in admission.refused.items()}
        changed = list(rows.filter(number__in=reasons)) if reasons else []
        for row in changed:
            row.verdict, row.reason, row.column = Verdict.ERROR, reasons[row.number], "quantity"
        ImportRow.objects.bulk_update(changed, ["verdict", "reason", "column"], batch_size=500)
        return len(changed)

    def _written(self, admitted: Sequence[Candidate], admission: Admission) -> Iterator[Written]:
        """Yield what is to be written, in its order; an implied deposit stands before its row."""
        for one in admitted:
            prepared = self.prepared[one.rank]
            for wallet_id, asset_id, quantity in admission.implied.get(one.rank, ()):
                price = self.rates.usd(asset_id, one.at)
                leg = Leg(
                    wallet_id=wallet_id, asset_id=asset_id, role=Entry.Role.PRINCIPAL, quantity=quantity, price=price
                )
                deposit = Prepared(Kind.DEPOSIT, "", "", "")
                yield Written(one.rank, one.at, deposit, [leg], implied=asset_id)
            yield Written(one.rank, one.at, prepared, one.legs, admission.parts.get(one.rank))

    def _insert(
        self, written: Sequence[Written], ids: Sequence[int], wallets: Mapping[int, int], changes: dict[Key, Decimal]
    ) -> None:
        """Insert transactions and entries, and add up what they change."""
        insert_rows(model=Transaction, columns=TRANSACTION_COLUMNS, rows=self._transactions(written, ids))
        self.claim.tell(WRITTEN)
        insert_rows(model=Entry, columns=ENTRY_COLUMNS, rows=self._entries(written, ids, wallets, changes))

    def _transactions(self, written: Iterable[Written], ids: Iterable[int]) -> Iterator[Values]:
        batch, stored = self.batch, instant_encoder()
        now = stored(self.claim.at)
        source = "exchange" if batch.connection_id else "import"
        for one, pk in zip(written, ids, strict=True):
            prepared = one.prepared
            token = f"import:{batch.pk}:{one.number}" + (f":{one.implied}" if one.implied else "")
            fingerprint = prepared.key or hashlib.sha256(token.encode()).hexdigest()
            yield (
                pk, str(prepared.kind), stored(one.at), 0, source, token, fingerprint, prepared.note, now,
                batch.portfolio_id, prepared.external_id, bool(one.implied), prepared.key, batch.pk,
            )  # fmt: skip

    def _entries(
        self, written: Iterable[Written], ids: Iterable[int], wallets: Mapping[int, int], changes: dict[Key, Decimal]
    ) -> Iterator[Values]:
        portfolio_id, stored, amount = self.batch.portfolio_id, instant_encoder(), amount_encoder()
        for one, pk in zip(written, ids, strict=True):
            at = stored(one.at)
            for leg, wallet_id, sleeve_id, quantity in _moves(one):
                key = (wallets[wallet_id], leg.asset_id, sleeve_id)
                changes[key] = changes.get(key, ZERO) + quantity
                yield (
                    portfolio_id, pk, key[0], leg.asset_id, sleeve_id, str(leg.role), at, amount(quantity),
                    amount(leg.price),
                )  # fmt: skip


def _moves(one: Written) -> Iterator[tuple[Leg, int, int | None, Decimal]]:
    """Yield leg, wallet, sleeve and quantity of each entry, in the order in which the ledger writes them."""
    for place, leg in enumerate(one.legs):
        for sleeve_id, quantity in one.parts[place] if one.parts else ((leg.sleeve_id, leg.quantity),):
            yield leg, leg.wallet_id, sleeve_id, quantity
            if leg.to_wallet_id is not None:
                yield leg, leg.to_wallet_id, sleeve_id, -quantity
