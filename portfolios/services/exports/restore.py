"""An export into an empty portfolio: all of it, or nothing; the rows are those that were exported, entry by entry."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction as database
from django.db.models import RestrictedError

from accounts.models import User
from indices.models import Index
from market.calc.currencies import is_fiat
from market.models import Asset
from portfolios.models import (
    Entry,
    ImportBatch,
    LotChoice,
    LotMethod,
    Order,
    Portfolio,
    Sleeve,
    TaxSettings,
    Transaction,
    Wallet,
)  # fmt: skip
from portfolios.services.book import Book
from portfolios.services.errors import CannotImportError
from portfolios.services.exports.archive import read_ledger
from portfolios.services.exports.parsing import NewEntry, NewLedger, NewTransaction, parse_ledger
from portfolios.services.exports.shapes import check_names, check_orders, check_transactions
from portfolios.services.fiat import ensure_fiat
from portfolios.services.ledger import lock

AT_ONCE = 2000
NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came of an import of an export."""

    transactions: int
    entries: int
    wallets: int


def import_export(*, portfolio: Portfolio, content: bytes, by: User, at: datetime) -> Restored:
    """Write an export into an empty portfolio: the same holdings, lots and gains follow, as its entries are the same.

    Its wallets, sleeves, targets and tax settings become those of the export; its name stays. `by` then counts as who
    chose methods and lots, on the days on which they were chosen. Raises CannotImportError with the place in the file,
    ShortfallError when a wallet would ever hold less than nothing.
    """
    return write_ledger(ledger=read_export(content), portfolio=portfolio, by=by, at=at)


def read_export(content: bytes) -> NewLedger:
    """Read an export as far as that needs no database; raises CannotImportError with the place in the file."""
    ledger = parse_ledger(read_ledger(content))
    check_names(ledger)
    check_orders(ledger)
    return ledger


def check_export(*, ledger: NewLedger, portfolio: Portfolio, at: datetime) -> None:
    """Refuse an export that does not fit here: the portfolio has a history, an asset or an index is not known."""
    count = Transaction.objects.filter(portfolio=portfolio).count()
    if count:
        raise CannotImportError(
            f"file: an export goes into an empty portfolio, and this one has {count} transactions on record. Open a "
            "new portfolio for it.",
            field="file",
        )
    check_transactions(ledger.transactions, fiat=_check_assets(ledger.asset_ids), now=at)
    known = set(Index.objects.published().filter(slug__in=ledger.sleeves).values_list("slug", flat=True))
    missing = sorted(set(ledger.sleeves) - known)
    if missing:
        raise CannotImportError(f"file: there is no index {missing[0][:40]!r} here.", field="file")


@database.atomic
def write_ledger(
    *, ledger: NewLedger, portfolio: Portfolio, by: User, at: datetime, batch: ImportBatch | None = None
) -> Restored:
    """Write what `read_export` has read, all or nothing; with `batch` it can be taken back as one import."""
    locked = lock(portfolio.pk)
    check_export(ledger=ledger, portfolio=locked, at=at)
    return _Writer(locked, ledger, by=by, batch=batch).write()


def _check_assets(asset_ids: Iterable[str]) -> set[str]:
    """Return the ids of the currencies among some assets; raises CannotImportError for those that are not here."""
    asked = set(asset_ids)
    found = Asset.objects.in_bulk(asked)
    for asset_id in sorted(asked - set(found)):
        if is_fiat(asset_id) and asset_id.islower():
            found[asset_id] = ensure_fiat(asset_id)
    missing = sorted(asked - set(found))
    if missing:
        more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        raise CannotImportError(
            f"file: no asset here has the id {', '.join(missing[:NAMED])}{more}. Have the market data loaded from the "
            "same source first, then import again.",
            field="file",
        )
    return {asset_id for asset_id, asset in found.items() if asset.kind == Asset.Kind.FIAT}


