"""What people ask the pages for, and what curators write down as rules."""

from indices.forms.catalogue import IndexForm
from indices.forms.methodology import START, CutoffForm, MethodologyForm, rules_as_initial
from indices.forms.pages import CatalogueForm, DayForm, DaysForm

__all__ = [
    "START",
    "CatalogueForm",
    "CutoffForm",
    "DayForm",
    "DaysForm",
    "IndexForm",
    "MethodologyForm",
    "rules_as_initial",
]
