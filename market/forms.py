"""Forms of the market's curators."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from market.models import Asset, AssetEvent, DueDiligence
from market.money import AMOUNT_DIGITS, AMOUNT_PLACES


class RevisePriceForm(forms.Form):
    """The corrected numbers of one asset on one day, in USD; an empty market cap or volume is unknown."""

    close = forms.DecimalField(
        label=_("Close in USD"),
        max_digits=AMOUNT_DIGITS,
        decimal_places=AMOUNT_PLACES,
        min_value=Decimal(1).scaleb(-AMOUNT_PLACES),
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    market_cap = forms.DecimalField(
        label=_("Market cap in USD"),
        required=False,
        max_digits=AMOUNT_DIGITS,
        decimal_places=AMOUNT_PLACES,
        min_value=Decimal(1).scaleb(-AMOUNT_PLACES),
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    volume = forms.DecimalField(
        label=_("Value traded in USD"),
        required=False,
        max_digits=AMOUNT_DIGITS,
        decimal_places=AMOUNT_PLACES,
        min_value=Decimal(0),
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )


class AssetEventForm(forms.ModelForm[AssetEvent]):
    """An event as its author writes it; which terms a kind needs is for the model to say."""

    class Meta:
        model = AssetEvent
        fields = ("asset", "kind", "treatment", "effective_day", "note", "new_asset", "ratio", "price")
        widgets = {
            "note": forms.TextInput(attrs={"size": 60}),
            "ratio": forms.TextInput(attrs={"inputmode": "decimal"}),
            "price": forms.TextInput(attrs={"inputmode": "decimal"}),
        }
        labels = {"ratio": _("New units for one old one"), "price": _("Price in USD")}
        help_texts = {
            "new_asset": _("Of a fork, an airdrop, a migration or a merger."),
            "ratio": _("10 when one old unit becomes ten new ones."),
            "price": _("Only where it is sold at a price given; otherwise the closes count."),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("ratio", "price"):
            number = getattr(self.instance, name)
            if number is not None:
                self.initial[name] = f"{number.normalize():f}"

    def terms(self) -> dict[str, Any]:
        """Return what was written, with the ids of the assets."""
        written = {name: value for name, value in self.cleaned_data.items() if name not in {"asset", "new_asset"}}
        return written | {"asset_id": self.instance.asset_id, "new_asset_id": self.instance.new_asset_id}


SCORES = {1: _("1, poor"), 2: "2", 3: "3", 4: "4", 5: _("5, good")}


class DueDiligenceForm(forms.Form):
    """Six scores of an asset from 1 to 5, and where each comes from; who and when is the server's to say."""

    asset = forms.ModelChoiceField(
        label=_("Asset"), queryset=Asset.objects.filter(kind=Asset.Kind.CRYPTO).order_by("id")
    )
    reviewed_on = forms.DateField(label=_("Reviewed on"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.label_suffix = ""
        for aspect in DueDiligence.ASPECTS:
            self.fields[aspect] = forms.TypedChoiceField(
                label=aspect.capitalize(),
                choices=list(SCORES.items()),
                coerce=int,
                widget=forms.RadioSelect(attrs={"class": "radiolist inline"}),
            )
        self.fields["evidence"] = forms.CharField(
            label=_("Evidence"),
            widget=forms.Textarea(attrs={"rows": 6, "cols": 60}),
            help_text=_("Sources for each score."),
        )

    def scores(self) -> dict[str, int]:
        """Return the scores by aspect."""
        return {aspect: self.cleaned_data[aspect] for aspect in DueDiligence.ASPECTS}
