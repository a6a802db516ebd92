"""The pages of an investor's portfolios. Every one of them belongs to its owner; to others it does not exist."""

from typing import TYPE_CHECKING, Any

from django import forms as django_forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import once_token, user_of
from portfolios import forms, selectors, services
from portfolios.http import get_own_portfolio, last_closed_day, show_refusal
from portfolios.models import Entry, Portfolio, Transaction

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, QueryDict

PAGE_SIZE = 50
RECENT = 8
Kind = Transaction.Kind
reads = require_http_methods(["GET", "HEAD"])
reads_and_posts = require_http_methods(["GET", "HEAD", "POST"])


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
    form = forms.OpenForm(_posted(request), indices=indices, templates=templates)
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
    return _show_form(request, "portfolios/create.html", form)


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
    form = forms.NameForm(_posted(request), initial={"name": portfolio.name})
    if request.method == "POST" and form.is_valid():
        try:
            services.rename_portfolio(portfolio=portfolio, name=form.cleaned_data["name"])
        except services.RefusedError as refusal:
            portfolio.refresh_from_db()
            show_refusal(form, refusal)
        else:
            return redirect("portfolios:detail", portfolio.pk)
    return _show_form(request, "portfolios/form.html", form, portfolio=portfolio, title=_("Rename the portfolio"))


@reads_and_posts
@login_required
def add_wallet(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """Add a wallet."""
    portfolio = get_own_portfolio(request, portfolio_id)
    form = forms.WalletForm(_posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.add_wallet(portfolio=portfolio, **form.cleaned_data)
        except services.RefusedError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Wallet added."))
            return redirect("portfolios:detail", portfolio.pk)
    return _show_form(request, "portfolios/form.html", form, portfolio=portfolio, title=_("Add a wallet"))


@reads_and_posts
@login_required
def targets(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """Set the targets and bands of the sleeves."""
    portfolio = get_own_portfolio(request, portfolio_id)
    sleeves = portfolio.sleeves.select_related("index")
    form = forms.TargetsForm(_posted(request), sleeves=sleeves, indices=selectors.get_followable_indices())
    if request.method == "POST" and form.is_valid():
        try:
            asked = [services.SleeveTarget(**row) for row in form.targets()]
            services.set_sleeves(portfolio=portfolio, targets=asked)
        except services.RefusedError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Targets saved."))
            return redirect("portfolios:detail", portfolio.pk)
    return _show_form(request, "portfolios/targets.html", form, portfolio=portfolio)


@reads_and_posts
@login_required
def invest(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """Ask for an amount, show what it comes to, and buy when that is confirmed; twice confirmed is once bought."""
    portfolio = get_own_portfolio(request, portfolio_id)
    start = {"token": once_token(), "sleeve": request.GET.get("sleeve")}
    form = forms.InvestForm(_posted(request), portfolio=portfolio, initial=start)
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
    return _show_form(request, "portfolios/invest.html", form, **context)


@reads_and_posts
@login_required
def record(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """Record a transaction of the kind in the address."""
    portfolio = get_own_portfolio(request, portfolio_id)
    kind = request.GET.get("kind", Kind.DEPOSIT)
    if kind not in Kind.values:
        kind = Kind.DEPOSIT
    form = forms.TransactionForm(
        _posted(request), portfolio=portfolio, kind=kind, initial={"token": once_token(), "asset": "usd"}
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
    return _show_form(request, "portfolios/record.html", form, portfolio=portfolio, kind=Kind(kind), kinds=list(Kind))


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
    form = django_forms.Form(_posted(request))
    if request.method == "POST":
        try:
            services.void_transaction(voided=voided, now=timezone.now())
        except services.RefusedError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Voided: it stays on record and counts no longer."))
            return redirect("portfolios:transactions", portfolio.pk)
    return _show_form(request, "portfolios/void.html", form, portfolio=portfolio, rows=[voided])


@reads_and_posts
@login_required
def void_order(request: "HttpRequest", portfolio_id: int, order_id: int) -> "HttpResponse":
    """Ask, then void every transaction of an order."""
    portfolio = get_own_portfolio(request, portfolio_id)
    order = get_object_or_404(portfolio.orders, id=order_id)
    form = django_forms.Form(_posted(request))
    if request.method == "POST":
        try:
            services.void_order(order=order, now=timezone.now())
        except services.RefusedError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The whole order is voided."))
            return redirect("portfolios:transactions", portfolio.pk)
    rows = selectors.get_transactions(portfolio=portfolio).filter(order=order)
    return _show_form(request, "portfolios/void.html", form, portfolio=portfolio, order=order, rows=rows)


def _posted(request: "HttpRequest") -> "QueryDict | None":
    return request.POST if request.method == "POST" else None


def _show_form(
    request: "HttpRequest", template: str, form: django_forms.Form, *, portfolio: Portfolio | None = None, **more: Any
) -> "HttpResponse":
    status = 422 if form.errors else 200
    return render(request, template, {"form": form, "portfolio": portfolio} | more, status=status)
