"""An exchange to connect."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portfolios.models import Portfolio, Wallet
from portfolios.sources.base import Keys
from portfolios.sources.registry import EXCHANGES

SECRET = forms.PasswordInput(attrs={"autocomplete": "off"})


class ConnectionForm(forms.Form):
    """A key of an exchange; what is typed is never shown again."""

    exchange = forms.ChoiceField(choices=[(key, known.name) for key, known in EXCHANGES.items()], label=_("Exchange"))
    label = forms.CharField(max_length=80, label=_("Name"), help_text=_("As you call this account."))
    wallet = forms.ModelChoiceField(queryset=Wallet.objects.none(), label=_("Into the wallet"), empty_label=None)
    key = forms.CharField(max_length=4000, label=_("Key"), widget=SECRET)
    secret = forms.CharField(max_length=4000, label=_("Secret"), widget=SECRET)
    markets = forms.CharField(
        max_length=4000,
        required=False,
        label=_("Pairs"),
        help_text=_("For Binance alone, which gives trades pair by pair: BTC/USDT, ETH/EUR."),
    )

    def __init__(self, *args: Any, portfolio: Portfolio, **options: Any) -> None:
        super().__init__(*args, **options)
        wallets: Any = self.fields["wallet"]
        wallets.queryset = portfolio.wallets.order_by("id")

    def facts(self) -> dict[str, Any]:
        """Return what `connect_exchange` takes."""
        markets = tuple(part for part in re.split(r"[\s,;]+", self.cleaned_data["markets"].upper()) if part)
        keys = Keys(key=self.cleaned_data["key"], secret=self.cleaned_data["secret"], markets=markets)
        return {name: self.cleaned_data[name] for name in ("exchange", "label", "wallet")} | {"keys": keys}
