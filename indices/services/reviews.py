"""Reviews: what was known at a cut-off, made into a basket with a reason for every asset."""

from collections.abc import Sequence, Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from indices.calc.composition import Composition, Verdict, compose
from indices.calc.rules import Rules
from indices.models import Index, Rebalance, Review, ReviewLine
from indices.services.market_nights import MarketNights
from market.models import SOURCE_LAG, close_of

STORED = Decimal("1e-18")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A review that nobody has stored: the verdicts, best rank first, and what stood in the way, if anything."""

    cutoff_day: date
    cutoff_at: datetime
    verdicts: Sequence[Verdict]
    problem: str


def known_until(*, cutoff_day: date, at: datetime) -> datetime:
    """Return the instant after which nothing recorded counts for a cut-off: its close and the sources' lag, or now."""
    return min(at, close_of(cutoff_day) + SOURCE_LAG)


def preview_review(*, index: Index, rules: Rules, cutoff_day: date, at: datetime) -> Preview:
    """Review an index at a cut-off under given rules, and write nothing.

    Incumbents are the constituents in force at the close of the cut-off day.
    """
    market = MarketNights(simulated=index.universe == Index.Universe.SIMULATED, first=cutoff_day, end=cutoff_day)
    in_force = Rebalance.objects.filter(index=index, effective_day__lte=cutoff_day).order_by("-effective_day").first()
    incumbents = set(in_force.holdings.values_list("asset_id", flat=True)) if in_force else set()
    cutoff_at = known_until(cutoff_day=cutoff_day, at=at)
    composition = compose(market.snapshot(cutoff_day, cutoff_at).candidates, incumbents, rules)
    return Preview(
        cutoff_day=cutoff_day, cutoff_at=cutoff_at, verdicts=composition.verdicts, problem=composition.problem
    )


def draw_up(
    *, review: Review, market: MarketNights, rules: Rules, incumbents: AbstractSet[str]
) -> tuple[Review, list[ReviewLine]]:
    """Fill in a review and make its lines, all unsaved: pending, or in need of a curator with the reason why."""
    snapshot = market.snapshot(review.cutoff_day, review.cutoff_at)
    composition: Composition = compose(snapshot.candidates, incumbents, rules)
    review.snapshot_hash = snapshot.digest
    review.reason = composition.problem[:300]
    review.status = Review.Status.NEEDS_REVIEW if composition.problem else Review.Status.PENDING
    return review, [_line(review, verdict) for verdict in composition.verdicts]


def _line(review: Review, verdict: Verdict) -> ReviewLine:
    candidate = verdict.candidate
    return ReviewLine(
        review=review,
        asset_id=candidate.asset_id,
        rank=verdict.rank,
        market_cap=candidate.market_cap,
        median_volume=_stored(candidate.median_volume),
        age_days=candidate.age_days,
        is_incumbent=verdict.is_incumbent,
        is_selected=verdict.weight is not None,
        reason=verdict.reason,
        detail=verdict.detail,
        raw_weight=verdict.raw_weight,
        weight=verdict.weight,
    )


def _stored(figure: float | None) -> Decimal | None:
    """Return a float's shortest decimal form on the grid of the column."""
    return None if figure is None else Decimal(repr(figure)).quantize(STORED)
