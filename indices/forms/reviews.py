"""What curators and approvers say about a review."""

from django import forms
from django.utils.translation import gettext_lazy as _

from indices.models import Index


class RequestReviewForm(forms.Form):
    """An extraordinary review of an active index, and why."""

    index = forms.ModelChoiceField(label=_("Index"), queryset=Index.objects.active().order_by("name"))
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text=_("Two approvers read it, and later everybody."),
    )


class RejectReviewForm(forms.Form):
    """Why a proposal is rejected."""

    reason = forms.CharField(label=_("Reason"), max_length=250, widget=forms.TextInput(attrs={"size": 50}))
