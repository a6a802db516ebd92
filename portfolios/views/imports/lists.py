"""Imports of a portfolio: the list of them, a new file, templates of columns, and where files come from."""

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import once_token, takes_files, user_of
from portfolios.forms.imports import UploadForm
from portfolios.http import LARGEST_UPLOAD, get_own_portfolio, show_refusal
from portfolios.models import ColumnTemplate
from portfolios.selectors.imports import get_imports
from portfolios.services import RefusedError, imports
from portfolios.views.imports.shared import FORMAT_NAMES
from portfolios.views.pages import posted, posts, reads, reads_and_posts, show_form

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

IMPORTS_A_PAGE = 25


@takes_files(LARGEST_UPLOAD)
@reads_and_posts
@login_required
def import_list(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """List the imports, newest first, and take one more file; the same form sent twice is one import."""
    portfolio = get_own_portfolio(request, portfolio_id)
    user, at = user_of(request), timezone.now()
    files = request.FILES if request.method == "POST" else None
    form = UploadForm(posted(request), files, portfolio=portfolio, initial={"token": once_token()})
    if request.method == "POST" and form.is_valid():
        try:
            batch = imports.start_import(portfolio=portfolio, by=user, at=at, **form.facts())
        except RefusedError as refusal:
            show_refusal(form, refusal)
        else:
            return redirect("portfolios:import", portfolio.pk, batch.pk)
    page = Paginator(get_imports(portfolio=portfolio), IMPORTS_A_PAGE).get_page(request.GET.get("page"))
    rows = [(batch, FORMAT_NAMES.get(batch.format, "")) for batch in page]
    templates = ColumnTemplate.objects.filter(owner=user).order_by("name")
    return show_form(
        request, "portfolios/imports/list.html", form, portfolio=portfolio, page=page, rows=rows, templates=templates
    )


@reads
@login_required
def import_formats(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """Say which files are recognised and where their makers give them."""
    portfolio = get_own_portfolio(request, portfolio_id)
    return render(request, "portfolios/imports/formats.html", {"portfolio": portfolio})


@posts
@login_required
def delete_template(request: "HttpRequest", portfolio_id: int, template_id: int) -> "HttpResponse":
    """Forget a template of columns."""
    portfolio = get_own_portfolio(request, portfolio_id)
    template = get_object_or_404(ColumnTemplate, owner=user_of(request), id=template_id)
    imports.delete_template(template=template)
    messages.success(request, _("The template is gone; what was imported by it stays."))
    return redirect("portfolios:imports", portfolio.pk)
