"""Proposals: reviews that people ask for, have computed again, approve or reject; what took effect stays as it is."""

import json
from datetime import date, datetime, timedelta

from django.db import transaction

from accounts.models import User
from indices.calc.inputs import ReviewKind
from indices.calc.rules import Rules
from indices.models import Index, Review, ReviewLine
from indices.services.gathering import Cutoff, cutoff_of, gatherer_as_of
from indices.services.reviews import announce_if_due, draw_up, origin_of

MAY_APPROVE = "indices.approve_review"
MAY_REQUEST = "indices.add_review"
MAY_RECOMPUTE = "indices.change_review"
ONE_DAY = timedelta(days=1)
NO_TIME = timedelta(0)
BATCH = 2000
Status, Kind = Review.Status, Review.Kind
STAYS = "It has taken effect and stays as it is; a later review changes the basket."


class CannotDecideError(Exception):
    """The review may not be approved or rejected; the message says why and what to do."""


class CannotRequestError(Exception):
    """No review may be asked for, or computed again; the message says why and what to do."""


@transaction.atomic
def approve_review(*, review_id: int, approver: User, at: datetime, seen: str) -> Review:
    """Approve a proposal; an extraordinary one needs a second approver, and is announced when its day has come.

    `seen` is the digest of the inputs that the approver looked at: a proposal that was computed again since is
    refused. Approving twice as the same person changes nothing. Raises CannotDecideError.
    """
    review = _locked(review_id)
    if approver.pk in {review.approver_id, review.second_approver_id}:
        return review
    _check_approval(review, approver, seen)
    if review.approver_id is None:
        review.approver = approver
    else:
        review.second_approver = approver
    is_extraordinary = review.kind == Kind.EXTRAORDINARY
    if review.second_approver_id or not is_extraordinary:
        review.status = Status.APPROVED
        review.approved_at = at
    if is_extraordinary:
        announce_if_due(review, at.date() - ONE_DAY)
    review.save()
    return review


@transaction.atomic
def reject_review(*, review_id: int, approver: User, reason: str, at: datetime) -> Review:
    """Reject a proposal: the basket in force stays. One that is rejected already keeps its reason.

    Raises CannotDecideError.
    """
    review = _locked(review_id)
    if review.status == Status.REJECTED:
        return review
    if review.status not in Review.WAITING:
        raise CannotDecideError(_why_not(review))
    if not approver.has_perm(MAY_APPROVE):
        raise CannotDecideError("Rejecting needs the permission to approve reviews.")
    if not reason.strip():
        raise CannotDecideError("Say why it is rejected.")
    _void_approval(review)
    review.status = Status.REJECTED
    review.reason = f"Rejected on {at.date()}: {reason.strip()}"[:300]
    review.save()
    return review


@transaction.atomic
def request_review(*, index_id: int, reason: str, by: User, at: datetime) -> Review:
    """Ask for an extraordinary review: its cut-off is the last day that has closed, it takes effect at the next close.

    A worker computes it. Raises CannotRequestError.
    """
    index = Index.objects.select_for_update().get(pk=index_id)
    today = at.date()
    _check_request(index, reason, by, today)
    methodology = index.methodologies.for_day(today)
    if methodology is None:
        raise CannotRequestError(f"No methodology of {index.name} is announced.")
    cutoff = cutoff_of(day=today - ONE_DAY, at=at)
    return Review.objects.create(
        index=index,
        methodology=methodology,
        kind=Kind.EXTRAORDINARY,
        cutoff_day=cutoff.day,
        cutoff_at=cutoff.known_at,
        announce_day=today,
        effective_day=today,
        status=Status.DRAFT,
        reason=reason.strip()[:300],
        requested_by=by,
    )


@transaction.atomic
def recompute_review(*, review_id: int, by: User) -> Review:
    """Have a proposal computed again at the same cut-off; approvals are void. One that waits for it changes nothing.

    Only whoever asked for an extraordinary review has it computed again: nobody else takes their place on record and
    makes an approver of them. What is announced is public and stays. Raises CannotRequestError.
    """
    review = _locked(review_id)
    _check_recomputation(review, by)
    if review.status == Status.DRAFT:
        return review
    _void_approval(review)
    review.status = Status.DRAFT
    review.reason = origin_of(review)
    review.requested_by = by
    review.computed_at = None
    review.save()
    return review


def compute_requested(*, at: datetime) -> int:
    """Compute every review that people have asked for; return how many there were.

    Each is one transaction; two workers at once compute it once.
    """
    waiting = Review.objects.filter(status=Status.DRAFT).order_by("index_id", "cutoff_day", "pk")
    asked = list(waiting.values_list("index_id", "pk"))
    return sum(_compute(index_id=index_id, review_id=review_id, at=at) for index_id, review_id in asked)


