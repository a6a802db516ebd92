"""Who may put which rules into force: edited by one, replayed, approved by a second, announced, retired."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max

from accounts.models import User
from indices.calc.canonical import canonical, digest
from indices.calc.rules import Rules, RulesError
from indices.models import Index, Methodology, Review

PERMISSION = "indices.approve_methodology"
NOTICE = timedelta(days=7)
HORIZON = timedelta(days=730)
Status = Methodology.Status


class CannotDraftError(Exception):
    """The methodology cannot be changed; the message is fit for a curator's eyes."""


class CannotApproveError(Exception):
    """The version may not be approved; the message says why and what to do."""


class CannotAnnounceError(Exception):
    """The version may not be announced; the message says why and what to do."""


class CannotRetireError(Exception):
    """The index is not one that runs."""


def fingerprint(methodology: Methodology) -> str:
    """Return the digest of what an approver looks at: the rules, their first day, the reason of an emergency."""
    looked_at = (methodology.params, methodology.effective_from, methodology.emergency_reason)
    return digest(canonical(looked_at))


def check_not_announced(methodology: Methodology) -> None:
    """Raise CannotDraftError for a version that is announced: those never change."""
    if methodology.status not in Methodology.OPEN:
        raise CannotDraftError(f"Version {methodology.version} is announced and stays as it is; start a new draft.")


@transaction.atomic
def save_draft(
    *,
    index_id: int,
    rules: Rules,
    effective_from: date | None,
    author: User,
    methodology_id: int | None = None,
    emergency_reason: str = "",
) -> Methodology:
    """Make the next version of an index's rules as a draft, or rewrite one; whoever wrote last is its author.

    An edit voids a replay and an approval: the version is a draft again. Raises CannotDraftError when the version is
    announced: those never change.
    """
    index = Index.objects.select_for_update().get(pk=index_id)
    if methodology_id is None:
        newest = index.methodologies.aggregate(newest=Max("version"))["newest"] or 0
        methodology = Methodology(index=index, version=newest + 1)
    else:
        methodology = index.methodologies.select_for_update().get(pk=methodology_id)
    check_not_announced(methodology)
    methodology.params = rules.to_params()
    methodology.effective_from = effective_from
    methodology.author = author
    methodology.emergency_reason = emergency_reason
    methodology.status = Status.DRAFT
    methodology.computed_by = methodology.computed_at = None
    _void_approval(methodology)
    _save(methodology, f"Edited by {author}.")
    return methodology


@transaction.atomic
def mark_computed(*, methodology_id: int, params: object, by: User, at: datetime) -> bool:
    """Note that a replay of exactly these rules is done; tell whether it counted. A later edit voids it.

    The first replay counts: an approver who looks again by a replay of their own may still approve.
    """
    methodology = Methodology.objects.select_for_update().get(pk=methodology_id)
    if methodology.params != params or methodology.status not in {Status.DRAFT, Status.COMPUTED}:
        return False
    if methodology.status == Status.COMPUTED:
        return True
    methodology.status = Status.COMPUTED
    methodology.computed_by = by
    methodology.computed_at = at
    _void_approval(methodology)
    _save(methodology, f"Replayed for {by}.")
    return True


@transaction.atomic
def approve_methodology(*, methodology_id: int, approver: User, at: datetime, seen: str) -> Methodology:
    """Approve a version that has been replayed; one in an emergency needs a second approver and no replay.

    `seen` is the fingerprint of what the approver looked at: a version that was edited since is refused. Approving
    twice as the same person changes nothing. Raises CannotApproveError.
    """
    _, methodology = _locked(methodology_id)
    if methodology.status not in Methodology.OPEN:
        raise CannotApproveError(f"Version {methodology.version} is announced already.")
    if seen != fingerprint(methodology):
        raise CannotApproveError("It was edited since you opened it; look at it again.")
    if approver.pk in {methodology.approver_id, methodology.second_approver_id}:
        return methodology
    _check_people(methodology, approver)
    _check_rules(methodology)
    is_emergency = bool(methodology.emergency_reason)
    if methodology.status == Status.DRAFT and not is_emergency:
        raise CannotApproveError("Replay it first: an approver looks at what these rules would have done.")
    if methodology.approver_id is None:
        methodology.approver = approver
    elif is_emergency and methodology.second_approver_id is None:
        methodology.second_approver = approver
    else:
        raise CannotApproveError(f"It is approved by {methodology.approver} already.")
    if methodology.second_approver_id or not is_emergency:
        methodology.status = Status.APPROVED
        methodology.approved_at = at
    _save(methodology, f"Approved by {approver}.")
    return methodology


@transaction.atomic
def reject_methodology(*, methodology_id: int, approver: User, reason: str = "") -> Methodology:
    """Send a version back to its author: it is a draft again. Raises CannotApproveError."""
    _, methodology = _locked(methodology_id)
    if methodology.status not in Methodology.OPEN:
        raise CannotApproveError(f"Version {methodology.version} is announced and stays as it is.")
    if not approver.has_perm(PERMISSION):
        raise CannotApproveError("Rejecting needs the permission to approve methodologies.")
    if methodology.status == Status.DRAFT and methodology.approver_id is None:
        raise CannotApproveError("It is a draft, with nothing to send back.")
    methodology.status = Status.DRAFT
    methodology.computed_by = methodology.computed_at = None
    _void_approval(methodology)
    _save(methodology, f"Sent back by {approver}. {reason}")
    return methodology


