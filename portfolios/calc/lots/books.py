"""Lots in one place under one method: what comes in, and what is drawn first."""

from collections.abc import Hashable, Iterator, Mapping
from heapq import heappop, heappush

from portfolios.calc.lots.grid import portion, spread
from portfolios.calc.lots.happenings import Key
from portfolios.calc.lots.policy import Method, Scope
from portfolios.calc.lots.steps import Part

RANK_BITS = 32
RANK_MASK = (1 << RANK_BITS) - 1
NOWHERE = -1


class Held:
    """What is left of one acquisition in one place; `entry` is its live entry in the heap."""

    __slots__ = ("cost", "entry", "quantity", "unit")

    def __init__(self, quantity: int, cost: int, unit: int, entry: int) -> None:
        self.quantity = quantity
        self.cost = cost
        self.unit = unit
        self.entry = entry


class Book:
    """Lots that are drawn oldest first, youngest first or dearest first, each with its share of its own cost.

    A partial draw takes cost * quantity / quantity left, rounded half to even on the grid of 1e-36; the last draw takes
    the rest whole. Pieces of one acquisition that meet again are one lot again. The heap holds rank - (priority << 32):
    its least is the next to go, the older of two equals. Entries whose lot has gone or changed are passed over.
    `scale` makes whole numbers of unit costs. Draws leave a lot's unit cost as it is: the dust of rounding reorders
    nothing.
    """

    rule = "lot"

    __slots__ = ("heap", "lots", "method", "scale")

    def __init__(self, method: Method, scale: int) -> None:
        self.method = method
        self.scale = scale
        self.heap: list[int] = []
        self.lots: dict[int, Held] = {}

    def add(self, rank: int, quantity: int, cost: int, unit: int) -> None:
        """Put a lot in, or a piece to what is left of its own lot; its unit cost is then that of both together."""
        held = self.lots.get(rank)
        if held is not None:
            quantity += held.quantity
            cost += held.cost
            if unit != held.unit:
                unit = cost * self.scale // quantity
        priority = unit if self.method == "hifo" else rank if self.method == "lifo" else 0
        entry = rank - (priority << RANK_BITS)
        self.lots[rank] = Held(quantity, cost, unit, entry)
        if held is None or held.entry != entry:
            heappush(self.heap, entry)

    def draw(self, wanted: int) -> tuple[list[Part], int]:
        """Take a quantity out; return its parts and how much of it no lot covers."""
        parts = []
        heap, lots = self.heap, self.lots
        while wanted and heap:
            entry = heap[0]
            held = lots.get(entry & RANK_MASK)
            if held is None or held.entry != entry:
                heappop(heap)
                continue
            part = self.take(entry & RANK_MASK, held, wanted)
            wanted -= part[1]
            parts.append(part)
        return parts, wanted

    def draw_named(self, wanted: int, named: list[tuple[Key, int]], ranks: Mapping[Key, int]) -> tuple[list[Part], int]:
        """Take the named lots in their order as far as they are here, then as the method does; `named` shrinks."""
        parts = []
        while wanted and named:
            key, chosen = named.pop(0)
            rank = ranks.get(key, NOWHERE)
            held = self.lots.get(rank)
            if held is None or not chosen:
                continue
            part = self.take(rank, held, min(wanted, chosen))
            parts.append(part)
            wanted -= part[1]
            if not wanted and part[1] < chosen:
                named.insert(0, (key, chosen - part[1]))
        rest, uncovered = self.draw(wanted)
        return parts + rest, uncovered

    def take(self, rank: int, held: Held, wanted: int) -> Part:
        """Take at most a quantity out of one lot."""
        if held.quantity <= wanted:
            del self.lots[rank]
            return rank, held.quantity, held.cost, held.unit
        cost = portion(held.cost, wanted, held.quantity)
        held.quantity -= wanted
        held.cost -= cost
        return rank, wanted, cost, held.unit

    def left(self) -> Iterator[Part]:
        """Yield what is left, oldest first."""
        for rank, held in sorted(self.lots.items()):
            yield rank, held.quantity, held.cost, held.unit


class Pool(Book):
    """Lots that go oldest first, each at the average cost of all that the pool holds then; an empty pool costs 0."""

    rule = "pool"

    __slots__ = ("cost", "quantity")

    def __init__(self, method: Method, scale: int) -> None:
        super().__init__(method, scale)
        self.quantity = 0
        self.cost = 0

    def add(self, rank: int, quantity: int, cost: int, unit: int) -> None:
        """Put a lot in; what it cost is the pool's."""
        super().add(rank, quantity, 0, unit)
        self.quantity += quantity
        self.cost += cost

    def take(self, rank: int, held: Held, wanted: int) -> Part:
        """Take at most a quantity out of one lot, at the pool's average."""
        rank, quantity, _, _ = super().take(rank, held, wanted)
        unit = self.cost * self.scale // self.quantity
        cost = portion(self.cost, quantity, self.quantity)
        self.quantity -= quantity
        self.cost -= cost
        return rank, quantity, cost, unit

    def left(self) -> Iterator[Part]:
        """Yield what is left, oldest first, at the pool's average; the costs sum to the pool's exactly."""
        ranks = sorted(self.lots)
        quantities = [self.lots[rank].quantity for rank in ranks]
        unit = self.cost * self.scale // self.quantity if ranks else 0
        for rank, quantity, cost in zip(ranks, quantities, spread(self.cost, quantities), strict=True):
            yield rank, quantity, cost, unit


class Books(dict[Hashable, Book]):
    """The book of every place, made when it is first asked for; under the scope of a portfolio all places share one."""

    def __init__(self, method: Method, scope: Scope, scale: int) -> None:
        super().__init__()
        self.kind = Pool if method == "average" else Book
        self.method = method
        self.scope = scope
        self.scale = scale
        self.common = self.kind(method, scale)

    def __missing__(self, place: Hashable) -> Book:
        self[place] = book = self.common if self.scope == "portfolio" else self.kind(self.method, self.scale)
        return book

    def left(self) -> Iterator[tuple[Hashable | None, Part]]:
        """Yield what is left by place, in the order in which the places came up; the place of a common book is None."""
        if self.scope == "portfolio":
            yield from ((None, part) for part in self.common.left())
        else:
            yield from ((place, part) for place, book in self.items() for part in book.left())