@transaction.atomic
def _compute(*, index_id: int, review_id: int, at: datetime) -> bool:
    """Compute one review if nobody has meanwhile; any other that waits gives way to it."""
    index = Index.objects.select_for_update().get(pk=index_id)
    review = index.reviews.select_for_update().filter(pk=review_id, status=Status.DRAFT).first()
    if review is None:
        return False
    review.computed_at = at
    _keep_ahead(review, at.date())
    try:
        lines = _drawn_up(index, review)
    except (ValueError, ArithmeticError, LookupError) as error:
        review.status = Status.NEEDS_REVIEW
        review.reason = f"{error} {review.reason}".strip()[:300]
        lines = []
    if review.status in Review.WAITING:
        _give_way(review)
    review.save()
    review.lines.all().delete()
    ReviewLine.objects.bulk_create(lines, batch_size=BATCH)
    return True


def _drawn_up(index: Index, review: Review) -> list[ReviewLine]:
    """Gather what was known at the cut-off, fill in the review and return its lines."""
    rules = Rules.from_params(review.methodology.params)
    inputs = gatherer_as_of(index=index, day=review.cutoff_day, rules=rules).gather(
        ReviewKind(review.kind),
        rules,
        Cutoff(day=review.cutoff_day, known_at=review.cutoff_at),
        trigger=str(json.loads(review.inputs)["trigger"]) if review.inputs else "",
        # Why it was asked for is frozen with all else: what it waits for later may overwrite the reason.
        fired=review.reason,
    )
    may_be_automatic = review.kind != Kind.EXTRAORDINARY and index.auto_approve
    return draw_up(review=review, inputs=inputs, auto_approve=may_be_automatic)


def _keep_ahead(review: Review, today: date) -> None:
    """Move a review whose announcement has passed to the running day, so that its notice stays as long."""
    late = max(today - review.announce_day, NO_TIME)
    review.announce_day += late
    review.effective_day += late


def _give_way(review: Review) -> None:
    """Of an index one review waits: let the others keep the basket in force."""
    for other in review.index.reviews.select_for_update().filter(status__in=Review.WAITING).exclude(pk=review.pk):
        other.status = Status.NEEDS_REVIEW
        other.reason = f"Gave way to the {review.get_kind_display().lower()} review of {review.cutoff_day}. "
        other.reason = f"{other.reason}{origin_of(other)}".strip()[:300]
        other.save(update_fields=["status", "reason"])


def _locked(review_id: int) -> Review:
    index_id = Review.objects.values_list("index_id", flat=True).get(pk=review_id)
    index = Index.objects.select_for_update().get(pk=index_id)
    return index.reviews.select_for_update().get(pk=review_id)


def _void_approval(review: Review) -> None:
    review.approver = review.second_approver = review.approved_at = None


def _check_approval(review: Review, approver: User, seen: str) -> None:
    if review.status != Status.COMPUTED:
        raise CannotDecideError(_why_not(review))
    if not approver.has_perm(MAY_APPROVE):
        raise CannotDecideError("Approving needs the permission to approve reviews.")
    if review.requested_by_id == approver.pk:
        raise CannotDecideError("Whoever had it computed cannot approve it; another person does.")
    if seen != review.snapshot_hash:
        raise CannotDecideError("It was computed again since you opened it; look at it once more.")


def _why_not(review: Review) -> str:
    """Return why a review cannot be decided on."""
    words = {
        Status.DRAFT: "It is not computed yet.",
        Status.NEEDS_REVIEW: "No basket waits here; have it computed again.",
        Status.REJECTED: "It was rejected; have it computed again first.",
        Status.EFFECTIVE: STAYS,
        Status.SUPERSEDED: STAYS,
    }
    return words.get(Status(review.status), "It is approved already.")


def _check_recomputation(review: Review, by: User) -> None:
    if not by.has_perm(MAY_RECOMPUTE):
        raise CannotRequestError("Computing again needs the permission to change reviews.")
    if review.status in Review.TAKEN:
        raise CannotRequestError(STAYS)
    if review.status == Status.ANNOUNCED:
        raise CannotRequestError("It is announced and public, and stays as it is; an approver can still reject it.")
    if review.kind == Kind.EXTRAORDINARY and review.requested_by_id != by.pk:
        raise CannotRequestError(f"{review.requested_by} asked for it: nobody else has it computed again.")
    later = review.index.reviews.filter(status__in=Review.TAKEN, cutoff_day__gt=review.cutoff_day)
    if later.exists():
        raise CannotRequestError("A review with a later cut-off has taken effect since; ask for an extraordinary one.")


def _check_request(index: Index, reason: str, by: User, today: date) -> None:
    if not by.has_perm(MAY_REQUEST):
        raise CannotRequestError("Asking for a review needs the permission to add reviews.")
    if not reason.strip():
        raise CannotRequestError("Say why an extraordinary review is asked for.")
    if index.status != Index.Status.ACTIVE:
        raise CannotRequestError(f"{index.name} is not active; only an active index is reviewed.")
    newest = index.levels.order_by("-day").values_list("day", flat=True).first()
    if newest is None:
        raise CannotRequestError(f"{index.name} has no basket yet; its first review is on schedule.")
    if newest < today - ONE_DAY:
        raise CannotRequestError(f"The night of {today - ONE_DAY} is not computed yet; ask when it is.")
    if index.reviews.filter(kind=Kind.EXTRAORDINARY, status=Status.DRAFT).exists():
        raise CannotRequestError("An extraordinary review is asked for already and is being computed.")
