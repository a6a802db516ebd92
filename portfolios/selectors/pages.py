"""One page of a ledger, however long: found by its place in time, never by counting.

A page is cut out of candidates that one index gives in order of time: the entries of an asset or a wallet, the rows of
a kind, or all rows. What no index knows (a note, a combination) is looked for among a bounded number of candidates;
where that ended the page says, and the next one goes on from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from portfolios.models import Entry, Portfolio, Transaction
from portfolios.selectors.ledger import get_transactions

PAGE_SIZE = 50
LOOKED_AT = 20_000
ENTRIES_A_ROW = 16
LAST = 2**62
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFilter:
    """Which transactions; None and empty are all of them. From `since` on and before `until`.

    `counting` is True for those that count, False for those that were deleted or corrected. `text` is an external id
    in full, or stands somewhere in a note, in whatever case.
    """

    kind: str | None = None
    asset: str | None = None
    wallet: int | None = None
    batch: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    counting: bool | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in the order of the ledger: instant, order within it, id."""

    at: datetime
    sequence: int
    id: int

    def __str__(self) -> str:
        return f"{(self.at - EPOCH) // MICROSECOND}.{self.sequence}.{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerPage:
    """Some transactions, newest first; `older` and `newer` are the places from which the pages beside it go on.

    `looked_back_to` is set when the search ended there before the page was full: there may be more behind it.
    """

    rows: Sequence[Transaction]
    older: Place | None = None
    newer: Place | None = None
    looked_back_to: datetime | None = None


def read_place(text: str) -> Place | None:
    """Return the place that a text names as `str` has written it; None for any other text."""
    parts = text.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) <= 19 for part in parts):
        return None
    at, sequence, row_id = map(int, parts)
    try:
        return Place(EPOCH + at * MICROSECOND, min(sequence, LAST), min(row_id, LAST))
    except OverflowError:
        return None


def get_ledger_page(
    *, portfolio: Portfolio, narrow: LedgerFilter | None = None, older_than: Place | None = None,
    newer_than: Place | None = None, size: int = PAGE_SIZE,
) -> LedgerPage:  # fmt: skip
    """Return the newest page, or the one on the older or the newer side of a place.

    The number of queries does not grow with the ledger, and each reads a bounded part of one index.
    """
    narrow = narrow or LedgerFilter()
    if newer_than is not None:
        return _newer_page(portfolio, narrow, newer_than, size)
    rows, end = _Search(portfolio, narrow, older_than, newest_first=True).take(size)
    more = len(rows) > size
    rows = rows[:size]
    newer = None
    if older_than is not None:
        newer = _place(rows[0]) if rows else older_than
    return LedgerPage(
        rows=rows, older=_place(rows[-1]) if more else end, newer=newer, looked_back_to=end.at if end else None
    )


def _newer_page(portfolio: Portfolio, narrow: LedgerFilter, place: Place, size: int) -> LedgerPage:
    rows, end = _Search(portfolio, narrow, place, newest_first=False).take(size)
    more = len(rows) > size
    if not more and end is None:
        # Less than a page is left on this side: the newest page has all of it.
        return get_ledger_page(portfolio=portfolio, narrow=narrow, size=size)
    rows = rows[:size][::-1]
    return LedgerPage(rows=rows, older=_place(rows[-1]) if rows else place, newer=_place(rows[0]) if more else end)


def _place(row: Transaction) -> Place:
    return Place(row.at, row.sequence, row.pk)


