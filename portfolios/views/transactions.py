"""The ledger: what happened, newest first; recorded, voided."""

from typing import TYPE_CHECKING, Any

from django import forms as django_forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import once_token
from portfolios import forms, selectors, services
from portfolios.http import get_own_portfolio, show_refusal
from portfolios.models import Entry, Transaction
from portfolios.views.pages import posted, reads, reads_and_posts, show_form

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

PAGE_SIZE = 50
Kind = Transaction.Kind


@reads_and_posts
@login_required
def record(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """Record a transaction of the kind in the address."""
    portfolio = get_own_portfolio(request, portfolio_id)
    kind = request.GET.get("kind", Kind.DEPOSIT)
    if kind not in Kind.values:
        kind = Kind.DEPOSIT
    form = forms.TransactionForm(
        posted(request), portfolio=portfolio, kind=kind, initial={"token": once_token(), "asset": "usd"}
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.record_transaction(
                portfolio=portfolio, token=form.cleaned_data["token"], source="web", now=timezone.now(),
                kind=kind, **form.facts(),
            )  # fmt: skip
        except services.RefusedError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Recorded."))
            return redirect("portfolios:detail", portfolio.pk)
    return show_form(request, "portfolios/record.html", form, portfolio=portfolio, kind=Kind(kind), kinds=list(Kind))


@reads
@login_required
def transactions(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """List the ledger, newest first."""
    portfolio = get_own_portfolio(request, portfolio_id)
    form = forms.TransactionFilter(request.GET or None, portfolio=portfolio)
    rows = selectors.get_transactions(portfolio=portfolio)
    if form.is_valid():
        rows = _narrow(rows, **form.cleaned_data)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "portfolios/transactions.html", {"portfolio": portfolio, "form": form, "page": page})


def _narrow(rows: QuerySet[Transaction], *, kind: str, asset: Any) -> QuerySet[Transaction]:
    if kind:
        rows = rows.filter(kind=kind)
    if asset:
        rows = rows.filter(Exists(Entry.objects.filter(transaction=OuterRef("id"), asset=asset)))
    return rows


@reads_and_posts
@login_required
def void(request: "HttpRequest", portfolio_id: int, transaction_id: int) -> "HttpResponse":
    """Ask, then void a transaction."""
    portfolio = get_own_portfolio(request, portfolio_id)
    voided = get_object_or_404(selectors.get_transactions(portfolio=portfolio), id=transaction_id)
    form = django_forms.Form(posted(request))
    if request.method == "POST":
        try:
            services.void_transaction(voided=voided, now=timezone.now())
        except services.RefusedError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Voided: it stays on record and counts no longer."))
            return redirect("portfolios:transactions", portfolio.pk)
    return show_form(request, "portfolios/void.html", form, portfolio=portfolio, rows=[voided])


@reads_and_posts
@login_required
def void_order(request: "HttpRequest", portfolio_id: int, order_id: int) -> "HttpResponse":
    """Ask, then void every transaction of an order."""
    portfolio = get_own_portfolio(request, portfolio_id)
    order = get_object_or_404(portfolio.orders, id=order_id)
    form = django_forms.Form(posted(request))
    if request.method == "POST":
        try:
            services.void_order(order=order, now=timezone.now())
        except services.RefusedError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The whole order is voided."))
            return redirect("portfolios:transactions", portfolio.pk)
    rows = selectors.get_transactions(portfolio=portfolio).filter(order=order)
    return show_form(request, "portfolios/void.html", form, portfolio=portfolio, order=order, rows=rows)
