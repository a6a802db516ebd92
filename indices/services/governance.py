"""Who may put which rules into force: drafts by one person, publication by another, retirement."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Max

from accounts.models import User
from indices.calc.rules import Rules, RulesError
from indices.models import Index, Methodology, Review

PERMISSION = "indices.publish_methodology"


class CannotDraftError(Exception):
    """The methodology cannot be changed; the message is fit for a curator's eyes."""


class CannotPublishError(Exception):
    """The draft may not come into force; the message says why and what to do."""


class CannotRetireError(Exception):
    """The index is not one that runs."""


@transaction.atomic
def save_draft(
    *, index_id: int, rules: Rules, effective_from: date | None, author: User, methodology_id: int | None = None
) -> Methodology:
    """Make the next version of an index's rules as a draft, or rewrite one; whoever wrote last is its author.

    Raises CannotDraftError when the version is published: those never change.
    """
    index = Index.objects.select_for_update().get(pk=index_id)
    if methodology_id is None:
        newest = index.methodologies.aggregate(newest=Max("version"))["newest"] or 0
        methodology = Methodology(index=index, version=newest + 1)
    else:
        methodology = index.methodologies.get(pk=methodology_id)
    if methodology.status != Methodology.Status.DRAFT:
        raise CannotDraftError(f"Version {methodology.version} is published and stays as it is; start a new draft.")
    methodology.params = rules.to_params()
    methodology.effective_from = effective_from
    methodology.author = author
    methodology.save()
    return methodology


@transaction.atomic
def publish_methodology(*, methodology_id: int, approver: User, at: datetime) -> Methodology:
    """Freeze a draft and put it into force; the index becomes active. Publishing twice changes nothing.

    Raises CannotPublishError.
    """
    index_id = Methodology.objects.values_list("index_id", flat=True).get(pk=methodology_id)
    index = Index.objects.select_for_update().get(pk=index_id)
    methodology = index.methodologies.select_for_update().get(pk=methodology_id)
    if methodology.status == Methodology.Status.PUBLISHED:
        return methodology
    _check_people(methodology, approver)
    _check_rules(methodology)
    _check_dates(index, methodology)
    methodology.status = Methodology.Status.PUBLISHED
    methodology.approver = approver
    methodology.published_at = at
    methodology.save(update_fields=["status", "approver", "published_at"])
    if index.status == Index.Status.DRAFT:
        index.status = Index.Status.ACTIVE
        index.save(update_fields=["status"])
    return methodology


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


def _check_people(methodology: Methodology, approver: User) -> None:
    if not approver.has_perm(PERMISSION):
        raise CannotPublishError("Publishing needs the permission to publish methodologies.")
    if methodology.author_id == approver.pk:
        raise CannotPublishError("The author cannot approve the own draft; a second person publishes it.")


def _check_rules(methodology: Methodology) -> None:
    try:
        Rules.from_params(methodology.params)
    except RulesError as error:
        raise CannotPublishError(f"The rules cannot be read. {error}") from error


def _check_dates(index: Index, methodology: Methodology) -> None:
    """Refuse rules that would have been in force before somebody approved them."""
    if index.status == Index.Status.RETIRED:
        raise CannotPublishError(f"{index.name} is retired; it has no next review.")
    published = index.methodologies.published()
    start = methodology.effective_from
    if not published.exists():
        return
    if start is None:
        raise CannotPublishError("Give the day from which this version is in force: another one is published.")
    if published.filter(effective_from=start).exists():
        raise CannotPublishError(f"Another version is in force from {start}; choose a different day.")
    newest = Review.objects.filter(index=index).aggregate(newest=Max("effective_day"))["newest"]
    if newest and start <= newest:
        raise CannotPublishError(f"A review up to {newest} is drawn up already; choose a later day than that.")
