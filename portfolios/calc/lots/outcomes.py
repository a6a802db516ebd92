"""What the lot engine gives back. Amounts are exact Decimals in the currency of account, on a grid of 1e-36."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from portfolios.calc.lots.happenings import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A part of a disposal and the lot it came from; `lot` and `acquired_at` are None for the section 104 pool.

    `term` is `short`, `long` or `none`. `rule` is `lot`, `same_day`, `thirty_days` or `pool`: at the average cost of
    what was held. `proceeds` and `gain` are None when what was received is unknown, and for a removal.
    """

    lot: Key | None
    acquired_at: datetime | None
    quantity: Decimal
    proceeds: Decimal | None
    cost: Decimal
    gain: Decimal | None
    term: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposal:
    """What left for something in return: sold, swapped, spent as a fee, lost.

    `quantity` is all that left; `uncovered` of it had no lot. Proceeds, cost and gain are of the covered part alone:
    an oversell is a shortfall, not a profit.
    """

    key: Key
    at: datetime
    kind: str
    asset: str
    place: Hashable
    quantity: Decimal
    uncovered: Decimal
    proceeds: Decimal | None
    cost: Decimal
    gain: Decimal | None
    matches: Sequence[Match]


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What left with nothing in return and no gain: a withdrawal to outside, a gift given; `cost` left with it.

    The `fee` of a transfer is one too when its cost stays on what arrives; it then costs 0.
    """

    key: Key
    at: datetime
    kind: str
    asset: str
    place: Hashable
    quantity: Decimal
    uncovered: Decimal
    cost: Decimal
    matches: Sequence[Match]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """What is left of an acquisition; `place` is None where lots belong to the whole portfolio.

    `key` and `acquired_at` are None for what is left in the section 104 pool. `is_unpriced`: what it was acquired for
    was unknown and counts as 0.
    """

    key: Key | None
    acquired_at: datetime | None
    asset: str
    place: Hashable | None
    quantity: Decimal
    cost: Decimal
    is_unpriced: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """A quantity that left although no lot was there."""

    key: Key
    at: datetime
    asset: str
    place: Hashable
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Income:
    """What was received as income at its value then; None: unknown, and its lot costs 0."""

    key: Key
    at: datetime
    kind: str
    asset: str
    place: Hashable
    quantity: Decimal
    value: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All that came of some happenings, each list in the order of time.

    Lots are by asset, then by place, then by age. `unpriced` says by key what is of unknown value.
    """

    disposals: Sequence[Disposal]
    removals: Sequence[Removal]
    lots: Sequence[Lot]
    shortfalls: Sequence[Shortfall]
    incomes: Sequence[Income]
    unpriced: Mapping[Key, str]
