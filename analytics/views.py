"""Pages of what the night computed: overview, performance, risk, and the nights themselves."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.core.paginator import Paginator
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.http import user_of
from analytics.models import NightlyRun
from analytics.selectors import charts
from analytics.selectors.figures import get_figures, get_total_series, get_totals, get_valuations
from analytics.selectors.nights import latest_night
from analytics.selectors.queue import queue_problem
from portfolios.http import get_own_portfolio
from portfolios.models import Portfolio
from portfolios.selectors import get_drifts

NIGHTS_A_PAGE = 30


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show an investor what they hold; a visitor goes to the catalogue."""
    if not request.user.is_authenticated:
        return redirect("indices:list")
    portfolios = list(Portfolio.objects.owned_by(user_of(request)).labelled().order_by("name", "id"))
    figures = get_figures(portfolios=portfolios)
    night = latest_night()
    drifts = get_drifts(owner=user_of(request), day=night.day) if night else {}
    totals = get_totals(figures=figures)
    series = get_total_series(portfolios=portfolios, end=totals.day) if totals else []
    context = {
        "rows": [(each, drifts.get(each.portfolio.pk, [])) for each in figures],
        "totals": totals,
        "value_chart": charts.value_chart(series),
        "gained": series[-1][1] - series[-1][2] if series else None,
        "night": night,
    }
    return render(request, "analytics/overview.html", context)


@login_required
@require_safe
def performance(request: HttpRequest, portfolio_id: int) -> HttpResponse:
    """Show what a portfolio earned; as a panel when another page asks for it."""
    portfolio = get_own_portfolio(request, portfolio_id)
    rows = list(get_valuations(portfolio=portfolio))
    context = {
        "portfolio": portfolio,
        "figures": get_figures(portfolios=[portfolio])[0],
        "first": rows[0] if rows else None,
        "value_chart": charts.value_chart([(row.day, row.value, row.net_deposits) for row in rows]),
        "growth_chart": charts.growth_chart(rows),
        "drawdown_chart": charts.drawdown_chart(rows),
    }
    return render(request, _panel_or_page(request, "performance"), context)


@login_required
@require_safe
def risk(request: HttpRequest, portfolio_id: int) -> HttpResponse:
    """Show the risk of what a portfolio holds; as a panel when another page asks for it."""
    portfolio = get_own_portfolio(request, portfolio_id)
    context = {"portfolio": portfolio, "figures": get_figures(portfolios=[portfolio])[0]}
    return render(request, _panel_or_page(request, "risk"), context)


def _panel_or_page(request: HttpRequest, name: str) -> str:
    return f"analytics/{name}_panel.html" if request.headers.get("HX-Request") else f"analytics/{name}.html"


@login_required
@require_safe
def night(request: HttpRequest) -> HttpResponse:
    """Show the nights, the one at work first; the panel polls itself while one is."""
    runs = NightlyRun.objects.prefetch_related("stages").order_by("-day")
    running = runs.filter(status=NightlyRun.Status.RUNNING).first()
    context = {"running": running, "page": Paginator(runs, NIGHTS_A_PAGE).get_page(request.GET.get("page"))}
    return render(request, _panel_or_page(request, "night"), context)


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer that the process is up; nothing else is asked."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """Say whether requests can be served: 503 without database, migrations or cache; a lost broker only degrades."""
    needed = {"database": _database_problem(), "cache": _cache_problem()}
    report = {name: problem or "ok" for name, problem in needed.items()}
    if any(needed.values()):
        return JsonResponse({"status": "unavailable"} | report, status=503)
    broker = queue_problem(settings.CELERY_BROKER_URL, settings.QUEUE_DIR)
    last = latest_night()
    late = last is None or last.day < datetime.now(UTC).date() - timedelta(days=2)
    report |= {"broker": broker or "ok", "latest_night": last.day.isoformat() if last else "none"}
    return JsonResponse({"status": "degraded" if broker or late else "ok"} | report)


def _database_problem() -> str:
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "unavailable"
    return "migrations are missing" if missing else ""


def _cache_problem() -> str:
    try:
        cache.set("readyz", 1, timeout=10)
        found = cache.get("readyz")
    except Exception:  # noqa: BLE001 - each backend has errors of its own
        return "unavailable"
    return "" if found == 1 else "forgets"
