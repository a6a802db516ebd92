"""A version of an index's rules as a curator writes it, and the day that a preview looks at."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from indices.calc.rules import BlendPart, Residual, Rules, RulesError
from indices.calc.rules.reading import to_json
from indices.calc.schedules import Schedule
from indices.forms.rules import (
    CalendarFields,
    CostFields,
    LimitFields,
    SizeFields,
    SleeveFields,
    TriggerFields,
    UniverseFields,
    WeightFields,
)
from indices.models import Index, Methodology
from indices.selectors.kinds import flags_of
from indices.selectors.rulebooks import rules_of
from market.models import FIRST_DAY, Asset, Classification

START = Rules(count=10, enter=8, keep=12, min_count=5, schedule=Schedule.MONTHLY)
BLEND_FIELDS = {part: f"blend_{part.value}" for part in BlendPart}
FIELD_OF = {"blend": "scheme"}
TOO_EARLY = _("Enter a day not before 3 January 2009.")


def rules_as_initial(rules: Rules) -> dict[str, Any]:
    """Return rules as the fields of the form show them."""
    shown: dict[str, Any] = {field.name: getattr(rules, field.name) for field in fields(Rules)}
    shares = dict(shown.pop("blend"))
    for name in ("sectors", "exclude", "token_types"):
        shown[name] = list(shown[name])
    for name in ("rebalance_schedule", "recap_schedule"):
        shown[name] = shown[name] or ""
    shown["alpha"] = to_json(rules.alpha)
    return shown | {name: shares.get(part) for part, name in BLEND_FIELDS.items()}


def rules_as_params(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a valid form as the JSON that rules are read from."""
    params = {
        field.name: to_json(cleaned[field.name]) for field in fields(Rules) if field.name != "blend"
    }  # fmt: skip
    for name in ("rebalance_schedule", "recap_schedule"):
        params[name] = params[name] or None
    shares = {part: cleaned[name] for part, name in BLEND_FIELDS.items() if cleaned[name]}
    return params | {"blend": {part.value: to_json(share) for part, share in shares.items()}}


class MethodologyForm(
    CostFields,
    SleeveFields,
    TriggerFields,
    CalendarFields,
    LimitFields,
    WeightFields,
    SizeFields,
    UniverseFields,
    forms.ModelForm[Methodology],
):
    """The rules as fields in a curator's words; `rules` holds them once the form is valid."""

    rules: Rules

    class Meta:
        model = Methodology
        fields = ("index", "effective_from", "emergency_reason")
        labels = {
            "effective_from": _("In force from"),
            "emergency_reason": _("Why it cannot wait"),
        }
        help_texts = {
            "effective_from": _(
                "First effective day under these rules; empty for a first version, which is from the start."
            ),
            "emergency_reason": _(
                "Empty but in an emergency: then it needs no replay and no notice, but two approvers."
            ),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial = rules_as_initial(rules_of(self.instance) or START) | dict(self.initial)
        known = Classification.objects.exclude(jurisdiction="").order_by("jurisdiction")
        names = known.values_list("jurisdiction", flat=True).distinct()
        words = _("Names with commas, as in the classifications: {names}.") if names else _("Names with commas.")
        self.fields["jurisdictions_out"].help_text = format_html(str(words), names=", ".join(names))

    def clean_effective_from(self) -> date | None:
        """Refuse a day before there were crypto assets."""
        day: date | None = self.cleaned_data["effective_from"]
        if day and day < FIRST_DAY:
            raise forms.ValidationError(TOO_EARLY)
        return day

    def clean(self) -> dict[str, Any]:
        """Read the rules as the night will read them, and put what is wrong beside its field."""
        cleaned = super().clean() or self.cleaned_data
        index = cleaned.get("index") or (self.instance.index if self.instance.index_id else None)
        if index:
            self._check_day(index)
        if self.errors:
            return cleaned
        try:
            self.rules = Rules.from_params(rules_as_params(cleaned))
        except RulesError as error:
            for each in (error, *error.also):
                self.add_error(FIELD_OF.get(each.field, each.field), _message(each))
        else:
            self._check_sleeve(self.rules, index)
        return cleaned

    def _check_day(self, index: Index) -> None:
        """Refuse early what could not be announced: two versions of one day, a later one without its day."""
        if "effective_from" in self.errors:
            return
        day = self.cleaned_data["effective_from"]
        others = index.methodologies.announced().exclude(pk=self.instance.pk)
        if not others.exists():
            problem = _("Leave it empty: the first version is in force from the start.") if day else ""
        elif day is None:
            problem = _("Give the day from which it is in force: another version is announced.")
        elif others.filter(effective_from=day).exists():
            problem = _("Another version is in force from that day; choose a different one.")
        else:
            problem = ""
        if problem:
            self.add_error("effective_from", problem)

    def _check_sleeve(self, rules: Rules, index: Index | None) -> None:
        """Refuse a sleeve of what is not there, not of this market, or no stablecoin; the ids are named."""
        is_simulated = index is not None and index.is_simulated
        there = Asset.objects.filter(pk__in=rules.sleeve, kind=Asset.Kind.CRYPTO)
        known = set(there.filter(simulated=is_simulated).values_list("pk", flat=True))
        if unknown := [name for name in rules.sleeve if name not in known]:
            words = _("Unknown in the market of this index: %(ids)s.")
            self.add_error("sleeve", words % {"ids": ", ".join(unknown)})
        elif rules.residual != Residual.BTC:
            classified = Classification.objects.filter(asset_id__in=known, valid_to__isnull=True)
            ids = known - {each.asset_id for each in classified if "stable" in flags_of(each)}
            if ids:
                words = _("Not classified as stablecoins: %(ids)s.")
                self.add_error("sleeve", words % {"ids": ", ".join(sorted(ids))})


def _message(error: RulesError) -> str:
    """Return the words for a field; a field that shows another rule names that."""
    return f"The {error.field} {error.message}" if error.field in FIELD_OF else error.message


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
