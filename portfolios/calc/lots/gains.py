"""The gain of each part of a disposal: its share of the proceeds less its cost."""

from itertools import groupby

from portfolios.calc.lots.grid import portion
from portfolios.calc.lots.section104 import Section104
from portfolios.calc.lots.steps import Exit

Priced = tuple[int | None, int, int | None, int, int | None, str]
"""A part as it is reported: the rank of its lot (None: the section 104 pool), quantity, proceeds, cost, gain, rule."""
Found = tuple[int | None, int, int, str]


def covered_proceeds(leaving: Exit) -> int | None:
    """Return the proceeds of what lots covered, by quantity; None if unknown."""
    if leaving.proceeds is None or not leaving.uncovered:
        return leaving.proceeds
    return portion(leaving.proceeds, leaving.quantity - leaving.uncovered, leaving.quantity)


def price(leaving: Exit) -> list[Priced]:
    """Return the parts of what left, the proceeds shared by quantity from what is left of both: they sum exactly."""
    proceeds, left = covered_proceeds(leaving), leaving.quantity - leaving.uncovered
    priced: list[Priced] = []
    for rank, quantity, cost, rule in _found(leaving):
        if proceeds is None:
            priced.append((rank, quantity, None, cost, None, rule))
            continue
        share = proceeds if quantity == left else portion(proceeds, quantity, left)
        priced.append((rank, quantity, share, cost, share - cost, rule))
        proceeds -= share
        left -= quantity
    return priced


def _found(leaving: Exit) -> list[Found]:
    """Return the parts with their rules; what came from the section 104 pool is one part without a lot."""
    if not leaving.rules:
        return [(rank, quantity, cost, "lot") for rank, quantity, cost, _ in leaving.parts]
    found: list[Found] = []
    for rule, members in groupby(zip(leaving.parts, leaving.rules, strict=True), key=lambda part: part[1]):
        parts = [part for part, _ in members]
        if rule == Section104.rule:
            found.append((None, sum(part[1] for part in parts), sum(part[2] for part in parts), Section104.reported))
        else:
            found += [(rank, quantity, cost, rule) for rank, quantity, cost, _ in parts]
    return found
