"""Which nights there are, which are missing, and which is the latest."""

from datetime import date, datetime, timedelta

from analytics.models import NightlyRun, StageRun
from analytics.selectors.ledger import day_range

Status = NightlyRun.Status
MOST_ATTEMPTS = 5
PATIENCE = timedelta(minutes=30)


def missing_nights(*, until: date, at: datetime) -> list[date]:
    """Return, in order, the nights up to a day that are to be run: from the first one known, each that is not done.

    A night that failed is due again half an hour later, then an hour, and so on, five times in all; after that only
    its date given by hand runs it. Without any night known only `until` is missing.
    """
    runs = {run.day: run for run in NightlyRun.objects.filter(day__lte=until)}
    if not runs:
        return [until]
    return [day for day in day_range(min(runs), until) if day not in runs or _is_due(runs[day], at)]


def _is_due(run: NightlyRun, at: datetime) -> bool:
    if run.status in {Status.FAILED, Status.PARTIAL}:
        waited = run.finished_at is None or run.finished_at <= at - run.attempts * PATIENCE
        return run.attempts < MOST_ATTEMPTS and waited
    return run.status != Status.DONE


def latest_night() -> NightlyRun | None:
    """Return the latest night whose figures are there, whole or in part."""
    return NightlyRun.objects.filter(status__in=[Status.DONE, Status.PARTIAL]).order_by("-day").first()


def last_night_began(*, but: str) -> datetime | None:
    """Return when the last night was begun whose figures are there, but for those of one claim."""
    done = NightlyRun.objects.filter(status__in=[Status.DONE, Status.PARTIAL], started_at__isnull=False)
    return done.exclude(claim=but).order_by("-started_at").values_list("started_at", flat=True).first()


def share_of_night(day: date) -> float:
    """Return how much of a night is done, by its stages, between 0 and 1."""
    stages = list(StageRun.objects.filter(run__day=day))
    finished = sum(1.0 if row.finished_at else row.done / row.total if row.total else 0.0 for row in stages)
    return finished / len(StageRun.Stage)
