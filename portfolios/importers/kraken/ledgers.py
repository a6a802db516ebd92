"""Kraken's ledgers: a row for each change of a balance. The rows of one trade share a `refid`.

A change is `amount` less `fee`, both in `asset`. Staked and held variants of an asset are the asset itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from portfolios.importers.base import Format, has_columns, instant, read_one, unknown_kind
from portfolios.importers.instants import FIRST, IN_UTC
from portfolios.importers.kraken.codes import FEE_CREDITS, usual
from portfolios.importers.legs import Leg, fee_row, join, lines_of, net, refuse, refuse_beside, skip, told_apart
from portfolios.importers.rows import Answers, ParsedRow, Reading, RowError, SkippedRow
from portfolios.importers.tables import CellError, Row, Table
from portfolios.importers.values import EXACT

FEE_CREDIT_USD = Decimal("0.01")
_JOINED = {"trade", "spend", "receive", "settled", "conversion"}
_INCOME = {"staking", "dividend", "reward", "invite bonus"}
_MOVES = {
    "allocation", "autoallocation", "deallocation", "migration",
    "spottostaking", "spotfromstaking", "stakingtospot", "stakingfromspot",
    "spottofutures", "spotfromfutures",
}  # fmt: skip
_NO_REFERENCE = {"", "unknown"}
_ONE_SIDED = "Bring the ledgers of all assets, of all time and in one file, or add the trade by hand."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One row of the ledgers, whose fee stands beside its change; with `error` it cannot be read."""

    leg: Leg
    kind: str
    subtype: str
    reference: str
    error: RowError | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """What the rows of one happening share: those without a reference, their type and instant."""
        if self.reference.lower() in _NO_REFERENCE:
            return (self.kind, self.leg.at.isoformat())
        return (self.reference,)


def read(table: Table, _: Answers) -> Iterator[Reading]:
    """Read the ledgers, whose times are in UTC."""
    readings: list[Reading] = []
    groups: dict[tuple[str, ...], list[_Entry]] = {}
    for row in table.rows():
        entry = _entry_of(table, row) if isinstance(row, Row) else row
        if isinstance(entry, _Entry):
            groups.setdefault(entry.key, []).append(entry)
        else:
            readings.append(entry)
    for group in groups.values():
        readings += _read_group(table, group)
    return iter(told_apart(readings))


def _entry_of(table: Table, row: Row) -> _Entry | RowError | SkippedRow:
    """Read the cells of a row, or say why it is left out or cannot even be placed."""
    if not row.text("txid"):
        return SkippedRow(line=row.line, reason="It was announced and not booked: Kraken tells it again with an id.")
    words = (row.text("type").lower(), row.text("subtype").lower(), row.text("refid"))
    error = None
    try:
        leg = Leg(
            row=row,
            at=instant(row, "time", IN_UTC),
            asset=usual(row.required("asset")),
            quantity=row.required_number("amount"),
            fee=row.number("fee") or Decimal(0),
        )
    except CellError as problem:
        leg = Leg(row=row, at=FIRST, asset="")
        error = RowError(line=row.line, column=table.title(problem.column), message=problem.message)
    leg = _without_credits(leg) if leg.asset == FEE_CREDITS else leg
    return _Entry(leg=leg, kind=words[0], subtype=words[1], reference=words[2], error=error)


def _without_credits(leg: Leg) -> Leg:
    """Return a leg that moves nothing: credits are given away by Kraken, and no money leaves for what they pay."""
    return replace(leg, quantity=Decimal(0), fee=Decimal(0))


def _credits_of(entries: Sequence[_Entry]) -> Decimal:
    """Return how many fee credits were paid with."""
    rows = [entry.leg.row for entry in entries if entry.leg.asset == FEE_CREDITS]
    return sum((row.number("fee") or Decimal(0) for row in rows), Decimal(0))


def _read_group(table: Table, group: Sequence[_Entry]) -> list[Reading]:
    """Read the rows of one reference."""
    unread = [entry.error for entry in group if entry.error]
    if unread:
        return refuse_beside(unread, [entry.leg.row for entry in group if not entry.error], _ONE_SIDED)
    joined = [entry for entry in group if entry.kind in _JOINED]
    alone = [entry for entry in group if entry.kind not in _JOINED]
    readings = _read_joined(joined) if joined else []
    rows = [entry.leg.row for entry in alone]
    if len(alone) > 1 and not any(entry.subtype in {"reward", "airdrop"} for entry in alone):
        if _cancels(alone):
            why = "It is a move within Kraken, or was taken back: what these rows move cancels out."
            return [*readings, *skip(rows, why)]
        if all(entry.kind == "transfer" for entry in alone):
            why = f"{lines_of(rows)} turn one asset into another. Add it by hand: as a swap, a sale or a purchase."
            return [*readings, *refuse(rows, why)]
    return [*readings, *(_read_alone(table, entry) for entry in alone)]


def _read_alone(table: Table, entry: _Entry) -> Reading:
    """Read a row that means something by itself, or say why it cannot be read."""
    return read_one(table, entry.leg.row, lambda _row: _alone(entry))


def _cancels(entries: Sequence[_Entry]) -> bool:
    """Tell whether entries move nothing in all, fees included."""
    moves = [(entry.leg.asset, entry.leg.quantity) for entry in entries]
    fees = [(entry.leg.fee_asset or entry.leg.asset, -entry.leg.fee) for entry in entries]
    return not net([*moves, *fees])


