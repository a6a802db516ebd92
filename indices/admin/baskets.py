"""Baskets in units, levels and their versions."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from indices.admin.rows import ReadOnly
from indices.models import Holding, Level, Rebalance


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

    list_display = ("index", "effective_day", "level", "divisor", "turnover")
    list_filter = ("index",)
    list_select_related = ("index",)
    date_hierarchy = "effective_day"
    inlines = (HoldingInline,)


@admin.register(Level)
class LevelAdmin(ReadOnly, admin.ModelAdmin[Level]):
    """Levels with all their versions."""

    list_display = ("index", "day", "version", "gross", "status", "cause", "recorded_at", "superseded_at")
    list_filter = ("status", "index")
    list_select_related = ("index",)
    date_hierarchy = "day"
    show_full_result_count = False
