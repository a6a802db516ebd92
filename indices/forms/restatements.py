"""What curators say about a correction of levels."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from indices.models import Index


class RestatementForm(forms.Form):
    """An index, the first day whose level was wrong, and why."""

    index = forms.ModelChoiceField(label=_("Index"), queryset=Index.objects.published().order_by("name"))
    first_day = forms.DateField(
        label=_("From the close of"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Levels and units from this day on are worked out again from the closes in force."),
    )
    cause = forms.CharField(
        label=_("Cause"),
        max_length=200,
        widget=forms.TextInput(attrs={"size": 60}),
        help_text=_("It stands beside each restated level, for everybody to read."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.label_suffix = ""
