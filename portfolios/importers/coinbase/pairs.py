"""Rows of Coinbase that only mean something with another: both sides of a convert, and ETH2 that becomes ETH."""

from collections import defaultdict
from collections.abc import Sequence

from portfolios.importers.base import Exchanged
from portfolios.importers.coinbase import notes
from portfolios.importers.tables import CellError, Row, Table

_RENAMED = {"ETH2": "ETH", "CGLD": "CELO"}  # Coinbase's own codes of what others call ETH and CELO
_QUANTITY = "quantity transacted"


def usual(code: str) -> str:
    """Return the ticker that others use."""
    return _RENAMED.get(code.upper(), code.upper())


class Pairs:
    """What the other rows of the same second tell: `aside` are lines to leave out, with the reason."""

    def __init__(self, table: Table) -> None:
        self.aside: dict[int, str] = {}
        self._other: dict[int, Row] = {}
        seconds: dict[tuple[str, bool], list[Row]] = defaultdict(list)
        for row in table.rows():
            kind = row.text("transaction type").lower() if isinstance(row, Row) else ""
            if isinstance(row, Row) and kind in {"convert", "send", "receive"}:
                seconds[row.text("timestamp"), kind == "convert"].append(row)
        for (_, are_converts), rows in seconds.items():
            if len(rows) > 1:
                (self._pair_converts if are_converts else self._pair_moves)(rows)

    def sides_of(self, row: Row) -> Exchanged:
        """Return what a convert gave and got; raises CellError when nothing tells the other side."""
        told, asset, quantity = (
            notes.converted(row),
            row.required("asset").upper(),
            row.required_size(_QUANTITY, "point"),
        )
        if told and asset == told.second_coin != told.first_coin:
            gave = notes.first_of(told, second=quantity)
            return Exchanged(gave=usual(told.first_coin), gave_quantity=gave, got=usual(asset), got_quantity=quantity)
        if told:
            got, size = usual(told.second_coin), notes.second_of(told, first=quantity)
        elif row.line in self._other:
            other = self._other[row.line]
            got, size = usual(other.required("asset")), other.required_size(_QUANTITY, "point")
        else:
            raise CellError(notes.COLUMN, "Nothing tells what it was converted to. Add it by hand as a swap.")
        return Exchanged(gave=usual(asset), gave_quantity=quantity, got=got, got_quantity=size)

    def _pair_converts(self, rows: Sequence[Row]) -> None:
        """Find both sides of a convert: two rows with one note, or the only two without any."""
        given = {row.text(notes.COLUMN): row.line for row in rows if _is_given(row)}
        for row in rows:
            if notes.converted(row) and not _is_given(row) and row.text(notes.COLUMN) in given:
                self.aside[row.line] = f"It is part of the convert on line {given[row.text(notes.COLUMN)]}."
        mute = [row for row in rows if not notes.converted(row)]
        gave = [row for row in mute if row.text(_QUANTITY).startswith("-")]
        if len(mute) == 2 and len(gave) == 1:
            got = next(row for row in mute if row is not gave[0])
            self._other[gave[0].line] = got
            self.aside[got.line] = f"It is part of the convert on line {gave[0].line}."

    def _pair_moves(self, rows: Sequence[Row]) -> None:
        """Find ETH2 that was sent where as much ETH was received: the one became the other."""
        for sent in rows:
            for received in rows:
                if _became(sent, received):
                    for row in (sent, received):
                        self.aside[row.line] = "ETH2 became ETH, one for one: here both are ETH, and nothing changes."


def _is_given(row: Row) -> bool:
    """Tell whether a convert's row is that of what was given, as its note tells."""
    told = notes.converted(row)
    return told is not None and row.text("asset").upper() == told.first_coin


def _became(sent: Row, received: Row) -> bool:
    """Tell whether two rows are ETH2 sent and as much ETH received."""
    return (
        sent.text("transaction type").lower() == "send"
        and received.text("transaction type").lower() == "receive"
        and (sent.text("asset").upper(), received.text("asset").upper()) == ("ETH2", "ETH")
        and sent.text(_QUANTITY).lstrip("-") == received.text(_QUANTITY).lstrip("+")
    )
