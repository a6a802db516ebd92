"""Any other table: its owner says which column means what, once, and keeps that as a template.

A mapping is plain data: `columns` and `constants` (our field: the title of a column, or a value for every row),
`kinds` (a word of the file: one of our kinds or `skip`), `positive` and `negative` (the kind by the sign of the
quantity, where no column tells it), `dates` (auto, day_first, month_first, seconds, milliseconds), `decimal` (auto,
point, comma) and `zone` (an IANA name, empty to be asked).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from market.calc.currencies import is_fiat
from portfolios.importers import canonical, instants, values
from portfolios.importers.base import KINDS, Exchanged, read_each, style_of, trade, unknown_kind
from portfolios.importers.rows import Answers, ParsedRow, Reading, SkippedRow, UnreadableError
from portfolios.importers.tables import CellError, Row, Table, name_of

FIELDS = (*canonical.COLUMNS, "amount", "time")
NUMBERS = ("quantity", "price", "amount", "fee", "received_quantity")
SKIP = "skip"
UNITS: Mapping[str, instants.Unit] = {"seconds": "seconds", "milliseconds": "milliseconds"}
DATES = ("auto", "day_first", "month_first", *UNITS)
DECIMALS = ("auto", "point", "comma")
PAIRS = ("columns", "constants", "kinds")
TEXTS = ("positive", "negative", "dates", "decimal", "zone")

# What programs call our fields, the likeliest first.
_TITLES: Mapping[str, Sequence[str]] = {
    "timestamp": ("timestamp", "datetime", "date time", "date & time", "date", "time", "date (utc)", "created at"),
    "kind": ("kind", "type", "transaction type", "side", "action", "operation", "activity"),
    "wallet": ("wallet", "account", "exchange", "platform", "location"),
    "asset": ("asset", "symbol", "coin", "ticker", "base currency", "base asset", "crypto", "code"),
    "quantity": ("quantity", "qty", "units", "shares", "size", "volume", "crypto amount", "base amount", "amount"),
    "price": ("price", "unit price", "unitprice", "price per unit", "price per coin", "rate"),
    "currency": ("currency", "price currency", "quote currency", "fiat currency", "quote asset"),
    "fee": ("fee", "fees", "fee amount", "commission"),
    "fee_asset": ("fee asset", "fee currency", "fee coin"),
    "to_wallet": ("to wallet", "to_wallet", "destination", "sent to"),
    "received_asset": ("received asset", "received_asset", "received currency", "to currency", "to asset"),
    "received_quantity": ("received quantity", "received_quantity", "received amount", "to amount"),
    "external_id": ("id", "external_id", "transaction id", "trade id", "order id", "txid"),
    "note": ("note", "notes", "comment", "comments", "description", "memo"),
    "amount": ("total", "subtotal", "amount", "value", "quote amount", "proceeds", "cost"),
}
_WORDS: Mapping[str, Sequence[str]] = {
    "buy": ("buy", "bought", "purchase", "market buy", "limit buy", "b"),
    "sell": ("sell", "sold", "sale", "market sell", "limit sell", "s"),
    "swap": ("swap", "convert", "conversion", "exchange"),
    "deposit": ("deposit", "receive", "received", "transfer in", "transfer_in", "credit"),
    "withdrawal": ("withdrawal", "withdraw", "send", "sent", "transfer out", "transfer_out"),
    "transfer": ("transfer", "internal transfer"),
    "fee": ("fee", "fees", "network fee"),
    "income": (
        "income",
        "staking",
        "staking reward",
        "reward",
        "rewards",
        "interest",
        "dividend",
        "mining",
        "cashback",
    ),
    "airdrop": ("airdrop",),
    "fork": ("fork", "hard fork"),
    "gift_in": ("gift received",),
    "gift_out": ("gift", "gift sent", "donation"),
    "loss": ("loss", "lost", "stolen"),
}


def suggest(titles: Sequence[str]) -> dict[str, Any]:
    """Return a mapping for a header, as far as the titles of its columns tell; its owner looks at it and completes it.

    Every column is used once at most. Of the kinds all common words are given.
    """
    free = {name_of(title): title.strip() for title in reversed(titles) if title.strip()}
    columns = {}
    for field, names in _TITLES.items():
        found = next((name for name in names if name in free), None)
        if found is not None:
            columns[field] = free.pop(found)
    kinds = {word: kind for kind, words in _WORDS.items() for word in words}
    return {
        "columns": columns,
        "constants": {},
        "kinds": kinds,
        "positive": "",
        "negative": "",
        "dates": "auto",
        "decimal": "auto",
        "zone": "",
    }


def problems(mapping: Mapping[str, Any], titles: Sequence[str]) -> list[str]:
    """Say what keeps a mapping from reading a table with these titles; an empty list when nothing does."""
    found = _wrong_shape(mapping)
    if found:
        return found
    columns, constants = mapping.get("columns", {}), mapping.get("constants", {})
    names = {name_of(title) for title in titles}
    found += [f"“{field[:40]}” is no field of ours." for field in [*columns, *constants] if field not in FIELDS]
    found += [
        f"The file has no column “{title[:60]}”, which “{field}” is read from."
        for field, title in columns.items()
        if name_of(title) not in names
    ]
    found += [f"“{field}” is read from a column and has one value too." for field in columns if field in constants]
    given = {*columns, *constants}
    missing = [field for field in ("timestamp", "asset", "quantity") if field not in given]
    found += [f"Nothing says where “{field}” is read from." for field in missing]
    if "kind" not in given and not (mapping.get("positive") and mapping.get("negative")):
        found.append("Nothing says what kind a row is: choose a column, one kind for all, or kinds by sign.")
    return found + _wrong_choices(mapping)


def _wrong_shape(mapping: Mapping[str, Any]) -> list[str]:
    """Say which parts of a mapping are unknown, or not of their type."""
    found = [f"“{part[:40]}” is no part of a mapping." for part in mapping if part not in {*PAIRS, *TEXTS}]
    for part in PAIRS:
        pairs = mapping.get(part, {})
        if not isinstance(pairs, dict) or not all(isinstance(one, str) for pair in pairs.items() for one in pair):
            found.append(f"“{part}” is not pairs of texts.")
    found += [f"“{part}” is not a text." for part in TEXTS if not isinstance(mapping.get(part, ""), str)]
    return found


def _wrong_choices(mapping: Mapping[str, Any]) -> list[str]:
    """Say which choices of a mapping are none."""
    kinds = {*KINDS, SKIP}
    chosen = [*mapping.get("kinds", {}).values(), *(mapping.get(sign) or SKIP for sign in ("positive", "negative"))]
    found = [f"“{kind[:40]}” is not a kind of transaction." for kind in chosen if kind not in kinds]
    if mapping.get("dates", "auto") not in DATES:
        found.append(f"Dates are read as one of {', '.join(DATES)}.")
    if mapping.get("decimal", "auto") not in DECIMALS:
        found.append(f"Decimals are read as one of {', '.join(DECIMALS)}.")
    return found


def read(table: Table, mapping: Mapping[str, Any], answers: Answers) -> Iterator[Reading]:
    """Read a table by a mapping; raises UnansweredError, or UnreadableError when the mapping does not fit it."""
    found = problems(mapping, table.titles)
    if found:
        raise UnreadableError(" ".join(found))
    return read_each(table, _Mapped(table, mapping, answers).read)


class _Mapped:
    """Reads rows by a mapping that was found to fit their table."""

    def __init__(self, table: Table, mapping: Mapping[str, Any], answers: Answers) -> None:
        self.columns = {field: name_of(title) for field, title in mapping.get("columns", {}).items()}
        self.constants: Mapping[str, str] = mapping.get("constants", {})
        self.kinds: Mapping[str, str] = {word.strip().lower(): kind for word, kind in mapping.get("kinds", {}).items()}
        self.by_sign: tuple[str, str] = mapping.get("positive", ""), mapping.get("negative", "")
        dates: str = mapping.get("dates", "auto")
        self.unit: instants.Unit | None = UNITS.get(dates)
        decimal = mapping.get("decimal", "auto")
        numbers = [self.columns[field] for field in NUMBERS if field in self.columns]
        self.style: values.Style = style_of(table, *numbers) if decimal == "auto" else decimal
        self.times = self._settle(table, mapping, answers)

    def _settle(self, table: Table, mapping: Mapping[str, Any], answers: Answers) -> instants.Instants:
        """Find out how the times are written; raises UnansweredError."""
        if self.unit:
            return instants.IN_UTC
        said = dict(answers)
        if mapping.get("zone"):
            said["zone"] = mapping["zone"]
        if mapping.get("dates", "auto") != "auto":
            said["date_order"] = mapping["dates"]
        rows = (row for row in table.rows() if isinstance(row, Row))
        zone = instants.zone_in(table.title(self.columns.get("timestamp", "")))
        return instants.settle((self._time(row) for row in rows), answers=said, zone=zone)

    def _text(self, row: Row, field: str) -> str:
        """Return what a row says of a field; empty when it says nothing."""
        return self.constants.get(field) or row.text(self.columns.get(field, ""))

    def _time(self, row: Row) -> str:
        """Return the date of a row with its time, which may stand in a column of its own."""
        return f"{self._text(row, 'timestamp')} {self._text(row, 'time')}".strip()

    def _column(self, field: str) -> str:
        """Return the column that a field is read from, or the field where it is none."""
        return self.columns.get(field, field)

    def _number(self, row: Row, field: str) -> Decimal | None:
        """Return a number with its sign, None when nothing stands there; raises CellError."""
        text = self._text(row, field)
        try:
            return values.number(text, self.style) if text else None
        except ValueError as error:
            raise CellError(self._column(field), str(error)) from None

    def _size(self, row: Row, field: str) -> Decimal | None:
        """Return a number without its sign; None when nothing stands there; raises CellError."""
        value = self._number(row, field)
        return None if value is None else value.copy_abs()

    def _at(self, row: Row) -> datetime:
        """Return the instant of a row in UTC; raises CellError."""
        text = self._time(row)
        try:
            return instants.epoch(text, self.unit) if self.unit else self.times.read(text)
        except ValueError as error:
            raise CellError(self._column("timestamp"), str(error)) from None

    def _kind(self, row: Row, quantity: Decimal) -> str:
        """Return the kind of a row by its word, else by the sign of its quantity; raises CellError."""
        word = self._text(row, "kind")
        if not word and all(self.by_sign):
            return self.by_sign[quantity < 0]
        kind = self.kinds.get(word.lower(), word.lower())
        if kind not in KINDS and kind != SKIP:
            raise unknown_kind(self._column("kind"), word)
        return kind

    def read(self, row: Row) -> ParsedRow | SkippedRow:
        """Read one row; raises CellError with a column of the file."""
        quantity = self._number(row, "quantity")
        if not quantity:
            raise CellError(self._column("quantity"), "The quantity is empty or 0, so nothing moved.")
        kind = self._kind(row, quantity)
        if kind == SKIP:
            return SkippedRow(line=row.line, reason=f"“{self._text(row, 'kind')[:40]}” is left out by the mapping.")
        asset, currency = self._text(row, "asset"), self._text(row, "currency")
        if not asset:
            raise CellError(self._column("asset"), "The row names no asset.")
        if currency and not is_fiat(currency):
            return self._for_a_coin(row, kind, asset, quantity.copy_abs(), currency)
        fee = self._size(row, "fee") or None
        fee_asset = self._text(row, "fee_asset") if fee else ""
        parsed = ParsedRow(
            line=row.line,
            kind=kind,
            at=self._at(row),
            asset=asset,
            quantity=quantity.copy_abs(),
            account=self._text(row, "wallet"),
            price=self._size(row, "price"),
            amount=self._size(row, "amount"),
            currency=currency.upper(),
            fee=fee,
            fee_asset=asset if fee and kind == "transfer" and not fee_asset else fee_asset,
            to_account=self._text(row, "to_wallet") if kind == "transfer" else "",
            received_asset=self._text(row, "received_asset") if kind == "swap" else "",
            received_quantity=self._size(row, "received_quantity") if kind in {"swap", "transfer"} else None,
            external_id=self._text(row, "external_id"),
            note=self._text(row, "note"),
        )
        try:
            canonical.check(parsed)
        except CellError as error:
            raise CellError(self._column(error.column), error.message) from None
        return parsed

    def _for_a_coin(self, row: Row, kind: str, asset: str, quantity: Decimal, coin: str) -> ParsedRow:
        """Read a trade whose price is in another coin, which is a swap; raises CellError for every other kind."""
        if kind not in {"buy", "sell"}:
            raise CellError(self._column("currency"), f"“{coin[:20]}” is no fiat currency.")
        price, amount = self._size(row, "price"), self._size(row, "amount")
        paid = amount or (values.product(quantity, price) if price else None)
        if not paid:
            raise CellError(self._column("amount"), f"The row does not say how much {coin[:20]} the trade came to.")
        fee = self._size(row, "fee") or None
        gave, got = ((coin, paid), (asset, quantity)) if kind == "buy" else ((asset, quantity), (coin, paid))
        sides = Exchanged(
            gave=gave[0],
            gave_quantity=gave[1],
            got=got[0],
            got_quantity=got[1],
            fee=fee,
            fee_asset=self._text(row, "fee_asset") or coin,
        )
        texts = {"account": self._text(row, "wallet"), "note": self._text(row, "note")}
        return trade(row, self._at(row), sides, id_=self._text(row, "external_id"), **texts)
