"""The investor's profile as a form."""

import re
import zoneinfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import InvestorProfile

_NOT_SAID = [("", _("Not said"))]


class ProfileForm(forms.Form):
    """Everything is optional but the time zone."""

    display_name = forms.CharField(max_length=80, required=False, label=_("Name to show"))
    time_zone = forms.ChoiceField(
        choices=[(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones())],
        initial="UTC",
        label=_("Time zone"),
        help_text=_("Times are shown in this zone; market days stay UTC days."),
    )
    experience = forms.ChoiceField(
        choices=[*_NOT_SAID, *InvestorProfile.Experience.choices], required=False, label=_("Experience with crypto")
    )
    risk_tolerance = forms.ChoiceField(
        choices=[*_NOT_SAID, *InvestorProfile.RiskTolerance.choices], required=False, label=_("Risk tolerance")
    )
    horizon_years = forms.IntegerField(
        min_value=0, max_value=60, required=False, label=_("Years until the money is needed")
    )
    jurisdiction = forms.CharField(
        max_length=2, required=False, label=_("Country"), help_text=_("Two letters, such as DE or US, for tax rules.")
    )

    def clean_jurisdiction(self) -> str:
        """Accept two letters of any case."""
        code = str(self.cleaned_data["jurisdiction"]).upper()
        if code and not re.fullmatch(r"[A-Z]{2}", code):
            raise ValidationError(_("A country is two letters, such as DE or US."))
        return code
