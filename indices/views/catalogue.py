"""The catalogue: every index that may be followed, or has been."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from indices import selectors
from indices.forms.pages import COLUMNS, FIRST_UP, CatalogueForm
from indices.models import Index


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the table: what its link asks for, and how its column is sorted now (for screen readers)."""

    name: str
    label: Any
    link: str
    sorted: str


def catalogue(request: HttpRequest) -> HttpResponse:
    """List the indices; what is asked for narrows and orders them."""
    form = CatalogueForm(request.GET)
    indices = form.narrow(Index.objects.published().order_by("universe", "tier", "slug"))
    rows = selectors.get_catalogue(indices)
    column, descending = form.order
    rows = selectors.sort_catalogue(rows, column=column, descending=descending)
    described = [row for row in rows if row.record.as_of]
    # What holds of every figure on the page is said once.
    common = (
        [label for label in described[0].labels if all(label in row.labels for row in described)] if described else []
    )
    filters = [name for name in form.fields if name != "sort"]
    return render(
        request,
        "indices/list.html",
        {
            "form": form,
            "rows": [(row, [label for label in row.labels if label not in common]) for row in rows],
            "common": common,
            "newest": max((row.record.as_of for row in rows if row.record.as_of), default=None),
            "headings": list(_headings(column, descending=descending)),
            "is_filtered": any(request.GET.get(name) for name in filters),
        },
        status=200 if form.is_valid() else 422,
    )


def _headings(column: str, *, descending: bool) -> Iterator[Heading]:
    """Yield the headings: a column that is asked for again turns round."""
    for name, label in COLUMNS.items():
        is_down = not descending if name == column else name != FIRST_UP
        direction = ("descending" if descending else "ascending") if name == column else ""
        yield Heading(name, label, f"{'-' if is_down else ''}{name}", direction)
