"""Forms of the market's curators."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

DIGITS = 38
PLACES = 18


class RevisePriceForm(forms.Form):
    """The corrected numbers of one asset on one day, in USD; an empty market cap or volume is unknown."""

    close = forms.DecimalField(
        label=_("Close in USD"),
        max_digits=DIGITS,
        decimal_places=PLACES,
        min_value=Decimal(1).scaleb(-PLACES),
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    market_cap = forms.DecimalField(
        label=_("Market cap in USD"),
        required=False,
        max_digits=DIGITS,
        decimal_places=PLACES,
        min_value=Decimal(1).scaleb(-PLACES),
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    volume = forms.DecimalField(
        label=_("Value traded in USD"),
        required=False,
        max_digits=DIGITS,
        decimal_places=PLACES,
        min_value=Decimal(0),
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
