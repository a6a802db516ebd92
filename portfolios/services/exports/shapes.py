"""The kind of a transaction fixes which entries there must be; an export that says otherwise is refused."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from portfolios.models import Entry, Transaction
from portfolios.services.drafts import USD
from portfolios.services.errors import CannotImportError, CannotRecordError
from portfolios.services.exports.parsing import NewEntry, NewLedger, NewTransaction
from portfolios.services.rules import check_instant

Kind, Role = Transaction.Kind, Entry.Role
PAID = (Role.PAYMENT, Role.FEE)
COMING = {Kind.DEPOSIT, Kind.INCOME, Kind.AIRDROP, Kind.FORK, Kind.GIFT_IN}
Sides = tuple[frozenset[str], frozenset[str]]


def check_names(ledger: NewLedger) -> None:
    """Refuse names that lead nowhere, and what may stand only once."""
    _check_once((one.columns["token"] for one in ledger.transactions), what="token")
    counting = (one for one in ledger.transactions if not one.is_voided)
    _check_once((key for one in counting if (key := one.columns["row_key"])), what="row key")
    _check_once((order.columns["token"] for order in ledger.orders), what="token of an order")
    orders = {order.id for order in ledger.orders}
    for order in ledger.orders:
        if order.sleeve not in ledger.sleeves:
            raise CannotImportError(f"file: ledger.json has no sleeve {order.sleeve[:40]!r}.", field="file")
    for one in ledger.transactions:
        if one.order is not None and one.order not in orders:
            raise one.fields.refusal("order", "no order has this id")
        for entry in one.entries:
            if entry.wallet not in ledger.wallets or (entry.sleeve and entry.sleeve not in ledger.sleeves):
                raise one.fields.refusal("entries", "no wallet or no sleeve of the export has this name")


def check_orders(ledger: NewLedger) -> None:
    """Refuse an order of which everything counts, and which did not spend what it says."""
    spent: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    partly_voided = {one.order for one in ledger.transactions if one.is_voided}
    for one in ledger.transactions:
        if one.order is not None:
            for entry in one.entries:
                if entry.asset == USD and entry.role in PAID:
                    spent[one.order][entry.role] -= entry.quantity
    for order in ledger.orders:
        payment, fee = spent[order.id][Role.PAYMENT], spent[order.id][Role.FEE]
        asked = (order.columns["amount"], order.columns["fees"])
        if order.id not in partly_voided and (payment + fee, fee) != asked:
            raise CannotImportError(
                f"file: ledger.json has an order of {asked[0]} with {asked[1]} of fees whose transactions come to "
                f"{payment + fee} with {fee}.",
                field="file",
            )


def check_transactions(transactions: Sequence[NewTransaction], *, fiat: Collection[str], now: datetime) -> None:
    """Refuse what no ledger holds: times, kinds and entries that do not fit, versions and lots that lead nowhere."""
    known: dict[int, NewTransaction] = {}
    superseded: set[int] = set()
    for one in transactions:
        _check_times(one, now=now)
        _check_entries(one, fiat)
        _check_version(one, known, superseded)
        if one.id in known or (known and one.id < next(reversed(known))):
            raise one.fields.refusal("id", "ids rise from one transaction to the next, and stand once each")
        known[one.id] = one
    for one in transactions:
        _check_lots(one, known)


def _check_times(one: NewTransaction, *, now: datetime) -> None:
    acquired_at = one.columns["acquired_at"]
    try:
        check_instant("at", one.at, now=now)
        if acquired_at is not None:
            check_instant("acquired_at", acquired_at, now=one.at)
    except CannotRecordError as error:
        raise one.fields.refusal(error.field or "", error.message.rstrip(".")) from error
    if acquired_at is not None and one.kind not in {Kind.DEPOSIT, Kind.GIFT_IN}:
        raise one.fields.refusal("acquired_at", f"a {one.kind} has none")
    if one.columns["is_implied"] and one.kind != Kind.DEPOSIT:
        raise one.fields.refusal("is_implied", "only a deposit is implied")


def _check_version(one: NewTransaction, known: dict[int, NewTransaction], superseded: set[int]) -> None:
    if one.supersedes is None:
        return
    old = known.get(one.supersedes)
    if old is None or not old.is_voided or old.id in superseded:
        raise one.fields.refusal(
            "supersedes", "what is corrected stands before, counts no longer, and has one correction"
        )
    superseded.add(old.id)


def _check_lots(one: NewTransaction, known: dict[int, NewTransaction]) -> None:
    for lot in one.lots:
        acquired = known.get(lot.acquired)
        if acquired is None or acquired.at > one.at:
            raise one.fields.refusal("lots", f"transaction {lot.acquired} brought no lot before")


def _check_entries(one: NewTransaction, fiat: Collection[str]) -> None:
    by_role: dict[str, list[NewEntry]] = defaultdict(list)
    for entry in one.entries:
        by_role[entry.role].append(entry)
        if entry.sleeve and entry.asset in fiat:
            raise one.fields.refusal("entries", "cash belongs to no sleeve")
    if any(entry.quantity > 0 for entry in by_role[Role.FEE]):
        raise one.fields.refusal("entries", "a fee goes out")
    if not _fits(one.kind, by_role[Role.PRINCIPAL], by_role[Role.PAYMENT], by_role[Role.FEE], fiat):
        raise one.fields.refusal("entries", f"these are not the entries of a {one.kind}")


def _fits(
    kind: str, principal: list[NewEntry], payment: list[NewEntry], fees: list[NewEntry], fiat: Collection[str]
) -> bool:
    """Tell whether a kind has such entries; all of one side are of one asset, in however many sleeves."""
    if kind == Kind.TRANSFER:
        return not payment and _is_transfer(principal, fees)
    goods = _sides(principal)
    if kind in {Kind.BUY, Kind.SELL}:
        fits = _is_trade(kind, goods, _sides(payment), fiat)
    elif kind == Kind.FEE:
        fits = not principal and len({entry.asset for entry in fees}) == 1
    elif kind == Kind.SWAP:
        fits = len(goods[0]) == len(goods[1]) == 1 and goods[0] != goods[1]
    else:
        fits = (len(goods[0]), len(goods[1])) == ((1, 0) if kind in COMING else (0, 1))
    is_paid = kind in {Kind.BUY, Kind.SELL}
    return fits and is_paid == bool(payment) and len({one.wallet for one in (*principal, *payment, *fees)}) == 1


def _is_trade(kind: str, goods: Sides, paid: Sides, fiat: Collection[str]) -> bool:
    """Tell whether one asset came for one currency, or the other way round."""
    if kind == Kind.SELL:
        goods, paid = (goods[1], goods[0]), (paid[1], paid[0])
    (bought, sold), (earned, spent) = goods, paid
    return len(bought) == len(spent) == 1 and not sold and not earned and spent <= set(fiat) and bought != spent


def _is_transfer(principal: Sequence[NewEntry], fees: Sequence[NewEntry]) -> bool:
    """Tell whether one asset went from one wallet to another, as much in each sleeve, fees where it left."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    places: dict[str, set[bool]] = defaultdict(set)
    for entry in principal:
        sums[entry.sleeve] += entry.quantity
        places[entry.wallet].add(entry.quantity > 0)
    if len({entry.asset for entry in principal}) != 1 or any(sums.values()) or len(places) != 2:
        return False
    source = next((wallet for wallet, signs in places.items() if signs == {False}), None)
    return all(len(signs) == 1 for signs in places.values()) and all(entry.wallet == source for entry in fees)


def _sides(entries: Iterable[NewEntry]) -> Sides:
    """Return the assets that came and those that left."""
    entries = list(entries)
    came = frozenset(entry.asset for entry in entries if entry.quantity > 0)
    return came, frozenset(entry.asset for entry in entries if entry.quantity < 0)


def _check_once(values: Iterable[str], *, what: str) -> None:
    """Refuse a value that stands twice where each stands once."""
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise CannotImportError(f"file: ledger.json has the {what} {value[:40]!r} twice.", field="file")
        seen.add(value)
