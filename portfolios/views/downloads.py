"""Files of a portfolio: asked for here, made by the worker, fetched for a week."""

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from accounts.http import once_token, user_of
from portfolios.forms.downloads import DownloadForm, TaxReportForm
from portfolios.http import file_answer, get_own_portfolio, show_refusal
from portfolios.models import Download, Portfolio
from portfolios.selectors.downloads import get_downloads, get_file
from portfolios.selectors.lots import get_gain_years, get_income_years
from portfolios.services import RefusedError
from portfolios.services.downloads import FORMATS, request_download
from portfolios.services.tax_report import ASKED_METHODS, OWN
from portfolios.views.pages import posted, reads, reads_and_posts

if TYPE_CHECKING:
    from django.http import HttpRequest

Kind = Download.Kind


@reads_and_posts
@login_required
def downloads(request: "HttpRequest", portfolio_id: int) -> HttpResponse:
    """List the files, and ask for one more; the list polls itself while one is being made."""
    portfolio = get_own_portfolio(request, portfolio_id)
    asked = request.POST.get("kind", "")
    years = sorted({*get_gain_years(portfolio=portfolio), *get_income_years(portfolio=portfolio)}, reverse=True)
    data = posted(request)
    report = TaxReportForm(
        data if asked != Kind.EXPORT else None,
        years=years,
        methods=(OWN, *ASKED_METHODS),
        formats=FORMATS,
        initial={"kind": Kind.TAX_REPORT, "token": once_token()},
    )
    export = DownloadForm(
        data if asked == Kind.EXPORT else None,
        initial={"kind": Kind.EXPORT, "token": once_token()},
        auto_id="export_%s",
    )
    form = export if asked == Kind.EXPORT else report
    if request.method == "POST" and form.is_valid() and _ask(request, portfolio, form):
        return redirect("portfolios:downloads", portfolio.pk)
    rows = get_downloads(portfolio=portfolio, at=timezone.now())
    unfinished = any(row.status in {Download.Status.WAITING, Download.Status.RUNNING} for row in rows)
    context = {"portfolio": portfolio, "rows": rows, "unfinished": unfinished, "report": report, "export": export}
    panel = request.headers.get("HX-Request") == "true"
    template = "portfolios/download_list.html" if panel else "portfolios/downloads.html"
    return render(request, template, context, status=422 if form.errors else 200)


def _ask(request: "HttpRequest", portfolio: Portfolio, form: DownloadForm) -> bool:
    """Ask for a file; a refusal goes into the form."""
    try:
        request_download(
            portfolio=portfolio, kind=form.cleaned_data["kind"], params=form.params(), by=user_of(request),
            token=form.cleaned_data["token"], at=timezone.now(),
        )  # fmt: skip
    except RefusedError as refusal:
        show_refusal(form, refusal)
        return False
    return True


@reads
@login_required
def download(request: "HttpRequest", portfolio_id: int, download_id: int) -> HttpResponse:
    """Give a file that is made; one that is not, or not any more, does not exist."""
    portfolio = get_own_portfolio(request, portfolio_id)
    row = get_object_or_404(portfolio.downloads, id=download_id)
    content = get_file(download=row, at=timezone.now())
    if content is None:
        raise Http404
    return file_answer(name=row.file_name, media_type=row.media_type, content=content)
