"""Koinly: its export of transactions and the universal template that exchanges write for it. Times are in UTC."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from market.calc.currencies import is_fiat
from portfolios.importers import values
from portfolios.importers.base import Exchanged, Format, fee_of, has_columns, instant, read_each, style_of, trade
from portfolios.importers.instants import IN_UTC, Instants, settle
from portfolios.importers.rows import Answers, ParsedRow, Reading
from portfolios.importers.tables import CellError, Row, Table

NUMBERS = (
    "sent amount",
    "received amount",
    "fee amount",
    "sent cost basis",
    "received cost basis",
    "net worth amount",
)
RECEIVED = {
    "": "deposit",
    "airdrop": "airdrop",
    "fork": "fork",
    "gift": "gift_in",
    "received gift": "gift_in",
    "mining": "income",
    "reward": "income",
    "staking": "income",
    "staking reward": "income",
    "lending interest": "income",
    "loan interest": "income",
    "interest": "income",
    "income": "income",
    "other income": "income",
    "salary": "income",
    "cashback": "income",
    "fee refund": "income",
    "margin fee refund": "income",
    "from pool": "deposit",
    "received from pool": "deposit",
    "loan": "deposit",
    "unstake": "deposit",
}
SENT = {
    "": "withdrawal",
    "gift": "gift_out",
    "donation": "gift_out",
    "lost": "loss",
    "stolen": "loss",
    "cost": "sell",
    "payment": "sell",
    "fee": "fee",
    "loan fee": "fee",
    "margin fee": "fee",
    "margin trade fee": "fee",
    "interest payment": "fee",
    "to pool": "withdrawal",
    "sent to pool": "withdrawal",
    "loan repayment": "withdrawal",
    "stake": "withdrawal",
}
UNPRICED = frozenset({"withdrawal", "gift_out", "loss"})
_IN_BRACKETS = re.compile(r"net value \(([a-z]{3})\)(?: #\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """One side of a transaction; `asset` is empty and `quantity` None where there is none."""

    asset: str
    quantity: Decimal | None
    wallet: str


def _read(table: Table, answers: Answers) -> Iterator[Reading]:
    """Read a file; its times are in UTC by Koinly's rule, and only an order of day and month may be open."""
    date = "koinly date" if "koinly date" in table.places else "date"
    times = settle(table.column(date), answers=answers, zone=IN_UTC.zone)
    worth = next((name for name in table.names if _IN_BRACKETS.fullmatch(name)), "")
    style = style_of(table, *NUMBERS, worth)
    return read_each(table, _Transactions(date, times, style, worth).read)


