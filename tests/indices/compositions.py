"""Builders of frozen inputs for tests of compositions."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np

from indices.calc.composition import Composition, compose
from indices.calc.inputs import Candidate, ReviewInputs, ReviewKind
from tests.indices.factories import make_rules

DAY = date(2023, 1, 1)
SOUND = Candidate(
    asset_id="a",
    sector="layer1",
    token_type="utility",
    flags=frozenset(),
    admitted=True,
    close=Decimal(10),
    market_cap=Decimal(900),
    median_volume=6e6,
    age_days=400,
    last_priced_day=DAY,
)
DOLLAR = replace(SOUND, asset_id="s", sector="stablecoin", flags=frozenset({"stable"}), close=Decimal(1))


def coins(**changes: Sequence[Any]) -> tuple[Candidate, ...]:
    """Return candidates a, b, c with a figure of each."""
    count = len(next(iter(changes.values())))
    names = "abcdefgh"[:count]
    return tuple(
        replace(SOUND, asset_id=name, **{key: values[place] for key, values in changes.items()})
        for place, name in enumerate(names)
    )


def composed(candidates: Sequence[Candidate], *, kind: str = "reconstitution", **known: Any) -> Composition:
    """Compose three assets under rules given as overrides."""
    rules = {"count": len(candidates), "enter": 0, "keep": len(candidates), "min_count": 1} | known.pop("rules", {})
    inputs = ReviewInputs(
        kind=ReviewKind(kind), rules=make_rules(**rules), cutoff_day=DAY, candidates=tuple(candidates), **known
    )
    return compose(inputs)


def weights(outcome: Composition) -> dict[str, str]:
    """Return the weights above 0 at six decimals."""
    assert outcome.problem == ""
    return {v.candidate.asset_id: f"{v.weight:.6f}" for v in outcome.verdicts if v.weight}


def path(daily: Sequence[float], *, start: float = 100.0) -> list[float | None]:
    """Return closes that change by these fractions."""
    return [float(close) for close in start * np.cumprod([1.0, *(1 + change for change in daily)])]


ZIGZAG = [0.01 * (-1) ** n for n in range(90)]