class _Search:
    """A filter, gone through from a place on in one direction of time."""

    def __init__(self, portfolio: Portfolio, narrow: LedgerFilter, place: Place | None, *, newest_first: bool) -> None:
        self.portfolio = portfolio
        self.narrow = narrow
        self.place = place
        self.newest_first = newest_first
        self.by_entries = narrow.asset is not None or narrow.wallet is not None
        self.by_id = bool(narrow.text) and self._transactions().filter(external_id=narrow.text).exists()
        self.to = "transaction__" if self.by_entries else ""

    def take(self, size: int) -> tuple[list[Transaction], Place | None]:
        """Return one row more than `size` if there are as many, and where the search ended if that was too early."""
        end = self._end(size)
        rows: QuerySet[Any] = self._candidates().filter(self._within(end), *self._rest())
        keys = rows.order_by(*self._order()).values_list("at", f"{self.to}sequence", f"{self.to}id")
        found = {row[2] for row in (keys.distinct() if self.by_entries else keys)[: size + 1]}
        page = sorted(
            get_transactions(portfolio=self.portfolio).filter(id__in=found), key=_place, reverse=self.newest_first
        )
        return page, end if len(page) <= size else None

    def _transactions(self) -> QuerySet[Transaction]:
        return Transaction.objects.filter(portfolio=self.portfolio)

    def _candidates(self) -> QuerySet[Any]:
        """Return what one index gives in order of time."""
        narrow = self.narrow
        if self.by_entries:
            main = {"asset": narrow.asset} if narrow.asset is not None else {"wallet": narrow.wallet}
            return Entry.objects.filter(portfolio=self.portfolio, **main)
        if self.by_id:
            return self._transactions().filter(external_id=narrow.text)
        if narrow.batch is not None:
            # Its portfolio is known by now; named here, it would tempt the database to go through all of the ledger.
            return Transaction.objects.filter(batch=narrow.batch)
        return self._transactions().filter(kind=narrow.kind) if narrow.kind else self._transactions()

    def _rest(self) -> list[Q]:
        """Return the conditions that the index of the candidates does not know."""
        narrow, to = self.narrow, self.to
        rest = []
        if self.by_entries and narrow.asset is not None and narrow.wallet is not None:
            rest.append(Q(wallet=narrow.wallet))
        if narrow.kind and (self.by_entries or self.by_id or narrow.batch is not None):
            rest.append(Q(**{f"{to}kind": narrow.kind}))
        if narrow.batch is not None and (self.by_entries or self.by_id):
            rest.append(Q(**{f"{to}batch": narrow.batch}))
        if narrow.counting is not None:
            rest.append(Q(**{f"{to}voided_at__isnull": narrow.counting}))
        if narrow.text and self.by_id and self.by_entries:
            rest.append(Q(**{f"{to}external_id": narrow.text}))
        elif narrow.text and not self.by_id:
            rest.append(Q(**{f"{to}note__icontains": narrow.text}))
        return rest

    def _order(self) -> list[str]:
        sign = "-" if self.newest_first else ""
        return [f"{sign}at", f"{sign}{self.to}sequence", f"{sign}{self.to}id"]

    def _end(self, size: int) -> Place | None:
        """Return the last place that is looked at, None where the candidates end before that."""
        bounded = self.by_entries or (self._rest() and not self.by_id and self.narrow.batch is None)
        if not bounded:
            return None
        count = LOOKED_AT if self._rest() else ENTRIES_A_ROW * (size + 1)
        candidates = self._candidates().filter(self._within(None))
        if self.by_entries:
            # The index knows instants and transactions, not the order within an instant: all of the last one counts.
            sign = "-" if self.newest_first else ""
            ordered = candidates.order_by(f"{sign}at", f"{sign}transaction").values_list("at", flat=True)
            last = list(ordered[count - 1 : count])
            edge = (0, 0) if self.newest_first else (LAST, LAST)
            return Place(last[0], *edge) if last else None
        keys = candidates.order_by(*self._order()).values_list("at", "sequence", "id")
        last = list(keys[count - 1 : count])
        return Place(*last[0]) if last else None

    def _within(self, end: Place | None) -> Q:
        """Return the span of time, what lies beyond the place, and nothing beyond the end."""
        narrow = self.narrow
        span = Q()
        if narrow.since is not None:
            span &= Q(at__gte=narrow.since)
        if narrow.until is not None:
            span &= Q(at__lt=narrow.until)
        if self.place is not None:
            span &= self._beside(self.place, older=self.newest_first)
        if end is not None:
            inside = Q(at=end.at, **{f"{self.to}sequence": end.sequence, f"{self.to}id": end.id})
            span &= Q(**{"at__gte" if self.newest_first else "at__lte": end.at})
            span &= inside | self._beside(end, older=not self.newest_first)
        return span

    def _beside(self, place: Place, *, older: bool) -> Q:
        to, sign = self.to, "lt" if older else "gt"
        at, same = Q(at=place.at), {f"{to}sequence": place.sequence}
        later = Q(**{f"at__{sign}": place.at}) | at & Q(**{f"{to}sequence__{sign}": place.sequence})
        beside = later | at & Q(**same, **{f"{to}id__{sign}": place.id})
        # Said twice, so that an index on the instant begins where it is needed.
        return Q(**{f"at__{sign}e": place.at}) & beside
