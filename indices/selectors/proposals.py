"""What a proposal would change, and why: read from the inputs that were frozen at its cut-off."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from indices.calc.execution import ExecutionInputs, FixedBasket, costs_of, fix
from indices.calc.inputs import ReviewInputs
from indices.calc.signals import SIGNALS
from indices.models import Review, ReviewLine
from indices.selectors.factsheets import NEAR_MISSES
from market.models import Asset

ZERO, ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One asset before and after: weights as fractions of 1, the one before live at the cut-off.

    `what` is "in", "out" or "stays".
    """

    asset: Asset
    what: str
    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        """The weight that changes hands, signed."""
        return self.after - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class LineGroup:
    """Lines of one fate under their heading."""

    title: str
    lines: list[ReviewLine]
    has_weights: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A review as an approver looks at it.

    Turnover (one way) and cost are estimated at the closes of the cut-off, as fractions of 1; `theta` is the share of
    the way that the turnover limit allows, None where it does not bind. `gate` and `signals` are "bull", "neutral" or
    "bear". All of them are empty without a basket. `is_exposed` tells whether signals or volatility may leave weight
    over.
    """

    changes: list[Change]
    turnover: Decimal | None
    cost: Decimal | None
    theta: Decimal | None
    groups: list[LineGroup]
    is_exposed: bool
    gate: str
    signals: Mapping[str, str]

    @property
    def entering(self) -> int:
        """How many assets come in."""
        return sum(change.what == "in" for change in self.changes)

    @property
    def leaving(self) -> int:
        """How many assets go out."""
        return sum(change.what == "out" for change in self.changes)


def get_proposal(*, review: Review) -> Proposal | None:
    """Return what a review would change; None while it waits to be computed. Two queries."""
    if review.status == Review.Status.DRAFT or not review.inputs:
        return None
    inputs = ReviewInputs.from_text(review.inputs)
    lines = list(review.lines.select_related("asset"))
    targets = {line.asset_id: line.weight for line in lines if line.weight}
    fixed = _estimate(inputs, targets) if targets else None
    return Proposal(
        changes=_changes(inputs, lines, targets) if targets else [],
        turnover=fixed.turnover if fixed else None,
        cost=fixed.cost if fixed else None,
        theta=fixed.theta if fixed else None,
        groups=_groups(lines),
        is_exposed=inputs.rules.has_sleeve,
        gate=SIGNALS[inputs.gate].value if inputs.gate is not None else "",
        signals={asset_id: SIGNALS[signal].value for asset_id, signal in sorted(inputs.signals.items())},
    )


def _estimate(inputs: ReviewInputs, targets: Mapping[str, Decimal]) -> FixedBasket:
    """Fix the basket as the night would, at the closes of the cut-off.

    With every price at 1 and the level at 1 the live weights are the units held: turnover and cost are ratios, so that
    is all they look at.
    """
    return fix(
        ExecutionInputs(
            effective_day=inputs.cutoff_day,
            level=ONE,
            held=inputs.current,
            prices=dict.fromkeys({*inputs.current, *targets}, ONE),
            targets=targets,
            market_caps=dict.fromkeys(targets, ONE),
            volumes={c.asset_id: c.median_volume for c in inputs.candidates if c.asset_id in targets},
            **costs_of(inputs.rules),  # type: ignore[arg-type] # names and types are those of the rules
        )
    )


def _changes(inputs: ReviewInputs, lines: list[ReviewLine], targets: Mapping[str, Decimal]) -> list[Change]:
    """Return every asset held before or after, the largest weight after first."""
    assets = {line.asset_id: line.asset for line in lines}
    missing = inputs.current.keys() - assets.keys()
    assets |= Asset.objects.in_bulk(missing) if missing else {}
    held = {asset_id: weight for asset_id, weight in inputs.current.items() if weight}
    return [
        Change(
            asset=assets[asset_id],
            what="stays" if asset_id in held and asset_id in targets else "in" if asset_id in targets else "out",
            before=held.get(asset_id, ZERO),
            after=targets.get(asset_id, ZERO),
        )
        for asset_id in sorted({*held, *targets}, key=lambda a: (-targets.get(a, ZERO), -held.get(a, ZERO), a))
    ]


def _groups(lines: list[ReviewLine]) -> list[LineGroup]:
    """Return the lines by what becomes of them; near misses are the best ranked, then the largest, of those out."""
    ranked = sorted(lines, key=lambda line: (line.rank or len(lines) + 1, -(line.market_cap or ZERO), line.asset_id))
    out = [line for line in ranked if not line.is_selected and not line.is_sleeve]
    groups = [
        LineGroup(title="In", lines=[line for line in ranked if line.is_selected], has_weights=True),
        LineGroup(title="Sleeve", lines=[line for line in ranked if line.is_sleeve], has_weights=True),
        LineGroup(title="Near misses", lines=out[:NEAR_MISSES], has_weights=False),
        LineGroup(title="Out", lines=out[NEAR_MISSES:], has_weights=False),
    ]
    return [group for group in groups if group.lines]
