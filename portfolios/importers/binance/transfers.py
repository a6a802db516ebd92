"""Binance's histories of what came and what went: coins, whose file is told by its fee, and money, by its name."""

from collections.abc import Iterator
from functools import partial

from portfolios.importers.base import Format
from portfolios.importers.binance.times import Times, has_time_and
from portfolios.importers.legs import read_apart
from portfolios.importers.rows import Answers, ParsedRow, Reading, SkippedRow, UnreadableError
from portfolios.importers.tables import Row, Table

_DONE = {"completed", "successful", "success"}


def _read_coins(table: Table, answers: Answers, *, kind: str) -> Iterator[Reading]:
    """Read deposits or withdrawals of coins. What a withdrawal costs is on top of its amount."""
    times = Times(table, answers)
    return read_apart(table, lambda row: _moved(row, times, kind, "amount", "txid"))


def _read_money(table: Table, answers: Answers) -> Iterator[Reading]:
    """Read deposits or withdrawals of money; the header is the same, so the name of the file has to tell them apart.

    Raises UnreadableError when it does not. A deposit is what was sent, a withdrawal what arrived; a fee comes on top.
    """
    words = table.file.casefold()
    kinds = [kind for kind, word in (("deposit", "deposit"), ("withdrawal", "withdraw")) if word in words]
    if len(kinds) != 1:
        raise UnreadableError(
            "Binance writes the same columns for deposits and for withdrawals of money, and this file does not tell "
            "which it is. Put the word deposit or withdrawal into its name, and bring it again."
        )
    times, amount = Times(table, answers), "indicated amount" if kinds == ["deposit"] else "amount"
    return read_apart(table, lambda row: _moved(row, times, kinds[0], amount, "order id"))


def _moved(row: Row, times: Times, kind: str, amount: str, id_: str) -> ParsedRow | SkippedRow:
    """Read a deposit or a withdrawal, if it went through; raises CellError."""
    status = row.required("status")
    if status.lower() not in _DONE:
        return SkippedRow(line=row.line, reason=f"It did not go through: its status is {status[:40]}.")
    coin, fee = row.required("coin").upper(), row.size("fee", "point")
    return ParsedRow(
        line=row.line,
        kind=kind,
        at=times.read(row),
        asset=coin,
        quantity=row.required_size(amount, "point"),
        fee=fee,
        fee_asset=coin if fee else "",
        external_id=row.text(id_),
    )


_DEPOSITS = ("Coin", "Network", "Amount", "Address", "TXID", "Status")
_WITHDRAWALS = ("Coin", "Network", "Amount", "Fee", "Address", "TXID", "Status")
_MONEY = ("Coin", "Amount", "Status", "Payment Method", "Indicated Amount", "Fee", "Order ID")

FORMATS = (
    Format(
        key="binance_deposits",
        name="Binance deposits",
        matches=has_time_and("coin", "network", "amount", "txid", "status", without=["fee"]),
        read=partial(_read_coins, kind="deposit"),
        samples=[("Date(UTC+0)", *_DEPOSITS), ("Time", *_DEPOSITS)],
    ),
    Format(
        key="binance_withdrawals",
        name="Binance withdrawals",
        matches=has_time_and("coin", "network", "amount", "fee", "txid", "status"),
        read=partial(_read_coins, kind="withdrawal"),
        samples=[("Date(UTC+0)", *_WITHDRAWALS), ("Time", *_WITHDRAWALS)],
    ),
    Format(
        key="binance_money",
        name="Binance deposits and withdrawals of money",
        matches=has_time_and("coin", "amount", "status", "payment method", "indicated amount", "fee", "order id"),
        read=_read_money,
        samples=[("Date(UTC)", *_MONEY), ("Date(UTC+1)", *_MONEY)],
    ),
)
