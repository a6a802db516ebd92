"""How much of an asset lies in a wallet over time: what the ledger knows already, and what an import adds to it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from portfolios.services.drafts import DIGITS

Key = tuple[int, str, int | None]  # wallet, asset, sleeve
Moves = Mapping[Key, Mapping[datetime, Decimal]]
ZERO = Decimal(0)
MOST = Decimal(10) ** DIGITS
BEGINNING = datetime.min.replace(tzinfo=UTC)
END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Where a balance is lowest, below zero: what is missing, and since which instant. Too much is missing room."""

    key: Key
    at: datetime
    missing: Decimal
    is_overflow: bool = False


class Course:
    """One balance in time: `held` after each instant of the ledger, and `added` on top of it, up to a place in time.

    What is added moves forward in time only; `lowest` looks ahead, over what the ledger knows of later instants.
    """

    __slots__ = ("_deepest", "_held", "_peak", "_times", "added", "key", "place", "taken")

    def __init__(self, key: Key, *, opening: Decimal, moves: Mapping[datetime, Decimal]) -> None:
        self.key = key
        self._times = [BEGINNING, *sorted(moves)]
        self._held = [opening]
        for at in self._times[1:]:
            self._held.append(self._held[-1] + moves[at])
        self._peak = max(self._held)
        # Of each place the place, from there on, at which the ledger alone is lowest.
        self._deepest = list(range(len(self._held)))
        for place in range(len(self._held) - 2, -1, -1):
            if self._held[self._deepest[place + 1]] < self._held[place]:
                self._deepest[place] = self._deepest[place + 1]
        self.rewind()

    def rewind(self) -> None:
        """Take back all that was added, and begin again."""
        self.place = 0
        self.added = ZERO
        self.taken: list[tuple[datetime, Decimal, int]] = []

    def advance(self, at: datetime) -> Shortfall | None:
        """Go to an instant; return the shortfall that lies on the way, now that more has left than the ledger knew."""
        times, last = self._times, len(self._times) - 1
        broken = None
        while self.place < last and times[self.place + 1] <= at:
            self.place += 1
            # What else comes at the instant itself counts before it is judged.
            if times[self.place] < at and self._held[self.place] + self.added < ZERO and broken is None:
                broken = Shortfall(self.key, times[self.place], -(self._held[self.place] + self.added))
        return broken

    def add(self, at: datetime, quantity: Decimal, row: int) -> None:
        """Add what a row moves at the instant that `advance` went to."""
        self.added += quantity
        self.taken.append((at, quantity, row))

    def undo(self) -> None:
        """Take back what was added last."""
        self.added -= self.taken.pop()[1]

    def held(self) -> Decimal:
        """Return what is held at the end of the instant."""
        return self._held[self.place] + self.added

    def lowest(self) -> Decimal:
        """Return the least that is held from the end of the instant on."""
        return self._held[self._deepest[self.place]] + self.added

    def shortfall(self, at: datetime, *, looks_ahead: bool) -> Shortfall | None:
        """Return what is missing at the instant, or from there on; None when there is enough, and room for it."""
        held = self.lowest() if looks_ahead else self.held()
        if held < ZERO:
            when = self._times[self._deepest[self.place]] if looks_ahead else at
            return Shortfall(self.key, max(when, at), -held)
        if self._peak + self.added >= MOST:
            return Shortfall(self.key, at, ZERO, is_overflow=True)
        return None


class Courses:
    """All balances that an import may touch, made when they are first asked for."""

    def __init__(self, *, openings: Mapping[Key, Decimal], moves: Moves) -> None:
        self._openings = openings
        self._moves: dict[Key, dict[datetime, Decimal]] = {key: dict(steps) for key, steps in moves.items()}
        self._known: dict[Key, Course] = {}
        self.sleeves: dict[tuple[int, str], set[int]] = defaultdict(set)
        for wallet_id, asset_id, sleeve_id in {*openings, *moves}:
            if sleeve_id is not None:
                self.sleeves[wallet_id, asset_id].add(sleeve_id)

    def at(self, key: Key) -> Course:
        """Return the course of a balance."""
        course = self._known.get(key)
        if course is None:
            course = Course(key, opening=self._openings.get(key, ZERO), moves=self._moves.get(key, {}))
            self._known[key] = course
            if key[2] is not None:
                self.sleeves[key[0], key[1]].add(key[2])
        return course

    def rewind(self) -> None:
        """Take back all that was added."""
        for course in self._known.values():
            course.rewind()

    def settle(self) -> None:
        """Make all that was added a part of what the ledger knows, and begin again."""
        for key, course in self._known.items():
            steps = self._moves.setdefault(key, {})
            for at, quantity, _ in course.taken:
                steps[at] = steps.get(at, ZERO) + quantity
        self._known = {key: course for key, course in self._known.items() if not course.taken}
        self.rewind()

    def finish(self) -> Iterable[tuple[Course, Shortfall]]:
        """Go to the end of time, and yield what turns out to be missing there."""
        for course in list(self._known.values()):
            if course.taken:
                broken = course.advance(END)
                if broken is not None:
                    yield course, broken