def _read_joined(entries: Sequence[_Entry]) -> list[Reading]:
    """Make a trade of the rows of one reference."""
    words = []
    if any(entry.kind == "settled" for entry in entries):
        words.append("A position on margin was settled.")
    paid = _credits_of(entries)
    if paid:
        value = EXACT.multiply(paid, FEE_CREDIT_USD)
        words.append(f"The fee was paid with {paid.normalize():f} fee credits, worth {value.normalize():f} USD.")
    return join([entry.leg for entry in entries], advice=_ONE_SIDED, id_=_id(entries[0]), note=" ".join(words))


def _alone(entry: _Entry) -> ParsedRow | SkippedRow:
    """Return what a row means by itself; raises CellError."""
    leg, row = entry.leg, entry.leg.row
    if leg.asset == FEE_CREDITS and not leg.fee:
        return SkippedRow(line=row.line, reason="Fee credits were granted, which are no asset of yours.")
    if entry.kind in {"earn", "transfer"} and entry.subtype in _MOVES:
        return SkippedRow(line=row.line, reason="It is a move within Kraken, such as between spot and earn.")
    if entry.kind in {"margin", "rollover", "fee"}:
        return _result(entry)
    if leg.fee < 0:
        raise CellError("fee", "The fee is less than nothing: Kraken took something back. Add it by hand.")
    return _made(entry, _kind_of(entry))


def _kind_of(entry: _Entry) -> str:
    """Return what a row is to the ledger; raises CellError."""
    incoming = entry.leg.quantity > 0
    if entry.kind in {"deposit", "withdrawal"} or (entry.kind, entry.subtype) == ("transfer", ""):
        return "deposit" if incoming else "withdrawal"
    if incoming and entry.subtype == "airdrop":
        return "airdrop"
    if incoming and (entry.kind in _INCOME or (entry.kind, entry.subtype) == ("earn", "reward")):
        return "income"
    raise _unclear(entry)


def _unclear(entry: _Entry) -> CellError:
    """Say what the owner can do about a row whose meaning Kraken does not tell."""
    if entry.subtype == "delistingconversion":
        return CellError(
            "subtype",
            "Kraken turned one asset into another, and tells the two sides apart from each other. Add it by hand: as a "
            "swap, or, if it was a renaming one for one, not at all.",
        )
    if entry.kind == "earn" and not entry.subtype:
        return CellError(
            "subtype", "Kraken does not tell whether it is a reward or a move. Add it by hand if it is a reward."
        )
    if entry.kind == "adjustment":
        return CellError("type", "Kraken corrected a balance and does not tell why. Add it by hand as what it was.")
    if entry.kind in _INCOME:
        return CellError("amount", "A reward was taken back. Add it by hand as what it was.")
    return unknown_kind("subtype" if entry.subtype else "type", f"{entry.kind} {entry.subtype}".strip())


def _result(entry: _Entry) -> ParsedRow | SkippedRow:
    """Read what margin earns or costs: a gain is income, a loss or a charge is a fee; both less what was charged."""
    leg, words = entry.leg, f"Kraken: {entry.kind}."
    change = EXACT.subtract(leg.quantity, leg.fee)
    asset = leg.fee_asset or leg.asset
    if not change:
        return SkippedRow(line=leg.row.line, reason="Nothing was earned or charged.")
    if change > 0:
        return ParsedRow(
            line=leg.row.line,
            kind="income",
            at=leg.at,
            asset=asset,
            quantity=change,
            external_id=_id(entry),
            note=words,
        )
    return fee_row(leg.row, leg.at, asset, -change, id_=_id(entry), note=words)


def _made(entry: _Entry, kind: str) -> ParsedRow:
    """Return a row that moves one asset; raises CellError when it moves nothing."""
    leg = entry.leg
    if not leg.quantity:
        raise CellError("amount", "The amount is 0, so nothing moved.")
    reversed_ = entry.kind in {"deposit", "withdrawal"} and entry.kind != kind
    return ParsedRow(
        line=leg.row.line,
        kind=kind,
        at=leg.at,
        asset=leg.asset,
        quantity=leg.quantity.copy_abs(),
        fee=leg.fee or None,
        fee_asset=leg.asset if leg.fee else "",
        external_id=_id(entry),
        note=_note(entry, reversed_=reversed_),
    )


def _note(entry: _Entry, *, reversed_: bool) -> str:
    """Say what the kind alone does not."""
    if reversed_:
        return f"Kraken took a {entry.kind} back."
    if entry.kind == "transfer":
        return "Kraken: transfer. If it is an airdrop or a fork, correct the kind." if not entry.subtype else ""
    return f"Kraken: {entry.kind}." if entry.kind in _INCOME | {"earn"} else ""


def _id(entry: _Entry) -> str:
    """Return Kraken's reference, or the id of the row where it gives none."""
    return entry.leg.row.text("txid") if entry.reference.lower() in _NO_REFERENCE else entry.reference


_OLD = ("txid", "refid", "time", "type", "subtype", "aclass", "asset", "amount", "fee", "balance")
_NEW = ("txid", "refid", "time", "type", "subtype", "aclass", "subclass", "asset", "wallet", "amount", "fee", "balance")

FORMAT = Format(
    key="kraken_ledgers",
    name="Kraken ledgers",
    matches=has_columns("txid", "refid", "time", "type", "asset", "amount", "fee"),
    read=read,
    samples=[_OLD, _NEW, (*_NEW, "amountusd")],
)
