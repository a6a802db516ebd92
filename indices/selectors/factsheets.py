"""What a factsheet says besides figures: who is in and why, who is out and why, the rules in words, past reviews."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import F, QuerySet

from indices.calc.rules import Rules, describe
from indices.calc.schedules import next_effective_day
from indices.calc.shares import share_out
from indices.models import Index, Methodology, Review, ReviewLine
from indices.selectors.baskets import get_basket

NEAR_MISSES = 12
WEIGHT_STEP = Decimal("0.0001")
IN_WORDS = {
    "auto_in": "Among the first ranks",
    "kept_by_buffer": "Kept by the buffer",
    "topped_up": "Fills the basket",
    "below_buffer": "Ranked too low",
    "ineligible:unclassified": "Not classified",
    "ineligible:sector": "Other sector",
    "ineligible:not_admitted": "Not admitted",
    "ineligible:age": "Too young",
    "ineligible:stale_price": "No price",
    "ineligible:market_cap": "Market cap unknown",
    "ineligible:liquidity": "Too little traded",
}


@dataclass(frozen=True, slots=True)
class Constituent:
    """An asset that is in: close in USD, weights as fractions of 1, why the last review took it.

    The live weights are in steps of 0.0001 and sum to exactly 1 as they are written; exact ones are in `get_basket`.
    """

    asset_id: str
    symbol: str
    name: str
    price: Decimal
    weight: Decimal
    target: Decimal
    reason: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """The rules in force on a day, in words."""

    methodology: Methodology
    sentences: Sequence[str]
    next_effective_day: date


def get_constituents(*, index: Index, day: date) -> list[Constituent]:
    """Return what is in the index after the close of a day, heaviest first."""
    basket = get_basket(index=index, day=day)
    if basket is None:
        return []
    lines = ReviewLine.objects.filter(
        review__rebalance__effective_day=basket.effective_day, review__index=index, is_selected=True
    ).select_related("asset")
    reviewed = {line.asset_id: line for line in lines}
    weights = share_out(Decimal(1), [line.weight for line in basket.lines], unit=WEIGHT_STEP)
    return [
        Constituent(
            asset_id=line.asset_id,
            symbol=line.symbol,
            name=reviewed[line.asset_id].asset.name,
            price=line.price,
            weight=weight,
            target=reviewed[line.asset_id].weight or Decimal(0),
            reason=reason_in_words(reviewed[line.asset_id].reason),
            detail=reviewed[line.asset_id].detail,
        )
        for line, weight in zip(basket.lines, weights, strict=True)
    ]


def get_near_misses(*, index: Index, day: date) -> list[ReviewLine]:
    """Return the largest assets that the basket in force on a day left out, those that were ranked first."""
    review = Review.objects.filter(index=index, rebalance__effective_day__lte=day).order_by("-effective_day").first()
    if review is None:
        return []
    out = review.lines.filter(is_selected=False, market_cap__isnull=False).select_related("asset")
    return list(out.order_by(F("rank").asc(nulls_last=True), "-market_cap", "asset_id")[:NEAR_MISSES])


def get_rulebook(*, index: Index, day: date) -> Rulebook | None:
    """Return the rules for the next review after a day; None for an index without published rules."""
    published = list(index.methodologies.announced())
    if not published:
        return None
    methodology = next((version for version in reversed(published) if version.starts_by(day)), published[0])
    rules = Rules.from_params(methodology.params)
    upcoming = next_effective_day(rules.schedule, day, roll=rules.roll)
    return Rulebook(methodology=methodology, sentences=describe(rules), next_effective_day=upcoming)


def get_reviews(*, index: Index) -> QuerySet[Review]:
    """Return all reviews with their rebalances, the newest first."""
    return Review.objects.filter(index=index).select_related("rebalance").order_by("-cutoff_day")


def get_review_lines(*, review: Review) -> list[ReviewLine]:
    """Return every asset of a review: those ranked by rank, then the others by market cap."""
    lines = review.lines.select_related("asset")
    return list(lines.order_by(F("rank").asc(nulls_last=True), F("market_cap").desc(nulls_last=True), "asset_id"))


def reason_in_words(reason: str) -> str:
    """Return a reason code in a few words: a screen that keeps out a kind of asset is named."""
    screen = reason.removeprefix("ineligible:")
    return IN_WORDS.get(reason, f"Kept out: {screen}")
