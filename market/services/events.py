"""Events of assets: written by one person, approved by another; once approved they never change."""

import hashlib
import json
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from market.models import AssetEvent

MAY_APPROVE = "market.approve_assetevent"
Status = AssetEvent.Status


class CannotSaveEventError(Exception):
    """The event cannot be written so; the message is fit for a curator's eyes."""


class CannotApproveEventError(Exception):
    """The event may not be approved, or its approval not be taken back; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTerms:
    """What is written of an event; the names are those of `AssetEvent`. Prices in USD."""

    asset_id: str
    kind: str
    treatment: str
    effective_day: date
    note: str
    new_asset_id: str | None = None
    ratio: Decimal | None = None
    price: Decimal | None = None


@transaction.atomic
def save_event(*, terms: EventTerms, author: User, event_id: int | None = None) -> AssetEvent:
    """Write a new event, or rewrite a draft; whoever wrote last is its author.

    Raises CannotSaveEventError when the terms do not fit each other, or the event is approved.
    """
    event = AssetEvent() if event_id is None else AssetEvent.objects.select_for_update().get(pk=event_id)
    if event.status == Status.APPROVED:
        raise CannotSaveEventError("It is approved and stays as it is; an approver can take the approval back.")
    for term in fields(terms):
        setattr(event, term.name, getattr(terms, term.name))
    event.author = author
    try:
        event.full_clean()
    except ValidationError as error:
        raise CannotSaveEventError(" ".join(error.messages)) from error
    event.save()
    return event


def fingerprint_of(event: AssetEvent) -> str:
    """Return the SHA-256 of what an approver looks at, as 64 hexadecimal digits: all terms, and nothing else."""
    terms = {term.name: _plain(getattr(event, term.name)) for term in fields(EventTerms)}
    return hashlib.sha256(json.dumps(terms, sort_keys=True).encode()).hexdigest()


@transaction.atomic
def approve_event(*, event_id: int, approver: User, at: datetime, seen: str) -> AssetEvent:
    """Approve an event; as the same person twice changes nothing.

    `seen` is the fingerprint of the terms that the approver looked at: an event that was changed since is refused.
    Whether a night has gone over its day already is not for the market to know: indices.services.approve_event asks.
    Raises CannotApproveEventError.
    """
    event = AssetEvent.objects.select_for_update().get(pk=event_id)
    if event.status == Status.APPROVED and event.approver_id == approver.pk:
        return event
    _check_approver(event, approver)
    if event.status == Status.APPROVED:
        raise CannotApproveEventError(f"It is approved by {event.approver} already.")
    if seen != fingerprint_of(event):
        raise CannotApproveEventError("It has been changed since you opened it; look at it again.")
    same = {"asset": event.asset_id, "kind": event.kind, "effective_day": event.effective_day}
    if AssetEvent.objects.filter(**same, status=Status.APPROVED).exists():
        raise CannotApproveEventError(f"Another {event.kind} of {event.asset_id} on that day is approved already.")
    event.status, event.approver, event.approved_at = Status.APPROVED, approver, at
    try:
        event.full_clean()
    except ValidationError as error:
        raise CannotApproveEventError(" ".join(error.messages)) from error
    event.save()
    return event


@transaction.atomic
def withdraw_approval(*, event_id: int, approver: User) -> AssetEvent:
    """Take the approval of an event back: it is a draft again. A draft stays one. Raises CannotApproveEventError."""
    event = AssetEvent.objects.select_for_update().get(pk=event_id)
    if not approver.has_perm(MAY_APPROVE):
        raise CannotApproveEventError("Taking an approval back needs the permission to approve events.")
    if event.status == Status.APPROVED:
        event.status, event.approver, event.approved_at = Status.DRAFT, None, None
        event.save()
    return event


def _plain(value: object) -> str | None:
    """Return a term as text; an amount has one text, whether it was just typed or read from the database."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return None if value is None else str(value)


def _check_approver(event: AssetEvent, approver: User) -> None:
    if not approver.has_perm(MAY_APPROVE):
        raise CannotApproveEventError("Approving needs the permission to approve events.")
    if event.author_id == approver.pk:
        raise CannotApproveEventError("Whoever wrote it last cannot approve it; a second person does.")
