"""Wallets: where things are kept, by whom, and what is in them."""

from typing import TYPE_CHECKING

from django import forms as django_forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from portfolios import forms, selectors, services
from portfolios.http import get_own_portfolio, last_closed_day, show_refusal
from portfolios.views.pages import posted, reads, reads_and_posts, show_form

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@reads
@login_required
def wallets(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """List the wallets with who holds their keys, and what is in each by asset."""
    portfolio = get_own_portfolio(request, portfolio_id)
    rows = selectors.get_wallet_rows(portfolio=portfolio, day=last_closed_day())
    return render(request, "portfolios/wallet_list.html", {"portfolio": portfolio, "rows": rows})


@reads_and_posts
@login_required
def add_wallet(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """Add a wallet."""
    portfolio = get_own_portfolio(request, portfolio_id)
    form = forms.WalletForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.add_wallet(portfolio=portfolio, **form.cleaned_data)
        except services.RefusedError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Wallet added."))
            return redirect("portfolios:wallets", portfolio.pk)
    return show_form(request, "portfolios/form.html", form, portfolio=portfolio, title=_("Add a wallet"))


@reads_and_posts
@login_required
def change_wallet(request: "HttpRequest", portfolio_id: int, wallet_id: int) -> "HttpResponse":
    """Give a wallet another name or kind."""
    portfolio = get_own_portfolio(request, portfolio_id)
    wallet = get_object_or_404(portfolio.wallets, id=wallet_id)
    form = forms.WalletForm(posted(request), initial={"name": wallet.name, "kind": wallet.kind})
    if request.method == "POST" and form.is_valid():
        try:
            services.change_wallet(wallet=wallet, **form.cleaned_data)
        except services.RefusedError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Wallet changed."))
            return redirect("portfolios:wallets", portfolio.pk)
    return show_form(request, "portfolios/form.html", form, portfolio=portfolio, title=_("Change the wallet"))


@reads_and_posts
@login_required
def delete_wallet(request: "HttpRequest", portfolio_id: int, wallet_id: int) -> "HttpResponse":
    """Ask, then take away a wallet that was never used."""
    portfolio = get_own_portfolio(request, portfolio_id)
    wallet = get_object_or_404(portfolio.wallets, id=wallet_id)
    form = django_forms.Form(posted(request))
    if request.method == "POST":
        try:
            services.delete_wallet(wallet=wallet)
        except services.RefusedError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Wallet deleted."))
            return redirect("portfolios:wallets", portfolio.pk)
    title = _("Delete the wallet “%(name)s”?") % {"name": wallet.name}
    return show_form(
        request, "portfolios/delete.html", form, portfolio=portfolio, title=title,
        text=_("Only a wallet in which nothing was ever recorded can go."),
    )  # fmt: skip
