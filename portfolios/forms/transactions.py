"""A transaction of any kind: a kind has only the fields that it can use."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portfolios.forms.fields import (
    INSTANT,
    AssetField,
    InstantField,
    SleeveChoice,
    asset_choices,
    currency_choices,
    exact,
)
from portfolios.models import Portfolio, Sleeve, Transaction, Wallet

Kind = Transaction.Kind
TRADE = ("amount", "price", "currency", "rate", "fee", "fee_asset", "sleeve")
VALUED = ("price", "currency", "rate", "fee", "fee_asset", "sleeve")
KIND_FIELDS = {
    Kind.BUY: TRADE,
    Kind.SELL: (*TRADE, "keep_lots"),
    Kind.SWAP: ("received_asset", "received_quantity", *VALUED, "keep_lots"),
    Kind.TRANSFER: ("to_wallet", "received_quantity", "fee", "fee_asset", "price", "currency", "rate", "keep_lots"),
    Kind.DEPOSIT: ("acquired_at", *VALUED),
    Kind.WITHDRAWAL: (*VALUED, "keep_lots"),
    Kind.FEE: ("price", "currency", "rate", "sleeve", "keep_lots"),
    Kind.INCOME: VALUED,
    Kind.AIRDROP: VALUED,
    Kind.FORK: VALUED,
    Kind.GIFT_IN: ("acquired_at", *VALUED),
    Kind.GIFT_OUT: (*VALUED, "keep_lots"),
    Kind.LOSS: (*VALUED, "keep_lots"),
}
# What most transactions of a kind do without; the other fields stand in the open.
MORE = {"rate", "sleeve", "acquired_at", "external_id"}
MORE_UNLESS_TRADED = {"currency", "fee", "fee_asset"}
PRICES = {
    Kind.DEPOSIT: _("Cost a unit"),
    Kind.GIFT_IN: _("Market price a unit"),
    Kind.TRANSFER: _("Market price a unit, which values the network fee"),
    Kind.SWAP: _("Market price a unit of what is given"),
}
HINTS = {
    Kind.DEPOSIT: _("What a unit cost when it was bought; empty: unknown."),
    Kind.BUY: _("Empty, and no total either: the close of the day."),
    Kind.SELL: _("Empty, and no total either: the close of the day."),
}


class TransactionForm(forms.Form):
    """One transaction; `kept` are the facts of one that is corrected."""

    at = InstantField(label=_("When"), help_text=_("In your own time zone."))
    asset = AssetField(label=_("Asset"))
    quantity = exact(label=_("Quantity"), help_text=_("Up to 18 decimals."))
    price = exact(label=_("Market price a unit"), required=False)
    amount = exact(label=_("Or in total, without the fee"), required=False)
    currency = forms.ChoiceField(label=_("Currency of price and total"), required=False)
    rate = exact(
        label=_("US dollars for one unit of the currency"),
        required=False,
        help_text=_("Empty: the rate of the day; where none is known the worth in US dollars is unknown."),
    )
    received_asset = AssetField(label=_("Asset received"))
    received_quantity = exact(label=_("Quantity received"))
    wallet = forms.ModelChoiceField(queryset=Wallet.objects.none(), label=_("Wallet"), empty_label=None)
    to_wallet = forms.ModelChoiceField(queryset=Wallet.objects.none(), label=_("To the wallet"), empty_label=None)
    fee = exact(label=_("Fee"), required=False)
    fee_asset = AssetField(label=_("Fee paid in"), required=False)
    sleeve = SleeveChoice(
        queryset=Sleeve.objects.none(), required=False, label=_("Sleeve"), empty_label=_("Outside of sleeves")
    )
    acquired_at = InstantField(
        label=_("First acquired"), required=False, help_text=_("For how long it has been held; empty: since now.")
    )
    keep_lots = forms.BooleanField(required=False, label=_("Keep the lots that were named for it"))
    external_id = forms.CharField(max_length=200, required=False, label=_("Id at its source"))
    note = forms.CharField(max_length=300, required=False, label=_("Note"))
    token = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, portfolio: Portfolio, kind: str, kept: Mapping[str, Any] | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.kind = Kind(kind)
        self.kept = kept or {}
        self._drop_fields()
        self._offer(portfolio)
        self._say()
        self._start()

    @property
    def main_fields(self) -> list[forms.BoundField]:
        """Return the fields that stand in the open."""
        return [field for field in self.visible_fields() if not self._is_more(field.name)]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        """Return the fields that are folded away."""
        return [field for field in self.visible_fields() if self._is_more(field.name)]

    @property
    def is_unfolded(self) -> bool:
        """Tell whether a field that is folded away says something."""
        return any(field.errors or (field.name != "currency" and field.value()) for field in self.more_fields)

    def facts(self) -> dict[str, Any]:
        """Return what `record_transaction` takes, the kind aside."""
        facts = {name: value for name, value in self.cleaned_data.items() if name not in {"token", "keep_lots"}}
        if self.cleaned_data.get("keep_lots"):
            facts["lots"] = self.kept.get("lots")
        return {
            name: None if value == "" and name not in {"note", "external_id"} else value
            for name, value in facts.items()
        }

    def _is_more(self, name: str) -> bool:
        trades = self.kind in {Kind.BUY, Kind.SELL, Kind.SWAP, Kind.TRANSFER}
        return name in MORE or (name in MORE_UNLESS_TRADED and not trades)

    def _drop_fields(self) -> None:
        optional = {name for names in KIND_FIELDS.values() for name in names}
        for name in optional - set(KIND_FIELDS[self.kind]):
            del self.fields[name]
        if "keep_lots" in self.fields and not self.kept.get("lots"):
            del self.fields["keep_lots"]

    def _offer(self, portfolio: Portfolio) -> None:
        assets = asset_choices()
        empties = {"fee_asset": _("The currency") if "currency" in self.fields else _("US dollar (USD)")}
        for name in ("asset", "received_asset", "fee_asset"):
            field = self.fields.get(name)
            if isinstance(field, AssetField):
                field.offer(assets, empty=empties.get(name, "---------"))
        rows = {
            "wallet": portfolio.wallets.order_by("id"),
            "to_wallet": portfolio.wallets.order_by("-id"),
            "sleeve": portfolio.sleeves.select_related("index").order_by("id"),
        }
        for name, queryset in rows.items():
            if name in self.fields:
                choice: Any = self.fields[name]
                choice.queryset = queryset
        if "currency" in self.fields:
            currency: Any = self.fields["currency"]
            currency.choices = currency_choices()

    def _say(self) -> None:
        if self.kind == Kind.TRANSFER:
            self.fields["received_quantity"].required = False
            self.fields["received_quantity"].help_text = _("Empty: the quantity sent less the fee.")
        if "amount" in self.fields:
            self.fields["price"].label = _("Price a unit")
        if "price" in self.fields:
            self.fields["price"].label = PRICES.get(self.kind, self.fields["price"].label)
            self.fields["price"].help_text = HINTS.get(self.kind, _("Empty: the close of the day counts."))

    def _start(self) -> None:
        for name, value in self.kept.items():
            field = self.fields.get(name)
            if isinstance(field, InstantField) and isinstance(value, datetime):
                self.initial[name] = field.keep(value)
            elif isinstance(value, Decimal):
                self.initial[name] = f"{value.normalize():f}"
            elif field is not None:
                self.initial[name] = getattr(value, "pk", value)
        if self.kept.get("lots"):
            self.initial["keep_lots"] = True
        self.initial.setdefault("at", timezone.localtime().strftime(INSTANT))
