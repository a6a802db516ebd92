"""From the JSON of an export to rows that are typed and whole, before anything is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from market.calc.currencies import is_fiat
from portfolios.calc.lots.years import parse_year_start
from portfolios.models import Entry, LotMethod, Method, Order, Sleeve, TaxSettings, Transaction, Wallet
from portfolios.services.exports.fields import RATIO, Fields
from portfolios.services.exports.ledger import FORMAT, VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """An entry whose wallet and sleeve are named."""

    wallet: str
    asset: str
    sleeve: str
    role: str
    quantity: Decimal
    price: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedLot:
    """A lot that was named for what leaves, by the id of its transaction in the file."""

    acquired: int
    quantity: Decimal
    chosen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTransaction:
    """A transaction under its id in the file; `fields` are the columns that are taken as they are."""

    fields: Fields
    id: int
    kind: str
    at: datetime
    order: int | None
    supersedes: int | None
    is_voided: bool
    columns: dict[str, Any]
    entries: Sequence[NewEntry]
    lots: Sequence[NamedLot]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """An order under its id in the file."""

    id: int
    sleeve: str
    columns: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLedger:
    """Everything that an export holds, ids and names as in the file."""

    fee_rate: Decimal
    wallets: dict[str, str]
    sleeves: dict[str, dict[str, Any]]
    tax_settings: dict[str, Any] | None
    lot_methods: dict[date, dict[str, Any]]
    orders: Sequence[NewOrder]
    transactions: Sequence[NewTransaction]

    @property
    def asset_ids(self) -> set[str]:
        """Return the ids of all assets that moved."""
        return {entry.asset for one in self.transactions for entry in one.entries}


def parse_ledger(document: Any) -> NewLedger:
    """Read an export; raises CannotImportError with the place of whatever is not as it must be."""
    top = Fields(document)
    if top.value.get("format") != FORMAT:
        raise top.refusal("format", "this is no export of Ballast")
    if top.whole("version") > VERSION:
        raise top.refusal("version", "it was made by a newer version of Ballast; upgrade this one first")
    portfolio = top.part("portfolio")
    fee_rate = portfolio.number("fee_rate", RATIO)
    if not 0 <= fee_rate < 1:
        raise portfolio.refusal("fee_rate", "a fraction of 1 is needed")
    return NewLedger(
        fee_rate=fee_rate,
        wallets={one.text("name", 80): one.choice("kind", Wallet.Kind.values) for one in top.parts("wallets")},
        sleeves={one.text("index", 100): _sleeve(one) for one in top.parts("sleeves")},
        tax_settings=_tax_settings(top.part("tax_settings")) if top.has("tax_settings") else None,
        lot_methods={one.day("valid_from"): _lot_method(one) for one in top.parts("lot_methods")},
        orders=[_order(one) for one in top.parts("orders")],
        transactions=[_transaction(one) for one in top.parts("transactions")],
    )


def _sleeve(one: Fields) -> dict[str, Any]:
    weights = {name: one.number(name, RATIO) for name in ("target_weight", "lower_band", "upper_band")}
    if not 0 <= weights["lower_band"] <= weights["target_weight"] <= weights["upper_band"] <= 1:
        raise one.refusal("target_weight", "it lies inside its band, and the band inside 0 to 1")
    return {"tier": one.choice("tier", Sleeve.Tier.values)} | weights


def _tax_settings(one: Fields) -> dict[str, Any]:
    currency, zone = one.text("currency", 3), one.text("zone", 60)
    if not is_fiat(currency) or not currency.isupper():
        raise one.refusal("currency", "a fiat currency is needed, such as USD")
    try:
        ZoneInfo(zone)
        parse_year_start(one.text("year_starts", 5))
    except (ValueError, KeyError, OSError) as error:
        raise one.refusal("zone or year_starts", str(error)[:80]) from error
    rule = one.choice("term_rule", TaxSettings.TermRule.values)
    return {
        "currency": currency,
        "zone": zone,
        "year_starts": one.text("year_starts", 5),
        "term_rule": rule,
        "term_days": one.whole("term_days", most=100_000) if rule == TaxSettings.TermRule.DAYS else None,
        "buy_fee": one.choice("buy_fee", TaxSettings.BuyFee.values),
        "sell_fee": one.choice("sell_fee", TaxSettings.SellFee.values),
        "transfer_fee": one.choice("transfer_fee", TaxSettings.TransferFee.values),
    }


def _lot_method(one: Fields) -> dict[str, Any]:
    if one.value.get("method") == Method.S104 and one.value.get("scope") != LotMethod.Scope.PORTFOLIO:
        raise one.refusal("scope", "UK share pooling knows no wallets")
    return {
        "method": one.choice("method", Method.values),
        "scope": one.choice("scope", LotMethod.Scope.values),
        "chosen_at": one.instant("chosen_at"),
    }


def _order(one: Fields) -> NewOrder:
    amount, fees = one.number("amount"), one.number("fees")
    if amount <= 0 or fees < 0:
        raise one.refusal("amount", "a positive amount is needed, and fees from 0 up")
    return NewOrder(
        id=one.whole("id", most=2**63 - 1),
        sleeve=one.text("sleeve", 100),
        columns={
            "kind": one.choice("kind", Order.Kind.values),
            "amount": amount,
            "fees": fees,
            "priced_on": one.day("priced_on"),
            "token": one.text("token", 64),
            "fingerprint": one.text("fingerprint", 64),
            "created_at": one.instant("created_at"),
        },
    )


def _transaction(one: Fields) -> NewTransaction:
    kind, at = one.choice("kind", Transaction.Kind.values), one.instant("at")
    columns = {
        "sequence": one.whole("sequence") if one.has("sequence") else 0,
        "source": one.text("source", 20),
        "token": one.text("token", 80),
        "fingerprint": one.text("fingerprint", 64),
        "note": one.text("note", 300, is_required=False),
        "created_at": one.instant("created_at"),
        "acquired_at": one.instant("acquired_at") if one.has("acquired_at") else None,
        "is_implied": one.flag("is_implied"),
        "external_id": one.text("external_id", 200, is_required=False),
        "row_key": one.text("row_key", 64, is_required=False),
        "voided_at": one.instant("voided_at") if one.has("voided_at") else None,
    }
    return NewTransaction(
        fields=one,
        id=one.whole("id", most=2**63 - 1),
        kind=kind,
        at=at,
        order=one.whole("order", most=2**63 - 1) if one.has("order") else None,
        supersedes=one.whole("supersedes", most=2**63 - 1) if one.has("supersedes") else None,
        is_voided=columns["voided_at"] is not None,
        columns=columns,
        entries=[_entry(entry) for entry in one.parts("entries")],
        lots=[_lot(lot) for lot in one.parts("lots", is_required=False)],
    )


def _entry(one: Fields) -> NewEntry:
    price = one.number("price") if one.has("price") else None
    quantity = one.number("quantity")
    if not quantity or (price is not None and price < 0):
        raise one.refusal("quantity", "an entry moves something, and its price is not below 0")
    return NewEntry(
        wallet=one.text("wallet", 80),
        asset=one.text("asset", 80),
        sleeve=one.text("sleeve", 100, is_required=False),
        role=one.choice("role", Entry.Role.values),
        quantity=quantity,
        price=price,
    )


def _lot(one: Fields) -> NamedLot:
    quantity = one.number("quantity")
    if quantity <= 0:
        raise one.refusal("quantity", "a positive number is needed")
    return NamedLot(
        acquired=one.whole("acquired", most=2**63 - 1), quantity=quantity, chosen_at=one.instant("chosen_at")
    )
