"""Replays in the admin: asked for by curators, looked at by them and by those who approve."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.http import user_of
from analytics import services
from analytics.forms import ReplayForm
from analytics.models import Backtest
from analytics.selectors.backtests import get_report

LATELY = 24


@admin.register(Backtest)
class BacktestAdmin(admin.ModelAdmin[Backtest]):
    """Replays: asked for once, run by a worker, and never changed."""

    list_display = ("id", "methodology", "first_day", "last_day", "status", "requested_by", "requested_at")
    list_filter = ("status", "methodology__index")
    ordering = ("-requested_at", "-id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Backtest]:
        # A list of results would be megabytes; the page of one reads its own.
        return super().get_queryset(request).select_related("methodology__index", "requested_by").defer("result")

    def has_change_permission(self, request: HttpRequest, obj: Backtest | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Backtest | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": _("Replays of rules on history")} | (extra_context or {}))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask for a replay; a worker takes it up within seconds."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        posted = request.POST if request.method == "POST" else None
        form = ReplayForm(posted, initial={"methodology": request.GET.get("methodology")})
        if form.is_valid():
            asked = form.cleaned_data
            try:
                backtest = services.request_backtest(
                    methodology_id=asked["methodology"].pk, span=asked["years"], by=user_of(request), at=timezone.now()
                )
            except services.CannotRequestBacktestError as error:
                form.add_error(None, str(error))
            else:
                messages.success(
                    request, _("Asked for. A worker takes it up within seconds; this page shows how far it is.")
                )
                return redirect("admin:analytics_backtest_change", backtest.pk)
        context = self._context(request, _("Replay rules on history")) | {"form": form}
        return TemplateResponse(request, "admin/analytics/backtest/request.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show how far a replay is, and then what came of it; until then the page loads itself again."""
        backtest = self.get_object(request, unquote(object_id))
        if backtest is None:
            return super().change_view(request, object_id, form_url, extra_context)
        if not self.has_view_permission(request, backtest):
            raise PermissionDenied
        report = get_report(backtest)
        context = self._context(request, f"Replay of {backtest.methodology}") | {
            "backtest": backtest,
            "report": report,
            "is_open": backtest.status in {Backtest.Status.WAITING, Backtest.Status.RUNNING},
            "recent": report.baskets[:LATELY] if report else (),
            "earlier": report.baskets[LATELY:] if report else (),
        }
        return TemplateResponse(request, "admin/analytics/backtest/report.html", context)

    def _context(self, request: HttpRequest, title: Any) -> dict[str, Any]:
        return self.admin_site.each_context(request) | {"title": title, "opts": self.opts}
