"""What an item of the safety card is, and what its makers refuse."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 1e-9


class SafetyInputError(ValueError):
    """The weights are not those of a whole basket, or names, weights and figures are not as many."""


class State(StrEnum):
    """Where a figure stands: within its threshold, beyond it, or not known."""

    OK = "ok"
    WATCH = "watch"
    UNKNOWN = "unknown"


class Topic(StrEnum):
    """What an item is about; the order is that of the card."""

    COMPLETENESS = "completeness"
    CONCENTRATION = "concentration"
    LIQUIDITY = "liquidity"
    SECTORS = "sectors"
    COVERAGE = "coverage"
    RECORD = "record"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One figure of the card.

    `unit` is "share" (a fraction of 1), "days", or "count"; `is_least` tells whether the threshold is a lower bound.
    `value` is None where it is not known, or where no number says it. `working` is the arithmetic, a line a step.
    """

    key: str
    topic: Topic
    title: str
    value: float | None
    unit: str
    threshold: float
    is_least: bool
    state: State
    words: str
    working: Sequence[str]

    def to_json(self) -> dict[str, Any]:
        """Return JSON that `from_json` makes an equal item of."""
        return asdict(self) | {"topic": self.topic.value, "state": self.state.value, "working": list(self.working)}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        read = {**row, "topic": Topic(row["topic"]), "state": State(row["state"]), "working": tuple(row["working"])}
        return cls(**read)


def state_of(value: float | None, threshold: float, *, is_least: bool) -> State:
    """Compare a figure with its threshold; one that is on it is within."""
    if value is None:
        return State.UNKNOWN
    beyond = threshold - value if is_least else value - threshold
    return State.WATCH if beyond > TOLERANCE else State.OK


def check_basket(weights: NDArray[np.float64], *others: Sequence[object] | NDArray[np.float64]) -> None:
    """Refuse weights that are negative or do not sum to 1, and rows of another length.

    Raises
    ------
    SafetyInputError

    """
    is_whole = weights.ndim == 1 and bool((weights >= 0).all()) and abs(float(weights.sum()) - 1) <= TOLERANCE
    if not is_whole:
        raise SafetyInputError("Weights are not negative and sum to 1.")
    if any(len(row) != weights.size for row in others):
        raise SafetyInputError(f"There are {weights.size} weights; every row has one entry for each.")
