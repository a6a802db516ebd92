"""Reviews: inputs made into a proposal with a reason for every asset."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from indices.calc.canonical import digest
from indices.calc.composition import Composition, Verdict, compose
from indices.calc.inputs import ReviewInputs, ReviewKind
from indices.calc.rules import Rules
from indices.models import Index, Review, ReviewLine
from indices.services.gathering import cutoff_of, gatherer_as_of

STORED = Decimal("1e-18")
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A review that nobody has stored: the verdicts, best rank first, and what stood in the way, if anything."""

    cutoff_day: date
    cutoff_at: datetime
    verdicts: Sequence[Verdict]
    problem: str


def preview_review(*, index: Index, rules: Rules, cutoff_day: date, at: datetime) -> Preview:
    """Review an index at a cut-off under given rules, and write nothing.

    Incumbents are the constituents in force at the close of the cut-off day.
    """
    cutoff = cutoff_of(day=cutoff_day, at=at)
    gatherer = gatherer_as_of(index=index, day=cutoff_day, rules=rules)
    composition = compose(gatherer.gather(ReviewKind.RECONSTITUTION, rules, cutoff))
    return Preview(
        cutoff_day=cutoff_day,
        cutoff_at=cutoff.known_at,
        verdicts=composition.verdicts,
        problem=composition.problem,
    )


def draw_up(*, review: Review, inputs: ReviewInputs, auto_approve: bool, rehearses: bool = False) -> list[ReviewLine]:
    """Fill in a review from its inputs and return its lines, all unsaved.

    Without a problem it waits for approval, or is approved at once and announced when its day has come. A rehearsal is
    never stored: it keeps no text of its inputs, and only the lines that later reviews or the basket need.
    """
    composition: Composition = compose(inputs)
    if not rehearses:
        review.inputs = inputs.to_text()
        review.snapshot_hash = digest(review.inputs)
    review.exposure = composition.exposure
    review.volatility_exposure = composition.volatility_exposure
    if composition.problem:
        review.status = Review.Status.NEEDS_REVIEW
        review.reason = composition.problem[:300]
    else:
        review.status = Review.Status.COMPUTED
        review.reason = review.reason or inputs.fired[:300]
    if auto_approve and review.status == Review.Status.COMPUTED:
        review.status = Review.Status.APPROVED
        review.approved_at = review.computed_at
        announce_if_due(review, review.cutoff_day)
    keeps_all = not rehearses or inputs.rules.streak > 1
    needed = (each for each in composition.verdicts if keeps_all or each.is_selected or each.is_sleeve)
    return [line_of(review, verdict) for verdict in needed]


def announce_if_due(review: Review, day: date) -> bool:
    """Announce an approved review in the night of the day before its announcement, or later; tell whether it was."""
    if review.status != Review.Status.APPROVED or review.announce_day > day + ONE_DAY:
        return False
    review.status = Review.Status.ANNOUNCED
    return True


def origin_of(review: Review) -> str:
    """Return why a review came to be, in the words of its inputs: what fired it, or why it was asked for.

    What it waits for may stand in its `reason` meanwhile; only before there are inputs it is the one place.
    """
    if review.inputs:
        return str(json.loads(review.inputs)["fired"])[:300]
    return review.reason if review.kind == Review.Kind.EXTRAORDINARY else ""


def line_of(review: Review, verdict: Verdict) -> ReviewLine:
    """Return a verdict as a row."""
    candidate = verdict.candidate
    return ReviewLine(
        review=review,
        asset_id=candidate.asset_id,
        rank=verdict.rank,
        market_cap=candidate.market_cap,
        median_volume=_stored(candidate.median_volume),
        age_days=candidate.age_days,
        metrics=dict(verdict.metrics),
        is_incumbent=verdict.is_incumbent,
        is_selected=verdict.is_selected,
        is_sleeve=verdict.is_sleeve,
        reason=verdict.reason,
        detail=verdict.detail[:200],
        raw_weight=verdict.raw_weight,
        base_weight=verdict.base_weight,
        weight=verdict.weight,
    )


def _stored(figure: float | None) -> Decimal | None:
    """Return a float's shortest decimal form on the grid of the column."""
    return None if figure is None else Decimal(repr(figure)).quantize(STORED)
