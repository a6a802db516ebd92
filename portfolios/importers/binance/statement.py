"""Binance's statement: a row for each change of a balance. The legs of a trade share nothing but their second.

Legs are joined when there is one way to join them; a second that leaves a choice is refused whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import permutations

from portfolios.importers.base import Format, read_one, unknown_kind
from portfolios.importers.binance import operations
from portfolios.importers.binance.times import Times, has_time_and
from portfolios.importers.legs import Leg, fee_row, join, lines_of, refuse, refuse_beside, told_apart
from portfolios.importers.rows import Answers, ParsedRow, Reading, RowError, SkippedRow
from portfolios.importers.tables import CellError, Row, Table

SECOND = timedelta(seconds=1)
MOST_PAIRS = 4
_TRADED = frozenset().union(*operations.TRADES, operations.FEES)
_ADVICE = "Bring Binance's history of trades, converts or purchases for them instead, or add them by hand."

Key = tuple[str, str, str, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A leg with the word for it; with `error` its change cannot be read, and all of its second is refused."""

    key: Key
    leg: Leg
    operation: str
    error: RowError | None = None

    @property
    def is_fee(self) -> bool:
        return self.operation in operations.FEES


def read(table: Table, answers: Answers) -> Iterator[Reading]:
    """Read the statement; raises UnansweredError when it does not tell its time zone."""
    times = Times(table, answers)
    readings: list[Reading] = []
    groups: dict[Key, list[_Entry]] = {}
    for row in table.rows():
        found = _read_row(table, row, times) if isinstance(row, Row) else row
        if isinstance(found, _Entry):
            groups.setdefault(found.key, []).append(found)
        else:
            readings.append(found)
    for group in _over_a_second(groups):
        readings += _read_second(group)
    return iter(told_apart(readings))


def _read_row(table: Table, row: Row, times: Times) -> _Entry | Reading:
    """Read a row that stands by itself, or keep it as a leg of what its second tells."""
    operation = " ".join(row.text("operation").lower().split())
    if operation not in _TRADED and operation not in operations.EXCHANGES:
        return read_one(table, row, lambda row: _alone(row, operation, times))
    try:
        at = times.read(row)
        coin = row.required("coin").upper()
    except CellError as error:
        return RowError(line=row.line, column=table.title(error.column), message=error.message)
    account, word = (row.text("account"), "") if operation in _TRADED else ("", operation)
    key = (row.text("user_id") or row.text("user id"), account, word, at)
    try:
        change = row.required_number("change", "point")
    except CellError as error:
        unread = RowError(line=row.line, column=table.title(error.column), message=error.message)
        return _Entry(key=key, leg=Leg(row=row, at=at, asset=coin), operation=operation, error=unread)
    is_fee = operation in operations.FEES
    if not change and not is_fee:
        return SkippedRow(line=row.line, reason="Nothing moved: the change is 0.")
    leg = Leg(row=row, at=at, asset=coin, fee=-change) if is_fee else Leg(row=row, at=at, asset=coin, quantity=change)
    return _Entry(key=key, leg=leg, operation=operation)


def _alone(row: Row, operation: str, times: Times) -> ParsedRow | SkippedRow:
    """Read a row that means something by itself; raises CellError."""
    if operation in operations.MOVES or operation.startswith(operations.MOVES_BEGIN):
        return SkippedRow(line=row.line, reason="It is a move within Binance, such as between spot and earn.")
    change = row.required_number("change", "point")
    if not change:
        return SkippedRow(line=row.line, reason="Nothing moved: the change is 0.")
    return ParsedRow(
        line=row.line,
        kind=_kind_of(operation, is_incoming=change > 0),
        at=times.read(row),
        asset=row.required("coin").upper(),
        quantity=change.copy_abs(),
        note=". ".join(["Binance: " + row.text("operation"), *filter(None, [row.text("remark")])]),
    )


def _kind_of(operation: str, *, is_incoming: bool) -> str:
    """Return what an operation is to the ledger; raises CellError."""
    if operation in operations.TRANSFERS:
        return "deposit" if is_incoming else "withdrawal"
    if operation in operations.RESULTS:
        return "income" if is_incoming else "fee"
    if is_incoming and operation in operations.INCOME:
        return "income"
    if is_incoming and operation in operations.AIRDROPS:
        return "airdrop"
    if operation in operations.INCOME | operations.AIRDROPS:
        raise CellError("change", "A reward was taken back. Add it by hand as what it was.")
    if operation in operations.LOANS:
        raise CellError(
            "operation", "A loan is neither bought nor sold, and has no place in the ledger. Add what matters by hand."
        )
    if operation in operations.RENAMINGS:
        raise CellError(
            "operation",
            "Binance turned one asset into another. Add it by hand: as a swap, or, if it was a renaming one for one, "
            "by giving the old name's transactions the new asset.",
        )
    raise unknown_kind("operation", operation)


def _over_a_second(groups: dict[Key, list[_Entry]]) -> Iterator[list[_Entry]]:
    """Yield what each second tells; a second with one side of a trade takes the other from the second after it."""
    taken: set[Key] = set()
    for key in sorted(groups):
        if key in taken:
            continue
        after = (*key[:3], key[3] + SECOND)
        if {_side(groups[key]), _side(groups.get(after, []))} == {-1, 1}:
            taken.add(after)
            yield sorted([*groups[key], *groups[after]], key=lambda entry: entry.leg.row.line)
        else:
            yield groups[key]


