"""Whether an event still lies ahead of every index that it touches: published levels are not rewritten by events."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from indices.models import Index, Level, Rebalance
from market.models import AssetEvent
from market.services import CannotApproveEventError, approve_event as approve_in_market, withdraw_approval


@transaction.atomic
def approve_event(*, event_id: int, approver: User, at: datetime, seen: str) -> AssetEvent:
    """Approve an event that no published level would have had to know; as the same person twice changes nothing.

    `seen` is the fingerprint of the terms that the approver looked at, see market.services.fingerprint_of.
    Raises CannotApproveEventError.
    """
    event = AssetEvent.objects.select_related("asset").get(pk=event_id)
    if event.status == AssetEvent.Status.DRAFT:
        _check_ahead(event)
    return approve_in_market(event_id=event_id, approver=approver, at=at, seen=seen)


@transaction.atomic
def withdraw_event(*, event_id: int, approver: User) -> AssetEvent:
    """Take the approval of an event back while no level has counted it. Raises CannotApproveEventError."""
    event = AssetEvent.objects.select_related("asset").get(pk=event_id)
    if event.status == AssetEvent.Status.APPROVED:
        _check_ahead(event)
    return withdraw_approval(event_id=event_id, approver=approver)


def _check_ahead(event: AssetEvent) -> None:
    """Refuse an event of a day over which the night has gone with an index that held the asset.

    The locks keep the nights of these indices from going on meanwhile.
    """
    universe = Index.Universe.of(simulated=event.asset.simulated)
    for index in Index.objects.select_for_update().active().filter(universe=universe).order_by("pk"):
        last = Level.objects.current().filter(index=index).order_by("-day").values_list("day", flat=True).first()
        if last and last >= event.effective_day and _held(index, event):
            raise CannotApproveEventError(
                f"{index.name} held {event.asset} on {event.effective_day} and has levels up to {last}: choose a later "
                "day. For what happened before, revise the price and ask for a restatement."
            )


def _held(index: Index, event: AssetEvent) -> bool:
    """Tell whether a basket had the asset when the events of the day were due: events of the same day count."""
    baskets = Rebalance.objects.current().filter(index=index)
    before = baskets.filter(effective_day__lt=event.effective_day).last()
    candidates = baskets.filter(effective_day=event.effective_day, kind=Rebalance.Kind.EVENT)
    if before and before.holdings.filter(asset=event.asset).exists():
        return True
    return candidates.filter(holdings__asset=event.asset).exists()
