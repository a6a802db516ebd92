"""What people ask the catalogue for, and what curators write down as rules."""

from indices.forms.catalogue import CatalogueForm, IndexForm
from indices.forms.methodology import START, CutoffForm, MethodologyForm, rules_as_initial, rules_of

__all__ = ["START", "CatalogueForm", "CutoffForm", "IndexForm", "MethodologyForm", "rules_as_initial", "rules_of"]
