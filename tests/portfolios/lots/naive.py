"""Lots worked out again from the rules, slowly and in fractions, to hold the engine against.

It knows one coin, buys and gifts, sales and withdrawals, and transfers with a fee in kind that are alone in their
instant. It shares nothing with the engine but the types that come in and go out.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

from portfolios.calc.lots import Happening, Policy


def exact(number: Decimal | None) -> Fraction:
    """Return a number that is there as a fraction."""
    assert number is not None
    return Fraction(number)


def total(numbers: Iterable[Fraction]) -> Fraction:
    """Sum fractions up."""
    return sum(numbers, Fraction(0))


def on_grid(number: Fraction) -> Fraction:
    """Round half to even to 36 decimals, as `round` does."""
    return Fraction(round(number * 10**36), 10**36)


@dataclass
class Piece:
    """A lot or a part of one; `age` orders lots, oldest first."""

    key: object
    age: tuple
    place: object
    quantity: Fraction
    cost: Fraction
    unit: Fraction


class Naive:
    """Walks through happenings; `gone` are (key, kind, parts, uncovered), `missing` (key, quantity)."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.lots: list[Piece] = []
        self.gone: list[tuple] = []
        self.missing: list[tuple] = []
        self.span = policy.spans[0]
        self.balances: dict[object, Fraction] = {}

    def walk(self, happenings: list[Happening]) -> None:
        phases = {"buy": 0, "gift_in": 0, "transfer": 1}
        for step in sorted(happenings, key=lambda step: (step.at, phases.get(step.kind, 2), step.order)):
            self.change_span(step.at)
            quantity = Fraction(step.quantity)
            if phases.get(step.kind) == 0:
                cost = exact(step.value)
                age = (step.acquired_at or step.at, step.at, step.order)
                self.put(Piece(step.key, age, self.scope_of(step.place), quantity, cost, cost / quantity))
                self.hold(step.place, quantity)
            elif step.kind == "transfer":
                self.transfer(step, quantity)
            else:
                self.leave(step, step.kind, quantity)

    def scope_of(self, place):
        return None if self.span.scope == "portfolio" else place

    def hold(self, place, quantity):
        self.balances[place] = self.balances.get(place, Fraction(0)) + quantity

    def put(self, piece: Piece) -> None:
        for lot in self.lots:
            if (lot.key, lot.place) == (piece.key, piece.place):
                lot.quantity += piece.quantity
                lot.cost += piece.cost
                if lot.unit != piece.unit:
                    lot.unit = lot.cost / lot.quantity
                return
        self.lots.append(piece)

    def best(self, here: list[Piece]) -> Piece:
        if self.span.method == "lifo":
            return max(here, key=lambda lot: lot.age)
        if self.span.method == "hifo":
            return min(here, key=lambda lot: (-lot.unit, lot.age))
        return min(here, key=lambda lot: lot.age)

    def draw(self, place, wanted: Fraction, named: list) -> tuple[list[Piece], Fraction]:
        """Take pieces out of a place until there is enough or nothing more."""
        taken = []
        while wanted:
            here = [lot for lot in self.lots if lot.place == self.scope_of(place)]
            if not here:
                break
            lot, most = self.best(here), wanted
            if self.span.method == "specific":
                while named:
                    of_it = [held for held in here if held.key == named[0][0]]
                    if of_it and named[0][1]:
                        lot, most = of_it[0], min(wanted, named[0][1])
                        named[0] = (named[0][0], named[0][1] - most if most <= lot.quantity else Fraction(0))
                        break
                    named.pop(0)
            taken.append(self.cut(lot, here, min(most, lot.quantity)))
            wanted -= taken[-1].quantity
        return taken, wanted

    def cut(self, lot: Piece, here: list[Piece], quantity: Fraction) -> Piece:
        cost, whole, unit = lot.cost, lot.quantity, lot.unit
        if self.span.method == "average":
            cost, whole = total(held.cost for held in here), total(held.quantity for held in here)
            unit = cost / whole
        share = on_grid(cost * quantity / whole)
        piece = Piece(lot.key, lot.age, lot.place, quantity, share, unit)
        if self.span.method == "average":
            # What is left of the pool's cost stays with whichever lots are left; they are told apart at the end.
            others = [held for held in here if held is not lot]
            rest, lot.cost = cost - share, Fraction(0)
            for held in others:
                held.cost = Fraction(0)
            (lot if quantity < lot.quantity else others[0] if others else lot).cost = rest
        else:
            lot.cost -= share
        lot.quantity -= quantity
        self.lots = [held for held in self.lots if held.quantity]
        return piece

    def leave(self, step: Happening, kind: str, quantity: Fraction, named: list | None = None) -> list[Piece]:
        named = [(key, Fraction(chosen)) for key, chosen in step.named] if named is None else named
        parts, uncovered = self.draw(step.place, quantity, named)
        self.hold(step.place, uncovered - quantity)
        self.gone.append((step.key, kind, parts, uncovered))
        if uncovered:
            self.missing.append((step.key, uncovered))
        return parts

    def transfer(self, step: Happening, sent: Fraction) -> None:
        named = [(key, Fraction(chosen)) for key, chosen in step.named]
        received, extra = exact(step.received_quantity), Fraction(0)
        fee_parts = self.leave(step, "fee", sent - received, named) if sent > received else []
        if self.policy.transfer_fee == "basis":
            extra = total(part.cost for part in fee_parts)
        stays_put = self.scope_of(step.place) == self.scope_of(step.to_place)
        if stays_put and not extra:
            arrived = received
        else:
            parts, uncovered = self.draw(step.place, received, named)
            arrived = received if stays_put else received - uncovered
            if received > arrived:
                self.missing.append((step.key, uncovered))
            if extra and parts:
                for part in fee_parts:
                    part.cost = Fraction(0)
            self.bring(step, parts, extra)
        self.hold(step.place, -arrived)
        self.hold(step.to_place, arrived)

    def bring(self, step: Happening, parts: list[Piece], extra: Fraction) -> None:
        """Put pieces where they are sent, with their share of a cost that joins them."""
        covered = total(part.quantity for part in parts)
        for part in parts:
            share = on_grid(extra * part.quantity / covered)
            extra, covered = extra - share, covered - part.quantity
            cost = part.cost + share
            unit = cost / part.quantity if share else part.unit
            self.put(Piece(part.key, part.age, self.scope_of(step.to_place), part.quantity, cost, unit))

    def change_span(self, now: datetime) -> None:
        following = self.policy.spans[self.policy.spans.index(self.span) + 1 :]
        for span in following:
            if now < datetime.combine(span.first, time(), self.policy.zone):
                return
            self.settle()
            if span.scope == "portfolio":
                kept, self.lots, self.span = self.lots, [], span
                for lot in kept:
                    lot.place = None
                    self.put(lot)
            elif self.span.scope == "portfolio":
                self.allot()
            self.span = span

    def allot(self) -> None:
        given = []
        for place, balance in self.balances.items():
            room = balance
            while room > 0 and self.lots:
                lot = min(self.lots, key=lambda held: held.age)
                taken = min(room, lot.quantity)
                share = on_grid(lot.cost * taken / lot.quantity)
                given.append(Piece(lot.key, lot.age, place, taken, share, lot.unit))
                lot.quantity, lot.cost, room = lot.quantity - taken, lot.cost - share, room - taken
                self.lots = [held for held in self.lots if held.quantity]
            self.balances[place] = max(balance, Fraction(0)) - max(room, Fraction(0))
        self.lots = given

    def settle(self) -> None:
        """Give the lots of each pool the pool's unit cost."""
        if self.span.method == "average":
            for place in {lot.place for lot in self.lots}:
                here = sorted((lot for lot in self.lots if lot.place == place), key=lambda lot: lot.age)
                cost, quantity = total(lot.cost for lot in here), total(lot.quantity for lot in here)
                unit = cost / quantity
                for lot in here:
                    lot.cost, lot.unit = on_grid(cost * lot.quantity / quantity), unit
                    cost, quantity = cost - lot.cost, quantity - lot.quantity


