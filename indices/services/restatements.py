"""Corrections of published levels: asked for by one, approved by another, carried out by a worker, only appended."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import DataError, IntegrityError, transaction

from accounts.models import User
from indices.models import Holding, Index, Level, Rebalance, Restatement
from indices.services.index_records import refresh_records
from indices.services.levels import FormsDisagreeError
from indices.services.recomputation import Recomputed, recompute
from indices.services.state import CannotRunError

MAY_REQUEST = "indices.add_restatement"
MAY_APPROVE = "indices.approve_restatement"
BATCH = 2000
MICROSECOND = timedelta(microseconds=1)
IMPOSSIBLE = (CannotRunError, FormsDisagreeError, ValueError, ArithmeticError, LookupError, IntegrityError, DataError)
"""What stands in the way of a restatement; the message says it in words."""
Status = Restatement.Status


class CannotRestateError(Exception):
    """The restatement may not be asked for or decided on; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestatementPreview:
    """What a restatement would change with the closes in force now; `problem` says what stands in its way."""

    rebalances: int = 0
    levels: int = 0
    largest_change: Decimal = Decimal(0)
    problem: str = ""


@transaction.atomic
def request_restatement(*, index_id: int, first_day: date, cause: str, by: User, at: datetime) -> Restatement:
    """Ask for the levels from a day on to be worked out again. Raises CannotRestateError."""
    index = Index.objects.select_for_update().get(pk=index_id)
    if not by.has_perm(MAY_REQUEST):
        raise CannotRestateError("Asking for a restatement needs the permission to add restatements.")
    if not cause.strip():
        raise CannotRestateError("Say what was wrong: the cause stands beside each restated level.")
    days = Level.objects.current().filter(index=index).order_by("day").values_list("day", flat=True)
    first, last = days.first(), days.last()
    if first is None or last is None:
        raise CannotRestateError(f"{index.name} has no level yet; there is nothing to restate.")
    if not first <= first_day <= last:
        raise CannotRestateError(f"{index.name} has levels from {first} to {last}; choose a day among them.")
    return Restatement.objects.create(
        index=index, first_day=first_day, cause=cause.strip()[:200], requested_by=by, requested_at=at
    )


@transaction.atomic
def approve_restatement(*, restatement_id: int, approver: User, at: datetime) -> Restatement:
    """Approve a restatement, which a worker then carries out. Twice as the same person changes nothing.

    Raises CannotRestateError.
    """
    restatement = Restatement.objects.select_for_update().get(pk=restatement_id)
    if restatement.approver_id == approver.pk:
        return restatement
    _check_decision(restatement, approver)
    if restatement.requested_by_id == approver.pk:
        raise CannotRestateError("Whoever asked for it cannot approve it; another person does.")
    restatement.status = Status.APPROVED
    restatement.approver = approver
    restatement.approved_at = at
    restatement.save()
    return restatement


@transaction.atomic
def reject_restatement(*, restatement_id: int, approver: User, at: datetime) -> Restatement:
    """Turn a restatement down: the levels stay. Twice changes nothing. Raises CannotRestateError."""
    restatement = Restatement.objects.select_for_update().get(pk=restatement_id)
    if restatement.status == Status.REJECTED:
        return restatement
    _check_decision(restatement, approver)
    restatement.status = Status.REJECTED
    restatement.message = f"Rejected on {at.date()} by {approver}."[:300]
    restatement.save()
    return restatement


def preview_restatement(*, restatement_id: int, at: datetime) -> RestatementPreview:
    """Work out what a restatement would change, and write nothing."""
    restatement = Restatement.objects.select_related("index").get(pk=restatement_id)
    try:
        found = _worked_out(restatement, restatement.index, at)
    except IMPOSSIBLE as error:
        return RestatementPreview(problem=str(error))
    return RestatementPreview(
        rebalances=len(found.rebalances), levels=len(found.levels), largest_change=found.largest_change
    )


def run_approved_restatements(*, at: datetime) -> list[Restatement]:
    """Carry out every approved restatement; return those that were, done or failed.

    Each is one transaction under the lock of its index: two workers at once carry it out once, and one that fails
    writes nothing but its message. Each has an instant of its own, by which versions of one turn follow each other.
    What the pages show of the indices is described again.
    """
    waiting = Restatement.objects.filter(status=Status.APPROVED).order_by("approved_at", "pk")
    asked = list(waiting.values_list("index_id", "pk"))
    ended = [
        _run(index_id=index_id, restatement_id=restatement_id, at=at + place * MICROSECOND)
        for place, (index_id, restatement_id) in enumerate(asked)
    ]
    if any(restatement and restatement.status == Status.DONE for restatement in ended):
        refresh_records(at=at)
    return [restatement for restatement in ended if restatement]


def _run(*, index_id: int, restatement_id: int, at: datetime) -> Restatement | None:
    try:
        return _carry_out(index_id=index_id, restatement_id=restatement_id, at=at)
    except IMPOSSIBLE as error:
        failed = Restatement.objects.filter(pk=restatement_id, status=Status.APPROVED)
        failed.update(status=Status.FAILED, message=str(error)[:300])
        return Restatement.objects.get(pk=restatement_id)


@transaction.atomic
def _carry_out(*, index_id: int, restatement_id: int, at: datetime) -> Restatement | None:
    """Work everything out, then write it; None when another worker has."""
    index = Index.objects.select_for_update().get(pk=index_id)
    restatement = Restatement.objects.filter(pk=restatement_id, status=Status.APPROVED).first()
    if restatement is None:
        return None
    found = _worked_out(restatement, index, at)
    _append(found, at)
    restatement.status = Status.DONE
    restatement.done_at = at
    restatement.last_day = found.last_day
    restatement.levels_changed = len(found.levels)
    restatement.largest_change = found.largest_change
    restatement.message = "" if found.levels else "No level changed: the closes in force give the levels as they are."
    restatement.save()
    return restatement


def _worked_out(restatement: Restatement, index: Index, at: datetime) -> Recomputed:
    return recompute(index=index, first_day=restatement.first_day, cause=restatement.cause, at=at)


def _append(found: Recomputed, at: datetime) -> None:
    Rebalance.objects.filter(pk__in=found.old_rebalances).update(superseded_at=at)
    Level.objects.filter(pk__in=found.old_levels).update(superseded_at=at)
    Rebalance.objects.bulk_create(found.rebalances)
    Holding.objects.bulk_create(found.holdings, batch_size=BATCH)
    Level.objects.bulk_create(found.levels, batch_size=BATCH)


def _check_decision(restatement: Restatement, approver: User) -> None:
    if not approver.has_perm(MAY_APPROVE):
        raise CannotRestateError("Deciding on a restatement needs the permission to approve restatements.")
    if restatement.status != Status.REQUESTED:
        raise CannotRestateError(f"It is decided already: {restatement.get_status_display().lower()}.")
