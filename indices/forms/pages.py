"""What visitors ask of the public pages: which indices, in which order, and which days of a download."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from indices.models import Index, IndexQuerySet
from indices.selectors import indices_holding

FIRST_UP = "name"
"""The column that is sorted upwards when it is asked for first; figures begin with the highest."""
COLUMNS = {
    "name": _("Index"),
    "level": _("Level"),
    "1D": _("1 day"),
    "7D": _("7 days"),
    "1M": _("1 month"),
    "3M": _("3 months"),
    "YTD": _("This year"),
    "1Y": _("1 year"),
    "SI": _("Inception"),
    "volatility": _("Volatility"),
    "drawdown": _("Deepest"),
}


def _orders() -> list[tuple[str, Any]]:
    """Return every order as a choice: a column, with a minus before it from the highest down."""
    figures = [name for name in COLUMNS if name != FIRST_UP]
    down = [(f"-{name}", _("%(column)s, highest first") % {"column": COLUMNS[name]}) for name in figures]
    up = [(name, _("%(column)s, lowest first") % {"column": COLUMNS[name]}) for name in figures]
    return [("", _("By tier")), ("name", _("Name, A to Z")), ("-name", _("Name, Z to A")), *down, *up]


class CatalogueForm(forms.Form):
    """Words, a kind, a tier, a market and an order; each may be left out."""

    q = forms.CharField(
        label=_("Search"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Name, or an asset it holds")}),
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=[("", _("Every kind")), *Index.Kind.choices], required=False)
    tier = forms.ChoiceField(label=_("Tier"), choices=[("", _("Every tier")), *Index.Tier.choices], required=False)
    universe = forms.ChoiceField(
        label=_("Market"), choices=[("", _("Every market")), *Index.Universe.choices], required=False
    )
    sort = forms.ChoiceField(label=_("Order"), choices=_orders, required=False)

    def narrow(self, indices: IndexQuerySet) -> IndexQuerySet:
        """Return only the indices asked for; all of them when the question is not valid."""
        if not self.is_valid():
            return indices
        asked = self.cleaned_data
        if asked["q"]:
            indices = indices.mentioning(asked["q"]) | indices.filter(pk__in=indices_holding(asked["q"]))
        for name in ("kind", "tier", "universe"):
            if asked[name]:
                indices = indices.filter(**{name: asked[name]})
        return indices

    @property
    def order(self) -> tuple[str, bool]:
        """Return the column asked for and whether it runs downwards; no column when none is asked for."""
        asked = self.cleaned_data["sort"] if self.is_valid() else ""
        return asked.removeprefix("-"), asked.startswith("-")


class DaysForm(forms.Form):
    """The days of a download, both included; without one the series is open on that side."""

    to = forms.DateField(required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # A word of Python's own, so it cannot be declared as the other one is.
        self.fields["from"] = forms.DateField(required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse days in the wrong order."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        start, end = cleaned.get("from"), cleaned.get("to")
        if start and end and start > end:
            self.add_error("to", _("Enter a day that is not before the first one."))
        return cleaned


class DayForm(forms.Form):
    """The day after whose close a basket is asked for; the newest one when not given."""

    at = forms.DateField(required=False)

    def day_or(self, newest: date | None) -> date | None:
        """Return the day asked for, or the newest."""
        asked: date | None = self.cleaned_data["at"]
        return asked or newest
