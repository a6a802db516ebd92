"""CoinTracking's list of trades. Its amounts hold their fees already, and its times are in the zone of the account."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from market.calc.currencies import is_fiat
from portfolios.importers import values
from portfolios.importers.base import Exchanged, Format, has_columns, instant, read_each, style_of, trade, unknown_kind
from portfolios.importers.instants import Instants, settle
from portfolios.importers.rows import Answers, ParsedRow, Reading
from portfolios.importers.tables import CellError, Row, Table

TRADES = frozenset({"trade", "swap (non taxable)"})
COMES = {
    "deposit": "deposit",
    "gift/tip": "gift_in",
    "airdrop": "airdrop",
    "airdrop (non taxable)": "airdrop",
    "fork": "fork",
    "hard fork": "fork",
    **dict.fromkeys(
        (
            "income",
            "income (non taxable)",
            "other income",
            "mining",
            "mining (commercial)",
            "staking",
            "masternode",
            "minting",
            "reward/bonus",
            "dividends income",
            "dividend income",
            "interest income",
            "lending income",
            "margin profit",
            "derivatives/futures profit",
        ),
        "income",
    ),
}
GOES = {
    "withdrawal": "withdrawal",
    "spend": "sell",
    "gift": "gift_out",
    "donation": "gift_out",
    "lost": "loss",
    "stolen": "loss",
    "stolen/hacked/fraud": "loss",
    **dict.fromkeys(
        (
            "other fee",
            "margin fee",
            "borrowing fee",
            "settlement fee",
            "margin loss",
            "derivatives/futures loss",
            "other expense",
            "expense (non taxable)",
        ),
        "fee",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """Where the values stand: the export repeats `Cur.`, the import template names every column."""

    buy: str
    buy_currency: str
    sell: str
    sell_currency: str
    fee_currency: str


EXPORT = _Columns(buy="buy", buy_currency="cur.", sell="sell", sell_currency="cur. #2", fee_currency="cur. #3")
TEMPLATE = _Columns(
    buy="buy amount",
    buy_currency="buy currency",
    sell="sell amount",
    sell_currency="sell currency",
    fee_currency="fee currency",
)


def _read(table: Table, answers: Answers) -> Iterator[Reading]:
    """Read a file; raises UnansweredError when its dates have no zone, or an order that is open."""
    columns = EXPORT if "buy" in table.places else TEMPLATE
    style = style_of(table, columns.buy, columns.sell, "fee")
    return read_each(table, _Entries(columns, settle(table.column("date"), answers=answers), style).read)


class _Entries:
    """Reads entries, given where each value stands and how times and numbers are written."""

    def __init__(self, columns: _Columns, times: Instants, style: values.Style) -> None:
        self.columns = columns
        self.times = times
        self.style = style

    def read(self, row: Row) -> ParsedRow:
        """Read one entry; raises CellError."""
        said, at = row.required("type"), instant(row, "date", self.times)
        kind = said.lower().replace(" / ", "/")
        if kind in TRADES:
            return self._trade(row, at)
        if kind in COMES:
            return self._one_sided(row, at, COMES[kind], self.columns.buy, self.columns.buy_currency)
        if kind in GOES:
            return self._one_sided(row, at, GOES[kind], self.columns.sell, self.columns.sell_currency)
        raise unknown_kind("type", said)

    def _fee(self, row: Row) -> tuple[Decimal | None, str]:
        """Return the fee that stands in the row, (None, "") if there is none."""
        fee = self._size(row, "fee")
        return (fee, row.required(self.columns.fee_currency)) if fee else (None, "")

    def _size(self, row: Row, column: str) -> Decimal | None:
        """Return a number without its sign, None when there is none; the export writes a hyphen for it."""
        return None if row.text(column) == "-" else row.size(column, self.style)

    def _required(self, row: Row, column: str) -> Decimal:
        """Return a number without its sign; raises CellError when there is none."""
        value = self._size(row, column)
        return value if value is not None else row.required_size(column, self.style)

    def _trade(self, row: Row, at: datetime) -> ParsedRow:
        """Read a trade; its fee is taken out of the side that holds it. A fee in a third coin is a row of its own."""
        columns = self.columns
        gave, got = row.required(columns.sell_currency), row.required(columns.buy_currency)
        gave_quantity, got_quantity = self._required(row, columns.sell), self._required(row, columns.buy)
        fee, fee_asset = self._fee(row)
        note = row.text("comment")
        if fee and fee_asset == gave:
            gave_quantity = _less(gave_quantity, fee)
        elif fee and fee_asset == got:
            got_quantity = values.EXACT.add(got_quantity, fee)
        elif fee:
            note = " · ".join(
                filter(None, [note, f"Fee {fee:f} {fee_asset}, which CoinTracking books as a row of its own"])
            )
            fee, fee_asset = None, ""
        sides = Exchanged(
            gave=gave, gave_quantity=gave_quantity, got=got, got_quantity=got_quantity, fee=fee, fee_asset=fee_asset
        )
        return trade(row, at, sides, account=row.text("exchange"), note=note)

    def _one_sided(self, row: Row, at: datetime, kind: str, column: str, currency: str) -> ParsedRow:
        """Read what only came or only went, of which a fee in kind was already taken or added."""
        asset, quantity = row.required(currency), self._required(row, column)
        fee, fee_asset = self._fee(row)
        if fee_asset != asset or kind == "fee":
            fee, fee_asset = None, ""
        if fee:
            comes = column == self.columns.buy
            quantity = values.EXACT.add(quantity, fee) if comes else _less(quantity, fee)
        return ParsedRow(
            line=row.line,
            kind="withdrawal" if kind == "sell" and is_fiat(asset) else kind,
            at=at,
            asset=asset,
            quantity=quantity,
            account=row.text("exchange"),
            fee=fee,
            fee_asset=fee_asset,
            note=row.text("comment"),
        )


def _less(quantity: Decimal, fee: Decimal) -> Decimal:
    """Return what is left of an amount without the fee in it; raises CellError."""
    if fee >= quantity:
        raise CellError("fee", f"The fee of {fee:f} is part of {quantity:f}, and leaves nothing of it.")
    return values.EXACT.subtract(quantity, fee)


_is_export = has_columns("type", "buy", "cur.", "sell", "cur. #2", "fee", "cur. #3", "exchange", "date")
_is_template = has_columns("type", "buy amount", "buy currency", "sell amount", "sell currency", "exchange", "date")

FORMAT = Format(
    key="cointracking",
    name="CoinTracking",
    matches=lambda names: _is_export(names) or _is_template(names),
    read=_read,
    samples=[
        ("Type", "Buy", "Cur.", "Sell", "Cur.", "Fee", "Cur.", "Exchange", "Group", "Comment", "Date"),
        ("Type", "Buy", "Cur.", "Sell", "Cur.", "Fee", "Cur.", "Exchange", "Group", "Comment", "Date", "Tx-ID"),
        (
            "Type",
            "Buy Amount",
            "Buy Currency",
            "Sell Amount",
            "Sell Currency",
            "Fee",
            "Fee Currency",
            "Exchange",
            "Trade-Group",
            "Comment",
            "Date",
        ),
    ],
)