class NaiveShares:
    """The UK's rules on purchases and what leaves, by days and without any rounding; it knows no transfers.

    `found` says by key and rule (quantity, cost); `pool` and `worth` are quantity and cost of the pool in the end.
    """

    def __init__(self, happenings: list[Happening], zone) -> None:
        self.zone = zone
        self.bought = [step for step in happenings if step.kind == "buy"]
        self.sales = sorted((step for step in happenings if step.kind != "buy"), key=lambda step: (step.at, step.order))
        self.wanted = {sale.key: Fraction(sale.quantity) for sale in self.sales}
        self.found: dict = {sale.key: {} for sale in self.sales}
        self.free: dict = defaultdict(Fraction)
        cost: dict = defaultdict(Fraction)
        for step in self.bought:
            self.free[self.day_of(step)] += Fraction(step.quantity)
            cost[self.day_of(step)] += exact(step.value)
        self.unit = {day: cost[day] / quantity for day, quantity in self.free.items()}
        self.pool = self.worth = Fraction(0)

    def day_of(self, step: Happening):
        return step.at.astimezone(self.zone).date()

    def walk(self) -> None:
        self.match_by_day("same_day", range(1))
        self.match_by_day("thirty_days", range(1, 31))
        for day in sorted({self.day_of(step) for step in [*self.bought, *self.sales]}):
            self.pool += self.free[day]
            self.worth += self.free[day] * self.unit.get(day, Fraction(0))
            for sale in self.sales:
                taken = min(self.wanted[sale.key], self.pool)
                if self.day_of(sale) == day and taken:
                    cost = self.worth * taken / self.pool
                    self.found[sale.key]["pool"] = taken, cost
                    self.pool, self.worth = self.pool - taken, self.worth - cost

    def match_by_day(self, rule: str, distances: range) -> None:
        for sale in self.sales:
            for distance in distances:
                day = self.day_of(sale) + timedelta(days=distance)
                taken = min(self.wanted[sale.key], self.free[day])
                if taken:
                    quantity, cost = self.found[sale.key].get(rule, (0, 0))
                    self.found[sale.key][rule] = quantity + taken, cost + taken * self.unit[day]
                    self.wanted[sale.key] -= taken
                    self.free[day] -= taken
