"""Which file an owner asks for."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portfolios.models import Download, LotMethod, Method

LABELS = {"own": _("As chosen for the portfolio"), **dict(Method.choices)}


class DownloadForm(forms.Form):
    """A file of some kind; the token makes the same form sent twice one file."""

    kind = forms.ChoiceField(choices=Download.Kind.choices, widget=forms.HiddenInput)
    token = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def params(self) -> dict[str, Any]:
        """Return what is asked of this kind."""
        return {}


class TaxReportForm(DownloadForm):
    """A tax report: of which year, as if which method had held, in which form."""

    year = forms.TypedChoiceField(coerce=int, empty_value=None, required=False, label=_("Tax year"))
    method = forms.ChoiceField(
        label=_("Method"),
        help_text=_("Any other than the chosen one shows what it would have come to from the first day on."),
    )
    scope = forms.ChoiceField(
        choices=[("", _("As chosen for the portfolio")), *LotMethod.Scope.choices], required=False, label=_("Lots of")
    )
    format = forms.ChoiceField(label=_("Format"))

    def __init__(
        self, *args: Any, years: Sequence[int], methods: Sequence[str], formats: Sequence[str], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        offered = {
            "year": [("", _("All years")), *((year, str(year)) for year in years)],
            "method": [(method, LABELS[method]) for method in methods],
            "format": [(one, one.upper()) for one in formats],
        }
        for name, choices in offered.items():
            field: Any = self.fields[name]
            field.choices = choices

    def params(self) -> dict[str, Any]:
        """Return what is asked of a report."""
        return {name: self.cleaned_data[name] for name in ("year", "method", "scope", "format")}
