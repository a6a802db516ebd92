"""Binance's history of trades, in both shapes, and of converts: one row a trade, and no id."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial

from portfolios.importers import values
from portfolios.importers.base import Exchanged, Format, read_each, trade, unknown_kind
from portfolios.importers.binance.times import Times, has_time_and
from portfolios.importers.rows import Answers, ParsedRow, Reading, SkippedRow
from portfolios.importers.tables import CellError, Row, Table

Amount = tuple[str, Decimal]
OneTrade = Callable[[Row, Times], ParsedRow | SkippedRow]

# Pairs are written without a sign between their sides; these are the quotes they were traded in, the longest wins.
_QUOTES = (
    "ARS", "AUD", "BIDR", "BKRW", "BNB", "BRL", "BTC", "BUSD", "BVND", "COP", "CZK", "DAI", "DOGE", "DOT", "ETH", "EUR",
    "EURI", "FDUSD", "GBP", "GYEN", "IDRT", "JPY", "MXN", "NGN", "PAX", "PLN", "RON", "RUB", "SOL", "TRX", "TRY",
    "TUSD", "UAH", "USDC", "USDP", "USDS", "USDT", "UST", "VAI", "XRP", "ZAR",
)  # fmt: skip
_SUFFIXED = re.compile(r"([\d.,]+)\s*([A-Z0-9]*[A-Z][A-Z0-9]*)", re.ASCII)
_DONE = {"successful", "success", "completed", "filled"}


def _read(table: Table, answers: Answers, *, one: OneTrade) -> Iterator[Reading]:
    """Read the trades of a file; raises UnansweredError when it does not tell its time zone."""
    times = Times(table, answers)
    return read_each(table, lambda row: one(row, times))


def _with_suffixes(row: Row, times: Times) -> ParsedRow:
    """Read a trade whose amounts carry their coin, as in 0.001ETH; raises CellError."""
    pair, executed, paid = (row.required(column).upper() for column in ("pair", "executed", "amount"))
    sides = _sides_of(pair, executed, paid)
    if sides is None:
        raise CellError("pair", f"“{pair[:40]}” does not fit “{executed[:40]}” and “{paid[:40]}”.")
    fee_coin = next((coin for coin in sides if row.text("fee").upper().endswith(coin)), "")
    fee = _sized(row, "fee", fee_coin) if row.text("fee") else ("", None)
    base, quote = _amount(row, "executed", sides[0]), _amount(row, "amount", sides[1])
    return _traded(row, times, base, quote, column="side", fee=fee)


def _with_columns(row: Row, times: Times) -> ParsedRow:
    """Read a trade of the older shape, whose pair has to be taken apart; raises CellError."""
    pair = row.required("market").upper()
    quote = max((one for one in _QUOTES if pair.endswith(one) and pair != one), key=len, default="")
    if not quote:
        raise CellError("market", f"The two sides of “{pair[:40]}” cannot be told apart. Add this trade by hand.")
    base = (pair.removesuffix(quote), row.required_size("amount", "point"))
    paid = (quote, row.required_size("total", "point"))
    fee = (row.text("fee coin").upper(), row.size("fee", "point"))
    return _traded(row, times, base, paid, column="type", fee=fee)


def _traded(
    row: Row, times: Times, base: Amount, quote: Amount, *, column: str, fee: tuple[str, Decimal | None]
) -> ParsedRow:
    """Return a trade of a base for a quote, in the direction that a column tells; raises CellError."""
    way = row.required(column).upper()
    if way not in {"BUY", "SELL"}:
        raise unknown_kind(column, way)
    gave, got = (quote, base) if way == "BUY" else (base, quote)
    sides = Exchanged(
        gave=gave[0], gave_quantity=gave[1], got=got[0], got_quantity=got[1], fee=fee[1], fee_asset=fee[0]
    )
    return trade(row, times.read(row), sides)


def _converted(row: Row, times: Times) -> ParsedRow | SkippedRow:
    """Read a convert, if it went through; raises CellError."""
    status = row.required("status")
    if status.lower() not in _DONE:
        return SkippedRow(line=row.line, reason=f"It did not go through: its status is {status[:40]}.")
    pair, sold, bought = (row.required(column).upper() for column in ("pair", "sell", "buy"))
    turned = _sides_of(pair, bought, sold) or ("", "")
    gave_coin, got_coin = _sides_of(pair, sold, bought) or turned[::-1]
    (gave, given), (got, received) = _amount(row, "sell", gave_coin), _amount(row, "buy", got_coin)
    sides = Exchanged(gave=gave, gave_quantity=given, got=got, got_quantity=received)
    return trade(row, times.read(row), sides, note="Binance: convert.")


def _sides_of(pair: str, first: str, second: str) -> tuple[str, str] | None:
    """Split a pair where its sides are the coins of two amounts: 1INCHUSDT of 5.01INCH and 2USDT is 1INCH and USDT."""
    bare = pair.replace("/", "")
    splits = ((bare[:place], bare[place:]) for place in range(1, len(bare)))
    return next((sides for sides in splits if first.endswith(sides[0]) and second.endswith(sides[1])), None)


def _amount(row: Row, column: str, coin: str) -> Amount:
    """Return the coin and the size of a cell such as 0.001ETH; raises CellError, also when the size is 0."""
    asset, size = _sized(row, column, coin)
    if size is None:
        raise CellError(column, "The number is 0, so nothing moved.")
    return asset, size


def _sized(row: Row, column: str, coin: str) -> tuple[str, Decimal | None]:
    """Return the coin of a cell and its size, None for 0; `coin` is the one expected, empty if unknown."""
    text = row.required(column).upper()
    found = _SUFFIXED.fullmatch(text)
    number, asset = (text.removesuffix(coin).rstrip(), coin) if coin else (found[1], found[2]) if found else ("", "")
    if not asset:
        raise CellError(column, f"“{text[:40]}” is not an amount with its coin, such as 0.001ETH.")
    try:
        size = values.number(number, "point")
    except ValueError as error:
        raise CellError(column, str(error)) from None
    return asset, size.copy_abs() or None


FORMATS = (
    Format(
        key="binance_trades",
        name="Binance trades",
        matches=has_time_and("pair", "side", "executed", "amount", "fee"),
        read=partial(_read, one=_with_suffixes),
        samples=[
            ("Date(UTC)", "Pair", "Side", "Price", "Executed", "Amount", "Fee"),
            ("Time", "Pair", "Side", "Price", "Executed", "Amount", "Fee"),
        ],
    ),
    Format(
        key="binance_trades_old",
        name="Binance trades, older shape",
        matches=has_time_and("market", "type", "amount", "total", "fee", "fee coin"),
        read=partial(_read, one=_with_columns),
        samples=[("Date(UTC)", "Market", "Type", "Price", "Amount", "Total", "Fee", "Fee Coin")],
    ),
    Format(
        key="binance_converts",
        name="Binance converts",
        matches=has_time_and("pair", "sell", "buy", "status"),
        read=partial(_read, one=_converted),
        samples=[
            ("Date", "Wallet", "Pair", "Type", "Sell", "Buy", "Price", "Inverse Price", "Date Updated", "Status"),
            (
                "Date(UTC+1)",
                "Wallet",
                "Pair",
                "Type",
                "Sell",
                "Buy",
                "Price",
                "Inverse Price",
                "Date Updated",
                "Status",
            ),
        ],
    ),
)
