"""A file of no known format: its owner says which column means what, once."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect
from django.utils import timezone

from accounts.http import user_of
from portfolios.forms.mapping import MappingForm
from portfolios.importers import mapper
from portfolios.importers.tables import name_of
from portfolios.models import ColumnTemplate, ImportBatch, Portfolio
from portfolios.services import RefusedError, imports
from portfolios.services.imports.columns import Columns, read_columns
from portfolios.views.imports.shared import get_import, number_of, state_of
from portfolios.views.pages import posted, reads_and_posts, show_form

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

Mapping = dict[str, Any]


@reads_and_posts
@login_required
def import_columns(request: "HttpRequest", portfolio_id: int, import_id: int) -> "HttpResponse":
    """Ask which column means what, prefilled as far as titles or a template tell."""
    portfolio, batch = get_import(request, portfolio_id, import_id)
    if state_of(batch) not in {"columns", "failed", "preview"}:
        return redirect("portfolios:import", portfolio.pk, batch.pk)
    data = posted(request)
    try:
        start = _start(request, batch)
        columns, start = _columns(batch, start, chosen=data.get("column_kind", "") if data else None)
        form = MappingForm(data, titles=columns.titles, words=columns.words, start=start)
        if data and form.is_valid():
            if not _has_new_words(form):
                return _read_by(request, portfolio, batch, form)
            form = _with_new_words(form, columns)
    except RefusedError as refusal:
        messages.error(request, refusal.message)
        return redirect("portfolios:import", portfolio.pk, batch.pk)
    templates = ColumnTemplate.objects.filter(owner=user_of(request)).order_by("name")
    fitting = [one for one in templates if one.header == columns.titles]
    return show_form(
        request, "portfolios/imports/columns.html", form, portfolio=portfolio, batch=batch, columns=columns,
        templates=fitting,
    )  # fmt: skip


def _start(request: "HttpRequest", batch: ImportBatch) -> Mapping | None:
    """Return the mapping to begin with: that of a template, or what was said before; None: nothing yet."""
    wanted = number_of(request.GET.get("template"))
    template = ColumnTemplate.objects.filter(owner=user_of(request), id=wanted).first() if wanted else None
    return dict(template.mapping) if template else batch.mapping


def _columns(batch: ImportBatch, start: Mapping | None, *, chosen: str | None) -> tuple[Columns, Mapping]:
    """Look at the file, and at the words of its column of kinds; raises CannotImportError when it has no columns."""
    if start is None:
        start = mapper.suggest(read_columns(batch=batch).titles)
    said = start["columns"].get("kind", "") if chosen is None else chosen
    return read_columns(batch=batch, words_of=said), start


def _has_new_words(form: MappingForm) -> bool:
    """Tell whether the words of the column of kinds have not been shown yet: it was chosen just now."""
    chosen, shown = form.cleaned_data["column_kind"], form.cleaned_data["words_of"]
    return bool(chosen and form.words and name_of(chosen) != name_of(shown))


def _with_new_words(form: MappingForm, columns: Columns) -> MappingForm:
    """Return the form as it was filled in, with the words that it has to ask for now."""
    kinds = mapper.suggest([])["kinds"] | form.start.get("kinds", {})
    return MappingForm(
        titles=columns.titles, words=columns.words, start=form.mapping() | {"kinds": kinds}, has_new_words=True,
        initial={"save_as": form.cleaned_data["save_as"]},
    )  # fmt: skip


def _read_by(request: "HttpRequest", portfolio: Portfolio, batch: ImportBatch, form: MappingForm) -> "HttpResponse":
    """Have the file read by the mapping, and keep that as a template if it was given a name."""
    user, at, mapping = user_of(request), timezone.now(), form.mapping()
    imports.answer_import(batch=batch, by=user, at=at, mapping=mapping)
    name = form.cleaned_data["save_as"]
    if name:
        imports.save_template(owner=user, name=name, header=form.titles, mapping=mapping, at=at)
    return redirect("portfolios:import", portfolio.pk, batch.pk)
