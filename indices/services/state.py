"""What is stored of one index, read once before its nights are walked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from indices.calc.carryover import inherited
from indices.calc.rules import Proceeds, Rules, RulesError
from indices.models import Ballot, Index, Level, Methodology, Rebalance, Review, ReviewLine
from indices.services.levels import HeldBasket
from market.models import AssetEvent


class CannotRunError(Exception):
    """The index cannot be run at all; the message says why in a curator's words."""


@dataclass(slots=True, kw_only=True)
class IndexState:
    """Baskets and current levels from a day on, every cut-off reviewed, the review that waits for its close.

    `effective` is the review in force with its lines: members, base weights and streaks come from it, `events` are
    those carried out since. `triggered` are the effective days of past triggers, `ballots` the ballots by cut-off.
    """

    methodologies: Sequence[tuple[Methodology, Rules]]
    baskets: list[HeldBasket] = field(default_factory=list)
    levels: Mapping[date, Level] = field(default_factory=dict)
    last_level_day: date | None = None
    review_cutoffs: set[date] = field(default_factory=set)
    triggered: list[date] = field(default_factory=list)
    ballots: Mapping[date, Ballot] = field(default_factory=dict)
    pending: Review | None = None
    pending_lines: Sequence[ReviewLine] = ()
    effective: Review | None = None
    effective_lines: Sequence[ReviewLine] = ()
    streaks: Mapping[str, int] = field(default_factory=dict)
    events: list[AssetEvent] = field(default_factory=list)
    changed: dict[int, Review] = field(default_factory=dict)

    @classmethod
    def load(cls, *, index: Index, first: date, end: date) -> "IndexState":
        """Read an index in a fixed number of queries.

        Raises CannotRunError.
        """
        methodologies = _announced(index)
        rebalances = Rebalance.objects.current().filter(index=index)
        in_force = rebalances.filter(effective_day__lt=first).last()
        since = in_force.effective_day if in_force else first
        levels = Level.objects.current().filter(index=index)
        reviews = Review.objects.filter(index=index)
        pending = reviews.filter(status__in=Review.WAITING).order_by("-cutoff_day").first()
        effective = reviews.filter(status=Review.Status.EFFECTIVE).order_by("-effective_day").first()
        return cls(
            methodologies=methodologies,
            baskets=[
                HeldBasket.of(rebalance)
                for rebalance in rebalances.filter(effective_day__gte=since).prefetch_related("holdings")
            ],
            levels={level.day: level for level in levels.filter(day__range=(first, end))},
            last_level_day=levels.order_by("-day").values_list("day", flat=True).first(),
            review_cutoffs=set(reviews.exclude(kind=Review.Kind.EXTRAORDINARY).values_list("cutoff_day", flat=True)),
            triggered=_past_triggers(index, methodologies),
            ballots=_ballots(index, [rules for _, rules in methodologies]),
            pending=pending,
            pending_lines=_selected(pending),
            effective=effective,
            effective_lines=_selected(effective),
            events=_events_since(index, effective),
            streaks=_streaks(index, [rules for _, rules in methodologies]),
        )

    @classmethod
    def as_of(cls, *, index: Index, day: date, rules: Rules) -> "IndexState":
        """Read how an index stood after the close of a day, for one more review with that cut-off under some rules."""
        rebalances = Rebalance.objects.current().filter(index=index, effective_day__lte=day)
        in_force = rebalances.prefetch_related("holdings").last()
        taken = Review.objects.filter(index=index, effective_day__lte=day, status__in=Review.TAKEN)
        effective = taken.order_by("-effective_day").first()
        return cls(
            methodologies=(),
            baskets=[HeldBasket.of(in_force)] if in_force else [],
            effective=effective,
            effective_lines=_selected(effective),
            events=_events_since(index, effective, until=day),
            ballots=_ballots(index, [rules]),
            streaks=_streaks(index, [rules], before=day),
        )

    def basket_before(self, day: date) -> HeldBasket | None:
        """Return the basket that makes the level of a day: the latest that took effect at an earlier close."""
        return next((basket for basket in reversed(self.baskets) if basket.effective_day < day), None)

    def basket_after(self, day: date) -> HeldBasket | None:
        """Return the basket in force after the close of a day."""
        return next((basket for basket in reversed(self.baskets) if basket.effective_day <= day), None)

    def methodology_for(self, effective_day: date) -> tuple[Methodology, Rules]:
        """Return the rules for a review that takes effect on a day: the latest announced from then or before."""
        started = (pair for pair in reversed(self.methodologies) if pair[0].starts_by(effective_day))
        return next(started, self.methodologies[0])

    def rules_of(self, review: Review) -> Rules:
        """Return the rules under which a review was drawn up; a later version may have started since."""
        return next(rules for methodology, rules in self.methodologies if methodology == review.methodology)

    def members(self, rules: Rules) -> frozenset[str]:
        """Return the constituents in force, those with no weight for now included.

        The sleeve is left out, also where it holds what a delisted constituent left.
        """
        basket = self.baskets[-1] if self.baskets else None
        if basket is None:
            return frozenset()
        chosen = {line.asset_id for line in self.effective_lines if line.is_selected}
        parked = {line.asset_id for line in self.effective_lines if line.is_sleeve} | (set(rules.sleeve) - chosen)
        resting = {line.asset_id for line in self.effective_lines if line.is_selected and not line.weight}
        return (frozenset(basket.asset_ids) - parked) | frozenset(resting)

    def base_weights(self, rules: Rules) -> dict[str, Decimal]:
        """Return the base weights of the review in force, carried over the events since."""
        base = {line.asset_id: line.base_weight for line in self.effective_lines if line.base_weight}
        for event in self.events:
            if event.takes_away:
                scales = rules.proceeds == Proceeds.SURVIVORS
                base = inherited(base, asset_id=event.asset_id, heir=event.new_asset_id, to_survivors=scales)
        return base

    def pending_weights(self) -> dict[str, Decimal]:
        """Return the weights that wait for their close, best rank first; what has no weight is not bought."""
        return {line.asset_id: line.weight for line in self.pending_lines if line.weight}


