"""Which rows of an import fit into a ledger: one pass in time over all of them, and again over what was left out.

A row moves all of its legs or none. All rows of an instant count together; what comes in at an instant may leave at
it. Nothing here knows the database.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import groupby, pairwise
from operator import attrgetter

from portfolios.services.imports.courses import ZERO, Course, Courses, Key, Shortfall
from portfolios.services.legs import Leg

ROUNDS = 12
TRIES = 6

Parts = Sequence[tuple[int | None, Decimal]]  # sleeve, signed quantity


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that asks to be let in; `rank` is its own. `payments` are the assets whose lack a deposit makes good."""

    rank: int
    at: datetime
    legs: Sequence[Leg]
    payments: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Admission:
    """What was let in, by rank.

    `parts` say for each leg of a row from which sleeves it was drawn, for rows that were drawn from any. `implied`
    are (wallet, asset, quantity) of deposits put before a row. `refused` is what each other row lacks.
    """

    admitted: set[int] = field(default_factory=set)
    parts: dict[int, list[Parts]] = field(default_factory=dict)
    implied: dict[int, list[tuple[int, str, Decimal]]] = field(default_factory=dict)
    refused: dict[int, Shortfall] = field(default_factory=dict)


def in_time(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Put rows in the order of time; those of one instant in the order of the file, or against it.

    Many files list the newest first: of two rows of one second the lower one then came first.
    """
    falls = sum(1 for one, other in pairwise(candidates) if one.at > other.at)
    rises = sum(1 for one, other in pairwise(candidates) if one.at < other.at)
    return sorted(reversed(candidates) if falls > rises else candidates, key=attrgetter("at"))


def admit(candidates: Sequence[Candidate], courses: Courses) -> Admission:
    """Let in as many rows as fit, earlier ones first, and say what the others lack; they come in the order of time.

    A first look lets in whatever is covered at its own instant, and takes back what the ledger itself needs later on.
    Then each row that is left has to leave all that follows covered. Both are repeated until nothing more fits, so
    that the same rows again would add nothing.
    """
    result = Admission()
    pending = candidates
    for left in reversed(range(ROUNDS)):
        if not pending:
            break
        # The last round says of every row what it lacks.
        taken = (_look(pending, courses) if left else None) or _Pass(courses, looks_ahead=True).run(pending)
        result.refused.clear()
        result.refused.update(taken.refused)
        if not taken.admitted:
            break
        result.admitted.update(taken.admitted)
        result.parts.update(taken.parts)
        result.implied.update(taken.implied)
        pending = [one for one in pending if one.rank not in taken.admitted]
        if pending:
            courses.settle()
    return result


def _look(pending: Sequence[Candidate], courses: Courses) -> Admission | None:
    """Let in what is covered at its own instant; None if that leads nowhere."""
    banned: set[int] = set()
    for _ in range(TRIES):
        attempt = _Pass(courses, looks_ahead=False)
        taken = attempt.run([one for one in pending if one.rank not in banned] if banned else pending)
        if not attempt.blamed:
            return taken if taken.admitted else None
        banned |= attempt.blamed
    return None


class _Pass:
    """One way through time."""

    def __init__(self, courses: Courses, *, looks_ahead: bool) -> None:
        self.courses = courses
        self.looks_ahead = looks_ahead
        self.blamed: set[int] = set()
        self.result = Admission()
        courses.rewind()

    def run(self, rows: Sequence[Candidate]) -> Admission:
        """Try every row, in time; rows of one instant together, or else one by one."""
        for at, same in groupby(rows, key=attrgetter("at")):
            group = list(same)
            if self._try(group, at) is not None and (len(group) > 1 or group[0].payments):
                self._try_singly(group, at)
        for course, broken in self.courses.finish():
            self._blame(course, broken)
        return self.result

    def _try_singly(self, group: Sequence[Candidate], at: datetime) -> None:
        """Let in row by row until none fits any more; only then put deposits before those that may have one."""
        left, before = list(group), -1
        while left and len(left) != before:
            before = len(left)
            left = [one for one in left if self._try([one], at) is not None]
        for one in left:
            if one.payments:
                self._try([one], at, imply=True)

    def _try(self, group: Sequence[Candidate], at: datetime, *, imply: bool = False) -> Shortfall | None:
        """Move all legs of some rows, and take them back when that leaves a balance short; return what is lacking."""
        touched: list[Course] = []
        drawn: dict[int, list[Parts]] = {}
        for one in group:
            self._move(one, at, touched, drawn)
        lacking = self._lacking(touched, at)
        implied = []
        if lacking is not None and imply:
            implied = self._deposits(group[0], touched, at)
            lacking = self._lacking(touched, at) if implied else lacking
        if lacking is not None:
            for course in reversed(touched):
                course.undo()
            for one in group:
                self.result.refused[one.rank] = lacking
            return lacking
        for one in group:
            self.result.admitted.add(one.rank)
            self.result.refused.pop(one.rank, None)
        self.result.parts.update(drawn)
        if implied:
            self.result.implied[group[0].rank] = implied
        return None

    def _move(self, one: Candidate, at: datetime, touched: list[Course], drawn: dict[int, list[Parts]]) -> None:
        """Add the legs of a row: what comes in first, so that a fee may be paid from it."""
        for leg in one.legs:
            if leg.quantity > 0:
                self._add((leg.wallet_id, leg.asset_id, leg.sleeve_id), at, leg.quantity, one.rank, touched)
        parts: list[Parts] = []
        for leg in one.legs:
            if leg.quantity > 0:
                parts.append([(leg.sleeve_id, leg.quantity)])
                continue
            parts.append(self._draw(leg, at))
            for sleeve_id, quantity in parts[-1]:
                self._add((leg.wallet_id, leg.asset_id, sleeve_id), at, quantity, one.rank, touched)
                if leg.to_wallet_id is not None:
                    self._add((leg.to_wallet_id, leg.asset_id, sleeve_id), at, -quantity, one.rank, touched)
        if any(len(part) > 1 or part[0][0] is not None for part in parts):
            drawn[one.rank] = parts

    def _draw(self, leg: Leg, at: datetime) -> Parts:
        """Take what leaves from outside of sleeves first, then from the sleeves in their order.

        What nobody holds is taken from the first place, and found lacking there.
        """
        sleeves = self.courses.sleeves.get((leg.wallet_id, leg.asset_id))
        if leg.sleeve_id is not None or not sleeves:
            return [(leg.sleeve_id, leg.quantity)]
        parts: dict[int | None, Decimal] = {}
        left = -leg.quantity
        for sleeve_id in (None, *sorted(sleeves)):
            course = self._course((leg.wallet_id, leg.asset_id, sleeve_id), at)
            part = min(left, max(course.lowest(), ZERO))
            if part:
                parts[sleeve_id] = -part
                left -= part
        if left:
            parts[None] = parts.get(None, ZERO) - left
        return list(parts.items())

    def _course(self, key: Key, at: datetime) -> Course:
        course = self.courses.at(key)
        broken = course.advance(at)
        if broken is not None:
            self._blame(course, broken)
        return course

    def _add(self, key: Key, at: datetime, quantity: Decimal, rank: int, touched: list[Course]) -> None:
        course = self._course(key, at)
        course.add(at, quantity, rank)
        touched.append(course)

    def _lacking(self, touched: Iterable[Course], at: datetime) -> Shortfall | None:
        for course in touched:
            lacking = course.shortfall(at, looks_ahead=self.looks_ahead)
            if lacking is not None:
                return lacking
        return None

    def _deposits(self, one: Candidate, touched: list[Course], at: datetime) -> list[tuple[int, str, Decimal]]:
        """Deposit just what the payments of a row lack."""
        made = []
        for course in dict.fromkeys(touched):
            wallet_id, asset_id, sleeve_id = course.key
            lacking = course.shortfall(at, looks_ahead=self.looks_ahead)
            if lacking and not lacking.is_overflow and sleeve_id is None and asset_id in one.payments:
                self._add(course.key, at, lacking.missing, one.rank, touched)
                made.append((wallet_id, asset_id, lacking.missing))
        return made

    def _blame(self, course: Course, broken: Shortfall) -> None:
        """Name the rows that took what the ledger needs later, the last ones first, as many as make it good.

        The rest of the way is judged as if they had not.
        """
        missing = broken.missing
        while missing > 0 and course.taken:
            _, quantity, rank = course.taken.pop()
            if quantity < 0:
                missing += quantity
                course.added -= quantity
                self.blamed.add(rank)
