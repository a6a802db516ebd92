"""Ready-made targets over the indices that are there."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from indices.models import Index

SHARES: Mapping[str, Mapping[str, Decimal]] = {
    "core": {"core": Decimal("0.95")},
    "core_satellite": {"core": Decimal("0.65"), "satellite": Decimal("0.30")},
    "three_tiers": {"core": Decimal("0.55"), "satellite": Decimal("0.30"), "speculative": Decimal("0.10")},
}
NAMES = {"core": "Core only", "core_satellite": "Core and satellite", "three_tiers": "Core, satellite, speculative"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetTemplate:
    """Targets, fractions of 1, of one index a tier; what is left over is cash."""

    key: str
    name: str
    targets: Mapping[Index, Decimal]

    @property
    def summary(self) -> str:
        """Say it in a line."""
        parts = [f"{index.name} {weight:.0%}" for index, weight in self.targets.items()]
        return ", ".join([*parts, f"cash {1 - sum(self.targets.values(), Decimal(0)):.0%}"])


def get_followable_indices() -> list[Index]:
    """Return the indices that take new money, real ones first."""
    return list(Index.objects.active().order_by("universe", "tier", "slug"))


def get_target_templates(indices: list[Index]) -> list[TargetTemplate]:
    """Return the templates whose tiers all have an index, each tier with the first index of it."""
    first: dict[str, Index] = {}
    for index in indices:
        first.setdefault(index.tier, index)
    return [
        TargetTemplate(key=key, name=NAMES[key], targets={first[tier]: share for tier, share in shares.items()})
        for key, shares in SHARES.items()
        if set(shares) <= set(first)
    ]
