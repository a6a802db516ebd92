"""Losses that a rule sets aside because the same asset was bought around the sale.

A window is 30 days. Canada (superficial loss): bought within it before or after, and held at its end. UK: bought on
the day or after it. US: the wash-sale rules name stock and securities, so for crypto they are a what-if: bought after,
or before and still held.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

Rule = Literal["ca", "uk", "us"]
WINDOW = timedelta(days=30)
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Sale:
    """A quantity that was sold at a loss on a day."""

    day: date
    quantity: Decimal


@dataclass(slots=True)
class Purchase:
    """A quantity that came in on a day; `left` of it has replaced nothing yet."""

    day: date
    left: Decimal


def get_replaced(
    sales: Sequence[Sale],
    purchases: Sequence[tuple[date, Decimal]],
    held: Callable[[date], Decimal],
    *,
    rule: Rule,
    today: date,
) -> list[Decimal]:
    """Return how much of each sale, which come in the order of days, was replaced; a purchase replaces once.

    `held` is what is held of the asset at the end of a day. The share of the loss that is set aside is what was
    replaced over what was sold. While a window is open it is counted as of `today`.
    """
    known = [Purchase(day, quantity) for day, quantity in sorted(purchases)]
    return [_replace(sale, known, held, rule, today) for sale in sales]


def _replace(
    sale: Sale, purchases: Sequence[Purchase], held: Callable[[date], Decimal], rule: Rule, today: date
) -> Decimal:
    end = sale.day + WINDOW
    after = [each for each in purchases if sale.day < each.day <= end]
    on_the_day = [each for each in purchases if each.day == sale.day]
    before = [each for each in purchases if sale.day - WINDOW <= each.day < sale.day]
    if rule == "uk":
        return _take([*on_the_day, *after], sale.quantity)
    if rule == "ca":
        return _take([*before, *on_the_day, *after], min(sale.quantity, held(min(end, today))))
    first = _take([*before, *on_the_day], min(sale.quantity, held(sale.day)))
    return first + _take(after, sale.quantity - first)


def _take(purchases: Sequence[Purchase], wanted: Decimal) -> Decimal:
    taken = ZERO
    for each in purchases:
        part = min(each.left, max(wanted - taken, ZERO))
        each.left -= part
        taken += part
    return taken
