"""What the matching found, written as outcomes in Decimals."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from portfolios.calc.lots.grid import amount_of, quantity_of
from portfolios.calc.lots.outcomes import Disposal, Lot, Match, Removal, Shortfall
from portfolios.calc.lots.policy import Policy, Span
from portfolios.calc.lots.spans import Left
from portfolios.calc.lots.steps import NO_LOT, Exit, Flow, Move
from portfolios.calc.lots.terms import term_of

When = tuple[datetime, int]


class Report:
    """Collects the outcomes, one asset after the other; each stands with what it is sorted by in the end."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.disposals: list[tuple[When, Disposal]] = []
        self.removals: list[tuple[When, Removal]] = []
        self.shortfalls: list[tuple[When, Shortfall]] = []
        self.lots: list[Lot] = []

    def add(self, flow: Flow, span: Span, left: Left) -> None:
        """Add one asset: what left it, and the lots that the last span keeps."""
        self.lots += _pool_left(flow, left) if span.method == "s104" else _lots_left(flow, left)
        dates = [arrival.acquired_at.astimezone(self.policy.zone).date() for arrival in flow.ranked]
        for step in flow.steps:
            leaving = step.fee if isinstance(step, Move) else step
            if isinstance(leaving, Exit):
                self._add_exit(leaving, flow, dates)
                self._add_shortfall(leaving, flow)
            if isinstance(step, Move):
                self._add_shortfall(step, flow)

    def _add_exit(self, leaving: Exit, flow: Flow, dates: Sequence[date]) -> None:
        matches = list(self._matches(leaving, flow, dates))
        quantity, uncovered = quantity_of(leaving.quantity), quantity_of(leaving.uncovered)
        cost = sum(part[3] for part in leaving.matches)
        when = leaving.at, leaving.order
        if leaving.is_removal:
            removal = Removal(
                key=leaving.key, at=leaving.at, kind=leaving.kind, asset=flow.asset, place=leaving.place,
                quantity=quantity, uncovered=uncovered, cost=amount_of(cost), matches=matches,
            )  # fmt: skip
            self.removals.append((when, removal))
            return
        proceeds = None if leaving.proceeds is None else sum(part[2] or 0 for part in leaving.matches)
        disposal = Disposal(
            key=leaving.key, at=leaving.at, kind=leaving.kind, asset=flow.asset, place=leaving.place,
            quantity=quantity, uncovered=uncovered, cost=amount_of(cost), matches=matches,
            proceeds=None if proceeds is None else amount_of(proceeds),
            gain=None if proceeds is None else amount_of(proceeds - cost),
        )  # fmt: skip
        self.disposals.append((when, disposal))

    def _matches(self, leaving: Exit, flow: Flow, dates: Sequence[date]) -> Iterator[Match]:
        day = leaving.at.astimezone(self.policy.zone).date()
        rules = leaving.rules or ["lot"] * len(leaving.matches)
        for (rank, quantity, proceeds, cost, gain), rule in zip(leaving.matches, rules, strict=True):
            lot = None if rank == NO_LOT else flow.ranked[rank]
            yield Match(
                lot=None if lot is None else lot.key,
                acquired_at=None if lot is None else lot.acquired_at,
                quantity=quantity_of(quantity),
                proceeds=None if proceeds is None else amount_of(proceeds),
                cost=amount_of(cost),
                gain=None if gain is None else amount_of(gain),
                term="none" if lot is None else term_of(dates[rank], day, self.policy.term),
                rule=rule,
            )

    def _add_shortfall(self, step: Exit | Move, flow: Flow) -> None:
        if step.uncovered:
            shortfall = Shortfall(
                key=step.key, at=step.at, asset=flow.asset, place=step.place, quantity=quantity_of(step.uncovered)
            )
            self.shortfalls.append(((step.at, step.order), shortfall))


def _lots_left(flow: Flow, left: Left) -> Iterator[Lot]:
    for place, (rank, quantity, cost, _) in left:
        arrival = flow.ranked[rank]
        yield Lot(
            key=arrival.key, acquired_at=arrival.acquired_at, asset=flow.asset, place=place,
            quantity=quantity_of(quantity), cost=amount_of(cost), is_unpriced=arrival.is_unpriced,
        )  # fmt: skip


def _pool_left(flow: Flow, left: Left) -> Iterator[Lot]:
    if left:
        yield Lot(
            key=None, acquired_at=None, asset=flow.asset, place=None,
            quantity=quantity_of(sum(part[1] for _, part in left)),
            cost=amount_of(sum(part[2] for _, part in left)),
            is_unpriced=any(flow.ranked[part[0]].is_unpriced for _, part in left),
        )  # fmt: skip
