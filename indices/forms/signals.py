"""What people record about assets and markets."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from indices.models import Index, Signal
from market.models import FIRST_DAY, Asset


class SignalForm(forms.ModelForm[Signal]):
    """A signal for the close of a day; without an asset it is about the market."""

    class Meta:
        model = Signal
        fields = ("universe", "asset", "day", "value", "source")

    def clean_day(self) -> date:
        """Refuse days that have not begun, and days before there were crypto assets."""
        day: date = self.cleaned_data["day"]
        if not FIRST_DAY <= day <= timezone.now().date():
            raise forms.ValidationError(_("Enter a day up to today, and not before 3 January 2009."))
        return day

    def clean(self) -> dict[str, Any]:
        """Refuse an asset that no index holds, and one of the other market."""
        cleaned = super().clean() or self.cleaned_data
        asset: Asset | None = cleaned.get("asset")
        if asset is None:
            return cleaned
        universe = Index.Universe.of(simulated=asset.simulated)
        if asset.kind != Asset.Kind.CRYPTO:
            self.add_error("asset", _("Choose a crypto asset."))
        elif cleaned.get("universe") != universe:
            self.add_error("universe", _("This asset belongs to the other market."))
        return cleaned
