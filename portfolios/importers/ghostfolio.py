"""Ghostfolio: its CSV, whose columns have many names, and its JSON. Signs say nothing there and are dropped."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from market.calc.currencies import is_fiat
from portfolios.importers import instants, values
from portfolios.importers.base import (
    Exchanged,
    Format,
    fiat,
    has_columns,
    instant,
    read_each,
    read_one,
    style_of,
    trade,
    unknown_kind,
)
from portfolios.importers.rows import Answers, ParsedRow, Reading, RowError, SkippedRow, UnreadableError
from portfolios.importers.tables import CellError, Row, Table, name_of

SYNONYMS: Mapping[str, Sequence[str]] = {
    "date": ("date", "tradedate"),
    "symbol": ("code", "symbol", "ticker"),
    "currency": ("currency", "ccy", "currencyprimary"),
    "price": ("unitprice", "price", "tradeprice", "value"),
    "quantity": ("quantity", "qty", "shares", "units"),
    "type": ("action", "type", "buy/sell"),
    "fee": ("fee", "commission", "ibcommission"),
    "comment": ("note", "comment"),
    "account": ("account", "accountid"),
    "datasource": ("datasource",),
}
NEEDED = ("date", "symbol", "currency", "price", "quantity", "type")
NOTHING = Decimal(0)


def _matches(names: Sequence[str]) -> bool:
    """Tell whether a header has one of the names of every column that Ghostfolio needs."""
    return all(set(SYNONYMS[column]) & set(names) for column in NEEDED)


def _read_table(table: Table, answers: Answers) -> Iterator[Reading]:
    """Read the CSV."""
    found = {
        column: next((name for name in names if name in table.places), column) for column, names in SYNONYMS.items()
    }
    style = style_of(table, found["price"], found["quantity"], found["fee"])
    reader = _Activities(found, instants.settle(table.column(found["date"]), answers=answers), style)
    return read_each(table, reader.read)


def _read_document(table: Table, answers: Answers) -> Iterator[Reading]:
    """Read the JSON; the line of an activity is its place in the list, from 1."""
    activities = table.document["activities"]
    if not isinstance(activities, list):
        raise UnreadableError("“activities” is not a list in this JSON, so there is nothing to read.")
    names = _names_of_accounts(table.document.get("accounts"))
    rows = [_row_of(line, activity, names) for line, activity in enumerate(activities, start=1)]
    dates = (row.text("date") for row in rows if isinstance(row, Row))
    columns = {column: column for column in SYNONYMS} | {"price": "unitprice"}
    reader = _Activities(columns, instants.settle(dates, answers=answers), "plain")
    return (read_one(table, row, reader.read) if isinstance(row, Row) else row for row in rows)


def _names_of_accounts(accounts: Any) -> dict[str, str]:
    """Return the names of accounts by their ids, as far as the file tells them."""
    if not isinstance(accounts, list):
        return {}
    return {str(one.get("id")): str(one.get("name") or "") for one in accounts if isinstance(one, dict)}


def _row_of(line: int, activity: Any, names: Mapping[str, str]) -> Row | RowError:
    """Return an activity as a row, with the name of its account."""
    if not isinstance(activity, dict):
        return RowError(line=line, message="The activity is not an object with names and values.")
    cells = {name_of(key): "" if value is None else str(value) for key, value in activity.items()}
    cells["account"] = names.get(cells.get("accountid", ""), "")
    return Row(line, list(cells.values()), {name: place for place, name in enumerate(cells)})


class _Activities:
    """Reads activities, given where each value stands and how times and numbers are written."""

    def __init__(self, columns: Mapping[str, str], times: instants.Instants, style: values.Style) -> None:
        self.columns = columns
        self.times = times
        self.style = style

    def read(self, row: Row) -> ParsedRow | SkippedRow:
        """Read one activity; raises CellError."""
        columns = self.columns
        kind = row.required(columns["type"]).lower()
        if kind in {"liability", "item"}:
            return SkippedRow(line=row.line, reason=f"“{kind}” is something owned or owed outside of the ledger.")
        at = instant(row, columns["date"], self.times)
        if kind in {"buy", "sell"}:
            return self._trade(row, at, is_buy=kind == "buy")
        if kind in {"dividend", "interest", "fee"}:
            return self._cash(row, at, kind)
        raise unknown_kind(columns["type"], kind)

    def _size(self, row: Row, column: str) -> Decimal | None:
        return row.size(self.columns[column], self.style)

    def _trade(self, row: Row, at: datetime, *, is_buy: bool) -> ParsedRow:
        """Read a buy or a sell; against another coin it is a swap."""
        columns = self.columns
        quantity = row.required_size(columns["quantity"], self.style)
        price = row.required_number(columns["price"], self.style).copy_abs()
        code, fee = row.required(columns["currency"]), self._size(row, "fee")
        shared = {"account": row.text(columns["account"]), "note": row.text(columns["comment"]), "id_": row.text("id")}
        asset = self._asset(row, code)
        if not is_fiat(code):
            paid = values.product(quantity, price)
            if not paid:
                raise CellError(columns["price"], "The price is 0, so nothing was given for it.")
            gave, got = ((code, paid), (asset, quantity)) if is_buy else ((asset, quantity), (code, paid))
            sides = Exchanged(
                gave=gave[0], gave_quantity=gave[1], got=got[0], got_quantity=got[1], fee=fee, fee_asset=code
            )
            return trade(row, at, sides, **shared)
        return ParsedRow(
            line=row.line,
            kind="buy" if is_buy else "sell",
            at=at,
            asset=asset,
            quantity=quantity,
            account=shared["account"],
            price=price,
            currency=fiat(row, columns["currency"]),
            fee=fee,
            external_id=shared["id_"],
            note=shared["note"],
        )

    def _asset(self, row: Row, currency: str) -> str:
        """Return the code of the asset; Yahoo's pairs, such as BTC-EUR and BTCEUR, are named by their coin."""
        symbol = row.required(self.columns["symbol"])
        if row.text(self.columns["datasource"]).upper() == "YAHOO" and symbol.upper().endswith(currency.upper()):
            return symbol[: -len(currency)].removesuffix("-") or symbol
        return symbol

    def _cash(self, row: Row, at: datetime, kind: str) -> ParsedRow:
        """Read what came or went in money: a dividend and interest are paid in it, a fee is taken of it."""
        columns = self.columns
        quantity, price = self._size(row, "quantity") or NOTHING, self._size(row, "price") or NOTHING
        fee, worth = self._size(row, "fee"), values.product(quantity, price)
        paid = worth if kind != "fee" else worth or fee
        if not paid:
            raise CellError(columns["price"], "Quantity and price come to 0, so nothing was paid.")
        words = [row.text(columns["symbol"]), row.text(columns["comment"])]
        return ParsedRow(
            line=row.line,
            kind="fee" if kind == "fee" else "income",
            at=at,
            asset=row.required(columns["currency"]),
            quantity=paid,
            account=row.text(columns["account"]),
            fee=fee if kind != "fee" else None,
            fee_asset=row.required(columns["currency"]) if fee and kind != "fee" else "",
            external_id=row.text("id"),
            note=" · ".join(word for word in [kind, *words] if word),
        )


CSV = Format(
    key="ghostfolio",
    name="Ghostfolio CSV",
    matches=_matches,
    read=_read_table,
    samples=[
        ("Date", "Code", "DataSource", "Currency", "Price", "Quantity", "Action", "Fee", "Note"),
        ("TradeDate", "Ticker", "CurrencyPrimary", "TradePrice", "Shares", "Buy/Sell", "IBCommission", "AccountId"),
    ],
)
JSON = Format(
    key="ghostfolio-json",
    name="Ghostfolio JSON",
    matches=has_columns("activities"),
    read=_read_document,
    samples=[("meta", "accounts", "assetProfiles", "platforms", "tags", "activities", "user"), ("meta", "activities")],
    is_document=True,
)
