"""One asset through all spans of a policy: what each leaves, the next one takes up in its own way."""

from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, time

from portfolios.calc.lots.books import Books
from portfolios.calc.lots.grid import portion
from portfolios.calc.lots.matching import run
from portfolios.calc.lots.policy import Policy, Span
from portfolios.calc.lots.section104 import Section104, run_section104
from portfolios.calc.lots.steps import Arrival, Flow, Move, Part, Step

Left = list[tuple[Hashable | None, Part]]
Balances = dict[Hashable, int]


def follow(flow: Flow, policy: Policy, until: datetime) -> tuple[Span, Left]:
    """Match all steps of a flow; return the last span that has begun until then, and the lots left in it by place.

    Leaving a pool, the lots in it carry its unit cost. Going from wallets to the portfolio, lots are put together.
    Going from the portfolio to wallets, they are allotted to what each wallet holds, oldest first, to one wallet after
    the other in the order in which the asset first came to or left them; a wallet that is overdrawn gets none.
    """
    span, left, balances = policy.spans[0], Left(), Balances()
    for span, steps in _by_span(flow.steps, policy, until):
        is_common = span.method == "s104" or span.scope == "portfolio"
        if not is_common and any(place is None for place, _ in left):
            left = _allot(left, balances)
        left = _run_span(flow, span, steps, left, policy)
        if len(policy.spans) > 1:
            _balance(balances, steps)
    return span, left


def _run_span(flow: Flow, span: Span, steps: Sequence[Step], left: Left, policy: Policy) -> Left:
    if span.method == "s104":
        pool = Section104("s104", flow.scale)
        for _, part in left:
            pool.add(*part)
        run_section104(steps, pool, policy.zone)
        return [(None, part) for part in pool.left()]
    books = Books(span.method, span.scope, flow.scale)
    for place, part in left:
        books[place].add(*part)
    run(steps, books, flow.rank_of)
    return list(books.left())


def _by_span(steps: Sequence[Step], policy: Policy, until: datetime) -> Iterator[tuple[Span, Sequence[Step]]]:
    """Yield the spans that have begun, each with the steps from the start of its first day in the policy's zone."""
    begun = [(span, datetime.combine(span.first, time(), policy.zone).astimezone(UTC)) for span in policy.spans[1:]]
    begun = [(span, start) for span, start in begun if start <= until]
    span, rest = policy.spans[0], deque(steps)
    for following, start in begun:
        taken = []
        while rest and rest[0].at < start:
            taken.append(rest.popleft())
        yield span, taken
        span = following
    yield span, list(rest)


def _balance(balances: Balances, steps: Iterable[Step]) -> None:
    """Count what each place holds; what no lot covered counts as if it had come in just before."""
    for step in steps:
        balances.setdefault(step.place, 0)
        if isinstance(step, Arrival):
            balances[step.place] += step.quantity
        elif isinstance(step, Move):
            balances[step.place] -= step.quantity - step.uncovered
            balances[step.to_place] = balances.get(step.to_place, 0) + step.arrived
            if step.fee is not None:
                balances[step.place] -= step.fee.quantity - step.fee.uncovered
        else:
            balances[step.place] -= step.quantity - step.uncovered


def _allot(left: Left, balances: Balances) -> Left:
    """Give the lots of the portfolio to its places; what a place holds is from then on what it was given."""
    parts = deque(part for _, part in left)
    allotted: Left = []
    for place, balance in balances.items():
        room = balance
        while room > 0 and parts:
            rank, quantity, cost, unit = parts.popleft()
            taken = min(quantity, room)
            share = portion(cost, taken, quantity)
            if taken < quantity:
                parts.appendleft((rank, quantity - taken, cost - share, unit))
            allotted.append((place, (rank, taken, share, unit)))
            room -= taken
        balances[place] = max(balance, 0) - max(room, 0)
    return allotted
