"""Reviews: proposals with a reason for every asset."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from indices.admin.rows import ReadOnly
from indices.models import Review, ReviewLine


class LineInline(ReadOnly, admin.TabularInline[ReviewLine, Review]):
    """Every asset of the review."""

    model = ReviewLine
    fields = ("asset", "rank", "market_cap", "median_volume", "age_days", "reason", "detail", "weight")
    readonly_fields = fields
    ordering = ("rank", "asset_id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewLine]:
        return super().get_queryset(request).select_related("asset")


@admin.register(Review)
class ReviewAdmin(ReadOnly, admin.ModelAdmin[Review]):
    """Reviews with a reason for every asset."""

    list_display = ("index", "cutoff_day", "effective_day", "status", "reason")
    list_filter = ("status", "index")
    list_select_related = ("index",)
    date_hierarchy = "cutoff_day"
    inlines = (LineInline,)
