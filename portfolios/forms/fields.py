"""Fields that forms share: exact numbers, and choices of what belongs to the portfolio in hand."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from market.calc.currencies import FIAT
from market.models import Asset
from portfolios.models import Sleeve

DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
INSTANT = "%Y-%m-%dT%H:%M"
CURRENCIES = sorted(((code.lower(), f"{name} ({code})") for code, name in FIAT.items()), key=lambda one: one[1])
Choices = Sequence[tuple[Any, Any]]


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


def currency_choices() -> list[tuple[str, str]]:
    """Return the fiat currencies by name, the US dollar first: asset ids and names."""
    return sorted(CURRENCIES, key=lambda one: one[0] != "usd")


def asset_choices() -> list[tuple[Any, Any]]:
    """Return every fiat currency, and every coin that is known here, as a field of assets offers them."""
    coins = Asset.objects.filter(kind=Asset.Kind.CRYPTO).order_by("name", "id").values_list("id", "name", "symbol")
    named = [(asset_id, f"{name} ({symbol})") for asset_id, name, symbol in coins]
    return [(_("Currencies"), currency_choices()), (_("Coins"), named)]


class AssetField(forms.ChoiceField):
    """The id of an asset or of a fiat currency; the form gives it its choices, which cost a query."""

    def offer(self, choices: Choices, *, empty: Any = "---------") -> None:
        """Take the choices, and what an empty one is called."""
        self.choices = [("", empty), *choices]


class InstantField(forms.DateTimeField):
    """A date and a time in the reader's own zone; one that is left as it was shown keeps its every microsecond."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format=INSTANT)
        super().__init__(**({"widget": widget} | options))
        self.kept: tuple[str, datetime] | None = None

    def keep(self, at: datetime) -> str:
        """Return what to show for an instant, and remember the instant behind it."""
        shown = timezone.localtime(at).strftime("%Y-%m-%dT%H:%M:%S")
        self.kept = (shown, at)
        return shown

    def to_python(self, value: Any) -> datetime | None:
        """Return the instant."""
        if self.kept is not None and value == self.kept[0]:
            return self.kept[1]
        return super().to_python(value)
