"""Due diligence: what a curator found about an asset on a day; a correction is a review of a later day."""

from collections.abc import Mapping
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from market.models import Asset, DueDiligence


class CannotRecordError(Exception):
    """The due diligence cannot be recorded so; the message is fit for a curator's eyes."""


@transaction.atomic
def record_diligence(
    *, asset_id: str, reviewed_on: date, scores: Mapping[str, int], evidence: str, reviewer: User, at: datetime
) -> DueDiligence:
    """Record scores from 1 (poor) to 5 (good) of every aspect; they count from the instant of the record on.

    Raises CannotRecordError when the day lies ahead or is not after the asset's newest review, or a score or the
    evidence is missing.
    """
    asset = Asset.objects.select_for_update().get(pk=asset_id)
    newest = asset.diligence.order_by("-reviewed_on").values_list("reviewed_on", flat=True).first()
    if reviewed_on > at.date():
        raise CannotRecordError(f"{reviewed_on} lies ahead; a review is of today or of a day before.")
    if newest and reviewed_on <= newest:
        raise CannotRecordError(f"{asset} was reviewed on {newest}; a correction is a review of a later day.")
    diligence = DueDiligence(
        asset=asset, reviewed_on=reviewed_on, evidence=evidence, reviewer=reviewer, recorded_at=at, **scores
    )
    try:
        diligence.full_clean()
    except ValidationError as error:
        raise CannotRecordError(" ".join(error.messages)) from error
    diligence.save()
    return diligence
