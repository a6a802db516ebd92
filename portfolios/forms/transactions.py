"""A transaction of any kind, and which transactions to list."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from market.models import Asset
from portfolios.forms.fields import INSTANT, AssetChoice, SleeveChoice, exact
from portfolios.models import Portfolio, Sleeve, Transaction, Wallet

Kind = Transaction.Kind
KIND_FIELDS = {
    Kind.BUY: ("sleeve", "price", "amount", "fee", "fee_asset"),
    Kind.SELL: ("sleeve", "price", "amount", "fee", "fee_asset"),
    Kind.SWAP: ("received_asset", "received_quantity", "sleeve", "fee", "fee_asset"),
    Kind.TRANSFER: ("to_wallet", "received_quantity", "fee", "fee_asset"),
    Kind.DEPOSIT: ("sleeve", "price"),
    Kind.WITHDRAWAL: ("fee", "fee_asset"),
}


class TransactionForm(forms.Form):
    """One transaction; a kind has only the fields that it can use."""

    at = forms.DateTimeField(
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=INSTANT),
        label=_("When"),
        help_text=_("In your own time zone."),
    )
    asset = AssetChoice(queryset=Asset.objects.none(), label=_("Asset"))
    quantity = exact(label=_("Quantity"), help_text=_("Up to 18 decimals."))
    price = exact(label=_("Price in USD a unit"), required=False)
    amount = exact(
        label=_("Or total in USD, without the fee"),
        required=False,
        help_text=_("Without a price and a total the close of the day counts."),
    )
    received_asset = AssetChoice(queryset=Asset.objects.none(), label=_("Asset received"))
    received_quantity = exact(label=_("Quantity received"))
    wallet = forms.ModelChoiceField(queryset=Wallet.objects.none(), label=_("Wallet"), empty_label=None)
    to_wallet = forms.ModelChoiceField(queryset=Wallet.objects.none(), label=_("To the wallet"), empty_label=None)
    sleeve = SleeveChoice(
        queryset=Sleeve.objects.none(), required=False, label=_("Sleeve"), empty_label=_("Outside of sleeves")
    )
    fee = exact(label=_("Fee"), required=False)
    fee_asset = AssetChoice(
        queryset=Asset.objects.none(), required=False, label=_("Fee paid in"), empty_label=_("US dollar")
    )
    note = forms.CharField(max_length=300, required=False, label=_("Note"))
    token = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, portfolio: Portfolio, kind: str, **options: Any) -> None:
        super().__init__(*args, **options)
        optional = {name for names in KIND_FIELDS.values() for name in names}
        for name in optional - set(KIND_FIELDS.get(Kind(kind), ())):
            del self.fields[name]
        sources = {
            "asset": Asset.objects.exclude(id="usd") if kind in {Kind.BUY, Kind.SELL} else Asset.objects.all(),
            "received_asset": Asset.objects.all(),
            "fee_asset": Asset.objects.exclude(id="usd"),
            "wallet": portfolio.wallets.order_by("id"),
            "to_wallet": portfolio.wallets.order_by("-id"),
            "sleeve": portfolio.sleeves.select_related("index").order_by("id"),
        }
        for name, rows in sources.items():
            if name in self.fields:
                field: Any = self.fields[name]
                field.queryset = rows.order_by("name", "id") if rows.model is Asset else rows
        if kind == Kind.TRANSFER:
            self.fields["received_quantity"].required = False
            self.fields["received_quantity"].help_text = _("Empty: the quantity sent less the fee.")
        self.initial.setdefault("at", timezone.localtime().strftime(INSTANT))

    def facts(self) -> dict[str, Any]:
        """Return what `record_transaction` takes, the kind aside."""
        facts = {name: value for name, value in self.cleaned_data.items() if name != "token"}
        for name in ("asset", "received_asset", "fee_asset"):
            if facts.get(name) is not None:
                facts[name] = facts[name].pk
        return facts


class TransactionFilter(forms.Form):
    """Which transactions to list."""

    kind = forms.ChoiceField(choices=[("", _("Every kind")), *Kind.choices], required=False, label=_("Kind"))
    asset = AssetChoice(queryset=Asset.objects.none(), required=False, label=_("Asset"), empty_label=_("Every asset"))

    def __init__(self, *args: Any, portfolio: Portfolio, **options: Any) -> None:
        super().__init__(*args, **options)
        seen = Asset.objects.filter(id__in=Transaction.objects.filter(portfolio=portfolio).values("entries__asset"))
        assets: Any = self.fields["asset"]
        assets.queryset = seen.order_by("name", "id")
