"""Lets steps run through the books of one method and scope."""

from collections import Counter, deque
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from heapq import heappop, heappush

from portfolios.calc.lots.books import Book, Books
from portfolios.calc.lots.gains import price
from portfolios.calc.lots.grid import portion, spread
from portfolios.calc.lots.happenings import Key
from portfolios.calc.lots.steps import Arrival, Exit, Move, Named, Part, Step

PLAIN = frozenset({"fifo", "lifo", "hifo"})


def run(steps: Iterable[Step], books: Books, ranks: Mapping[Key, int]) -> None:
    """Let the steps run through the books; exits and moves are told what was found for them."""
    moves: list[Move] = []
    is_plain = books.method in PLAIN
    for step in steps:
        if moves and (step.at != moves[0].at or not isinstance(step, Move)):
            _move_all(moves, books, ranks)
            moves = []
        if isinstance(step, Arrival):
            books[step.place].add(step.rank, step.quantity, step.cost, step.unit)
        elif isinstance(step, Move):
            moves.append(step)
        elif is_plain:
            parts, step.uncovered = books[step.place].draw(step.quantity)
            step.matches = price(step, parts)
        else:
            take_out(step, books[step.place], ranks)
    _move_all(moves, books, ranks)


def take_out(leaving: Exit, book: Book, ranks: Mapping[Key, int]) -> None:
    """Draw what leaves beyond the parts already found, named lots first where the method asks for them."""
    wanted = leaving.quantity - sum(part[1] for part in leaving.parts)
    parts, leaving.uncovered = _draw(book, wanted, leaving.named, ranks)
    listed = book.reported(parts)
    leaving.parts = [*leaving.parts, *listed]
    leaving.rules = [*leaving.rules, *[book.rule] * len(listed)]
    leaving.matches = price(leaving, leaving.parts)


def _draw(book: Book, quantity: int, named: Named, ranks: Mapping[Key, int]) -> tuple[list[Part], int]:
    if named and book.method == "specific":
        return book.draw_named(quantity, named, ranks)
    return book.draw(quantity)


def _move_all(moves: Sequence[Move], books: Books, ranks: Mapping[Key, int]) -> None:
    for move in _downstream(moves):
        carry(move, books[move.place], books[move.to_place], ranks)


def _downstream(moves: Sequence[Move]) -> Iterator[Move]:
    """Yield the moves of one instant so that what comes to a place goes on from there; in a circle, as entered."""
    coming = Counter(move.to_place for move in moves if move.to_place != move.place)
    by_place: dict[Hashable, list[int]] = {}
    for index, move in enumerate(moves):
        by_place.setdefault(move.place, []).append(index)
    free = [index for index, move in enumerate(moves) if not coming[move.place]]  # in order, so a heap
    waiting = deque(range(len(moves)))
    gone: set[int] = set()
    while len(gone) < len(moves):
        index = heappop(free) if free else waiting.popleft()
        if index in gone:
            continue
        gone.add(index)
        move = moves[index]
        yield move
        if move.to_place != move.place:
            coming[move.to_place] -= 1
            if not coming[move.to_place]:
                for freed in by_place.get(move.to_place, ()):
                    heappush(free, freed)


def carry(move: Move, source: Book, target: Book, ranks: Mapping[Key, int]) -> None:
    """Take the fee's coins, then move the lots with their dates and costs.

    Under one common book nothing moves: a cost that would join what arrives joins the lots that would have gone. Where
    nothing arrives, the cost of the fee's coins leaves with them.
    """
    fee, extra = move.fee, move.added
    if fee is not None:
        take_out(fee, source, ranks)
        if fee.is_removal:
            extra += sum(match[3] for match in fee.matches)
    stays_put = source is target and move.received == move.quantity
    if not stays_put or extra:
        parts, uncovered = _draw(source, move.quantity, move.named, ranks)
        move.uncovered = uncovered
        move.arrived = _put(target, parts, extra, move) if parts else 0
        if fee is not None and fee.is_removal and parts:
            fee.matches = [(rank, quantity, None, 0, None) for rank, quantity, *_ in fee.matches]
    if stays_put:
        move.uncovered, move.arrived = 0, move.quantity


def _put(target: Book, parts: list[Part], extra: int, move: Move) -> int:
    """Put moved parts into a book with their share of an extra cost; return how much arrives in all."""
    if move.received == move.quantity:
        quantities = [part[1] for part in parts]
    else:
        parts.sort(key=lambda part: part[1])  # the greatest last: it takes the rest, so it is never 0
        covered = sum(part[1] for part in parts)
        quantities = spread(max(portion(move.received, covered, move.quantity), 1), [part[1] for part in parts])
    carried = 0
    for (rank, before, cost, unit), quantity, share in zip(parts, quantities, spread(extra, quantities), strict=True):
        carried += cost + share
        if quantity:
            is_same = not share and quantity == before
            target.add(rank, quantity, carried, unit if is_same else carried * target.scale // quantity)
            carried = 0
    return sum(quantities)