def _side(entries: Sequence[_Entry]) -> int:
    """Return 1 if all that moves but fees comes in, -1 if it goes out, 0 for both or for nothing."""
    signs = {1 if entry.leg.quantity > 0 else -1 for entry in entries if entry.leg.quantity}
    return signs.pop() if len(signs) == 1 else 0


def _read_second(entries: Sequence[_Entry]) -> list[Reading]:
    """Read what one second tells: trades and their fees, or a refusal of all of it."""
    rows = [entry.leg.row for entry in entries]
    unread = [entry.error for entry in entries if entry.error]
    if unread:
        return refuse_beside(unread, [entry.leg.row for entry in entries if not entry.error], _ADVICE)
    fees = [entry for entry in entries if entry.is_fee]
    families = _families([entry for entry in entries if not entry.is_fee])
    if not families:
        return [_fee_alone(entry) for entry in fees]
    trades: list[list[Leg]] = []
    for family in families:
        pairs = _pairs([entry.leg for entry in family])
        if pairs is None:
            return refuse(
                rows, f"{lines_of(rows)}: the file does not tell which rows of this second are one trade. {_ADVICE}"
            )
        trades += pairs
    return [*_with_fees(trades, fees)]


def _families(entries: Sequence[_Entry]) -> list[list[_Entry]]:
    """Part the legs of one second by their words, as far as each part has both sides; the rest is one part."""
    by_word: dict[str, list[_Entry]] = {}
    for entry in entries:
        by_word.setdefault(entry.operation, []).append(entry)
    parts: list[list[_Entry]] = []
    for words in (*operations.TRADES, operations.EXCHANGES):
        used = [said for word, said in by_word.items() if word in words]
        # Older statements call both legs of a purchase Buy, and both of a sale Sell.
        parts += used if all(_side(said) == 0 for said in used) else [[entry for said in used for entry in said]]
    whole = [part for part in parts if part and _side(part) == 0]
    halves = [entry for part in parts if _side(part) for entry in part]
    return [*whole, *([halves] if halves else [])]


def _pairs(legs: Sequence[Leg]) -> list[list[Leg]] | None:
    """Part legs into trades of one coin for another; None when there is no way to do it, or more than one."""
    got = list(dict.fromkeys(leg.asset for leg in legs if leg.quantity > 0))
    gave = list(dict.fromkeys(leg.asset for leg in legs if leg.quantity < 0))
    if len(got) != len(gave) or len(got) > MOST_PAIRS:
        return None
    ways = [way for way in permutations(gave) if all(one != other for one, other in zip(got, way, strict=True))]
    if len(ways) != 1:
        return None
    pairs = [_of_pair(legs, one, other) for one, other in zip(got, ways[0], strict=True)]
    sizes = [sum(1 if leg.quantity > 0 else -1 for leg in pair) for pair in pairs]
    # With a third coin in play, a leg more on one side may belong to the other trade.
    return None if len({*got, *gave}) > 2 and any(sizes) else pairs


def _of_pair(legs: Sequence[Leg], got: str, gave: str) -> list[Leg]:
    """Return the legs of one trade."""
    return [leg for leg in legs if leg.asset == (got if leg.quantity > 0 else gave)]


def _with_fees(trades: Sequence[Sequence[Leg]], fees: Sequence[_Entry]) -> Iterator[Reading]:
    """Yield trades with their fees: all of them to the only trade, else to the one that receives the fee's coin."""
    parts = [list(legs) for legs in trades]
    for entry in fees:
        fitting = [part for part in parts if any(leg.asset == entry.leg.asset and leg.quantity > 0 for leg in part)]
        owners = parts if len(parts) == 1 else fitting
        if len(owners) == 1:
            owners[0].append(entry.leg)
        else:
            yield _fee_alone(entry)
    for part in parts:
        yield from join(sorted(part, key=lambda leg: leg.row.line), advice=_ADVICE)


def _fee_alone(entry: _Entry) -> Reading:
    """Return a fee of no trade in particular; what was given back of one is income."""
    leg = entry.leg
    if leg.fee < 0:
        return ParsedRow(
            line=leg.row.line,
            kind="income",
            at=leg.at,
            asset=leg.asset,
            quantity=-leg.fee,
            note="Binance: a fee given back.",
        )
    if not leg.fee:
        return SkippedRow(line=leg.row.line, reason="Nothing moved: the change is 0.")
    return fee_row(leg.row, leg.at, leg.asset, leg.fee, note="Binance: a fee.")


FORMAT = Format(
    key="binance_statement",
    name="Binance statement",
    matches=has_time_and("account", "operation", "coin", "change"),
    read=read,
    samples=[
        ("User_ID", "UTC_Time", "Account", "Operation", "Coin", "Change", "Remark"),
        ("User ID", "Time", "Account", "Operation", "Coin", "Change", "Remark"),
        ("UTC_Time", "Account", "Operation", "Coin", "Change", "Remark"),
    ],
)
