"""A wallet, and what has to be typed before something goes away for good."""

from django import forms
from django.utils.translation import gettext_lazy as _

from portfolios.forms.portfolios import NameForm
from portfolios.models import Wallet


class WalletForm(NameForm):
    """A wallet."""

    kind = forms.ChoiceField(choices=Wallet.Kind.choices, label=_("Kind"))


class DeleteForm(NameForm):
    """The name of what is deleted, typed again."""

    name = forms.CharField(
        max_length=80, label=_("Its name, to confirm"), widget=forms.TextInput({"autocomplete": "off"})
    )


class LinkForm(forms.Form):
    """A withdrawal and a deposit that are one transfer."""

    withdrawal = forms.IntegerField(min_value=1, max_value=2**62, widget=forms.HiddenInput)
    deposit = forms.IntegerField(min_value=1, max_value=2**62, widget=forms.HiddenInput)
