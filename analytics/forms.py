"""Forms of the curators' replays."""

from django import forms
from django.utils.translation import gettext_lazy as _

from indices.models import Methodology

YEARS = range(1, 9)


class ReplayForm(forms.Form):
    """Which version to replay, and over how many years up to the newest price."""

    methodology = forms.ModelChoiceField(
        label=_("Version"), queryset=Methodology.objects.select_related("index").order_by("index__slug", "-version")
    )
    years = forms.TypedChoiceField(
        label=_("Years"),
        choices=[(years, years) for years in YEARS],
        coerce=int,
        initial=YEARS[-1],
        help_text=_("Up to the newest price of its market. A year takes a fraction of a second."),
    )
