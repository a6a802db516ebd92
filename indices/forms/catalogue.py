"""What an index is."""

from datetime import date

from django import forms
from django.utils.translation import gettext_lazy as _

from indices.models import Index
from market.models import FIRST_DAY


class IndexForm(forms.ModelForm[Index]):
    """What an index is."""

    class Meta:
        model = Index
        fields = ("slug", "name", "summary", "kind", "tier", "universe", "base_value", "base_date", "auto_approve")
        labels = {"auto_approve": _("Reviews take effect by themselves")}
        help_texts = {
            "auto_approve": _(
                "Ticked: each review is approved as the night computes it. Not ticked: a person approves each one "
                "before its close; until then it is put off from day to day and the basket before stays."
            )
        }

    def clean_base_date(self) -> date | None:
        """Refuse a base before there were crypto assets."""
        day: date | None = self.cleaned_data["base_date"]
        if day and day < FIRST_DAY:
            raise forms.ValidationError(_("Enter a day not before 3 January 2009."))
        return day
