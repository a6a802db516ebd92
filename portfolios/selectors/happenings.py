"""The ledger as the lot engine reads it: transactions in force, valued in the currency of the tax settings."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import QuerySet

from market.money import AsStored, amount_of
from portfolios.calc.lots import Fee, Happening
from portfolios.models import Entry, LotChoice, Portfolio, Transaction
from portfolios.selectors.rates import UNKNOWN, Rates, Worth, get_fiat, get_rates

Kind, Role = Transaction.Kind, Entry.Role
ZERO = Decimal(0)
# What leaves for nothing, or only moves, needs no value.
UNVALUED = {Kind.TRANSFER, Kind.WITHDRAWAL, Kind.GIFT_OUT, Kind.LOSS}
BROUGHT = {Kind.DEPOSIT, Kind.GIFT_IN}


@dataclass(frozen=True, slots=True)
class Told:
    """What the ledger tells; `estimated` are the ids of transactions some value of which is the close of a day."""

    happenings: list[Happening]
    estimated: frozenset[int]


class Leg(NamedTuple):
    """What a transaction moves of one asset in one wallet: signed, `price` in USD a unit."""

    role: str
    wallet_id: int
    asset_id: str
    quantity: Decimal
    price: Decimal | None


class Facts(NamedTuple):
    """A transaction with its place in the order of all."""

    key: int
    at: datetime
    order: int
    kind: str
    acquired_at: datetime | None
    legs: list[Leg]

    @property
    def day(self) -> date:
        """Return the market day whose close counts: that of the acquisition, where it was elsewhere and is known."""
        at = self.acquired_at if self.acquired_at and self.kind in BROUGHT else self.at
        return at.astimezone(UTC).date()


def get_happenings(
    *,
    portfolio: Portfolio,
    currency: str,
    asset_ids: Collection[str] | None = None,
    transaction_ids: Collection[int] | None = None,
) -> Told:
    """Return what happened, in the order of the ledger, valued in a currency; each one's key is its transaction's id.

    With `asset_ids` those transactions that move any of them, with all that they move; with `transaction_ids` only
    those. Transactions that move currencies alone are left out.
    """
    entries = Entry.objects.filter(portfolio=portfolio, transaction__voided_at__isnull=True)
    if asset_ids is not None:
        # Not joined: both databases then look the entries of an asset up once, in its index.
        moved = Entry.objects.filter(portfolio=portfolio, asset_id__in=asset_ids).values("transaction_id")
        entries = entries.filter(transaction_id__in=moved)
    if transaction_ids is not None:
        entries = entries.filter(transaction_id__in=transaction_ids)
    fiat = get_fiat()
    legs = _legs(entries, fiat)
    facts = list(_facts(portfolio, legs, narrow=asset_ids is not None or transaction_ids is not None))
    reader = Reader(_rates(facts, currency), fiat, get_choices(portfolio=portfolio))
    happenings = [reader.read(each) for each in facts]
    return Told(happenings, frozenset(reader.estimated))


def get_choices(*, portfolio: Portfolio) -> dict[int, list[tuple[int, Decimal]]]:
    """Return the lots that were named for what leaves, in their order, by the id of its transaction.

    A lot whose acquisition was corrected since is that of the correction.
    """
    rows = LotChoice.objects.filter(portfolio=portfolio, transaction__voided_at__isnull=True)
    ordered = rows.order_by("transaction_id", "place").values_list("transaction_id", "acquired_id", "quantity")
    chosen = list(ordered)
    newer: dict[int, int] = {}
    if chosen:
        corrections = Transaction.objects.filter(portfolio=portfolio, supersedes__isnull=False).order_by()
        newer = dict(corrections.values_list("supersedes_id", "id"))
    named: dict[int, list[tuple[int, Decimal]]] = defaultdict(list)
    for transaction_id, acquired_id, quantity in chosen:
        named[transaction_id].append((_newest(acquired_id, newer), quantity))
    return named


def _newest(transaction_id: int, newer: Mapping[int, int]) -> int:
    while transaction_id in newer:
        transaction_id = newer[transaction_id]
    return transaction_id


def _legs(entries: QuerySet[Entry], fiat: Collection[str]) -> dict[int, list[Leg]]:
    """Return what each transaction moves that moves any coin; the parts of sleeves are put together."""
    sums: dict[int, dict[tuple[str, int, str, bool], Leg]] = defaultdict(dict)
    rows = entries.order_by().values_list(
        "transaction_id", "role", "wallet_id", "asset_id", AsStored("quantity"), AsStored("price")
    )
    for transaction_id, role, wallet_id, asset_id, stored, stored_price in rows:
        quantity = amount_of(stored)
        legs, key = sums[transaction_id], (role, wallet_id, asset_id, quantity > 0)
        known = legs.get(key)
        if known is not None:
            legs[key] = Leg(role, wallet_id, asset_id, known.quantity + quantity, known.price)
            continue
        price = None if stored_price is None else amount_of(stored_price)
        legs[key] = Leg(role, wallet_id, asset_id, quantity, price)
    return {
        transaction_id: [legs[key] for key in sorted(legs)]
        for transaction_id, legs in sums.items()
        if any(leg.asset_id not in fiat for leg in legs.values())
    }


def _facts(portfolio: Portfolio, legs: Mapping[int, list[Leg]], *, narrow: bool) -> Iterator[Facts]:
    rows = Transaction.objects.in_force().filter(portfolio=portfolio)
    if narrow and len(legs) < 1000:
        rows = rows.filter(id__in=legs)
    ordered = rows.order_by("at", "sequence", "id").values_list("id", AsStored("at"), "kind", AsStored("acquired_at"))
    for order, (key, at, kind, acquired_at) in enumerate(ordered):
        if key in legs:
            known = None if acquired_at is None else _instant(acquired_at)
            yield Facts(key, _instant(at), order, kind, known, legs[key])


def _instant(stored: str | datetime) -> datetime:
    """Return an instant that was read `AsStored`: SQLite keeps it as text in UTC."""
    return datetime.fromisoformat(stored).replace(tzinfo=UTC) if isinstance(stored, str) else stored


def _rates(facts: Iterable[Facts], currency: str) -> Rates:
    """Read the closes of what has no price of its own, and of the currency to count in."""
    own = currency.lower()
    asset_ids: set[str] = set()
    days: set[date] = set()
    for each in facts:
        missing = {
            leg.asset_id
            for leg in each.legs
            if leg.price is None and (leg.role != Role.PRINCIPAL or each.kind not in UNVALUED)
        } - {own}
        if missing or own != "usd":
            asset_ids |= missing
            days.add(each.day)
    return get_rates(currency=currency, asset_ids=asset_ids, days=days)


class Reader:
    """Makes a happening of each transaction, and keeps which of them an estimate is in."""

    def __init__(self, rates: Rates, fiat: Collection[str], choices: Mapping[int, list[tuple[int, Decimal]]]) -> None:
        self.rates = rates
        self.fiat = fiat
        self.choices = choices
        self.estimated: set[int] = set()

    def read(self, facts: Facts) -> Happening:
        """Value one transaction."""
        fees = [leg for leg in facts.legs if leg.role == Role.FEE]
        moved = [leg for leg in facts.legs if leg.role == Role.PRINCIPAL] or fees
        if facts.kind == Kind.FEE:
            fees = []
        given = next((leg for leg in moved if leg.quantity < 0), None)
        received = next((leg for leg in moved if leg.quantity > 0), None)
        main = given or received or facts.legs[0]
        is_exchange = given is not None and received is not None
        quantity = abs(main.quantity)
        if facts.kind == Kind.TRANSFER:
            quantity -= sum((leg.quantity for leg in fees if leg.asset_id == main.asset_id), ZERO)
        return Happening(
            key=facts.key,
            at=facts.at,
            order=facts.order,
            kind=facts.kind,
            place=main.wallet_id,
            asset=main.asset_id,
            quantity=quantity,
            value=self._value(facts, main, received),
            is_cash=main.asset_id in self.fiat,
            received_asset=received.asset_id if received and is_exchange else None,
            received_quantity=received.quantity if received and is_exchange else None,
            received_is_cash=bool(received and is_exchange and received.asset_id in self.fiat),
            to_place=received.wallet_id if received and facts.kind == Kind.TRANSFER else None,
            fees=tuple(self._fee(facts, leg, moved) for leg in fees),
            acquired_at=facts.acquired_at,
            named=self.choices.get(facts.key, ()),
        )

    def _fee(self, facts: Facts, leg: Leg, moved: Iterable[Leg]) -> Fee:
        """Value a fee: in the coin that is traded, the price of the trade holds for it too."""
        prices = [side.price for side in moved if side.asset_id == leg.asset_id] if leg.price is None else []
        price = next((price for price in prices if price is not None), leg.price)
        value = self._note(facts, self.rates.worth(leg.asset_id, -leg.quantity, price, facts.day))
        return Fee(asset=leg.asset_id, quantity=-leg.quantity, value=value, is_cash=leg.asset_id in self.fiat)

    def _value(self, facts: Facts, main: Leg, received: Leg | None) -> Decimal | None:
        """Return what a trade was paid with; else what a side of it was worth, one with a price before one without."""
        if facts.kind in UNVALUED or self._is_of_unknown_cost(facts, main):
            return None
        payments = [leg for leg in facts.legs if leg.role == Role.PAYMENT]
        if payments:
            worths = [self._worth(facts, leg) for leg in payments]
            values = [worth.value for worth in worths if worth.value is not None]
            if len(values) == len(worths):
                return self._note(facts, Worth(sum(values, ZERO), any(worth.is_estimated for worth in worths)))
        sides = [main] if received is None or received is main else [main, received]
        # Money first: it is what was paid. A price that was recorded goes before the close of a day.
        sides.sort(key=lambda leg: (leg.asset_id not in self.fiat, leg.price is None))
        worths = [self._worth(facts, leg) for leg in sides]
        return self._note(facts, next((worth for worth in worths if worth.value is not None), UNKNOWN))

    @staticmethod
    def _is_of_unknown_cost(facts: Facts, main: Leg) -> bool:
        """Tell whether coins were brought along without their cost: what they are worth on arrival is no cost."""
        return facts.kind in BROUGHT and main.price is None and facts.acquired_at is None

    def _worth(self, facts: Facts, leg: Leg) -> Worth:
        return self.rates.worth(leg.asset_id, abs(leg.quantity), leg.price, facts.day)

    def _note(self, facts: Facts, worth: Worth) -> Decimal | None:
        if worth.is_estimated:
            self.estimated.add(facts.key)
        return worth.value