class _Writer:
    """Writes a checked export; ids in the file become ids of rows."""

    def __init__(self, portfolio: Portfolio, ledger: NewLedger, *, by: User, batch: ImportBatch | None) -> None:
        self.portfolio = portfolio
        self.ledger = ledger
        self.by = by
        self.batch = batch
        self.wallets: dict[str, Wallet] = {}
        self.sleeves: dict[str, Sleeve] = {}
        self.orders: dict[int, Order] = {}
        self.made: dict[int, Transaction] = {}

    def write(self) -> Restored:
        self.portfolio.fee_rate = self.ledger.fee_rate
        self.portfolio.save(update_fields=["fee_rate"])
        self._write_wallets()
        self._write_sleeves()
        self._write_tax()
        for order in self.ledger.orders:
            sleeve = self.sleeves[order.sleeve]
            self.orders[order.id] = Order.objects.create(portfolio=self.portfolio, sleeve=sleeve, **order.columns)
        self._write_transactions()
        entries = self._write_entries()
        self._write_choices()
        return Restored(transactions=len(self.made), entries=entries, wallets=len(self.wallets))

    def _write_wallets(self) -> None:
        for wallet in self.portfolio.wallets.exclude(name__in=self.ledger.wallets):
            try:
                wallet.delete()
            except RestrictedError:
                continue  # an import or a connection names it: it stays, empty
        for name, kind in self.ledger.wallets.items():
            self.wallets[name], _ = Wallet.objects.update_or_create(
                portfolio=self.portfolio, name=name, defaults={"kind": kind}
            )

    def _write_sleeves(self) -> None:
        self.portfolio.sleeves.all().delete()
        indices = {index.slug: index for index in Index.objects.published().filter(slug__in=self.ledger.sleeves)}
        for slug, columns in self.ledger.sleeves.items():
            self.sleeves[slug] = Sleeve.objects.create(portfolio=self.portfolio, index=indices[slug], **columns)

    def _write_tax(self) -> None:
        LotMethod.objects.filter(portfolio=self.portfolio).delete()
        LotMethod.objects.bulk_create(
            LotMethod(portfolio=self.portfolio, valid_from=day, chosen_by=self.by, **columns)
            for day, columns in self.ledger.lot_methods.items()
        )
        TaxSettings.objects.filter(portfolio=self.portfolio).delete()
        if self.ledger.tax_settings is not None:
            ensure_fiat(self.ledger.tax_settings["currency"])
            TaxSettings.objects.create(portfolio=self.portfolio, **self.ledger.tax_settings)

    def _write_transactions(self) -> None:
        rows = [self._transaction(one) for one in self.ledger.transactions]
        Transaction.objects.bulk_create(rows, batch_size=AT_ONCE)
        self.made = {one.id: row for one, row in zip(self.ledger.transactions, rows, strict=True)}
        corrections = []
        for one in self.ledger.transactions:
            if one.supersedes is not None:
                row = self.made[one.id]
                row.supersedes = self.made[one.supersedes]
                corrections.append(row)
        Transaction.objects.bulk_update(corrections, ["supersedes"], batch_size=AT_ONCE)

    def _transaction(self, one: NewTransaction) -> Transaction:
        order = self.orders[one.order] if one.order is not None else None
        return Transaction(
            portfolio=self.portfolio, kind=one.kind, at=one.at, order=order, batch=self.batch, **one.columns
        )

    def _write_entries(self) -> int:
        """Write the entries, and through the book what follows from those that count."""
        transactions = self.ledger.transactions
        if not transactions:
            return 0
        pairs = {(self.wallets[entry.wallet].pk, entry.asset) for one in transactions for entry in one.entries}
        book = Book(portfolio=self.portfolio, pairs=pairs, since=min(one.at for one in transactions))
        rows: list[Entry] = []
        for one in transactions:
            for told in one.entries:
                entry = self._entry(one, told)
                rows.append(entry)
                if not one.is_voided:
                    book.add((entry.wallet_id, entry.asset_id, entry.sleeve_id), at=one.at, quantity=entry.quantity)
        book.prove()
        Entry.objects.bulk_create(rows, batch_size=AT_ONCE)
        book.save()
        return len(rows)

    def _entry(self, one: NewTransaction, entry: NewEntry) -> Entry:
        return Entry(
            portfolio=self.portfolio,
            transaction=self.made[one.id],
            wallet=self.wallets[entry.wallet],
            asset_id=entry.asset,
            sleeve=self.sleeves[entry.sleeve] if entry.sleeve else None,
            role=entry.role,
            at=one.at,
            quantity=entry.quantity,
            price=entry.price,
        )

    def _write_choices(self) -> None:
        LotChoice.objects.bulk_create(
            LotChoice(
                portfolio=self.portfolio,
                transaction=self.made[one.id],
                place=place,
                acquired=self.made[lot.acquired],
                quantity=lot.quantity,
                chosen_by=self.by,
                chosen_at=lot.chosen_at,
            )
            for one in self.ledger.transactions
            for place, lot in enumerate(one.lots)
        )