class _Transactions:
    """Reads transactions, given how times and numbers are written and which column holds their worth."""

    def __init__(self, date: str, times: Instants, style: values.Style, worth: str) -> None:
        self.date = date
        self.times = times
        self.style = style
        self.worth = worth
        found = _IN_BRACKETS.fullmatch(worth)
        self.currency = found[1].upper() if found and is_fiat(found[1]) else ""

    def read(self, row: Row) -> ParsedRow:
        """Read one transaction; raises CellError."""
        at = instant(row, self.date, self.times)
        sent, received = self._side(row, "sent", "sending"), self._side(row, "received", "receiving")
        note = " · ".join(filter(None, [row.text("description"), row.text("txhash")]))
        if sent.quantity is None or received.quantity is None:
            return self._one_sided(row, at, sent, received, note)
        if sent.asset == received.asset:
            return self._transfer(row, at, sent, received, note)
        if sent.wallet and received.wallet and sent.wallet != received.wallet:
            raise CellError(
                "receiving wallet",
                f"The trade gives from “{sent.wallet[:40]}” and receives in “{received.wallet[:40]}”. A trade stays in "
                "one wallet: add it by hand as a trade and a transfer.",
            )
        fee, fee_asset = fee_of(row, "fee amount", "fee currency", self.style)
        sides = Exchanged(
            gave=sent.asset,
            gave_quantity=sent.quantity,
            got=received.asset,
            got_quantity=received.quantity,
            fee=fee,
            fee_asset=fee_asset,
        )
        return trade(row, at, sides, account=sent.wallet or received.wallet, note=note)

    def _side(self, row: Row, verb: str, wallet: str) -> _Side:
        """Return one side of a row; raises CellError when it has an amount of nothing named."""
        quantity = row.size(f"{verb} amount", self.style)
        asset = row.required(f"{verb} currency") if quantity else ""
        return _Side(asset=asset, quantity=quantity, wallet=row.text(f"{wallet} wallet"))

    def _one_sided(self, row: Row, at: datetime, sent: _Side, received: _Side, note: str) -> ParsedRow:
        """Read what only came or only went; its label says why."""
        label = (row.text("label") or row.text("tag")).lower().replace("_", " ")
        side, kinds = (sent, SENT) if sent.quantity is not None else (received, RECEIVED)
        if side.quantity is None:
            raise CellError("sent amount", "Neither something sent nor something received stands in the row.")
        if label not in kinds:
            column = "label" if row.text("label") else "tag"
            raise CellError(column, f"“{label[:40]}” is no label that is known here. Add this transaction by hand.")
        kind = kinds[label]
        fee, fee_asset = fee_of(row, "fee amount", "fee currency", self.style)
        amount, currency = self._value(row, kind, side.asset)
        return ParsedRow(
            line=row.line,
            kind=kind,
            at=at,
            asset=side.asset,
            quantity=side.quantity,
            account=side.wallet,
            amount=amount,
            currency=currency,
            fee=fee,
            fee_asset=fee_asset,
            note=note,
        )

    def _value(self, row: Row, kind: str, asset: str) -> tuple[Decimal | None, str]:
        """Return what the file says it cost or was worth, and in which currency; None when it does not say."""
        if kind in UNPRICED or is_fiat(asset):
            return None, ""
        is_cost = kind in {"deposit", "gift_in"}
        value, currency = row.size("received cost basis" if is_cost else self.worth, self.style), self.currency
        if value is None:
            value, currency = row.size("net worth amount", self.style), row.text("net worth currency").upper()
        return (value, currency) if value and is_fiat(currency) else (None, "")

    def _transfer(self, row: Row, at: datetime, sent: _Side, received: _Side, note: str) -> ParsedRow:
        """Read a move between two wallets; a fee in kind is on top of what was sent, unless it is the difference."""
        quantity, arrived = sent.quantity or Decimal(0), received.quantity or Decimal(0)
        fee, fee_asset = fee_of(row, "fee amount", "fee currency", self.style)
        if fee and fee_asset == sent.asset and quantity == arrived:
            quantity = values.EXACT.add(quantity, fee)
        if arrived > quantity:
            raise CellError("received amount", "More arrives than was sent.")
        if not received.wallet or received.wallet == sent.wallet:
            raise CellError("receiving wallet", "A transfer needs two wallets of yours, and names only one.")
        return ParsedRow(
            line=row.line,
            kind="transfer",
            at=at,
            asset=sent.asset,
            quantity=quantity,
            account=sent.wallet,
            fee=fee,
            fee_asset=fee_asset,
            to_account=received.wallet,
            received_quantity=arrived,
            note=note,
        )


FORMAT = Format(
    key="koinly",
    name="Koinly",
    matches=has_columns("sent amount", "sent currency", "received amount", "received currency", "fee currency"),
    read=_read,
    samples=[
        (
            "Date",
            "Type",
            "Label",
            "Sending Wallet",
            "Sent Amount",
            "Sent Currency",
            "Sent Cost Basis",
            "Receiving Wallet",
            "Received Amount",
            "Received Currency",
            "Received Cost Basis",
            "Fee Amount",
            "Fee Currency",
            "Gain (EUR)",
            "Net Value (EUR)",
            "Fee Value (EUR)",
            "TxSrc",
            "TxDest",
            "TxHash",
            "Description",
        ),
        (
            "Koinly Date",
            "Sent Amount",
            "Sent Currency",
            "Received Amount",
            "Received Currency",
            "Fee Amount",
            "Fee Currency",
            "Net Worth Amount",
            "Net Worth Currency",
            "Label",
            "Description",
            "TxHash",
        ),
    ],
)
