"""How lots are counted: the settings, and the method from a day on."""

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import user_of
from portfolios import forms, services
from portfolios.http import get_own_portfolio, show_refusal
from portfolios.models import Portfolio
from portfolios.selectors.lots import get_marked
from portfolios.selectors.tax import get_lot_methods, get_rules, get_tax_settings
from portfolios.services import lots
from portfolios.views.pages import posted, reads_and_posts, show_form

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

KEPT = "Saved. Lots are being worked out anew."


@reads_and_posts
@login_required
def tax_settings(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """Show and keep the settings that hold for all lots."""
    portfolio = get_own_portfolio(request, portfolio_id)
    known = get_tax_settings(portfolio=portfolio)
    form = forms.TaxSettingsForm(posted(request), initial=forms.TaxSettingsForm.initial_of(known))
    if request.method == "POST" and form.is_valid():
        try:
            lots.keep_tax_settings(portfolio=portfolio, at=timezone.now(), **form.cleaned_data)
        except lots.ClosedYearsError as refusal:
            form.ask(refusal.message)
        except services.RefusedError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _(KEPT))
            return redirect("portfolios:tax_settings", portfolio.pk)
    return _show(request, "settings", portfolio, form)


@reads_and_posts
@login_required
def choose_method(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """Let a method hold from a day on."""
    portfolio = get_own_portfolio(request, portfolio_id)
    rules = get_rules(portfolio=portfolio)
    last, today = rules.policy.spans[-1], rules.day_of(timezone.now())
    start = {"valid_from": today, "method": last.method, "scope": last.scope}
    form = forms.LotMethodForm(posted(request), initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            lots.choose_lot_method(portfolio=portfolio, by=user_of(request), at=timezone.now(), **form.cleaned_data)
        except lots.ClosedYearsError as refusal:
            form.ask(refusal.message)
        except services.RefusedError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _(KEPT))
            return redirect("portfolios:tax_settings", portfolio.pk)
    return _show(request, "choose_method", portfolio, form)


def _show(
    request: "HttpRequest", page: str, portfolio: Portfolio, form: forms.TaxSettingsForm | forms.LotMethodForm
) -> "HttpResponse":
    rules = get_rules(portfolio=portfolio)
    methods = get_lot_methods(portfolio=portfolio)
    return show_form(
        request, f"portfolios/tax/{page}.html", form, portfolio=portfolio, rules=rules, section="settings",
        methods=list(reversed(methods)), marked=get_marked(portfolio=portfolio),
    )  # fmt: skip
