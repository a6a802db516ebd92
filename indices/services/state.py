"""What is stored of one index, read once before its nights are walked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from indices.calc.rules import Rules, RulesError
from indices.models import Index, Level, Methodology, Rebalance, Review, ReviewLine
from indices.services.levels import HeldBasket


class CannotRunError(Exception):
    """The index cannot be run at all; the message says why in a curator's words."""


@dataclass(slots=True, kw_only=True)
class IndexState:
    """Baskets and current levels from a day on, every cut-off reviewed, the review that waits for its close."""

    methodologies: Sequence[tuple[Methodology, Rules]]
    baskets: list[HeldBasket]
    levels: Mapping[date, Level]
    last_level_day: date | None
    review_cutoffs: set[date]
    pending: Review | None
    pending_lines: Sequence[ReviewLine]
    changed: dict[int, Review] = field(default_factory=dict)

    @classmethod
    def load(cls, *, index: Index, first: date, end: date) -> "IndexState":
        """Read an index in seven queries.

        Raises CannotRunError.
        """
        rebalances = Rebalance.objects.filter(index=index)
        in_force = rebalances.filter(effective_day__lt=first).order_by("-effective_day").first()
        since = in_force.effective_day if in_force else first
        levels = Level.objects.current().filter(index=index)
        reviews = Review.objects.filter(index=index)
        pending = reviews.filter(status=Review.Status.PENDING).order_by("-cutoff_day").first()
        return cls(
            methodologies=_published(index),
            baskets=[
                HeldBasket.of(rebalance)
                for rebalance in rebalances.filter(effective_day__gte=since)
                .order_by("effective_day")
                .prefetch_related("holdings")
            ],
            levels={level.day: level for level in levels.filter(day__range=(first, end))},
            last_level_day=levels.order_by("-day").values_list("day", flat=True).first(),
            review_cutoffs=set(reviews.values_list("cutoff_day", flat=True)),
            pending=pending,
            pending_lines=list(pending.lines.filter(is_selected=True).order_by("rank")) if pending else [],
        )

    def basket_before(self, day: date) -> HeldBasket | None:
        """Return the basket that makes the level of a day: the latest that took effect at an earlier close."""
        return next((basket for basket in reversed(self.baskets) if basket.effective_day < day), None)

    def methodology_for(self, effective_day: date) -> tuple[Methodology, Rules]:
        """Return the rules for a review that takes effect on a day: the latest published from then or before."""
        started = (pair for pair in reversed(self.methodologies) if pair[0].starts_by(effective_day))
        return next(started, self.methodologies[0])

    def pending_weights(self) -> dict[str, Decimal]:
        """Return the weights that wait for their close, best rank first."""
        return {line.asset_id: line.weight for line in self.pending_lines if line.weight is not None}

    def pending_market_caps(self) -> dict[str, Decimal]:
        """Return the market caps in USD, at the cut-off, of the assets that wait for their close."""
        return {line.asset_id: line.market_cap for line in self.pending_lines if line.market_cap is not None}


def _published(index: Index) -> list[tuple[Methodology, Rules]]:
    """Return the published methodologies with their rules, in the order in which they come into force."""
    try:
        read = [(methodology, Rules.from_params(methodology.params)) for methodology in index.methodologies.published()]
    except RulesError as error:
        raise CannotRunError(f"The published methodology cannot be read. {error}") from error
    if not read:
        raise CannotRunError("No methodology is published.")
    return read
