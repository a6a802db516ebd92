"""What people ask the catalogue for."""

from django import forms
from django.utils.translation import gettext_lazy as _

from indices.models import Index, IndexQuerySet


class CatalogueForm(forms.Form):
    """A search word, a kind and a tier; each may be left out."""

    q = forms.CharField(label=_("Search"), max_length=80, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=[("", _("Every kind")), *Index.Kind.choices], required=False)
    tier = forms.ChoiceField(label=_("Tier"), choices=[("", _("Every tier")), *Index.Tier.choices], required=False)

    def narrow(self, indices: IndexQuerySet) -> IndexQuerySet:
        """Return only the indices asked for; all of them when the question is not valid."""
        if not self.is_valid():
            return indices
        asked = self.cleaned_data
        if asked["q"]:
            indices = indices.mentioning(asked["q"])
        for name in ("kind", "tier"):
            if asked[name]:
                indices = indices.filter(**{name: asked[name]})
        return indices
