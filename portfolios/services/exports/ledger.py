"""The whole ledger of a portfolio as plain JSON content: every row that counts, and those that count no longer."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from market.models import Asset
from portfolios.models import Entry, LotChoice, LotMethod, Order, Portfolio, Sleeve, TaxSettings, Transaction, Wallet
from portfolios.services.drafts import plain

FORMAT = "ballast-export"
VERSION = 1
TAX_FIELDS = ("currency", "zone", "year_starts", "term_rule", "term_days", "buy_fee", "sell_fee", "transfer_fee")


def get_head(*, portfolio: Portfolio, at: datetime) -> dict[str, Any]:
    """Return everything but the transactions; wallets and sleeves are named, as elsewhere they have other ids."""
    sleeves = portfolio.sleeves.select_related("index").order_by("id")
    settings = TaxSettings.objects.filter(portfolio=portfolio).first()
    methods = LotMethod.objects.filter(portfolio=portfolio).order_by("valid_from")
    held = Entry.objects.filter(portfolio=portfolio).order_by().values("asset_id").distinct()
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_at": _plain(at),
        "portfolio": _row(portfolio, "name", "fee_rate", "created_at"),
        "wallets": [_row(wallet, "name", "kind") for wallet in portfolio.wallets.order_by("id")],
        "assets": [
            _row(asset, "id", "symbol", "name", "kind") for asset in Asset.objects.filter(id__in=held).order_by("id")
        ],
        "sleeves": [_sleeve(sleeve) for sleeve in sleeves],
        "tax_settings": _row(settings, *TAX_FIELDS) if settings else None,
        "lot_methods": [_row(method, "valid_from", "method", "scope", "chosen_at") for method in methods],
        "orders": [_order(order) for order in _orders(portfolio)],
    }


def get_transactions(*, portfolio: Portfolio) -> Iterator[dict[str, Any]]:
    """Yield every transaction with its entries and the lots named for it, in the order in which they were written."""
    wallets = dict(Wallet.objects.filter(portfolio=portfolio).values_list("id", "name"))
    slugs = dict(Sleeve.objects.filter(portfolio=portfolio).values_list("id", "index__slug"))
    entries: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for entry in Entry.objects.filter(portfolio=portfolio).order_by("id").iterator():
        entries[entry.transaction_id].append(_entry(entry, wallets, slugs))
    lots: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for choice in LotChoice.objects.filter(portfolio=portfolio).order_by("transaction_id", "place"):
        lots[choice.transaction_id].append({"acquired": choice.acquired_id} | _row(choice, "quantity", "chosen_at"))
    for one in Transaction.objects.filter(portfolio=portfolio).order_by("id").iterator():
        yield _transaction(one) | {"entries": entries[one.pk]} | ({"lots": lots[one.pk]} if one.pk in lots else {})


def _transaction(one: Transaction) -> dict[str, Any]:
    """Return a transaction; what is empty is left out."""
    told = {
        "order": one.order_id,
        "supersedes": one.supersedes_id,
        **_row(one, "sequence", "note", "acquired_at", "is_implied", "external_id", "row_key", "voided_at"),
    }
    needed = _row(one, "id", "kind", "at", "source", "token", "fingerprint", "created_at")
    return needed | {name: value for name, value in told.items() if value}


def _entry(entry: Entry, wallets: dict[int, str], slugs: dict[int, str]) -> dict[str, Any]:
    sleeve = {"sleeve": slugs[entry.sleeve_id]} if entry.sleeve_id is not None else {}
    where = {"wallet": wallets[entry.wallet_id], "asset": entry.asset_id} | sleeve
    return where | _row(entry, "role", "quantity", "price")


def _sleeve(sleeve: Sleeve) -> dict[str, Any]:
    return {"index": sleeve.index.slug} | _row(sleeve, "tier", "target_weight", "lower_band", "upper_band")


def _orders(portfolio: Portfolio) -> Iterator[Order]:
    yield from Order.objects.filter(portfolio=portfolio).select_related("sleeve__index").order_by("id")


def _order(order: Order) -> dict[str, Any]:
    facts = _row(order, "id", "kind", "amount", "fees", "priced_on", "token", "fingerprint", "created_at")
    return {"sleeve": order.sleeve.index.slug} | facts


def _row(row: object, *names: str) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    """Write a number as text with all its digits, and an instant in UTC."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return value
