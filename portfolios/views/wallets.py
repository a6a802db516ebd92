"""Wallets: where things are kept."""

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from portfolios import forms, services
from portfolios.http import get_own_portfolio, show_refusal
from portfolios.views.pages import posted, reads_and_posts, show_form

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


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
            return redirect("portfolios:detail", portfolio.pk)
    return show_form(request, "portfolios/form.html", form, portfolio=portfolio, title=_("Add a wallet"))
