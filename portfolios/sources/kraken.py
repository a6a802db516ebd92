"""Kraken's ledger, which holds every movement: trades, deposits, withdrawals, staking, transfers.

The endpoint Ledgers gives 50 entries a page, newest first, from an offset: a page that fails leaves a gap before those
that came. So a long span is halved until it has few pages, the older half first, and counts when all its pages have
come. The file has the columns of Kraken's own ledger export: a pull and an export know each other's rows by the same
ids.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from portfolios.sources.base import Cursor, ExchangeUnavailableError, Journal, KeyRefusedError, Pull
from portfolios.sources.client import Client

PAGE = 50
MOST_AT_ONCE = 500
MOST_PAGES = 2_000
OPENED = datetime(2011, 9, 1, tzinfo=UTC)
# Entries are stamped before they are shown: the last hour is read again, and its rows are known by their ids.
OVERLAP = timedelta(hours=1)
COLUMNS = ("txid", "refid", "time", "type", "subtype", "aclass", "asset", "amount", "fee", "balance")
READING = ("query-", "export-data", "access-websocket")


class Kraken:
    """Kraken, opened with a key that may query funds and ledger entries."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def check_scope(self) -> str:
        """Refuse a key that may do anything but query, export and listen."""
        result = _mapping(self.client.ask("privatePostGetApiKeyInfo"), "result")
        permissions = result.get("permissions")
        if not isinstance(permissions, list):
            return "unknown"
        more = sorted(str(each) for each in permissions if not str(each).startswith(READING))
        if more:
            raise KeyRefusedError(
                f"This key may do more than read ({', '.join(more)}). Make one at Kraken that has only the permissions "
                "to query funds and ledger entries; this one was not kept."
            )
        return "read"

    def pull(self, cursor: Cursor, *, until: datetime, keep_going: Callable[[], bool]) -> Pull:
        """Read the ledger since the cursor, span by span."""
        journal = Journal(cursor, keep_going)
        since = datetime.fromisoformat(cursor["ledger"]) - OVERLAP if "ledger" in cursor else OPENED
        with journal.running():
            self._span(int(since.timestamp()), int(until.timestamp()), journal)
        rows = sorted(journal.rows, key=lambda entry: (entry["time"], entry["txid"]))
        return journal.pull(COLUMNS, ({**row, "time": _written(row["time"])} for row in rows))

    def _span(self, start: int, end: int, journal: Journal) -> None:
        """Read what is after `start` and not after `end`, both in seconds."""
        first, count = self._page(start, end, 0, journal)
        if count > MOST_AT_ONCE and end - start > 1:
            middle = (start + end) // 2
            self._span(start, middle, journal)
            self._span(middle, end, journal)
            return
        found = {entry["txid"]: entry for entry in first}
        for entry in self._rest(start, end, len(first), journal):
            found[entry["txid"]] = entry
        known = set(journal.cursor.get("known", ()))
        late = end - OVERLAP.total_seconds()
        recent = {txid for txid, entry in found.items() if entry["time"] >= late}
        if start > late:
            recent |= known
        fresh = [entry for txid, entry in found.items() if txid not in known]
        journal.keep(fresh, ledger=datetime.fromtimestamp(end, UTC).isoformat(), known=sorted(recent))

    def _rest(self, start: int, end: int, last: int, journal: Journal) -> Iterator[dict[str, Any]]:
        """Yield the entries of the pages after the first one, until a page is not full."""
        for page in range(1, MOST_PAGES):
            if last < PAGE:
                return
            entries, _ = self._page(start, end, page * PAGE, journal)
            yield from entries
            last = len(entries)
        raise ExchangeUnavailableError(f"Kraken gave more than {MOST_PAGES * PAGE:,} entries of one second.")

    def _page(self, start: int, end: int, offset: int, journal: Journal) -> tuple[list[dict[str, Any]], int]:
        journal.check()
        result = _mapping(self.client.ask("privatePostLedgers", start=start, end=end, ofs=offset), "result")
        entries = [{**entry, "txid": txid} for txid, entry in _mapping(result, "ledger").items()]
        if not all({"time", "amount", "asset", "type"} <= set(entry) for entry in entries):
            raise ExchangeUnavailableError("Kraken's ledger entries lack time, type, asset or amount.")
        return entries, int(result.get("count", 0))


def _written(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%d %H:%M:%S")


def _mapping(answer: Any, name: str) -> Mapping[str, Any]:
    found = answer.get(name) if isinstance(answer, Mapping) else None
    if not isinstance(found, Mapping):
        raise ExchangeUnavailableError(f"Kraken's answer has no “{name}”.")
    return found
