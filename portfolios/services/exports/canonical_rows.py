"""The ledger as canonical CSV: what counts, transaction by transaction, as far as that form can say it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from portfolios.importers.canonical import COLUMNS, guarded
from portfolios.models import Entry, Transaction
from portfolios.services.drafts import plain
from portfolios.services.exports.tables import line
from portfolios.services.tax_report.numbers import EXACT

Kind, Role = Transaction.Kind, Entry.Role
PLACES = Decimal(1).scaleb(-18)
DOLLAR = "usd"
NUMBERS = frozenset({"quantity", "price", "fee", "received_quantity"})


def canonical_csv(transactions: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of a canonical CSV of the transactions that count; those are content of `ledger.json`.

    Texts are guarded against being taken for formulas; the reader of this form takes the guard away again.
    """
    yield line(COLUMNS)
    for one in sorted(transactions, key=lambda one: (one["at"], one.get("sequence", 0), one["id"])):
        if not one.get("voided_at"):
            row = canonical_row(one)
            cells = (row.get(name, "") for name in COLUMNS)
            named = zip(COLUMNS, cells, strict=True)
            yield line([cell if name in NUMBERS else guarded(cell) for name, cell in named])


def canonical_row(one: Mapping[str, Any]) -> dict[str, str]:
    """Return one transaction; what was paid is said by the price of a unit, rounded to 18 decimals if it must be."""
    principal, payment, fees = (_sums(one["entries"], role) for role in (Role.PRINCIPAL, Role.PAYMENT, Role.FEE))
    row = {
        "timestamp": one["at"],
        "kind": one["kind"],
        "wallet": _wallet(one),
        "external_id": one.get("external_id", ""),
        "note": one.get("note", ""),
    }
    if one["kind"] == Kind.FEE:
        ((asset, quantity),) = fees.items()
        return row | {"asset": asset, "quantity": plain(-quantity)} | _price(one, asset)
    if one["kind"] == Kind.TRANSFER:
        return row | _transfer(one, fees)
    given = next((asset for asset, quantity in principal.items() if quantity < 0), None)
    received = next((asset for asset, quantity in principal.items() if quantity > 0), None)
    main = given or received or ""
    row |= {"asset": main, "quantity": plain(abs(principal[main]))} | _fee(fees)
    if payment:
        ((currency, amount),) = payment.items()
        price = EXACT.divide(abs(amount), abs(principal[main])).quantize(PLACES, context=EXACT)
        return row | {"price": plain(price), "currency": currency.upper()}
    if one["kind"] == Kind.SWAP and received is not None:
        row |= {"received_asset": received, "received_quantity": plain(principal[received])}
    return row | _price(one, main)


def _transfer(one: Mapping[str, Any], fees: dict[str, Decimal]) -> dict[str, str]:
    arrived = [entry for entry in one["entries"] if entry["role"] == Role.PRINCIPAL and _quantity(entry) > 0]
    asset = arrived[0]["asset"]
    received = sum((_quantity(entry) for entry in arrived), Decimal(0))
    in_kind = -fees.get(asset, Decimal(0))
    others = {other: quantity for other, quantity in fees.items() if other != asset}
    return {
        "asset": asset,
        "quantity": plain(received + in_kind),
        "to_wallet": arrived[0]["wallet"],
        "received_quantity": plain(received),
        **_fee(others or ({asset: -in_kind} if in_kind else {})),
    }


def _fee(fees: dict[str, Decimal]) -> dict[str, str]:
    for asset, quantity in fees.items():
        return {"fee": plain(-quantity), "fee_asset": asset}
    return {}


def _price(one: Mapping[str, Any], asset: str) -> dict[str, str]:
    """Return what a unit was worth in US dollars, where that is known and not told by the asset itself."""
    prices = (entry.get("price") for entry in one["entries"] if entry["asset"] == asset)
    price = next((price for price in prices if price is not None), None)
    return {} if price is None or asset == DOLLAR else {"price": price, "currency": DOLLAR.upper()}


def _wallet(one: Mapping[str, Any]) -> str:
    """Return the wallet of a transaction, that which gives of a transfer."""
    entries = one["entries"]
    return str(next((entry["wallet"] for entry in entries if _quantity(entry) < 0), entries[0]["wallet"]))


def _sums(entries: Iterable[Mapping[str, Any]], role: str) -> dict[str, Decimal]:
    """Return what moved of each asset in one role, all sleeves together."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for entry in entries:
        if entry["role"] == role:
            sums[entry["asset"]] += _quantity(entry)
    return sums


def _quantity(entry: Mapping[str, Any]) -> Decimal:
    return Decimal(entry["quantity"])
