"""Portfolios: the list, one in full, its name and its targets, and investing in an index."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import once_token, user_of
from portfolios import forms, selectors, services
from portfolios.http import get_own_portfolio, last_closed_day, show_refusal
from portfolios.views.pages import posted, reads, reads_and_posts, show_form

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

RECENT = 8


@reads
@login_required
def portfolio_list(request: "HttpRequest") -> "HttpResponse":
    """List the user's portfolios with their values."""
    rows = selectors.get_portfolio_rows(owner=user_of(request), day=last_closed_day())
    return render(request, "portfolios/list.html", {"rows": rows})


@reads_and_posts
@login_required
def create(request: "HttpRequest") -> "HttpResponse":
    """Open a portfolio, with targets from a template or one's own."""
    indices = selectors.get_followable_indices()
    templates = selectors.get_target_templates(indices)
    form = forms.OpenForm(posted(request), indices=indices, templates=templates)
    if request.method == "POST" and form.is_valid():
        targets = [services.SleeveTarget(index=index, target_weight=to) for index, to in form.targets().items()]
        try:
            portfolio = services.open_portfolio(
                owner=user_of(request), name=form.cleaned_data["name"], at=timezone.now(), targets=targets
            )
        except services.RefusedError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Portfolio opened. The next step is a deposit."))
            return redirect("portfolios:detail", portfolio.pk)
    return show_form(request, "portfolios/create.html", form)


@reads
@login_required
def detail(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """Show what a portfolio is worth, what it holds, and how far it has drifted."""
    portfolio = get_own_portfolio(request, portfolio_id)
    holdings = selectors.get_holdings(portfolio=portfolio, day=last_closed_day())
    drift = selectors.get_drift(portfolio=portfolio, holdings=holdings)
    context = {
        "portfolio": portfolio,
        "holdings": holdings,
        "drift": drift,
        "scale": max((line.sleeve.upper_band for line in drift), default=1) or 1,
        "allocation": allocation_of(holdings),
        "wallets": [(wallet, holdings.by_wallet.get(wallet)) for wallet in portfolio.wallets.order_by("id")],
        "recent": selectors.get_transactions(portfolio=portfolio)[:RECENT],
    }
    return render(request, "portfolios/detail.html", context)


def allocation_of(holdings: selectors.Holdings) -> dict[str, Any]:
    """Return the shares of the priced assets as the treemap draws them."""
    items: list[dict[str, Any]] = []
    for line in holdings.lines:
        if line.weight:
            group = {"group": "cash"} if line.asset.kind == "fiat" else {}
            items.append({"name": line.asset.symbol, "value": float(line.weight)} | group)
    return {"items": items, "unit": "percent"}


@reads_and_posts
@login_required
def rename(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """Give a portfolio another name."""
    portfolio = get_own_portfolio(request, portfolio_id)
    form = forms.NameForm(posted(request), initial={"name": portfolio.name})
    if request.method == "POST" and form.is_valid():
        try:
            services.rename_portfolio(portfolio=portfolio, name=form.cleaned_data["name"])
        except services.RefusedError as refusal:
            portfolio.refresh_from_db()
            show_refusal(form, refusal)
        else:
            return redirect("portfolios:detail", portfolio.pk)
    return show_form(request, "portfolios/form.html", form, portfolio=portfolio, title=_("Rename the portfolio"))


@reads_and_posts
@login_required
def delete(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """Ask for the portfolio's name, then delete it with everything in it."""
    portfolio = get_own_portfolio(request, portfolio_id)
    form = forms.DeleteForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.delete_portfolio(portfolio=portfolio, name=form.cleaned_data["name"])
        except services.RefusedError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The portfolio is deleted."))
            return redirect("portfolios:list")
    title = _("Delete “%(name)s”?") % {"name": portfolio.name}
    text = _("Its transactions, lots, imports and figures go with it, for good. There is no undo.")
    return show_form(request, "portfolios/delete.html", form, portfolio=portfolio, title=title, text=text)


@reads_and_posts
@login_required
def targets(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """Set the targets and bands of the sleeves."""
    portfolio = get_own_portfolio(request, portfolio_id)
    sleeves = portfolio.sleeves.select_related("index")
    form = forms.TargetsForm(posted(request), sleeves=sleeves, indices=selectors.get_followable_indices())
    if request.method == "POST" and form.is_valid():
        try:
            asked = [services.SleeveTarget(**row) for row in form.targets()]
            services.set_sleeves(portfolio=portfolio, targets=asked)
        except services.RefusedError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Targets saved."))
            return redirect("portfolios:detail", portfolio.pk)
    return show_form(request, "portfolios/targets.html", form, portfolio=portfolio)


@reads_and_posts
@login_required
def invest(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """Ask for an amount, show what it comes to, and buy when that is confirmed; twice confirmed is once bought."""
    portfolio = get_own_portfolio(request, portfolio_id)
    start = {"token": once_token(), "sleeve": request.GET.get("sleeve")}
    form = forms.InvestForm(posted(request), portfolio=portfolio, initial=start)
    context: dict[str, Any] = {"portfolio": portfolio, "cash": selectors.get_cash(portfolio=portfolio)}
    if request.method == "POST" and form.is_valid():
        asked = {name: form.cleaned_data[name] for name in ("sleeve", "amount", "day", "wallet")}
        try:
            if "confirm" in request.POST:
                order = services.invest(
                    portfolio=portfolio, token=form.cleaned_data["token"], source="web", at=timezone.now(), **asked
                )
                messages.success(request, _("Bought for %(amount)s USD.") % {"amount": f"{order.amount:,.2f}"})
                return redirect("portfolios:detail", portfolio.pk)
            plan = services.preview_invest(portfolio=portfolio, at=timezone.now(), **asked)
        except services.RefusedError as refusal:
            show_refusal(form, refusal)
        else:
            return render(request, "portfolios/invest_preview.html", context | {"form": form, "plan": plan})
    return show_form(request, "portfolios/invest.html", form, **context)
