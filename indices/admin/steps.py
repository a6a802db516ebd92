"""The steps of a version from the draft to its announcement: who is offered which, and what they say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.http import user_of
from accounts.models import User
from indices import services
from indices.models import Index, Methodology
from indices.selectors.rulebooks import sentences_of
from indices.services.governance import NOTICE, fingerprint

Status = Methodology.Status


@dataclass(frozen=True, slots=True)
class Step:
    """A button: its name in the address, its words, and what it does; `asks` for words of one's own."""

    name: str
    label: Any
    done: Any
    run: Callable[[Methodology, HttpRequest], object]
    asks: Any = ""


def _approve(methodology: Methodology, request: HttpRequest) -> object:
    seen = request.POST.get("seen", "")
    return services.approve_methodology(
        methodology_id=methodology.pk, approver=user_of(request), at=timezone.now(), seen=seen
    )


def _send_back(methodology: Methodology, request: HttpRequest) -> object:
    reason = request.POST.get("reason", "")
    return services.reject_methodology(methodology_id=methodology.pk, approver=user_of(request), reason=reason)


def _announce(methodology: Methodology, request: HttpRequest) -> object:
    return services.announce_methodology(methodology_id=methodology.pk, at=timezone.now())


APPROVE = Step("approve", _("Approve"), _("%(version)s: your approval is on record."), _approve)
SEND_BACK = Step(
    "send_back", _("Send back"), _("%(version)s is a draft again."), _send_back, asks=_("Why, in a few words")
)
ANNOUNCE = Step("announce", _("Announce"), _("%(version)s is announced and stays as it is."), _announce)
STEPS = {step.name: step for step in (APPROVE, SEND_BACK, ANNOUNCE)}
REFUSALS = (services.CannotApproveError, services.CannotAnnounceError)


def take(step: Step, methodology: Methodology, request: HttpRequest) -> bool:
    """Take a step and say how it went; tell whether it was taken."""
    try:
        step.run(methodology, request)
    except REFUSALS as error:
        messages.error(request, f"{methodology}: {error}")
        return False
    messages.success(request, step.done % {"version": methodology})
    return True


def offered(methodology: Methodology, user: User, *, may_change: bool) -> list[Step]:
    """Return the steps that a person may take now."""
    is_looked_at = methodology.status != Status.DRAFT or bool(methodology.emergency_reason)
    is_open = methodology.status in Methodology.OPEN
    may_approve = user.has_perm("indices.approve_methodology") and is_open and is_looked_at
    steps = []
    if may_approve and methodology.status != Status.APPROVED and user.pk not in _involved(methodology):
        steps.append(APPROVE)
    if may_approve and (methodology.status != Status.DRAFT or methodology.approver_id):
        steps.append(SEND_BACK)
    if may_change and methodology.status == Status.APPROVED:
        steps.append(ANNOUNCE)
    return steps


def next_in_words(methodology: Methodology) -> str:
    """Return what a version waits for."""
    if methodology.emergency_reason and methodology.status in {Status.DRAFT, Status.COMPUTED}:
        return str(_("An emergency: it waits for two people who neither edited it nor had it replayed to approve it."))
    waits = {
        Status.DRAFT: _("It waits for a replay of exactly these rules."),
        Status.COMPUTED: _("It waits for the approval of somebody who neither edited it nor had it replayed."),
        Status.APPROVED: _("It waits to be announced, %(days)s days or more before it is in force."),
        Status.ANNOUNCED: _("It is in force from its first review on, and stays as it is."),
        Status.EFFECTIVE: _("It is in force and stays as it is."),
        Status.SUPERSEDED: _("A later version is in force."),
    }
    return str(waits[Status(methodology.status)] % {"days": NOTICE.days})


def in_force(index: Index) -> Methodology | None:
    """Return the version that is in force, or the newest announced one."""
    effective = index.methodologies.filter(status=Status.EFFECTIVE).first()
    return effective or index.methodologies.announced().last()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a version stands: what it waits for, what may be done, and what it changes."""

    waits: str
    steps: Sequence[Step]
    seen: str
    said: str
    other: Methodology | None
    gone: Sequence[str]
    new: Sequence[str]


def standing_of(methodology: Methodology, user: User, *, may_change: bool) -> Standing:
    """Return where a version stands, for one person; this reads the version in force and the last change."""
    other = in_force(methodology.index)
    before, after = sentences_of(other), sentences_of(methodology)
    is_compared = other is not None and other.pk != methodology.pk
    last = methodology.history.order_by("-history_date", "-history_id").first()
    return Standing(
        waits=next_in_words(methodology),
        steps=offered(methodology, user, may_change=may_change),
        seen=fingerprint(methodology),
        said=(last.history_change_reason if last else None) or "",
        other=other if is_compared else None,
        gone=[each for each in before if each not in after] if is_compared else [],
        new=[each for each in after if each not in before] if is_compared else [],
    )


def _involved(methodology: Methodology) -> set[int | None]:
    """Return who may not approve, or has done so."""
    return {methodology.author_id, methodology.computed_by_id, methodology.approver_id}
