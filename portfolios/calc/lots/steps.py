"""What the matching sees of one asset: arrivals, moves and exits in order, in whole numbers of the grid."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from portfolios.calc.lots.happenings import Key

NO_LOT = -1
"""Stands for the rank of a lot where a pool hides it."""
Part = tuple[int, int, int, int]
"""A part of a lot: its rank by age, quantity, cost, and unit cost as HIFO compares it."""
Priced = tuple[int, int, int | None, int, int | None]
"""A part as it is reported: rank, quantity, proceeds, cost, gain; no proceeds and no gain where they are unknown."""
Named = list[tuple[Key, int]]
"""The lots chosen and how much of each is still to take; shared by all that one happening takes of an asset."""


@dataclass(slots=True, kw_only=True, eq=False)
class Arrival:
    """An acquisition. `rank` is its age among all of the asset, 0 for the oldest.

    `unit` is its cost per coin, scaled so that whole numbers compare as the fractions do; 0 if no method asks.
    """

    key: Key
    at: datetime
    order: int
    acquired_at: datetime
    place: Hashable
    quantity: int
    cost: int
    is_unpriced: bool
    rank: int = 0
    unit: int = 0
    phase: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class Exit:
    """What leaves for good: a disposal with its proceeds (None: unknown), or a removal.

    The matching fills in `matches` and `uncovered`; `parts` with the `rules` that found them (none: `lot`) are all that
    led to it.
    """

    key: Key
    at: datetime
    order: int
    kind: str
    place: Hashable
    quantity: int
    proceeds: int | None = None
    is_removal: bool = False
    named: Named = field(default_factory=list)
    parts: Sequence[Part] = ()
    rules: Sequence[str] = ()
    matches: Sequence[Priced] = ()
    uncovered: int = 0
    phase: int = 2


@dataclass(slots=True, kw_only=True, eq=False)
class Move:
    """A transfer: `fee` leaves from `place`, then `quantity` moves and `received` arrives; `added` joins its cost.

    A fee that is a removal leaves its cost to what arrives. The matching fills in `uncovered`, and what `arrived`.
    """

    key: Key
    at: datetime
    order: int
    place: Hashable
    to_place: Hashable
    quantity: int
    received: int
    added: int = 0
    fee: Exit | None = None
    named: Named = field(default_factory=list)
    uncovered: int = 0
    arrived: int = 0
    phase: int = 1


Step = Arrival | Exit | Move


@dataclass(slots=True, kw_only=True)
class Flow:
    """All steps of one asset, in order once `put_in_order` has run; `ranked` are the arrivals by age."""

    asset: str
    steps: list[Step] = field(default_factory=list)
    ranked: list[Arrival] = field(default_factory=list)
    rank_of: dict[Key, int] = field(default_factory=dict)
    scale: int = 0

    def put_in_order(self, *, by_unit_cost: bool) -> None:
        """Order the steps (instant; arrivals, moves, exits; entry order) and rank the arrivals by age.

        Two fractions with denominators up to n differ by at least 1 / n², so their integer parts differ once they are
        scaled by n²: unit costs compare exactly as whole numbers.
        """
        self.steps.sort(key=lambda step: (step.at, step.phase, step.order))
        arrivals = [step for step in self.steps if isinstance(step, Arrival)]
        self.ranked = sorted(arrivals, key=lambda arrival: arrival.acquired_at)
        self.rank_of = {arrival.key: rank for rank, arrival in enumerate(self.ranked)}
        if by_unit_cost:
            received = sum(step.received for step in self.steps if isinstance(step, Move))
            self.scale = (sum(arrival.quantity for arrival in arrivals) + received) ** 2
        for rank, arrival in enumerate(self.ranked):
            arrival.rank = rank
            arrival.unit = arrival.cost * self.scale // arrival.quantity
