"""What the night reads of the ledger: the holdings before a window of days, and what moved within it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet

from market.models import close_of
from market.money import ExactSum
from portfolios.models import Entry, Portfolio, Transaction

Fingerprint = tuple[int, int | None, int, datetime | None]


@dataclass(frozen=True, slots=True)
class Leg:
    """One entry: `quantity` is signed; a fee leg pays a cost and crosses no border."""

    asset_id: str
    quantity: Decimal
    is_fee: bool


@dataclass(frozen=True, slots=True)
class Event:
    """One transaction of a day; an external one moves value across the portfolio's border."""

    external: bool
    legs: list[Leg] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ledger:
    """One portfolio's side of a window: quantities at its opening by asset id, and events by day."""

    opening: dict[str, Decimal] = field(default_factory=dict)
    events: dict[date, list[Event]] = field(default_factory=dict)

    def asset_ids(self) -> set[str]:
        """Return every asset that is held or moved in the window."""
        moved = {leg.asset_id for events in self.events.values() for event in events for leg in event.legs}
        return moved | set(self.opening)


def start_of(day: date) -> datetime:
    """Return the first instant of a UTC day."""
    return datetime.combine(day, time.min, tzinfo=UTC)


def due_portfolios(*, end: date, span: tuple[int, int] | None = None) -> list[int]:
    """Return the ids, in order, of portfolios that the night of `end` values, all or those of a span of ids.

    They have entries by then, or old values that a change of their ledger has made untrue.
    """
    entered = Transaction.objects.in_force().filter(portfolio=OuterRef("id"), at__lt=close_of(end))
    due = Portfolio.objects.filter(Exists(entered) | Q(revalue_from__lte=end))
    if span:
        due = due.filter(id__range=span)
    return list(due.order_by("id").values_list("id", flat=True))


def held_assets() -> set[str]:
    """Return every asset that any ledger knows."""
    return set(Entry.objects.order_by().values_list("asset_id", flat=True).distinct())


def first_days(*, portfolio_ids: Collection[int]) -> dict[int, date]:
    """Return the day of each portfolio's first transaction in force; one without any is not in it."""
    rows = Transaction.objects.in_force().filter(portfolio_id__in=portfolio_ids).order_by()
    firsts = rows.values_list("portfolio_id").annotate(first=Min("at"))
    return {portfolio_id: first.astimezone(UTC).date() for portfolio_id, first in firsts}


def fingerprints(*, portfolio_ids: Collection[int]) -> dict[int, Fingerprint]:
    """Return what changes whenever a ledger does: how many transactions, the newest, how many voided, the latest."""
    rows = Transaction.objects.filter(portfolio_id__in=portfolio_ids).order_by().values_list("portfolio_id")
    marks = rows.annotate(count=Count("id"), newest=Max("id"), voids=Count("voided_at"), voided=Max("voided_at"))
    return {row[0]: row[1:] for row in marks}


def read_ledgers(*, portfolio_ids: Collection[int], start: date, end: date) -> dict[int, Ledger]:
    """Return each portfolio's ledger of a window; two queries, whatever their number."""
    ledgers = {portfolio_id: Ledger() for portfolio_id in portfolio_ids}
    entries = _entries(portfolio_ids)
    sums = (
        entries.filter(transaction__at__lt=start_of(start))
        .order_by()
        .values_list("transaction__portfolio_id", "asset_id")
        .annotate(held=ExactSum("quantity"))
    )
    for portfolio_id, asset_id, held in sums:
        if held:
            ledgers[portfolio_id].opening[asset_id] = held

    moved = entries.filter(transaction__at__gte=start_of(start), transaction__at__lt=close_of(end))
    rows = moved.order_by("transaction__at", "transaction__sequence", "transaction_id", "id").values_list(
        "transaction__portfolio_id",
        "transaction_id",
        "transaction__at",
        "transaction__kind",
        "asset_id",
        "role",
        "quantity",
    )
    events: dict[int, Event] = {}
    for portfolio_id, transaction_id, at, kind, asset_id, role, quantity in rows:
        if transaction_id not in events:
            events[transaction_id] = Event(external=kind in Transaction.EXTERNAL_KINDS)
            day = at.astimezone(UTC).date()
            ledgers[portfolio_id].events.setdefault(day, []).append(events[transaction_id])
        is_fee = role == Entry.Role.FEE or kind == Transaction.Kind.FEE
        events[transaction_id].legs.append(Leg(asset_id, quantity, is_fee))
    return ledgers


def _entries(portfolio_ids: Collection[int]) -> QuerySet[Entry]:
    return Entry.objects.filter(transaction__portfolio_id__in=portfolio_ids, transaction__voided_at__isnull=True)


def day_range(start: date, end: date) -> list[date]:
    """Return every day from start to end, both included."""
    return [start + timedelta(days=offset) for offset in range((end - start).days + 1)]
