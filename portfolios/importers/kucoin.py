"""KuCoin's spot trades: one row a fill, the fills of an order share its id. Times name no zone, or their title does."""

from collections.abc import Iterator

from portfolios.importers.base import Exchanged, Format, has_columns, instant, trade, unknown_kind
from portfolios.importers.instants import settle, zone_in
from portfolios.importers.legs import read_apart
from portfolios.importers.rows import Answers, ParsedRow, Reading
from portfolios.importers.tables import CellError, Row, Table

# Each column by the names of both generations.
_OLD = ("tradecreatedat", "symbol", "side", "size", "funds", "fee", "feecurrency")
_NEW = ("symbol", "side", "filled amount", "filled volume", "fee", "fee currency")
_NEW_TIME = "filled time"


def read(table: Table, answers: Answers) -> Iterator[Reading]:
    """Read fills; raises UnansweredError when the file does not tell its time zone."""
    time = next(name for name in table.names if name == "tradecreatedat" or name.startswith(_NEW_TIME))
    instants = settle(table.column(time), answers=answers, zone=zone_in(table.title(time)))
    is_old = time == "tradecreatedat"

    def one(row: Row) -> ParsedRow:
        base, dash, quote = row.required("symbol").upper().partition("-")
        if not dash or not base or not quote:
            raise CellError("symbol", f"“{row.text('symbol')[:40]}” is not a pair such as BTC-USDT.")
        way = row.required("side").lower()
        if way not in {"buy", "sell"}:
            raise unknown_kind("side", way)
        traded = (base, row.required_size("size" if is_old else "filled amount"))
        paid = (quote, row.required_size("funds" if is_old else "filled volume"))
        gave, got = (paid, traded) if way == "buy" else (traded, paid)
        fee = row.size("fee")
        sides = Exchanged(
            gave=gave[0],
            gave_quantity=gave[1],
            got=got[0],
            got_quantity=got[1],
            fee=fee,
            fee_asset=row.required("feecurrency" if is_old else "fee currency").upper() if fee else "",
        )
        return trade(row, instant(row, time, instants), sides, id_=row.text("orderid" if is_old else "order id"))

    return read_apart(table, one)


def _is_new(names: tuple[str, ...]) -> bool:
    """Tell whether a header is of the generation that names the zone."""
    return has_columns(*_NEW)(names) and any(name.startswith(_NEW_TIME) for name in names)


FORMAT = Format(
    key="kucoin",
    name="KuCoin trades",
    matches=lambda names: has_columns(*_OLD)(names) or _is_new(tuple(names)),
    read=read,
    samples=[
        ("tradeCreatedAt", "symbol", "side", "price", "size", "funds", "fee", "feeCurrency"),
        (
            "tradeCreatedAt", "orderId", "symbol", "side", "price", "size", "funds", "fee", "liquidity", "feeCurrency",
            "orderType",
        ),
        (
            "UID", "Account Type", "Order ID", "Symbol", "Side", "Order Type", "Avg. Filled Price", "Filled Amount",
            "Filled Volume", "Filled Volume (USDT)", "Filled Time(UTC+08:00)", "Fee", "Maker/Taker", "Fee Currency",
        ),
    ],
)  # fmt: skip
