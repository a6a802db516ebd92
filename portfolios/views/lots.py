"""Lots, gains, income and losses of a portfolio, as the worker has last worked them out."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone

from portfolios import forms
from portfolios.http import get_own_portfolio, last_closed_day
from portfolios.models import Portfolio
from portfolios.selectors import lots as selectors
from portfolios.selectors.tax import Rules, get_rules
from portfolios.views.pages import reads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

PAGE_SIZE = 50


@reads
@login_required
def lots(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """Show what is left of each asset: cost, value, unrealised gain by term; with `asset` its lots one by one."""
    portfolio = get_own_portfolio(request, portfolio_id)
    rules = get_rules(portfolio=portfolio)
    if "asset" in request.GET:
        return _asset_lots(request, portfolio, rules, request.GET["asset"])
    day, today = last_closed_day(), rules.day_of(timezone.now())
    lines = selectors.get_asset_lots(portfolio=portfolio, rules=rules, day=day, today=today)
    priced = [line for line in lines if line.value is not None]
    sums = {name: sum(getattr(line, name) for line in priced) for name in ("cost", "value", "gain", "long_gain")}
    context = {"lines": lines, "sums": sums, "left_out": len(lines) - len(priced), "today": today}
    return _show(request, "lots", portfolio, rules, **context)


def _asset_lots(request: "HttpRequest", portfolio: Portfolio, rules: Rules, asset_id: str) -> "HttpResponse":
    today = rules.day_of(timezone.now())
    # PostgreSQL takes no null character, not even to look for it.
    rows = selectors.get_lots(portfolio=portfolio, asset_id=asset_id.replace("\0", ""))
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    if not page.paginator.count:
        raise Http404
    closes = selectors.get_lot_closes(asset_ids=[asset_id], rules=rules, day=last_closed_day())
    lines = selectors.get_lot_lines(lots=list(page), rules=rules, closes=closes, today=today)
    context = {"page": page, "lines": lines, "asset": lines[0].lot.asset, "today": today}
    priced = {"close": closes.prices.get(asset_id), "priced_on": closes.days.get(asset_id)}
    return _show(request, "asset_lots", portfolio, rules, **context, **priced)


@reads
@login_required
def gains(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """Show the gains of a year: the sums first, then by asset, then each disposal with the lots that it drew."""
    portfolio = get_own_portfolio(request, portfolio_id)
    rules = get_rules(portfolio=portfolio)
    form, year = _year(request, rules, selectors.get_gain_years(portfolio=portfolio))
    disposals = selectors.get_disposals(portfolio=portfolio, year=year)
    page = Paginator(disposals, PAGE_SIZE).get_page(request.GET.get("page"))
    return _show(
        request, "gains", portfolio, rules, form=form, year=year, page=page,
        gains=selectors.get_gains(portfolio=portfolio, year=year),
        lines=selectors.get_disposal_lines(portfolio=portfolio, rules=rules, disposals=list(page)),
    )  # fmt: skip


@reads
@login_required
def gain_methods(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """Show side by side what each method alone would have come to."""
    portfolio = get_own_portfolio(request, portfolio_id)
    rules = get_rules(portfolio=portfolio)
    form, year = _year(request, rules, selectors.get_gain_years(portfolio=portfolio))
    lines = selectors.get_method_lines(portfolio=portfolio, year=year)
    return _show(request, "methods", portfolio, rules, form=form, year=year, lines=lines)


@reads
@login_required
def income(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """Show the income of a year, by kind and asset, and each receipt."""
    portfolio = get_own_portfolio(request, portfolio_id)
    rules = get_rules(portfolio=portfolio)
    form, year = _year(request, rules, selectors.get_income_years(portfolio=portfolio))
    lines = selectors.get_income(portfolio=portfolio, year=year)
    receipts = selectors.get_receipts(portfolio=portfolio, year=year)
    page = Paginator(receipts, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "total": sum(line.value for line in lines if line.value is not None),
        "unknown": sum(line.unknown for line in lines),
        "estimated": sum(line.estimated for line in lines),
    }
    return _show(request, "income", portfolio, rules, form=form, year=year, lines=lines, page=page, **context)


@reads
@login_required
def harvest(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """Show lots under water, what selling them would realise, and what a rule of replacement makes of it."""
    portfolio = get_own_portfolio(request, portfolio_id)
    rules = get_rules(portfolio=portfolio)
    form = forms.RuleForm(request.GET)
    rule = form.cleaned_data["rule"] if form.is_valid() else selectors.default_rule(rules)
    today = rules.day_of(timezone.now())
    found = selectors.get_harvest(portfolio=portfolio, rules=rules, rule=rule, day=last_closed_day(), today=today)
    page = Paginator(found.realised, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "sums": {
            name: sum(getattr(line, name) for line in found.lines) for name in ("short_loss", "long_loss", "set_aside")
        },
        "year": rules.year_of(today),
        "replacement_rules": forms.RULES,
    }
    return _show(request, "harvest", portfolio, rules, harvest=found, page=page, today=today, **context)


def _year(request: "HttpRequest", rules: Rules, known: "Sequence[int]") -> tuple[forms.YearForm, int | None]:
    """Return the form of years and the one asked for; without one the newest."""
    years = known or [rules.year_of(rules.day_of(timezone.now()))]
    choices = [(year, rules.name_of(year)) for year in years]
    form = forms.YearForm({"year": request.GET.get("year", str(years[0]))}, years=choices)
    return form, form.chosen(years[0])


def _show(request: "HttpRequest", section: str, portfolio: Portfolio, rules: Rules, **more: Any) -> "HttpResponse":
    year = more.get("year")
    context = {
        "portfolio": portfolio,
        "rules": rules,
        "section": section,
        "marked": selectors.get_marked(portfolio=portfolio),
        "year_name": None if year is None else rules.name_of(year),
    }
    return render(request, f"portfolios/tax/{section}.html", context | more)
