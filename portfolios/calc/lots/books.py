"""Lots in one place under one method: what comes in, and what is drawn first."""

from bisect import insort
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping, MutableSequence
from functools import partial
from heapq import heappop, heappush

from portfolios.calc.lots.grid import portion, spread
from portfolios.calc.lots.happenings import Key
from portfolios.calc.lots.policy import Method, Scope
from portfolios.calc.lots.steps import NO_LOT, Named, Part

RANK_BITS = 32
RANK_MASK = (1 << RANK_BITS) - 1
Held = tuple[int, int, int, int]
"""What is left of one acquisition in one place: quantity, cost, unit cost, its live entry."""


class Book:
    """Lots that are drawn oldest first or youngest first, each with its share of its own cost.

    A partial draw takes cost * quantity / quantity left, rounded half to even on the grid of 1e-36; the last draw takes
    the rest whole. Pieces of one acquisition that meet again are one lot again. An entry is rank - (priority << 32):
    the least is the first and the next to go, the older of two equals. Entries whose lot has gone or changed are passed
    over. `scale` makes whole numbers of unit costs. Written for speed: lots are plain tuples, which the garbage
    collector need not walk, a draw is one loop, and entries are a queue, since most lots come in the order in which
    they go or the reverse.
    """

    rule = "lot"

    __slots__ = ("entries", "lots", "method", "pop", "scale")

    def __init__(self, method: Method, scale: int) -> None:
        self.method = method
        self.scale = scale
        self.lots: dict[int, Held] = {}
        queue: deque[int] = deque()
        self.entries: MutableSequence[int] = queue
        self.pop: Callable[[], int] = queue.popleft

    def add(self, rank: int, quantity: int, cost: int, unit: int) -> None:
        """Put a lot in, or a piece to what is left of its own lot; its unit cost is then that of both together."""
        if rank in self.lots:
            quantity, cost, unit = self._join(rank, quantity, cost, unit)
        entry = rank
        if self.method == "hifo":
            entry -= unit << RANK_BITS
        elif self.method == "lifo":
            entry -= rank << RANK_BITS
        self.lots[rank] = quantity, cost, unit, entry
        self.push(entry)

    def push(self, entry: int) -> None:
        """Add an entry in its place."""
        entries = self.entries
        if not entries or entry > entries[-1]:
            entries.append(entry)
        elif entry < entries[0]:
            entries.insert(0, entry)
        else:
            insort(entries, entry)

    def _join(self, rank: int, quantity: int, cost: int, unit: int) -> tuple[int, int, int]:
        """Return quantity, cost and unit cost of a lot and a piece of it together."""
        held = self.lots[rank]
        quantity, cost = quantity + held[0], cost + held[1]
        return quantity, cost, unit if unit == held[2] else cost * self.scale // quantity

    def draw(self, wanted: int) -> tuple[list[Part], int]:
        """Take a quantity out; return its parts and how much of it no lot covers."""
        parts: list[Part] = []
        entries, lots = self.entries, self.lots
        while wanted and entries:
            rank = entries[0] & RANK_MASK
            held = lots.get(rank)
            if held is None or held[3] != entries[0]:
                self.pop()
                continue
            quantity, cost, unit, entry = held
            if quantity > wanted:
                share = portion(cost, wanted, quantity)
                lots[rank] = quantity - wanted, cost - share, unit, entry
                parts.append((rank, wanted, share, unit))
                return parts, 0
            self.pop()
            del lots[rank]
            parts.append((rank, quantity, cost, unit))
            wanted -= quantity
        return parts, wanted

    def draw_named(self, wanted: int, named: Named, ranks: Mapping[Key, int]) -> tuple[list[Part], int]:
        """Take the named lots in their order as far as they are here, then as the method does; `named` shrinks."""
        parts = []
        while wanted and named:
            key, chosen = named.pop(0)
            rank = ranks.get(key, NO_LOT)
            held = self.lots.get(rank)
            if held is None or not chosen:
                continue
            part = self._take(rank, held, min(wanted, chosen))
            parts.append(part)
            wanted -= part[1]
            if not wanted and part[1] < chosen:
                named.insert(0, (key, chosen - part[1]))
        rest, uncovered = self.draw(wanted)
        return parts + rest, uncovered

    def _take(self, rank: int, held: Held, wanted: int) -> Part:
        quantity, cost, unit, entry = held
        if quantity <= wanted:
            del self.lots[rank]
            return rank, quantity, cost, unit
        share = portion(cost, wanted, quantity)
        self.lots[rank] = quantity - wanted, cost - share, unit, entry
        return rank, wanted, share, unit

    def reported(self, parts: list[Part]) -> list[Part]:
        """Return drawn parts as a disposal lists them."""
        return parts

    def left(self) -> Iterator[Part]:
        """Yield what is left, oldest first."""
        for rank, (quantity, cost, unit, _) in sorted(self.lots.items()):
            yield rank, quantity, cost, unit


class DearestFirst(Book):
    """Lots that are drawn by unit cost, the highest first, so that entries are a heap.

    Draws leave a lot's unit cost as it is: the dust of rounding reorders nothing.
    """

    __slots__ = ("heap",)

    def __init__(self, method: Method, scale: int) -> None:
        super().__init__(method, scale)
        self.heap: list[int] = []
        self.entries = self.heap
        self.pop = partial(heappop, self.heap)

    def push(self, entry: int) -> None:
        """Add an entry in its place."""
        heappush(self.heap, entry)


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

    def draw(self, wanted: int) -> tuple[list[Part], int]:
        """Take a quantity out at the pool's average; return its parts and how much of it no lot covers."""
        drawn, uncovered = super().draw(wanted)
        parts: list[Part] = []
        for rank, quantity, _, _ in drawn:
            unit = self.cost * self.scale // self.quantity
            share = portion(self.cost, quantity, self.quantity)
            parts.append((rank, quantity, share, unit))
            self.quantity -= quantity
            self.cost -= share
        return parts, uncovered

    def left(self) -> Iterator[Part]:
        """Yield what is left, oldest first, at the pool's average; the costs sum to the pool's exactly."""
        ranks = sorted(self.lots)
        quantities = [self.lots[rank][0] for rank in ranks]
        unit = self.cost * self.scale // self.quantity if ranks else 0
        for rank, quantity, cost in zip(ranks, quantities, spread(self.cost, quantities), strict=True):
            yield rank, quantity, cost, unit


KINDS: Mapping[Method, type[Book]] = {"average": Pool, "hifo": DearestFirst}


class Books(dict[Hashable, Book]):
    """The book of every place, made when it is first asked for; under the scope of a portfolio all places share one."""

    def __init__(self, method: Method, scope: Scope, scale: int) -> None:
        super().__init__()
        self.kind = KINDS.get(method, Book)
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
