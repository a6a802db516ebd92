"""What people ask the catalogue for, and what curators write down as rules."""

from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from indices.calc.rules import ALPHAS, EXCLUSIONS, Rules, RulesError
from indices.calc.schedules import Schedule
from indices.models import Index, IndexQuerySet, Methodology
from market.models import FIRST_DAY, Classification

LIMITS = ("cap", "floor")


class CatalogueForm(forms.Form):
    """A search word, a kind and a tier; each may be left out."""

    q = forms.CharField(label=_("Search"), max_length=80, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=[("", _("Every kind")), *Index.Kind.choices], required=False)
    tier = forms.ChoiceField(label=_("Tier"), choices=[("", _("Every tier")), *Index.Tier.choices], required=False)

    def narrow(self, indices: IndexQuerySet) -> IndexQuerySet:
        """Return only the indices asked for; all of them when the question is not valid."""
        if not self.is_valid():
            return indices
        asked = self.cleaned_data
        if asked["q"]:
            indices = indices.mentioning(asked["q"])
        for name in ("kind", "tier"):
            if asked[name]:
                indices = indices.filter(**{name: asked[name]})
        return indices


class CutoffForm(forms.Form):
    """The day whose close is the last to count: one that has closed."""

    cutoff_day = forms.DateField(label=_("Cut-off, close of"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.today = today

    def clean_cutoff_day(self) -> date:
        """Refuse days before there were crypto assets and days that have not closed."""
        day: date = self.cleaned_data["cutoff_day"]
        if not FIRST_DAY <= day < self.today:
            raise forms.ValidationError(_("Enter a day before today, and not before 3 January 2009."))
        return day


class IndexForm(forms.ModelForm[Index]):
    """What an index is."""

    class Meta:
        model = Index
        fields = ("slug", "name", "summary", "kind", "tier", "universe", "base_value", "base_date")

    def clean_base_date(self) -> date | None:
        """Refuse a base before there were crypto assets."""
        day: date | None = self.cleaned_data["base_date"]
        if day and day < FIRST_DAY:
            raise forms.ValidationError(_("Enter a day not before 3 January 2009."))
        return day


class MethodologyForm(forms.ModelForm[Methodology]):
    """The rules as fields in a curator's words; `rules` holds them once the form is valid."""

    sectors = forms.MultipleChoiceField(
        label=_("Sectors"),
        choices=Classification.Sector.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: every sector may enter."),
    )
    exclude = forms.MultipleChoiceField(
        label=_("Kept out"), choices=list(EXCLUSIONS.items()), required=False, widget=forms.CheckboxSelectMultiple
    )
    min_age_days = forms.IntegerField(label=_("Days since the first price"), initial=90)
    liquidity_enter = forms.DecimalField(
        label=_("Value traded a day to enter, USD"), initial=5_000_000, help_text=_("Median over 90 days.")
    )
    liquidity_stay = forms.DecimalField(label=_("Value traded a day to stay, USD"), initial=3_000_000)
    count = forms.IntegerField(label=_("Assets held"), initial=10)
    enter = forms.IntegerField(label=_("Ranks that enter at once"), initial=8)
    keep = forms.IntegerField(label=_("Rank down to which a constituent stays"), initial=12)
    min_count = forms.IntegerField(
        label=_("Fewest eligible assets"), initial=5, help_text=_("With fewer the old basket stays in force.")
    )
    alpha = forms.TypedChoiceField(
        label=_("Weights"), choices=[(str(alpha), words) for alpha, words in ALPHAS.items()], coerce=Decimal
    )
    cap = forms.DecimalField(label=_("Largest weight, percent"), required=False)
    floor = forms.DecimalField(label=_("Smallest weight, percent"), required=False)
    schedule = forms.TypedChoiceField(
        label=_("New basket"), choices=[(each.value, each.value) for each in Schedule], coerce=Schedule
    )
    cutoff_lead_days = forms.IntegerField(label=_("Days from cut-off to effective day"), initial=1)

    class Meta:
        model = Methodology
        fields = ("index", "effective_from")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.params:
            self.initial = _initial(self.instance) | dict(self.initial)

    def clean(self) -> dict[str, Any]:
        """Read the rules as the night will read them, and put what is wrong beside its field."""
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        params = {name: cleaned[name] for name in Rules.__dataclass_fields__}
        for name in LIMITS:
            params[name] = None if params[name] is None else str(params[name] / 100)
        for name in ("alpha", "liquidity_enter", "liquidity_stay"):
            params[name] = str(params[name])
        try:
            self.rules = Rules.from_params(params)
        except RulesError as error:
            self.add_error(error.field, error.message)
        return cleaned


def _initial(methodology: Methodology) -> dict[str, Any]:
    """Return a methodology's rules as the form shows them; nothing of rules that cannot be read."""
    try:
        shown = asdict(Rules.from_params(methodology.params))
    except RulesError:
        return {}
    for name in LIMITS:
        shown[name] = None if shown[name] is None else f"{(shown[name] * 100).normalize():f}"
    return shown | {"alpha": str(shown["alpha"]), "exclude": list(shown["exclude"]), "sectors": list(shown["sectors"])}
