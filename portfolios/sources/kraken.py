"""Kraken's ledger, which holds every movement: trades, deposits, withdrawals, staking, transfers.

The endpoint Ledgers gives 50 entries a page, newest first, from an offset; a page that fails leaves a gap before those
that came, so nothing of such a pull counts. The file has the columns of Kraken's own ledger export: a pull and an
export know each other's rows by the same ids.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from portfolios.sources.base import Cursor, ExchangeUnavailableError, KeyRefusedError, Pull
from portfolios.sources.client import Client

PAGE = 50
MOST_PAGES = 20_000
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

    def pull(self, cursor: Cursor, *, until: datetime) -> Pull:
        """Read the ledger since the cursor, whole or not at all."""
        since = datetime.fromisoformat(cursor["ledger"]) - OVERLAP if "ledger" in cursor else None
        entries = {str(entry["txid"]): entry for page in self._pages(since, until) for entry in page}
        rows = sorted(entries.values(), key=lambda entry: (entry["time"], entry["txid"]))
        return Pull(
            format_key="kraken_ledgers",
            content=_write(rows),
            cursor={**cursor, "ledger": until.isoformat()},
            count=len(rows),
        )

    def _pages(self, since: datetime | None, until: datetime) -> Iterator[list[dict[str, Any]]]:
        asked: dict[str, Any] = {"end": int(until.timestamp())}
        if since is not None:
            asked["start"] = int(since.timestamp())
        for page in range(MOST_PAGES):
            answer = self.client.ask("privatePostLedgers", **asked, ofs=page * PAGE)
            entries = [
                {"txid": txid, **entry} for txid, entry in _mapping(_mapping(answer, "result"), "ledger").items()
            ]
            if not all({"time", "amount", "asset", "type"} <= set(entry) for entry in entries):
                raise ExchangeUnavailableError("Kraken's ledger entries lack time, type, asset or amount.")
            yield entries
            if len(entries) < PAGE:
                return
        raise ExchangeUnavailableError(f"Kraken gave more than {MOST_PAGES * PAGE:,} entries.")


def _mapping(answer: Any, name: str) -> Mapping[str, Any]:
    found = answer.get(name) if isinstance(answer, Mapping) else None
    if not isinstance(found, Mapping):
        raise ExchangeUnavailableError(f"Kraken's answer has no “{name}”.")
    return found


def _write(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        at = datetime.fromtimestamp(int(row["time"]), UTC)
        writer.writerow({**row, "time": at.strftime("%Y-%m-%d %H:%M:%S")})
    return text.getvalue().encode()
