"""Which transactions to list."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from market.models import Asset
from portfolios.forms.fields import DATE, AssetChoice
from portfolios.models import ImportBatch, Portfolio, Transaction, Wallet
from portfolios.selectors import LedgerFilter, get_ledger_assets

BATCHES = 100
COUNTING = {"yes": True, "no": False}


class TransactionFilter(forms.Form):
    """A filter of the ledger; days are those of the reader's own zone."""

    q = forms.CharField(
        max_length=200,
        required=False,
        label=_("Search"),
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Words of a note, or an id in full")}),
    )
    kind = forms.ChoiceField(
        choices=[("", _("Every kind")), *Transaction.Kind.choices], required=False, label=_("Kind")
    )
    asset = AssetChoice(queryset=Asset.objects.none(), required=False, label=_("Asset"), empty_label=_("Every asset"))
    wallet = forms.ModelChoiceField(
        queryset=Wallet.objects.none(), required=False, label=_("Wallet"), empty_label=_("Every wallet")
    )
    since = forms.DateField(required=False, widget=DATE, label=_("From"))
    to = forms.DateField(required=False, widget=DATE, label=_("To"))
    in_force = forms.ChoiceField(
        choices=[("", _("All")), ("yes", _("Those that count")), ("no", _("Deleted or corrected"))],
        required=False,
        label=_("State"),
    )
    batch = forms.ModelChoiceField(
        queryset=ImportBatch.objects.none(), required=False, label=_("Import"), empty_label=_("Every import, or none")
    )

    def __init__(self, *args: Any, portfolio: Portfolio, **options: Any) -> None:
        super().__init__(*args, **options)
        batches = portfolio.imports.order_by("-requested_at", "-id")
        rows = {"asset": get_ledger_assets(portfolio=portfolio), "wallet": portfolio.wallets.order_by("id")}
        for name, queryset in {**rows, "batch": batches}.items():
            field: Any = self.fields[name]
            field.queryset = queryset
        choices: Any = self.fields["batch"]
        choices.choices = [("", choices.empty_label), *((one.pk, one.file_name) for one in batches[:BATCHES])]

    def narrow(self) -> LedgerFilter:
        """Return the filter; what is wrong in it counts as not said."""
        asked = getattr(self, "cleaned_data", {})
        last: date | None = asked.get("to")
        return LedgerFilter(
            kind=asked.get("kind") or None,
            asset=asked["asset"].pk if asked.get("asset") else None,
            wallet=asked["wallet"].pk if asked.get("wallet") else None,
            batch=asked["batch"].pk if asked.get("batch") else None,
            since=_midnight(asked.get("since")),
            until=_midnight(last + timedelta(days=1)) if last is not None and last < date.max else None,
            counting=COUNTING.get(asked.get("in_force", "")),
            text=asked.get("q", ""),
        )


def _midnight(day: date | None) -> datetime | None:
    """Return the beginning of a day in the reader's zone."""
    if day is None or day.year <= 1:
        return None
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())
