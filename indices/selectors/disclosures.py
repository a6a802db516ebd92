"""What an index holds and why, digit for digit, for those who compute with it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from indices.models import Index, Rebalance, ReviewLine
from indices.selectors.baskets import get_basket
from indices.selectors.factsheets import reason_in_words


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldLine:
    """An asset that is in: units an index unit, close in USD, weights as fractions of 1.

    `target_weight` is what the review in force decided. It and the reason are None for what came of an event since.
    """

    asset_id: str
    symbol: str
    units: Decimal
    price: Decimal
    weight: Decimal
    target_weight: Decimal | None
    is_sleeve: bool
    reason: str | None
    reason_in_words: str | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """The basket in force after the close of a day, and the review it came of; an event may have changed it since."""

    day: date
    effective_day: date
    rebalance_id: int
    review_id: int | None
    lines: list[HeldLine]


def get_disclosure(*, index: Index, day: date) -> Disclosure | None:
    """Return what is held after the close of a day at that day's closes, heaviest first; None before the first basket.

    Six queries, eight when a constituent has no close that day or the basket came of an event.
    """
    basket = get_basket(index=index, day=day)
    if basket is None:
        return None
    so_far = (
        Rebalance.objects.current().filter(index=index, effective_day__lte=day).order_by("-effective_day", "-sequence")
    )
    rebalance_id, review_id = so_far.values_list("pk", "review_id")[0]
    if review_id is None:
        review_id = so_far.filter(review__isnull=False).values_list("review_id", flat=True).first()
    reviewed = {line.asset_id: line for line in ReviewLine.objects.filter(review=review_id, weight__isnull=False)}
    lines = []
    for line in basket.lines:
        found = reviewed.get(line.asset_id)
        lines.append(
            HeldLine(
                asset_id=line.asset_id,
                symbol=line.symbol,
                units=line.units,
                price=line.price,
                weight=line.weight,
                target_weight=found.weight if found else None,
                is_sleeve=found.is_sleeve if found else False,
                reason=found.reason if found else None,
                reason_in_words=reason_in_words(found.reason) if found else None,
                detail=found.detail if found else "",
            )
        )
    return Disclosure(
        day=day, effective_day=basket.effective_day, rebalance_id=rebalance_id, review_id=review_id, lines=lines
    )