@transaction.atomic
def announce_methodology(*, methodology_id: int, at: datetime) -> Methodology:
    """Make an approved version public; it is in force from its day on, and the index becomes active.

    Announcing twice changes nothing. Raises CannotAnnounceError.
    """
    index, methodology = _locked(methodology_id)
    if methodology.status in Methodology.PUBLIC:
        return methodology
    if methodology.status != Status.APPROVED:
        raise CannotAnnounceError(f"Version {methodology.version} is not approved yet.")
    _check_dates(index, methodology, at.date())
    methodology.status = Status.ANNOUNCED
    methodology.announced_at = at
    _save(methodology, "Announced.")
    if index.status == Index.Status.DRAFT:
        index.status = Index.Status.ACTIVE
        index.save(update_fields=["status"])
    return methodology


@transaction.atomic
def void_open_versions(*, index_id: int, by: User) -> None:
    """Make drafts of the open versions of an index that was changed: what was replayed and approved was another."""
    index = Index.objects.select_for_update().get(pk=index_id)
    for methodology in index.methodologies.select_for_update().filter(status__in=Methodology.OPEN):
        methodology.status = Status.DRAFT
        methodology.computed_by = methodology.computed_at = None
        _void_approval(methodology)
        _save(methodology, f"The index was edited by {by}.")


@transaction.atomic
def retire_index(*, index_id: int, day: date) -> Index:
    """Stop running an index from a day on; its record stays, and so do the holdings of those who follow it.

    Raises CannotRetireError when the index is a draft.
    """
    index = Index.objects.select_for_update().get(pk=index_id)
    if index.status == Index.Status.DRAFT:
        raise CannotRetireError(f"{index.name} is a draft that never ran; delete it instead.")
    if index.status == Index.Status.ACTIVE:
        index.status = Index.Status.RETIRED
        index.retired_on = day
        index.save(update_fields=["status", "retired_on"])
    return index


def _locked(methodology_id: int) -> tuple[Index, Methodology]:
    index_id = Methodology.objects.values_list("index_id", flat=True).get(pk=methodology_id)
    index = Index.objects.select_for_update().get(pk=index_id)
    return index, index.methodologies.select_for_update().get(pk=methodology_id)


def _save(methodology: Methodology, words: str) -> None:
    """Write a version, and beside its history what was done."""
    methodology._change_reason = words[:100]  # type: ignore[attr-defined] # noqa: SLF001 - how the history is told
    methodology.save()


def _void_approval(methodology: Methodology) -> None:
    methodology.approver = methodology.second_approver = methodology.approved_at = None


def _check_people(methodology: Methodology, approver: User) -> None:
    if not approver.has_perm(PERMISSION):
        raise CannotApproveError("Approving needs the permission to approve methodologies.")
    if methodology.author_id == approver.pk:
        raise CannotApproveError("Whoever edited it last cannot approve it; a second person does.")
    if methodology.computed_by_id == approver.pk:
        raise CannotApproveError("Whoever had it replayed cannot approve it; another person does.")


def _check_rules(methodology: Methodology) -> None:
    try:
        Rules.from_params(methodology.params)
    except RulesError as error:
        raise CannotApproveError(f"The rules cannot be read. {error}") from error


def _check_dates(index: Index, methodology: Methodology, today: date) -> None:
    """Refuse rules that would have been in force before somebody approved them."""
    if index.status == Index.Status.RETIRED:
        raise CannotAnnounceError(f"{index.name} is retired; it has no next review.")
    start = methodology.effective_from
    if start is not None and start > today + HORIZON:
        raise CannotAnnounceError(f"It would be in force from {start} only; choose a day within two years.")
    public = index.methodologies.announced()
    if public.exists():
        _check_later_start(index, methodology, today)
    elif start is not None:
        raise CannotAnnounceError("The first version is in force from the start: leave the day empty.")


def _check_later_start(index: Index, methodology: Methodology, today: date) -> None:
    """Refuse a later version without its day, its notice, or room before it."""
    start = methodology.effective_from
    if start is None:
        raise CannotAnnounceError("Give the day from which this version is in force: another one is announced.")
    if index.methodologies.announced().filter(effective_from=start).exists():
        raise CannotAnnounceError(f"Another version is in force from {start}; choose a different day.")
    if not methodology.emergency_reason and start < today + NOTICE:
        raise CannotAnnounceError(
            f"It is in force from {start}, with less than {NOTICE.days} days of notice; choose {today + NOTICE} or "
            "later, or give the reason of an emergency and have two people approve it."
        )
    newest = Review.objects.filter(index=index).aggregate(newest=Max("effective_day"))["newest"]
    if newest and start <= newest:
        raise CannotAnnounceError(f"A review up to {newest} is drawn up already; choose a later day than that.")
