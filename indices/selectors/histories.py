"""The past of an index: its baskets, the versions of its rules, reviews that came to nothing, and corrections."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Max, QuerySet

from indices.models import Index, Level, Methodology, Rebalance, Restatement, Review
from indices.selectors.rulebooks import sentences_of

FAILED_SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesVersion:
    """A version of the rules and, in words, what it added to and took from the version before."""

    methodology: Methodology
    added: Sequence[str]
    removed: Sequence[str]

    @property
    def is_first(self) -> bool:
        """Tell whether there is no version before to differ from."""
        return not self.added and not self.removed


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedReviews:
    """The newest reviews that came to nothing, and how many there are in all."""

    shown: Sequence[Review]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisedDay:
    """Every version of the level of one day, the oldest first."""

    day: date
    versions: Sequence[Level]


def get_history(*, index: Index) -> QuerySet[Rebalance]:
    """Return the baskets in their current versions with what each came of, the newest first."""
    baskets = Rebalance.objects.current().filter(index=index)
    related = baskets.select_related("review", "event__asset", "event__new_asset")
    return related.defer("inputs", "review__inputs").order_by("-effective_day", "-sequence")


def get_announced_review(*, index: Index) -> Review | None:
    """Return the review that is announced and has not taken effect."""
    announced = Review.objects.filter(index=index, status=Review.Status.ANNOUNCED)
    return announced.select_related("methodology").defer("inputs").order_by("effective_day").first()


def get_failed_reviews(*, index: Index) -> FailedReviews:
    """Return the public reviews that came to nothing."""
    failed = Review.objects.public().filter(index=index, status=Review.Status.NEEDS_REVIEW)
    shown = failed.defer("inputs").order_by("-cutoff_day", "-id")[:FAILED_SHOWN]
    return FailedReviews(shown=list(shown), total=failed.count())


def get_rules_versions(versions: Sequence[Methodology]) -> list[RulesVersion]:
    """Return announced versions with their differences in words, the newest first; unreadable ones differ in none."""
    told: list[RulesVersion] = []
    before: list[str] = []
    for methodology in versions:
        sentences = sentences_of(methodology)
        told.append(
            RulesVersion(
                methodology=methodology,
                added=[sentence for sentence in sentences if before and sentence not in before],
                removed=[sentence for sentence in before if sentences and sentence not in sentences],
            )
        )
        before = sentences or before
    return told[::-1]


def get_restatements(*, index: Index) -> QuerySet[Restatement]:
    """Return the corrections that are approved or done, the newest first; a request alone is nobody's business yet."""
    public = (Restatement.Status.APPROVED, Restatement.Status.DONE)
    return Restatement.objects.filter(index=index, status__in=public).order_by("-requested_at", "-id")


def get_levels(*, index: Index, start: date | None = None, end: date | None = None) -> QuerySet[Level]:
    """Return the current levels from start to end, one a day; both ends are open when not given."""
    levels = Level.objects.current().filter(index=index).order_by("day")
    if start:
        levels = levels.filter(day__gte=start)
    return levels.filter(day__lte=end) if end else levels


def get_revised_days(*, index: Index) -> QuerySet[Level, date]:
    """Return the days whose level has more than one version, the newest first."""
    versions = Level.objects.filter(index=index).values("day").annotate(versions=Max("version"))
    return versions.filter(versions__gt=1).order_by("-day").values_list("day", flat=True)


def get_level_versions(*, index: Index, days: Sequence[date]) -> list[RevisedDay]:
    """Return every version of the levels of some days, in their order."""
    found: dict[date, list[Level]] = {day: [] for day in days}
    for level in Level.objects.filter(index=index, day__in=days).order_by("day", "version"):
        found[level.day].append(level)
    return [RevisedDay(day=day, versions=versions) for day, versions in found.items()]
