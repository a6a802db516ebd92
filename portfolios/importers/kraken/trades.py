"""Kraken's trades: one row a fill. The ledgers tell the same and more; of the two files one is enough."""

from collections.abc import Iterator

from portfolios.importers.base import Exchanged, Format, has_columns, instant, trade, unknown_kind
from portfolios.importers.instants import IN_UTC
from portfolios.importers.kraken.codes import sides_of
from portfolios.importers.legs import read_apart
from portfolios.importers.rows import Answers, ParsedRow, Reading
from portfolios.importers.tables import CellError, Row, Table


def read(table: Table, _: Answers) -> Iterator[Reading]:
    """Read fills; their fee is taken in the quote."""
    return read_apart(table, _row)


def _row(row: Row) -> ParsedRow:
    """Read one fill; raises CellError."""
    way, sides = row.required("type").lower(), sides_of(row.required("pair"))
    if sides is None:
        raise CellError("pair", f"The two sides of “{row.text('pair')[:40]}” cannot be told apart. Bring the ledgers.")
    if row.size("margin") or row.text("posstatus"):
        raise CellError(
            "margin", "It is a trade on margin, which owns nothing. Bring the ledgers: they tell its result."
        )
    if way not in {"buy", "sell"}:
        raise unknown_kind("type", way)
    (base, quote), volume, cost = sides, row.required_size("vol"), row.required_size("cost")
    gave, got = ((quote, cost), (base, volume)) if way == "buy" else ((base, volume), (quote, cost))
    return trade(
        row,
        instant(row, "time", IN_UTC),
        Exchanged(
            gave=gave[0], gave_quantity=gave[1], got=got[0], got_quantity=got[1],
            fee=row.size("fee"), fee_asset=quote,
        ),
        id_=row.text("txid"),
    )  # fmt: skip


_SAMPLE = (
    "txid",
    "ordertxid",
    "pair",
    "time",
    "type",
    "ordertype",
    "price",
    "cost",
    "fee",
    "vol",
    "margin",
    "misc",
    "ledgers",
)

FORMAT = Format(
    key="kraken_trades",
    name="Kraken trades",
    matches=has_columns("txid", "pair", "time", "type", "cost", "fee", "vol"),
    read=read,
    samples=[
        _SAMPLE,
        (*_SAMPLE, "postxid", "posstatus", "cprice", "ccost", "cfee", "cvol", "cmargin", "net", "trades"),
    ],
)
