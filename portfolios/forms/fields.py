"""Fields that forms share: exact numbers, and choices of what belongs to the portfolio in hand."""

from typing import Any

from django import forms

from market.models import Asset
from portfolios.models import Sleeve

DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
INSTANT = "%Y-%m-%dT%H:%M"


def exact(*, label: Any, required: bool = True, **more: Any) -> forms.DecimalField:
    """Return a field of up to 18 decimals; what is typed is what is kept."""
    return forms.DecimalField(max_digits=38, decimal_places=18, label=label, required=required, **more)


def percent(*, label: Any, **more: Any) -> forms.DecimalField:
    """Return an optional field of a percentage from 0 to 100."""
    return forms.DecimalField(
        min_value=0, max_value=100, max_digits=13, decimal_places=10, label=label, required=False, **more
    )


class SleeveChoice(forms.ModelChoiceField[Sleeve]):
    """A sleeve, shown by the name of its index."""

    def label_from_instance(self, obj: Sleeve) -> str:
        return f"{obj.index.name} · {obj.get_tier_display()}"


class AssetChoice(forms.ModelChoiceField[Asset]):
    """An asset, shown by name and symbol."""

    def label_from_instance(self, obj: Asset) -> str:
        return f"{obj.name} ({obj.symbol})"
