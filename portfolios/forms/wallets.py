"""A wallet."""

from django import forms
from django.utils.translation import gettext_lazy as _

from portfolios.forms.portfolios import NameForm
from portfolios.models import Wallet


class WalletForm(NameForm):
    """A wallet."""

    kind = forms.ChoiceField(choices=Wallet.Kind.choices, label=_("Kind"))
