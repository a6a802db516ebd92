"""What a voter chooses."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from market.models import Asset


class VoteForm(forms.Form):
    """An asset out of a list; whether it may be voted for is the service's to say, when the vote is cast."""

    asset = forms.CharField(label=_("Your vote"), max_length=80)

    def __init__(self, *args: Any, candidates: Sequence[Asset], **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [(asset.pk, f"{asset.name} ({asset.symbol})") for asset in candidates]
        self.fields["asset"].widget = forms.Select(choices=[("", _("Choose an asset")), *choices])
