"""Baskets in units with their proof, levels, and the versions of both."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from accounts.http import ReadOnly
from indices import services
from indices.models import Holding, Level, Rebalance


class VersionFilter(admin.SimpleListFilter):
    """Versions in force, or those that were superseded."""

    title = _("version")
    parameter_name = "version"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("current", _("In force")), ("superseded", _("Superseded"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in {"current", "superseded"}:
            return queryset.filter(superseded_at__isnull=self.value() == "current")
        return queryset


class HoldingInline(ReadOnly, admin.TabularInline[Holding, Rebalance]):
    """What the basket holds."""

    model = Holding
    fields = ("asset", "units", "weight", "price")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Holding]:
        return super().get_queryset(request).select_related("asset")


@admin.register(Rebalance)
class RebalanceAdmin(ReadOnly, admin.ModelAdmin[Rebalance]):
    """Baskets that took effect."""

    list_display = (
        "index", "effective_day", "kind", "version", "level", "divisor", "turnover", "cost", "superseded_at",
    )  # fmt: skip
    list_filter = (VersionFilter, "kind", "index")
    date_hierarchy = "effective_day"
    inlines = (HoldingInline,)
    fieldsets = (
        (None, {"fields": ("index", "kind", "review", "event", "effective_day", "sequence")}),
        (_("Figures"), {"fields": ("level", "divisor", "turnover", "cost", "net_factor", "theta")}),
        (_("Version"), {"fields": ("version", "superseded_at")}),
        (_("Proof"), {"fields": ("proof", "run_hash", "result_hash", "prev_hash")}),
    )
    readonly_fields = ("proof",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rebalance]:
        return super().get_queryset(request).select_related("index", "event", "review__index").defer("inputs")

    @admin.display(description=_("Worked out again from its inputs"))
    def proof(self, obj: Rebalance) -> str:
        """Return what working the basket out again finds just now."""
        found = services.verify_rebalances(rebalance_id=obj.pk)
        if found.unrecorded_rebalances:
            return str(_("It is older than stored inputs."))
        if not found.failures:
            return str(_("Every byte agrees."))
        rows = format_html_join("", "<li>{}</li>", ((str(failure),) for failure in found.failures))
        return format_html("<ul>{}</ul>", rows)


@admin.register(Level)
class LevelAdmin(ReadOnly, admin.ModelAdmin[Level]):
    """Levels with all their versions."""

    list_display = ("index", "day", "version", "gross", "net", "status", "cause", "recorded_at", "superseded_at")
    list_filter = (VersionFilter, "status", "index")
    list_select_related = ("index",)
    date_hierarchy = "day"
    show_full_result_count = False
