"""Writing into the ledger: record, correct, delete, undo. Each form is done once, however often it is sent."""

from typing import TYPE_CHECKING

from django import forms as django_forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import once_token, user_of
from portfolios import forms, selectors, services
from portfolios.http import get_own_portfolio, show_refusal
from portfolios.models import Transaction
from portfolios.views.pages import posted, posts, reads_and_posts, show_form

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

Kind = Transaction.Kind


def _kind_of(request: "HttpRequest", otherwise: str) -> Kind:
    kind = request.GET.get("kind", "")
    return Kind(kind if kind in Kind.values else otherwise)


@reads_and_posts
@login_required
def record(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """Record a transaction of the kind in the address."""
    portfolio = get_own_portfolio(request, portfolio_id)
    kind = _kind_of(request, Kind.DEPOSIT)
    start = {"token": once_token(), "asset": "usd" if kind in {Kind.DEPOSIT, Kind.WITHDRAWAL} else ""}
    form = forms.TransactionForm(posted(request), portfolio=portfolio, kind=kind, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            services.record_transaction(
                portfolio=portfolio, token=form.cleaned_data["token"], source="web", now=timezone.now(),
                by=user_of(request), kind=kind, **form.facts(),
            )  # fmt: skip
        except services.RefusedError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Recorded."))
            return redirect("portfolios:detail", portfolio.pk)
    return show_form(request, "portfolios/record.html", form, portfolio=portfolio, kind=kind, kinds=list(Kind))


@reads_and_posts
@login_required
def correct(request: "HttpRequest", portfolio_id: int, transaction_id: int) -> "HttpResponse":
    """Write a transaction anew, starting from what it says; the old version stays on record."""
    portfolio = get_own_portfolio(request, portfolio_id)
    corrected = get_object_or_404(selectors.get_transactions(portfolio=portfolio), id=transaction_id)
    kind = _kind_of(request, corrected.kind)
    form = forms.TransactionForm(
        posted(request), portfolio=portfolio, kind=kind, kept=selectors.get_facts(transaction=corrected),
        initial={"token": once_token()},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            made = services.correct_transaction(
                corrected=corrected, token=form.cleaned_data["token"], source="web", now=timezone.now(),
                by=user_of(request), kind=kind, **form.facts(),
            )  # fmt: skip
        except services.RefusedError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Corrected: the former version stays on record and no longer counts."))
            return redirect("portfolios:transaction", portfolio.pk, made.pk)
    return show_form(
        request, "portfolios/record.html", form, portfolio=portfolio, kind=kind, kinds=list(Kind), corrected=corrected
    )


@reads_and_posts
@login_required
def void(request: "HttpRequest", portfolio_id: int, transaction_id: int) -> "HttpResponse":
    """Ask, then delete a transaction; the list then offers to undo it."""
    portfolio = get_own_portfolio(request, portfolio_id)
    voided = get_object_or_404(selectors.get_transactions(portfolio=portfolio), id=transaction_id)
    form = django_forms.Form(posted(request))
    if request.method == "POST":
        try:
            services.void_transaction(voided=voided, now=timezone.now())
        except services.RefusedError as refusal:
            show_refusal(form, refusal)
        else:
            return redirect(f"{reverse('portfolios:transactions', args=[portfolio.pk])}?deleted={voided.pk}")
    return show_form(request, "portfolios/void.html", form, portfolio=portfolio, rows=[voided])


@posts
@login_required
def restore(request: "HttpRequest", portfolio_id: int, transaction_id: int) -> "HttpResponse":
    """Undo a delete; a transaction that no longer fits stays deleted, and the page says why."""
    portfolio = get_own_portfolio(request, portfolio_id)
    voided = get_object_or_404(portfolio.transactions, id=transaction_id)
    try:
        services.unvoid_transaction(voided=voided)
    except services.RefusedError as refusal:
        messages.error(request, _("It stays deleted. %(reason)s") % {"reason": refusal.message})
    else:
        messages.success(request, _("It counts again."))
    return redirect("portfolios:transaction", portfolio.pk, voided.pk)


@reads_and_posts
@login_required
def void_order(request: "HttpRequest", portfolio_id: int, order_id: int) -> "HttpResponse":
    """Ask, then delete every transaction of an order."""
    portfolio = get_own_portfolio(request, portfolio_id)
    order = get_object_or_404(portfolio.orders, id=order_id)
    form = django_forms.Form(posted(request))
    if request.method == "POST":
        try:
            services.void_order(order=order, now=timezone.now())
        except services.RefusedError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The whole order is deleted: it stays on record and no longer counts."))
            return redirect("portfolios:transactions", portfolio.pk)
    rows = selectors.get_transactions(portfolio=portfolio).filter(order=order)
    return show_form(request, "portfolios/void.html", form, portfolio=portfolio, order=order, rows=rows)


@reads_and_posts
@login_required
def transfers(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """List withdrawals and deposits that look like one transfer; each pair is accepted by itself."""
    portfolio = get_own_portfolio(request, portfolio_id)
    form = forms.LinkForm(posted(request))
    if request.method == "POST" and form.is_valid():
        named = {name: get_object_or_404(portfolio.transactions, id=key) for name, key in form.cleaned_data.items()}
        try:
            services.link_transfer(**named, source="web", now=timezone.now(), by=user_of(request))
        except services.RefusedError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Linked: one transfer counts in place of the two."))
            return redirect("portfolios:transfers", portfolio.pk)
    rows = selectors.get_transfer_suggestions(portfolio=portfolio)
    return show_form(request, "portfolios/transfers.html", form, portfolio=portfolio, rows=rows)
