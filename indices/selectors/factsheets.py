"""Who is in an index and why, who is out and why, and the rules in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F, Q

from indices.calc.rules import EXCLUSIONS, Rules, RulesError, describe
from indices.calc.schedules import next_effective_day
from indices.calc.shares import share_out
from indices.models import Index, Methodology, Rebalance, Review, ReviewLine
from indices.selectors.baskets import Basket, get_basket

NEAR_MISSES = 12
WEIGHT_STEP = Decimal("0.0001")
CHOOSING = (Review.Kind.RECONSTITUTION, Review.Kind.EXTRAORDINARY)
IN_WORDS = {
    "auto_in": "Among the first ranks",
    "kept_by_buffer": "Kept by the buffer",
    "topped_up": "Fills the basket",
    "held": "Held before",
    "not_held": "Not held before",
    "sleeve": "Holds what is set free",
    "below_buffer": "Ranked too low",
    "ineligible:unclassified": "Not classified",
    "ineligible:sector": "Other sector",
    "ineligible:token_type": "Other token type",
    "ineligible:jurisdiction": "Jurisdiction",
    "ineligible:not_admitted": "Not admitted",
    "ineligible:age": "Too young",
    "ineligible:price": "Price too low",
    "ineligible:stale_price": "No price",
    "ineligible:market_cap": "Market cap unknown",
    "ineligible:size": "Too small",
    "ineligible:liquidity": "Too little traded",
    "ineligible:traded_ratio": "Too little traded for its size",
    "ineligible:diligence": "Due diligence",
    "ineligible:streak": "Not passed often enough",
    "ineligible:history": "Too short a history",
}

FOR_WHAT_IT_IS = tuple(
    f"ineligible:{screen}" for screen in ("unclassified", "token_type", "jurisdiction", "not_admitted")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Constituent:
    """An asset that is in: close in USD, weights as fractions of 1, why it was chosen.

    `weight` is live, in steps of 0.0001: these sum to exactly 1 as they are written; `exact_weight` is unrounded.
    `target` is what the review in force decided, None for what came of an event since. `reason` and `detail` are those
    of the review that chose it, and `code` is its reason as stored, empty for what came of an event. A resting one is
    chosen and has no weight for now.
    """

    asset_id: str
    symbol: str
    name: str
    units: Decimal
    price: Decimal | None
    weight: Decimal
    exact_weight: Decimal
    target: Decimal | None
    reason: str
    detail: str
    code: str = ""
    is_sleeve: bool = False
    is_resting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """What is held after the close of a day, and the reviews behind it.

    `chosen_by` chose the constituents, `weighed_by` set the weights last: the same review, or a later one; both are
    None for a basket that only events have made.
    """

    day: date
    effective_day: date
    constituents: Sequence[Constituent]
    chosen_by: Review | None
    weighed_by: Review | None

    @property
    def held(self) -> list[Constituent]:
        """Return what has weight, heaviest first."""
        return [line for line in self.constituents if not line.is_resting]

    @property
    def resting(self) -> list[Constituent]:
        """Return what is chosen and has no weight for now."""
        return [line for line in self.constituents if line.is_resting]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """The rules for the next review after a day, in words; `problem` says why where they cannot be read."""

    methodology: Methodology
    sentences: Sequence[str]
    next_effective_day: date | None
    problem: str = ""


def get_composition(*, index: Index, day: date) -> Composition | None:
    """Return what is in the index after the close of a day, heaviest first; None before the first basket.

    Six queries, two more where constituents were chosen at an earlier review than the one that weighed them.
    """
    basket = get_basket(index=index, day=day)
    if basket is None:
        return None
    weighed_by = _review_in_force(index, day)
    chosen_by = weighed_by if weighed_by and weighed_by.kind in CHOOSING else _review_in_force(index, day, CHOOSING)
    targets = _lines_in(weighed_by)
    reasons = targets if chosen_by == weighed_by else _lines_in(chosen_by)
    return Composition(
        day=day,
        effective_day=basket.effective_day,
        constituents=[*_held(basket, targets, reasons), *_resting(basket, targets)],
        chosen_by=chosen_by,
        weighed_by=weighed_by,
    )


def get_constituents(*, index: Index, day: date) -> Sequence[Constituent]:
    """Return the constituents after the close of a day, heaviest first, those without weight for now at the end."""
    composition = get_composition(index=index, day=day)
    return composition.constituents if composition else []


def get_near_misses(*, review: Review | None) -> list[ReviewLine]:
    """Return the assets that came closest to a review's basket.

    First those that were ranked and left out, then those whose figures failed, then those kept out for what they are,
    the largest first; assets of a sector that the index does not look at are left out.
    """
    if review is None:
        return []
    out = review.lines.filter(is_selected=False, is_sleeve=False).exclude(reason="ineligible:sector")
    known = out.filter(Q(rank__isnull=False) | Q(market_cap__isnull=False)).select_related("asset")
    by_size = known.order_by(F("rank").asc(nulls_last=True), "-market_cap", "asset_id")
    return sorted(by_size, key=lambda line: _distance(line.reason))[:NEAR_MISSES]


def get_rulebook(*, versions: Sequence[Methodology], day: date) -> Rulebook | None:
    """Return the rules for the next review after a day; None without announced ones.

    versions : the announced ones, in the order in which they come into force
    """
    if not versions:
        return None
    methodology = next((version for version in reversed(versions) if version.starts_by(day)), versions[0])
    try:
        rules = Rules.from_params(methodology.params)
    except RulesError as error:
        return Rulebook(methodology=methodology, sentences=(), next_effective_day=None, problem=str(error))
    upcoming = next_effective_day(rules.schedule, day, roll=rules.roll)
    return Rulebook(methodology=methodology, sentences=describe(rules), next_effective_day=upcoming)


def reason_in_words(reason: str) -> str:
    """Return a reason code in a few words: a screen that keeps out a kind of asset is named."""
    screen = reason.removeprefix("ineligible:")
    return IN_WORDS.get(reason, f"Kept out: {EXCLUSIONS.get(screen, screen)}")


def _distance(reason: str) -> int:
    """Return how far a reason is from being in: ranked, failed by a figure, kept out for what it is."""
    if not reason.startswith("ineligible:"):
        return 0
    return 1 if reason in IN_WORDS and reason not in FOR_WHAT_IT_IS else 2


def _review_in_force(index: Index, day: date, kinds: Sequence[str] = ()) -> Review | None:
    """Return the review of the newest basket by a day, baskets of events aside."""
    baskets = Rebalance.objects.current().filter(index=index, effective_day__lte=day, review__isnull=False)
    if kinds:
        baskets = baskets.filter(review__kind__in=kinds)
    newest = baskets.select_related("review").defer("inputs", "review__inputs").last()
    return newest.review if newest else None


def _lines_in(review: Review | None) -> Mapping[str, ReviewLine]:
    """Return the lines of constituents and sleeve by asset id."""
    if review is None:
        return {}
    lines = review.lines.filter(Q(is_selected=True) | Q(is_sleeve=True)).select_related("asset")
    return {line.asset_id: line for line in lines}


def _held(basket: Basket, targets: Mapping[str, ReviewLine], reasons: Mapping[str, ReviewLine]) -> list[Constituent]:
    shares = share_out(Decimal(1), [line.weight for line in basket.lines], unit=WEIGHT_STEP)
    held = []
    for line, weight in zip(basket.lines, shares, strict=True):
        decided = targets.get(line.asset_id)
        # The sleeve changes with every review: what the last one says of it is the reason.
        told = decided if decided and decided.is_sleeve else reasons.get(line.asset_id) or decided
        held.append(
            Constituent(
                asset_id=line.asset_id,
                symbol=line.symbol,
                name=line.name,
                units=line.units,
                price=line.price or None,
                weight=weight,
                exact_weight=line.weight,
                target=decided.weight if decided else None,
                reason=reason_in_words(told.reason) if told else "Came of an event",
                detail=told.detail if told else "It was not held at the last review; the history below has the event.",
                code=told.reason if told else "",
                is_sleeve=bool(decided and decided.is_sleeve),
            )
        )
    return held


def _resting(basket: Basket, targets: Mapping[str, ReviewLine]) -> list[Constituent]:
    """Return those that were chosen and whose signal, score or exposure leaves them no weight."""
    held = {line.asset_id for line in basket.lines}
    zero = Decimal(0)
    return [
        Constituent(
            asset_id=line.asset_id,
            symbol=line.asset.symbol,
            name=line.asset.name,
            units=zero,
            price=None,
            weight=zero,
            exact_weight=zero,
            target=zero,
            reason=reason_in_words(line.reason),
            detail=line.detail,
            code=line.reason,
            is_resting=True,
        )
        for line in targets.values()
        if line.is_selected and not line.weight and line.asset_id not in held
    ]
