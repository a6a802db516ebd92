"""What an owner says about lots: the settings, a method from a day on, and which year or rule to look at."""

import zoneinfo
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from market.calc.currencies import FIAT
from portfolios.forms.fields import DATE
from portfolios.models import LotMethod, Method, TaxSettings

ALL = "all"
RULES = [
    ("none", _("None")),
    ("us", _("US, what if")),
    ("ca", _("Canada")),
    ("uk", _("UK, 30 days")),
]


class ConfirmForm(forms.Form):
    """A form that may ask once more, with a box to tick."""

    confirm = forms.BooleanField(
        required=False, widget=forms.HiddenInput, label=_("Change the gains of years that are over")
    )

    def ask(self, message: str) -> None:
        """Show the box, and why."""
        self.fields["confirm"].widget = forms.CheckboxInput()
        self.add_error("confirm", message)


class TaxSettingsForm(ConfirmForm):
    """What holds for all lots of a portfolio."""

    currency = forms.ChoiceField(
        choices=[(code, f"{code} · {name}") for code, name in sorted(FIAT.items())],
        label=_("Currency"),
        help_text=_("Cost, proceeds and gains are counted in it, at the rate of each trade or of its day."),
    )
    zone = forms.ChoiceField(
        choices=[(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones())],
        label=_("Time zone"),
        help_text=_("In which days, anniversaries and years begin."),
    )
    year_starts = forms.CharField(
        max_length=5,
        label=_("Tax year starts on"),
        help_text=_("Month and day: 01-01 in most places, 04-06 in the UK."),
    )
    term_rule = forms.ChoiceField(choices=TaxSettings.TermRule.choices, label=_("When a gain is long term"))
    term_days = forms.IntegerField(
        required=False, min_value=1, max_value=36_500, label=_("Days"), help_text=_("For “after a number of days”.")
    )
    buy_fee = forms.ChoiceField(choices=TaxSettings.BuyFee.choices, label=_("Fee of a purchase"))
    sell_fee = forms.ChoiceField(choices=TaxSettings.SellFee.choices, label=_("Fee of a sale"))
    transfer_fee = forms.ChoiceField(choices=TaxSettings.TransferFee.choices, label=_("Fee of a transfer"))

    field_order = (
        "currency", "zone", "year_starts", "term_rule", "term_days", "buy_fee", "sell_fee", "transfer_fee", "confirm",
    )  # fmt: skip

    @classmethod
    def initial_of(cls, settings: TaxSettings) -> dict[str, Any]:
        """Return what the fields show of settings."""
        return {name: getattr(settings, name) for name in cls.field_order if name != "confirm"}


class LotMethodForm(ConfirmForm):
    """A method and a scope from a day on."""

    valid_from = forms.DateField(
        widget=DATE, label=_("From"), help_text=_("What leaves on this day or later; what left before stays as it is.")
    )
    method = forms.ChoiceField(choices=Method.choices, label=_("Method"))
    scope = forms.ChoiceField(
        choices=LotMethod.Scope.choices, label=_("Lots of"), help_text=_("UK share pooling takes all wallets together.")
    )

    field_order = ("valid_from", "method", "scope", "confirm")


class YearForm(forms.Form):
    """The tax year to look at; `all` for all of them together."""

    def __init__(self, *args: Any, years: Sequence[tuple[int, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [*((str(year), name) for year, name in years), (ALL, _("All years"))]
        self.fields["year"] = forms.ChoiceField(choices=choices, label=_("Tax year"))

    def chosen(self, default: int) -> int | None:
        """Return the year, None for all; what is no choice falls back to the default."""
        year = self.cleaned_data.get("year") if self.is_valid() else str(default)
        return None if year == ALL else int(str(year))


class RuleForm(forms.Form):
    """The rule of replacement to look by."""

    rule = forms.ChoiceField(choices=RULES)
