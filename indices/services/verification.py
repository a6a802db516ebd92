"""Baskets worked out again from their stored inputs alone, and compared with what the tables say, byte for byte."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import NamedTuple

from indices.calc.canonical import canonical, digest
from indices.calc.carryover import EventInputs, carry_over
from indices.calc.composition import Composition, compose
from indices.calc.differences import first_difference
from indices.calc.execution import ExecutionInputs, FixedBasket, fix
from indices.calc.inputs import ReviewInputs
from indices.models import Index, Rebalance, Review, ReviewLine
from indices.services.levels import fixed_of
from indices.services.reviews import line_of
from market.models import AssetEvent

CHUNK = 100
NEVER = datetime.max.replace(tzinfo=UTC)
UNREADABLE = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
"""What reading or working out a text can raise that was tampered with."""
EVENT_TERMS = ("kind", "treatment", "asset_id", "new_asset_id", "ratio", "price")
LINE_FIELDS = (
    "asset_id", "rank", "market_cap", "median_volume", "age_days", "metrics", "is_incumbent", "is_selected",
    "is_sleeve", "reason", "detail", "raw_weight", "base_weight", "weight",
)  # fmt: skip


class CannotVerifyError(Exception):
    """There is no such rebalance or index; the message says which."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What does not fit: at which step and place, what follows from the inputs, and what stands there."""

    step: str
    place: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A finding and the version of the rebalance that has it."""

    rebalance_id: int
    index: str
    effective_day: date
    version: int
    finding: Finding

    def __str__(self) -> str:
        which = f"{self.index} {self.effective_day} (rebalance {self.rebalance_id}, version {self.version})"
        found = self.finding
        where = f"{found.step}, {found.place}" if found.place else found.step
        return f"{which}: {where}: expected {found.expected}, found {found.found}"


@dataclass(slots=True)
class Verification:
    """How many baskets and reviews were worked out again, how many are older than stored inputs, and what failed."""

    rebalances: int = 0
    reviews: int = 0
    unrecorded_rebalances: int = 0
    unrecorded_reviews: int = 0
    failures: list[Failure] = field(default_factory=list)


def verify_rebalances(*, rebalance_id: int | None = None, slug: str = "") -> Verification:
    """Verify one rebalance, those of an index, or all; superseded versions too. See docs/indices.md.

    Raises CannotVerifyError.
    """
    rebalances = Rebalance.objects.all()
    if slug:
        if not Index.objects.filter(slug=slug).exists():
            raise CannotVerifyError(f"There is no index {slug}.")
        rebalances = rebalances.filter(index__slug=slug)
    if rebalance_id is not None:
        rebalances = rebalances.filter(pk=rebalance_id)
        if not rebalances.exists():
            raise CannotVerifyError(f"There is no rebalance {rebalance_id}{f' of {slug}' if slug else ''}.")
    wanted = (
        rebalances.select_related("index", "event", "review")
        .prefetch_related("holdings", "review__lines")
        .order_by("index_id", "effective_day", "sequence", "version")
    )
    verifier = _Verifier(_Chain(rebalances.order_by().values_list("index_id", flat=True)))
    for rebalance in wanted.iterator(chunk_size=CHUNK):
        verifier.take(rebalance)
    return verifier.result


class _Verifier:
    """Takes rebalances one by one, versions of one turn together: they share their review."""

    def __init__(self, chain: "_Chain") -> None:
        self.chain = chain
        self.result = Verification()
        self.review_id: int | None = None
        self.of_review: list[Finding] = []

    def take(self, rebalance: Rebalance) -> None:
        """Verify one version and count it."""
        if not rebalance.inputs:
            self.result.unrecorded_rebalances += 1
            return
        self.result.rebalances += 1
        findings = [*_check_basket(rebalance), *self.chain.check(rebalance)]
        if rebalance.review:
            findings += self._findings_of(rebalance.review)
        self.result.failures += [
            Failure(
                rebalance_id=rebalance.pk,
                index=rebalance.index.slug,
                effective_day=rebalance.effective_day,
                version=rebalance.version,
                finding=finding,
            )
            for finding in findings
        ]

    def _findings_of(self, review: Review) -> list[Finding]:
        if review.pk != self.review_id:
            self.review_id, self.of_review = review.pk, list(_check_review(review))
            if review.inputs:
                self.result.reviews += 1
            else:
                self.result.unrecorded_reviews += 1
        return self.of_review


class _Version(NamedTuple):
    """The digest of one version of a turn, and until when it was in force."""

    until: datetime
    result_hash: str


Turn = tuple[int, date, int]


class _Chain:
    """The digests of every turn of some indices, by which the one before can be told."""

    def __init__(self, index_ids: Collection[int]) -> None:
        self.versions: dict[Turn, list[_Version]] = {}
        self.before: dict[Turn, Turn | None] = {}
        rows = Rebalance.objects.filter(index__in=set(index_ids)).order_by("index_id", "effective_day", "sequence")
        last: Turn | None = None
        for index_id, day, sequence, result_hash, until in rows.values_list(
            "index_id", "effective_day", "sequence", "result_hash", "superseded_at"
        ):
            turn = (index_id, day, sequence)
            if turn not in self.versions:
                self.before[turn] = last if last and last[0] == index_id else None
                self.versions[turn] = []
                last = turn
            self.versions[turn].append(_Version(until or NEVER, result_hash))

    def check(self, rebalance: Rebalance) -> Iterator[Finding]:
        """Compare with the digest of the turn before: of the version that was in force when this one last was."""
        before = self.before[rebalance.index_id, rebalance.effective_day, rebalance.sequence]
        expected = ""
        if before:
            until = rebalance.superseded_at or NEVER
            expected = min(version for version in self.versions[before] if version.until >= until).result_hash
        yield from _same("chain", "prev_hash", expected, rebalance.prev_hash)


def _check_basket(rebalance: Rebalance) -> Iterator[Finding]:
    """Work a basket out from its inputs, and compare inputs, digests and tables."""
    yield from _same("inputs", "run_hash", digest(rebalance.inputs), rebalance.run_hash)
    stored = fixed_of(rebalance).to_text()
    yield from _same("result", "result_hash", digest(stored), rebalance.result_hash)
    try:
        inputs, fixed = _worked_out(rebalance)
    except UNREADABLE as error:
        yield Finding("inputs", "", "inputs from which a basket follows", _told(error))
        return
    yield from _same_text("inputs", inputs.to_text(), rebalance.inputs)
    yield from _same_text("result", fixed.to_text(), stored)
    yield from _same("inputs", "effective_day", str(inputs.effective_day), str(rebalance.effective_day))
    yield from _same("inputs", "prev_hash", inputs.prev_hash, rebalance.prev_hash)
    if isinstance(inputs, ExecutionInputs):
        yield from _check_decision(inputs, rebalance.review)
    else:
        yield from _check_event(inputs, rebalance.event)


def _worked_out(rebalance: Rebalance) -> tuple[ExecutionInputs | EventInputs, FixedBasket]:
    if rebalance.kind == Rebalance.Kind.EVENT:
        event = EventInputs.from_text(rebalance.inputs)
        return event, carry_over(event)
    inputs = ExecutionInputs.from_text(rebalance.inputs)
    return inputs, fix(inputs)


def _check_decision(inputs: ExecutionInputs, review: Review | None) -> Iterator[Finding]:
    """Compare what was carried out with what the review decided."""
    if review is None:
        return
    yield from _same("review", "snapshot_hash", inputs.snapshot_hash, review.snapshot_hash)
    decided = {line.asset_id: line.weight for line in review.lines.all() if line.weight}
    yield from _same_text("targets", canonical(decided), canonical(inputs.targets))


def _check_event(inputs: EventInputs, event: AssetEvent | None) -> Iterator[Finding]:
    """Compare what was carried out with the event as it was approved."""
    approved, carried = ({term: getattr(each, term, None) for term in EVENT_TERMS} for each in (event, inputs))
    yield from _same_text("event", canonical(approved), canonical(carried))


def _check_review(review: Review) -> Iterator[Finding]:
    """Judge every asset again from a review's inputs, and compare with its lines."""
    if not review.inputs:
        return
    yield from _same("review", "snapshot_hash", digest(review.inputs), review.snapshot_hash)
    try:
        inputs = ReviewInputs.from_text(review.inputs)
        composition = compose(inputs)
    except UNREADABLE as error:
        yield Finding("review", "", "inputs from which verdicts follow", _told(error))
        return
    yield from _same_text("review inputs", inputs.to_text(), review.inputs)
    yield from _same_text("verdicts", _follows(review, composition), _stands(review))


def _follows(review: Review, composition: Composition) -> str:
    """Return what follows from a review's inputs as canonical JSON."""
    lines = [line_of(review, verdict) for verdict in composition.verdicts]
    return _text_of(lines, composition.problem, composition.exposure, composition.volatility_exposure)


def _stands(review: Review) -> str:
    """Return what is stored of a review that took effect, as canonical JSON: it had no problem."""
    return _text_of(list(review.lines.all()), "", review.exposure, review.volatility_exposure)


def _text_of(lines: Sequence[ReviewLine], problem: str, *exposures: object) -> str:
    rows = [{name: getattr(line, name) for name in LINE_FIELDS} for line in lines]
    rows.sort(key=lambda row: row["asset_id"])
    return canonical({"problem": problem, "exposures": exposures, "lines": rows})


def _same(step: str, place: str, expected: str, found: str) -> Iterator[Finding]:
    if expected != found:
        yield Finding(step, place, expected or "nothing", found or "nothing")


def _same_text(step: str, expected: str, found: str) -> Iterator[Finding]:
    if difference := first_difference(expected, found):
        yield Finding(step, *difference)


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
