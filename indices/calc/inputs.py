"""Everything that a review may look at, as one frozen record: its verdicts follow from it and from nothing else."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from indices.calc.canonical import canonical
from indices.calc.rules import Rules


class ReviewKind(StrEnum):
    """What a review sets anew; the values are those of the stored reviews."""

    RECONSTITUTION = "reconstitution"
    REBALANCE = "rebalance"
    RECAP = "recap"
    TRIGGER = "trigger"
    EXTRAORDINARY = "extraordinary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One asset at a cut-off. Money in USD; `flags` are keys of EXCLUSIONS; None is unknown.

    `close` and `market_cap` are those of the cut-off day; `median_volume` and `recent_volume` are the median values
    traded a day over 90 and 30 days; `admitted` is the curators' own switch; `diligence` is the mean score, 1 to 5.
    `momentum`, `sharpe` and `volatility` (a year) look back as far as the rules say, and are None where no rule asks.
    `passed_before` counts the reviews in a row that it has passed.
    """

    asset_id: str
    sector: str | None
    token_type: str | None = None
    jurisdiction: str = ""
    flags: frozenset[str]
    admitted: bool
    close: Decimal | None
    market_cap: Decimal | None
    median_volume: float | None
    recent_volume: float | None = None
    age_days: int
    last_priced_day: date
    diligence: Decimal | None = None
    momentum: float | None = None
    sharpe: float | None = None
    volatility: float | None = None
    passed_before: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewInputs:
    """What was known at a cut-off, and how the index stood.

    incumbents : constituents before, sleeve left out
    current : weights at the close of the cut-off day, sleeve included, summing to 1; empty before the first basket
    targets : weights at which the basket in force was set
    base : those of the last review before its exposure, see `ReviewLine.base_weight`
    closes : of the days up to the cut-off, oldest first, of assets that may be held; None where there was none
    signals : acted signals of assets that may be held, and gate the market's: 1 bull, 0 neutral, -1 bear
    votes : votes by asset, and voters; None where no ballot was held
    volatility_exposure : the one in force, a fraction of 1
    trigger, fired : "drift" or "volatility", and in words what fired; empty without a trigger
    """

    kind: ReviewKind
    rules: Rules
    cutoff_day: date
    candidates: tuple[Candidate, ...]
    incumbents: frozenset[str] = frozenset()
    current: Mapping[str, Decimal] = field(default_factory=dict)
    targets: Mapping[str, Decimal] = field(default_factory=dict)
    base: Mapping[str, Decimal] = field(default_factory=dict)
    closes: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    signals: Mapping[str, int] = field(default_factory=dict)
    gate: int | None = None
    votes: Mapping[str, int] | None = None
    exposure: Decimal = Decimal(1)
    volatility_exposure: Decimal = Decimal(1)
    trigger: str = ""
    fired: str = ""

    def to_text(self) -> str:
        """Return canonical JSON, from which `from_text` makes equal inputs."""
        shown = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "rules"}
        return canonical(shown | {"rules": self.rules.to_params()})

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what `to_text` wrote."""
        read: dict[str, Any] = json.loads(text)
        return cls(
            kind=ReviewKind(read["kind"]),
            rules=Rules.from_params(read["rules"]),
            cutoff_day=date.fromisoformat(read["cutoff_day"]),
            candidates=tuple(_candidate(row) for row in read["candidates"]),
            incumbents=frozenset(read["incumbents"]),
            current=_decimals(read["current"]),
            targets=_decimals(read["targets"]),
            base=_decimals(read["base"]),
            closes={
                asset_id: [None if close is None else float(close) for close in row]
                for asset_id, row in read["closes"].items()
            },
            signals=read["signals"],
            gate=read["gate"],
            votes=read["votes"],
            exposure=Decimal(read["exposure"]),
            volatility_exposure=Decimal(read["volatility_exposure"]),
            trigger=read["trigger"],
            fired=read["fired"],
        )


_DECIMALS = ("close", "market_cap", "diligence")
_FLOATS = ("median_volume", "recent_volume", "momentum", "sharpe", "volatility")


def _candidate(row: Mapping[str, Any]) -> Candidate:
    read = dict(row)
    for name in _DECIMALS:
        read[name] = None if row[name] is None else Decimal(row[name])
    for name in _FLOATS:
        read[name] = None if row[name] is None else float(row[name])
    read["flags"] = frozenset(row["flags"])
    read["last_priced_day"] = date.fromisoformat(row["last_priced_day"])
    return Candidate(**read)


def _decimals(row: Mapping[str, str]) -> dict[str, Decimal]:
    return {name: Decimal(value) for name, value in row.items()}
