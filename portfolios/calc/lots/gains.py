"""The gain of each part of a disposal: its share of the proceeds less its cost."""

from collections.abc import Sequence

from portfolios.calc.lots.grid import portion
from portfolios.calc.lots.steps import Exit, Part, Priced


def price(leaving: Exit, parts: Sequence[Part]) -> Sequence[Priced]:
    """Return the parts of what leaves, its proceeds shared by quantity from what is left of both: they sum exactly.

    What no lot covers has a share of the proceeds that is nobody's gain. Tuples, since the garbage collector need not
    walk them.
    """
    proceeds, left = leaving.proceeds, leaving.quantity - leaving.uncovered
    if proceeds is None:
        return tuple((rank, quantity, None, cost, None) for rank, quantity, cost, _ in parts)
    if leaving.uncovered:
        proceeds = portion(proceeds, left, leaving.quantity)
    if len(parts) == 1:
        rank, quantity, cost, _ = parts[0]
        return ((rank, quantity, proceeds, cost, proceeds - cost),)
    priced: list[Priced] = []
    for rank, quantity, cost, _ in parts:
        share = portion(proceeds, quantity, left)
        priced.append((rank, quantity, share, cost, share - cost))
        proceeds -= share
        left -= quantity
    return tuple(priced)
