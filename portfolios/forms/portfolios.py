"""A portfolio: its name, its targets, and investing in an index."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from indices.models import Index
from portfolios.forms.fields import DATE, SleeveChoice, percent
from portfolios.models import Portfolio, Sleeve, Wallet
from portfolios.selectors import TargetTemplate

OWN = "own"


class NameForm(forms.Form):
    """A name."""

    name = forms.CharField(max_length=80, label=_("Name"))


class OpenForm(NameForm):
    """A name, and targets: a template's, or one's own for each index."""

    def __init__(
        self, *args: Any, indices: Sequence[Index], templates: Sequence[TargetTemplate], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.indices = indices
        self.templates = {template.key: template for template in templates}
        choices = [(one.key, f"{one.name}: {one.summary}") for one in templates]
        self.fields["template"] = forms.ChoiceField(
            choices=[*choices, (OWN, _("Own targets, as below"))],
            widget=forms.RadioSelect,
            initial=choices[0][0] if choices else OWN,
            label=_("Targets"),
            help_text=_("A starting point that you can change at any time; what is left over stays cash."),
        )
        for index in indices:
            self.fields[f"target_{index.pk}"] = percent(label=f"{index.name}, %")

    @property
    def own_fields(self) -> list[forms.BoundField]:
        """Return the fields of one's own targets."""
        return [self[f"target_{index.pk}"] for index in self.indices]

    def targets(self) -> dict[Index, Decimal]:
        """Return the targets above 0 by index, fractions of 1."""
        chosen = self.templates.get(self.cleaned_data["template"])
        if chosen is not None:
            return dict(chosen.targets)
        asked = {index: self.cleaned_data[f"target_{index.pk}"] for index in self.indices}
        return {index: weight / 100 for index, weight in asked.items() if weight}


class TargetsForm(forms.Form):
    """Target and band of each sleeve there is, and of each index that could have one."""

    def __init__(self, *args: Any, sleeves: Iterable[Sleeve], indices: Iterable[Index], **options: Any) -> None:
        super().__init__(*args, **options)
        known = {sleeve.index_id: sleeve for sleeve in sleeves}
        self.indices = [*(sleeve.index for sleeve in known.values()), *(i for i in indices if i.pk not in known)]
        self.tiers = {index_id: sleeve.tier for index_id, sleeve in known.items()}
        for index in self.indices:
            sleeve = known.get(index.pk)
            for name, label in (("target_weight", _("target")), ("lower_band", _("from")), ("upper_band", _("to"))):
                value = getattr(sleeve, name).normalize() * 100 if sleeve else None
                shown = f"{value.normalize():f}" if value is not None else None
                self.fields[f"{name}_{index.pk}"] = percent(label=f"{index.name}: {label}, %", initial=shown)

    @property
    def rows(self) -> list[tuple[Index, list[forms.BoundField]]]:
        """Return an index and its three fields a row."""
        names = ("target_weight", "lower_band", "upper_band")
        return [(index, [self[f"{name}_{index.pk}"] for name in names]) for index in self.indices]

    def targets(self) -> list[dict[str, Any]]:
        """Return what `SleeveTarget` takes, for each index whose target is above 0."""
        rows = []
        for index in self.indices:
            values = {
                name: self.cleaned_data[f"{name}_{index.pk}"] for name in ("target_weight", "lower_band", "upper_band")
            }
            if values["target_weight"]:
                shares = {name: value / 100 if value is not None else None for name, value in values.items()}
                rows.append({"index": index, "tier": self.tiers.get(index.pk)} | shares)
        return rows


class InvestForm(forms.Form):
    """How much goes into which sleeve, at which day's closes."""

    sleeve = SleeveChoice(queryset=Sleeve.objects.none(), label=_("Index"), empty_label=None)
    amount = forms.DecimalField(
        max_digits=20, decimal_places=2, label=_("Amount in USD"), help_text=_("Fees included; at least 50.")
    )
    wallet = forms.ModelChoiceField(queryset=Wallet.objects.none(), label=_("From the cash in"), empty_label=None)
    day = forms.DateField(
        required=False,
        widget=DATE,
        label=_("Day of the closes"),
        help_text=_("Empty: now, at the last closes. A past day needs the cash to have been there since then."),
    )
    token = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, portfolio: Portfolio, **options: Any) -> None:
        super().__init__(*args, **options)
        sleeves: Any = self.fields["sleeve"]
        sleeves.queryset = portfolio.sleeves.select_related("index").order_by("id")
        wallets: Any = self.fields["wallet"]
        wallets.queryset = portfolio.wallets.order_by("id")
