"""The one shape of a row, whatever file it came from, and what a reader may say instead of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedRow:
    """A transaction as a file tells it, in the shape of the canonical CSV; assets are still the file's codes.

    `line` is where its record begins, from 1. `kind` is one of the thirteen of the ledger. `account` is the wallet's
    name in the file, empty for the one chosen at upload. `price` is a unit and `amount` the total without the fee,
    both in `currency`: a code of a fiat currency, empty for US dollars; a trade against another coin is a swap. A
    fee without `fee_asset` is in `currency`. `external_id` is the source's own id, empty if it has none.
    """

    line: int
    kind: str
    at: datetime
    asset: str
    quantity: Decimal
    account: str = ""
    price: Decimal | None = None
    amount: Decimal | None = None
    currency: str = ""
    fee: Decimal | None = None
    fee_asset: str = ""
    to_account: str = ""
    received_asset: str = ""
    received_quantity: Decimal | None = None
    external_id: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    """A record that cannot be read: where, which column, why, and what to do, fit for its owner's eyes."""

    line: int
    message: str
    column: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedRow:
    """A record that rightly becomes nothing, such as a move between spot and staking of one account, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a file leaves open and only its owner knows; `key` is `zone` or `date_order`.

    For `date_order` the choices are `day_first` and `month_first`; `examples` are values from the file.
    """

    key: str
    examples: Sequence[str]


class UnansweredError(Exception):
    """The file cannot be read before its owner has answered."""

    def __init__(self, questions: Sequence[Question]) -> None:
        super().__init__(", ".join(question.key for question in questions))
        self.questions = questions


class UnreadableError(Exception):
    """The file as a whole is refused; the message says what it is, why, and what to do."""


Answers = Mapping[str, str]
"""Answers by the key of their question: `zone` is an IANA name, `date_order` is `day_first` or `month_first`.

`zone_instead`, an IANA name too, is never asked for: it goes before the zone that a file of Binance names.
"""

Reading = ParsedRow | RowError | SkippedRow
