"""What an investor fills in; the rules are the services', the forms read numbers, days and choices."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from indices.models import Index
from market.models import Asset
from portfolios.models import Portfolio, Sleeve, Transaction, Wallet
from portfolios.selectors import TargetTemplate

Kind = Transaction.Kind
OWN = "own"
DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
INSTANT = "%Y-%m-%dT%H:%M"
KIND_FIELDS = {
    Kind.BUY: ("sleeve", "price", "amount", "fee", "fee_asset"),
    Kind.SELL: ("sleeve", "price", "amount", "fee", "fee_asset"),
    Kind.SWAP: ("received_asset", "received_quantity", "sleeve", "fee", "fee_asset"),
    Kind.TRANSFER: ("to_wallet", "received_quantity", "fee", "fee_asset"),
    Kind.DEPOSIT: ("sleeve", "price"),
    Kind.WITHDRAWAL: ("fee", "fee_asset"),
}


def exact(*, label: Any, required: bool = True, **more: Any) -> forms.DecimalField:
    """Return a field of up to 18 decimals; what is typed is what is kept."""
    return forms.DecimalField(max_digits=38, decimal_places=18, label=label, required=required, **more)


def percent(*, label: Any, **more: Any) -> forms.DecimalField:
    """Return an optional field of a percentage from 0 to 100."""
    return forms.DecimalField(
        min_value=0, max_value=100, max_digits=13, decimal_places=10, label=label, required=False, **more
    )


class NameForm(forms.Form):
    """A name."""

    name = forms.CharField(max_length=80, label=_("Name"))


class WalletForm(NameForm):
    """A wallet."""

    kind = forms.ChoiceField(choices=Wallet.Kind.choices, label=_("Kind"))


class SleeveChoice(forms.ModelChoiceField[Sleeve]):
    """A sleeve, shown by the name of its index."""

    def label_from_instance(self, obj: Sleeve) -> str:
        return f"{obj.index.name} · {obj.get_tier_display()}"


class AssetChoice(forms.ModelChoiceField[Asset]):
    """An asset, shown by name and symbol."""

    def label_from_instance(self, obj: Asset) -> str:
        return f"{obj.name} ({obj.symbol})"


class OpenForm(NameForm):
    """A name, and targets: a template's, or one's own for each index."""

    def __init__(
        self, *args: Any, indices: Sequence[Index], templates: Sequence[TargetTemplate], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.indices = indices
        self.templates = {template.key: template for template in templates}
        choices = [(one.key, f"{one.name}: {one.summary}") for one in templates]
        self.fields["template"] = forms.ChoiceField(
            choices=[*choices, (OWN, _("Own targets, as below"))],
            widget=forms.RadioSelect,
            initial=choices[0][0] if choices else OWN,
            label=_("Targets"),
            help_text=_("A starting point that you can change at any time; what is left over stays cash."),
        )
        for index in indices:
            self.fields[f"target_{index.pk}"] = percent(label=f"{index.name}, %")

    @property
    def own_fields(self) -> list[forms.BoundField]:
        """Return the fields of one's own targets."""
        return [self[f"target_{index.pk}"] for index in self.indices]

    def targets(self) -> dict[Index, Decimal]:
        """Return the targets above 0 by index, fractions of 1."""
        chosen = self.templates.get(self.cleaned_data["template"])
        if chosen is not None:
            return dict(chosen.targets)
        asked = {index: self.cleaned_data[f"target_{index.pk}"] for index in self.indices}
        return {index: weight / 100 for index, weight in asked.items() if weight}


class TargetsForm(forms.Form):
    """Target and band of each sleeve there is, and of each index that could have one."""

    def __init__(self, *args: Any, sleeves: Iterable[Sleeve], indices: Iterable[Index], **options: Any) -> None:
        super().__init__(*args, **options)
        known = {sleeve.index_id: sleeve for sleeve in sleeves}
        self.indices = [*(sleeve.index for sleeve in known.values()), *(i for i in indices if i.pk not in known)]
        self.tiers = {index_id: sleeve.tier for index_id, sleeve in known.items()}
        for index in self.indices:
            sleeve = known.get(index.pk)
            for name, label in (("target_weight", _("target")), ("lower_band", _("from")), ("upper_band", _("to"))):
                value = getattr(sleeve, name).normalize() * 100 if sleeve else None
                shown = f"{value.normalize():f}" if value is not None else None
                self.fields[f"{name}_{index.pk}"] = percent(label=f"{index.name}: {label}, %", initial=shown)

    @property
    def rows(self) -> list[tuple[Index, list[forms.BoundField]]]:
        """Return an index and its three fields a row."""
        names = ("target_weight", "lower_band", "upper_band")
        return [(index, [self[f"{name}_{index.pk}"] for name in names]) for index in self.indices]

    def targets(self) -> list[dict[str, Any]]:
        """Return what `SleeveTarget` takes, for each index whose target is above 0."""
        rows = []
        for index in self.indices:
            values = {
                name: self.cleaned_data[f"{name}_{index.pk}"] for name in ("target_weight", "lower_band", "upper_band")
            }
            if values["target_weight"]:
                shares = {name: value / 100 if value is not None else None for name, value in values.items()}
                rows.append({"index": index, "tier": self.tiers.get(index.pk)} | shares)
        return rows


class InvestForm(forms.Form):
    """How much goes into which sleeve, at which day's closes."""

    sleeve = SleeveChoice(queryset=Sleeve.objects.none(), label=_("Index"), empty_label=None)
    amount = forms.DecimalField(
        max_digits=20, decimal_places=2, label=_("Amount in USD"), help_text=_("Fees included; at least 50.")
    )
    wallet = forms.ModelChoiceField(queryset=Wallet.objects.none(), label=_("From the cash in"), empty_label=None)
    day = forms.DateField(
        required=False,
        widget=DATE,
        label=_("Day of the closes"),
        help_text=_("Empty: now, at the last closes. A past day needs the cash to have been there since then."),
    )
    token = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, portfolio: Portfolio, **options: Any) -> None:
        super().__init__(*args, **options)
        sleeves: Any = self.fields["sleeve"]
        sleeves.queryset = portfolio.sleeves.select_related("index").order_by("id")
        wallets: Any = self.fields["wallet"]
        wallets.queryset = portfolio.wallets.order_by("id")


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
