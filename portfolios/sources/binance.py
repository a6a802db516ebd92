"""Binance: fills of the pairs that are asked for, deposits and withdrawals of coins.

Fills come a pair at a time, by ascending id, 1,000 a page; deposits and withdrawals by windows of 90 days. Each page
and each window that came whole moves the cursor; the first one that fails ends the pull there. Fiat, conversions and
rewards are not among them: the statement file has those.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from market.calc.currencies import is_fiat
from portfolios.sources.base import Cursor, ExchangeUnavailableError, Journal, KeyRefusedError, Pull
from portfolios.sources.client import Client

PAGE = 1000
WINDOW = timedelta(days=89)
OPENED = datetime(2017, 7, 1, tzinfo=UTC)
# A deposit is stamped when it is first seen and may be credited days later.
OVERLAP = timedelta(days=14)
DEPOSIT_DONE, WITHDRAWAL_DONE = {"1", "6"}, {"6"}
COLUMNS = (
    "timestamp", "kind", "wallet", "asset", "quantity", "price", "currency", "fee", "fee_asset", "to_wallet",
    "received_asset", "received_quantity", "external_id", "note",
)  # fmt: skip
Row = dict[str, str]


class Binance:
    """Binance, opened with a key that may only read."""

    def __init__(self, client: Client, markets: tuple[str, ...]) -> None:
        self.client = client
        self.markets = markets

    def check_scope(self) -> str:
        """Refuse a key that may trade, withdraw or transfer."""
        answer = self.client.ask("sapiGetAccountApiRestrictions")
        if not isinstance(answer, dict) or "enableReading" not in answer:
            return "unknown"
        more = sorted(
            name
            for name, allowed in answer.items()
            if allowed is True and name.startswith(("enable", "permits")) and name not in READING
        )
        if more:
            raise KeyRefusedError(
                f"This key may do more than read ({', '.join(more)}). Make one at Binance on which only reading is "
                "enabled; this one was not kept."
            )
        return "read"

    def pull(self, cursor: Cursor, *, until: datetime, keep_going: Callable[[], bool]) -> Pull:
        """Read fills, deposits and withdrawals since the cursor, as far as the pages come whole."""
        journal = Journal(cursor, keep_going)
        with journal.running():
            for market in self.markets:
                self._fills(market, journal)
            self._windows("deposits", "sapiGetCapitalDepositHisrec", journal, until)
            self._windows("withdrawals", "sapiGetCapitalWithdrawHistory", journal, until)
        return journal.pull(COLUMNS, sorted(journal.rows, key=lambda row: (row["timestamp"], row["external_id"])))

    def _fills(self, market: str, journal: Journal) -> None:
        base, quote = market.split("/")
        name = f"fills {market}"
        while True:
            first = int(journal.cursor.get(name, -1)) + 1
            journal.check()
            page = _rows(self.client.ask("privateGetMyTrades", symbol=base + quote, fromId=first, limit=PAGE))
            with _documented("a fill"):
                rows = [_fill_row(fill, base, quote) for fill in page]
                last = max((int(fill["id"]) for fill in page), default=None)
            if last is None:
                return
            journal.keep(rows, **{name: last})
            if len(page) < PAGE:
                return

    def _windows(self, name: str, method: str, journal: Journal, until: datetime) -> None:
        reached = journal.cursor.get(name)
        start = datetime.fromisoformat(reached) - OVERLAP if reached else OPENED
        known: dict[str, str] = dict(journal.cursor.get(f"known {name}", {}))
        while start < until:
            end = min(start + WINDOW, until)
            rows: list[Row] = []
            for page in self._pages(method, start, end, journal):
                with _documented("a deposit or withdrawal"):
                    rows += [row for found in page if (row := _TRANSFERS[name](found))]
            fresh = [row for row in rows if row["external_id"] not in known]
            known |= {row["external_id"]: row["timestamp"] for row in fresh}
            late = (end - OVERLAP).isoformat()
            recent = {one: at for one, at in known.items() if at >= late}
            journal.keep(fresh, **{name: end.isoformat(), f"known {name}": recent})
            start = end

    def _pages(self, method: str, start: datetime, end: datetime, journal: Journal) -> Iterator[list[dict[str, Any]]]:
        offset = 0
        while True:
            journal.check()
            span = {"startTime": _ms(start), "endTime": _ms(end) - 1}
            page = _rows(self.client.ask(method, **span, limit=PAGE, offset=offset))
            yield page
            if len(page) < PAGE:
                return
            offset += PAGE


READING = ("enableReading", "enableFixReadOnly")


@contextmanager
def _documented(what: str) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        raise ExchangeUnavailableError(f"Binance described {what} in another shape than it documents.") from error


def _rows(answer: Any) -> list[dict[str, Any]]:
    if not isinstance(answer, list) or not all(isinstance(row, dict) for row in answer):
        raise ExchangeUnavailableError("Binance did not answer with a list.")
    return answer


def _fill_row(fill: dict[str, Any], base: str, quote: str) -> Row:
    row = {
        "timestamp": _iso(int(fill["time"])),
        "fee": _text(fill["commission"]) if _text(fill["commission"]).strip("0.") else "",
        "external_id": f"binance fill {base}{quote} {fill['id']}",
    }
    row["fee_asset"] = _text(fill["commissionAsset"]) if row["fee"] else ""
    bought = bool(fill["isBuyer"])
    quantity, total = _text(fill["qty"]), _text(fill["quoteQty"])
    if is_fiat(quote):
        return row | {
            "kind": "buy" if bought else "sell", "asset": base, "quantity": quantity, "price": _text(fill["price"]),
            "currency": quote,
        }  # fmt: skip
    given, received = ((quote, total), (base, quantity)) if bought else ((base, quantity), (quote, total))
    return row | {
        "kind": "swap", "asset": given[0], "quantity": given[1], "received_asset": received[0],
        "received_quantity": received[1],
    }  # fmt: skip


def _deposit_row(found: dict[str, Any]) -> Row | None:
    if str(found["status"]) not in DEPOSIT_DONE:
        return None
    return {
        "timestamp": _iso(int(found["insertTime"])), "kind": "deposit", "asset": _text(found["coin"]),
        "quantity": _text(found["amount"]), "external_id": f"binance deposit {_text(found['txId'])}",
    }  # fmt: skip


def _withdrawal_row(found: dict[str, Any]) -> Row | None:
    if str(found["status"]) not in WITHDRAWAL_DONE:
        return None
    at = datetime.strptime(_text(found["applyTime"]), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    fee = _text(found.get("transactionFee", "0"))
    charged = bool(fee.strip("0."))
    return {
        "timestamp": at.isoformat(), "kind": "withdrawal", "asset": _text(found["coin"]),
        "quantity": _text(found["amount"]), "fee": fee if charged else "",
        "fee_asset": _text(found["coin"]) if charged else "", "external_id": f"binance withdrawal {_text(found['id'])}",
    }  # fmt: skip


_TRANSFERS = {"deposits": _deposit_row, "withdrawals": _withdrawal_row}


def _text(value: Any) -> str:
    """Return what is sent as text; a number that was not is refused, since digits of it may be lost."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _iso(milliseconds: int) -> str:
    return (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)).isoformat()


def _ms(at: datetime) -> int:
    return round((at - datetime.fromtimestamp(0, UTC)) / timedelta(milliseconds=1))
