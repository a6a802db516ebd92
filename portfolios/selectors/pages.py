"""One page of a ledger, however long: found by its place in time, never by counting.

A page is cut out of candidates that one index gives in order of time: the entries of an asset or a wallet, the rows of
a kind, or all rows. What no index knows (a note, a combination) is looked for among a bounded number of candidates;
where that ended the page says, and the next one goes on from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from portfolios.models import Entry, Portfolio, Transaction
from portfolios.selectors.ledger import with_entries

PAGE_SIZE = 30
ROWS_LOOKED_AT = 40_000
ENTRIES_LOOKED_AT = 4000
ENTRIES_A_ROW = 8
AT_ONCE = 1000
SAME_ID = 1000
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
    rows, end = _search(portfolio, narrow, older_than, newest_first=True).take(size)
    more = len(rows) > size
    rows = rows[:size]
    newer = None
    if older_than is not None:
        newer = _place(rows[0]) if rows else older_than
    return LedgerPage(
        rows=rows, older=_place(rows[-1]) if more else end, newer=newer, looked_back_to=end.at if end else None
    )


def _newer_page(portfolio: Portfolio, narrow: LedgerFilter, place: Place, size: int) -> LedgerPage:
    rows, end = _search(portfolio, narrow, place, newest_first=False).take(size)
    more = len(rows) > size
    if not more and end is None:
        # Less than a page is left on this side: the newest page has all of it.
        return get_ledger_page(portfolio=portfolio, narrow=narrow, size=size)
    rows = rows[:size][::-1]
    return LedgerPage(rows=rows, older=_place(rows[-1]) if rows else place, newer=_place(rows[0]) if more else end)


def _place(row: Transaction) -> Place:
    return Place(row.at, row.sequence, row.pk)


def _search(portfolio: Portfolio, narrow: LedgerFilter, place: Place | None, *, newest_first: bool) -> "_Search":
    same_id = _same_id(portfolio, narrow.text)
    by_entries = not same_id and (narrow.asset is not None or narrow.wallet is not None)
    search = _EntrySearch if by_entries else _Search
    return search(portfolio=portfolio, narrow=narrow, place=place, newest_first=newest_first, same_id=same_id)


def _same_id(portfolio: Portfolio, text: str) -> list[int]:
    """Return the transactions whose external id is a text."""
    if not text:
        return []
    # The index leaves the empty id out, and SQLite takes it only for a question that says so as well.
    rows = Transaction.objects.filter(portfolio=portfolio, external_id=text).exclude(external_id="").order_by()
    return list(rows.values_list("id", flat=True)[:SAME_ID])


@dataclass(kw_only=True)
class _Search:
    """A filter, gone through from a place on in one direction of time, over an index of transactions."""

    portfolio: Portfolio
    narrow: LedgerFilter
    place: Place | None
    newest_first: bool
    same_id: Sequence[int]

    @property
    def order(self) -> list[str]:
        """Return the order of this direction."""
        return ["-at", "-sequence", "-id"] if self.newest_first else ["at", "sequence", "id"]

    def take(self, size: int) -> tuple[list[Transaction], Place | None]:
        """Return one row more than `size` if there are as many, and where the search ended if that was too early."""
        found, end = self._find(size + 1)
        # By id alone: beside it the portfolio would tempt SQLite to go through all of the ledger.
        page = list(with_entries(Transaction.objects.filter(id__in=found).order_by()))
        page.sort(key=_place, reverse=self.newest_first)
        return page, end if len(page) <= size else None

    def _find(self, count: int) -> tuple[list[int], Place | None]:
        rows, end = self._candidates().filter(self._span(), self._beyond()), None
        if self._rest() and not self.same_id and self.narrow.batch is None:
            edge = list(
                rows.order_by(*self.order).values_list("at", "sequence", "id")[ROWS_LOOKED_AT - 1 : ROWS_LOOKED_AT]
            )
            end = Place(*edge[0]) if edge else None
        if end is not None:
            same = Q(at=end.at, sequence=end.sequence, id=end.id)
            rows = rows.filter(same | _beside(end, older=not self.newest_first), _until(end, older=self.newest_first))
        return list(rows.filter(*self._rest()).order_by(*self.order).values_list("id", flat=True)[:count]), end

    def _candidates(self) -> QuerySet[Transaction]:
        """Return what one index gives in order of time."""
        rows = Transaction.objects.filter(portfolio=self.portfolio)
        if self.same_id:
            return Transaction.objects.filter(id__in=self.same_id)
        if self.narrow.batch is not None:
            return Transaction.objects.filter(batch=self.narrow.batch, batch__portfolio=self.portfolio)
        return rows.filter(kind=self.narrow.kind) if self.narrow.kind else rows

    def _rest(self) -> list[Q]:
        """Return the conditions that this index does not know."""
        narrow = self.narrow
        rest = self._marks()
        if narrow.kind and (self.same_id or narrow.batch is not None):
            rest.append(Q(kind=narrow.kind))
        if narrow.batch is not None and self.same_id:
            rest.append(Q(batch=narrow.batch))
        for name in ("asset", "wallet"):
            if getattr(narrow, name) is not None:
                rest.append(
                    Q(Exists(Entry.objects.filter(transaction=OuterRef("id"), **{name: getattr(narrow, name)})))
                )
        return rest

    def _marks(self) -> list[Q]:
        """Return the conditions that no index knows."""
        marks = []
        if self.narrow.counting is not None:
            marks.append(Q(voided_at__isnull=self.narrow.counting))
        if self.narrow.text and not self.same_id:
            marks.append(Q(note__icontains=self.narrow.text))
        return marks

    def _span(self) -> Q:
        span = Q()
        if self.narrow.since is not None:
            span &= Q(at__gte=self.narrow.since)
        if self.narrow.until is not None:
            span &= Q(at__lt=self.narrow.until)
        if self.place is not None:
            span &= _until(self.place, older=not self.newest_first)
        return span

    def _beyond(self) -> Q:
        return Q() if self.place is None else _beside(self.place, older=self.newest_first)


class _EntrySearch(_Search):
    """The same over an index of entries, which has the instant but not the order within it."""

    def _find(self, count: int) -> tuple[list[int], Place | None]:
        """Read transactions by id, some at once: a join would leave the order of work to the database's guess."""
        steps, end = self._steps(count)
        found: list[int] = []
        while steps and len(found) < count:
            # An instant is never divided: its order is the transactions', not the entries'.
            cut = min(AT_ONCE, len(steps))
            while cut < len(steps) and steps[cut][0] == steps[cut - 1][0]:
                cut += 1
            rows = Transaction.objects.filter(self._beyond(), *self._rest(), id__in={row for _, row in steps[:cut]})
            found += rows.order_by(*self.order).values_list("id", flat=True)[: count - len(found)]
            steps = steps[cut:]
        return found, end

    def _instants(self) -> Q:
        """Leave out the instant of a place at the edge of it: all of it has been looked at."""
        if self.place is None or (self.place.sequence, self.place.id) != self._edge():
            return Q()
        return Q(at__lt=self.place.at) if self.newest_first else Q(at__gt=self.place.at)

    def _edge(self) -> tuple[int, int]:
        return (0, 0) if self.newest_first else (LAST, LAST)

    def _steps(self, count: int) -> tuple[list[tuple[datetime, int]], Place | None]:
        """Return instants and transactions in order, and where they were cut off; the last instant is whole."""
        entries = Entry.objects.filter(self._span(), self._instants(), portfolio=self.portfolio)
        asset, wallet = self.narrow.asset, self.narrow.wallet
        entries = entries.filter(asset=asset) if asset is not None else entries.filter(wallet=wallet)
        sign = "-" if self.newest_first else ""
        rows = entries.order_by(f"{sign}at", f"{sign}transaction_id").values_list("at", "transaction_id", "wallet_id")
        is_chosen = self._rest() or (asset is not None and wallet is not None)
        limit = ENTRIES_LOOKED_AT if is_chosen else ENTRIES_A_ROW * count
        steps, end = list(rows[:limit]), None
        if len(steps) == limit:
            at = steps[-1][0]
            steps, end = [*steps, *rows.filter(at=at)], Place(at, *self._edge())
        return [(at, row) for at, row, kept_in in steps if wallet in {None, kept_in}], end

    def _rest(self) -> list[Q]:
        narrow = self.narrow
        rest = self._marks()
        if narrow.kind:
            rest.append(Q(kind=narrow.kind))
        if narrow.batch is not None:
            rest.append(Q(batch=narrow.batch))
        return rest


def _until(place: Place, *, older: bool) -> Q:
    """Return what lies not before an instant, or not after it: where an index begins or ends."""
    return Q(at__gte=place.at) if older else Q(at__lte=place.at)


def _beside(place: Place, *, older: bool) -> Q:
    """Return what lies on the older or the newer side of a place."""
    sign, at = "lt" if older else "gt", Q(at=place.at)
    beside = Q(**{f"at__{sign}": place.at}) | at & Q(**{f"sequence__{sign}": place.sequence})
    return beside | at & Q(**{"sequence": place.sequence, f"id__{sign}": place.id})