def _announced(index: Index) -> list[tuple[Methodology, Rules]]:
    """Return the announced methodologies with their rules, in the order in which they come into force."""
    try:
        read = [(methodology, Rules.from_params(methodology.params)) for methodology in index.methodologies.announced()]
    except RulesError as error:
        raise CannotRunError(f"The announced methodology cannot be read. {error}") from error
    if not read:
        raise CannotRunError("No methodology is announced.")
    return read


def _selected(review: Review | None) -> list[ReviewLine]:
    """Return the lines of constituents and sleeve, best rank first."""
    if review is None:
        return []
    return [line for line in review.lines.order_by("rank", "asset_id") if line.is_selected or line.is_sleeve]


def _events_since(index: Index, review: Review | None, *, until: date = date.max) -> list[AssetEvent]:
    """Return the events that have changed the basket of the review in force, in order."""
    if review is None:
        return []
    baskets = Rebalance.objects.current().filter(index=index, kind=Rebalance.Kind.EVENT)
    since = baskets.filter(effective_day__gt=review.effective_day, effective_day__lte=until)
    return [basket.event for basket in since.select_related("event") if basket.event]


def _past_triggers(index: Index, methodologies: Sequence[tuple[Methodology, Rules]]) -> list[date]:
    if not any(rules.has_triggers for _, rules in methodologies):
        return []
    # One that came to nothing counts too, as it does within a run: nights in one run or in many give the same levels.
    triggers = Review.objects.filter(index=index, kind=Review.Kind.TRIGGER)
    return list(triggers.order_by("cutoff_day").values_list("cutoff_day", flat=True))


def _ballots(index: Index, rules: Sequence[Rules]) -> dict[date, Ballot]:
    if not any(each.counts_votes for each in rules):
        return {}
    return {ballot.cutoff_day: ballot for ballot in index.ballots.prefetch_related("votes")}


def _streaks(index: Index, rules: Sequence[Rules], *, before: date = date.max) -> dict[str, int]:
    """Return how many reviews in a row each asset has passed, by the newest reconstitution with an earlier cut-off."""
    if not any(each.streak > 1 for each in rules):
        return {}
    earlier = Review.objects.filter(index=index, kind=Review.Kind.RECONSTITUTION, cutoff_day__lt=before)
    newest = earlier.order_by("-cutoff_day").first()
    return {line.asset_id: int(line.metrics.get("streak", 0)) for line in newest.lines.all()} if newest else {}
