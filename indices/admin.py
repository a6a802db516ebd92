"""Curators define an index, draft its rules, look at what they would do, and have a second person publish them."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from accounts.http import HistoryAdmin, user_of
from indices import services
from indices.calc.rules import Rules, RulesError, describe
from indices.forms import CutoffForm, IndexForm, MethodologyForm
from indices.models import Holding, Index, Level, Methodology, Rebalance, Review, ReviewLine


class ReadOnly:
    """Rows that the night writes and nobody types."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Index)
class IndexAdmin(HistoryAdmin):
    """What an index is; its rules are in its methodologies, its state follows from them."""

    form = IndexForm
    list_display = ("name", "slug", "kind", "tier", "universe", "status", "live_since")
    list_filter = ("status", "universe", "kind", "tier")
    search_fields = ("name", "slug", "summary")
    prepopulated_fields = {"slug": ("name",)}
    fields = (
        "name", "slug", "summary", "kind", "tier", "universe", "base_value", "base_date", "status", "live_since",
        "retired_on",
    )  # fmt: skip
    readonly_fields = ("status", "live_since", "retired_on")
    actions = ("retire",)

    def get_readonly_fields(self, request: HttpRequest, obj: Index | None = None) -> tuple[str, ...]:
        has_record = obj is not None and obj.reviews.exists()
        return (*self.readonly_fields, "universe", "base_value", "base_date") if has_record else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Index | None = None) -> bool:
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or obj.status == Index.Status.DRAFT)

    @admin.action(description=_("Retire: stop running, keep the record"), permissions=["change"])
    def retire(self, request: HttpRequest, queryset: QuerySet[Index]) -> None:
        """Retire the chosen indices from today on."""
        for index in queryset:
            try:
                services.retire_index(index_id=index.pk, day=timezone.now().date())
            except services.CannotRetireError as error:
                messages.error(request, str(error))
            else:
                messages.success(request, _("%(index)s is retired.") % {"index": index.name})


@admin.register(Methodology)
class MethodologyAdmin(HistoryAdmin):
    """Rules as drafts; a published version never changes."""

    form = MethodologyForm
    list_display = ("__str__", "index", "version", "status", "effective_from", "author", "approver", "published_at")
    list_filter = ("status", "index")
    list_select_related = ("index", "author", "approver")
    search_fields = ("index__name", "index__slug")
    actions = ("publish",)

    def get_readonly_fields(self, request: HttpRequest, obj: Methodology | None = None) -> tuple[str, ...]:
        return ("index", "in_words") if obj else ()

    @admin.display(description=_("The rules in words"))
    def in_words(self, obj: Methodology) -> str:
        """Return what investors read of these rules, as a list."""
        try:
            sentences = describe(Rules.from_params(obj.params))
        except RulesError as error:
            return str(error)
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((each,) for each in sentences)))

    def get_fieldsets(self, request: HttpRequest, obj: Methodology | None = None) -> Any:
        if obj and obj.status == Methodology.Status.PUBLISHED:
            return [
                (None, {"fields": ("index", "version", "effective_from", "status", "author", "approver", "in_words")}),
                (_("As stored"), {"fields": ("params",), "classes": ("collapse",)}),
            ]
        return [
            (None, {"fields": ("index", "effective_from")}),
            (
                _("Which assets"),
                {"fields": ("sectors", "exclude", "min_age_days", "liquidity_enter", "liquidity_stay")},
            ),
            (_("How many"), {"fields": ("count", "enter", "keep", "min_count")}),
            (_("How much of each"), {"fields": ("alpha", "cap", "floor")}),
            (_("When"), {"fields": ("schedule", "cutoff_lead_days")}),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Methodology | None = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and (obj is None or obj.status == Methodology.Status.DRAFT)

    def has_delete_permission(self, request: HttpRequest, obj: Methodology | None = None) -> bool:
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or obj.status == Methodology.Status.DRAFT)

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """Tell whether the action below is offered; the service asks again."""
        return bool(request.user.has_perm("indices.publish_methodology"))

    def save_model(self, request: HttpRequest, obj: Methodology, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        saved = services.save_draft(
            index_id=obj.index_id,
            rules=form.rules,
            effective_from=form.cleaned_data["effective_from"],
            author=user_of(request),
            methodology_id=obj.pk,
        )
        obj.pk, obj.version = saved.pk, saved.version

    @admin.action(description=_("Publish: put into force"), permissions=["publish"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Methodology]) -> None:
        """Publish the chosen drafts."""
        for methodology in queryset.select_related("index"):
            try:
                services.publish_methodology(
                    methodology_id=methodology.pk, approver=user_of(request), at=timezone.now()
                )
            except services.CannotPublishError as error:
                messages.error(request, f"{methodology}: {error}")
            else:
                self.log_change(request, methodology, "Published.")
                messages.success(request, _("%(version)s is published.") % {"version": methodology})

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.preview)
        return [path("<int:methodology_id>/preview/", view, name="indices_methodology_preview"), *super().get_urls()]

    def preview(self, request: HttpRequest, methodology_id: int) -> HttpResponse:
        """Show what a review at a cut-off would find under these rules; nothing is written."""
        methodology = get_object_or_404(Methodology.objects.select_related("index"), pk=methodology_id)
        if not self.has_view_permission(request, methodology):
            raise PermissionDenied
        now = timezone.now()
        asked = request.GET if "cutoff_day" in request.GET else {"cutoff_day": now.date() - timedelta(days=1)}
        form = CutoffForm(asked, today=now.date())
        context = self.admin_site.each_context(request) | {"form": form, "methodology": methodology}
        try:
            rules = Rules.from_params(methodology.params)
        except RulesError as error:
            messages.error(request, str(error))
        else:
            context["sentences"] = describe(rules)
            if form.is_valid():
                context["preview"] = services.preview_review(
                    index=methodology.index, rules=rules, cutoff_day=form.cleaned_data["cutoff_day"], at=now
                )
        return TemplateResponse(request, "admin/indices/methodology/preview.html", context | {"title": _("Preview")})


class LineInline(ReadOnly, admin.TabularInline[ReviewLine, Review]):
    """Every asset of the review."""

    model = ReviewLine
    fields = ("asset", "rank", "market_cap", "median_volume", "age_days", "reason", "detail", "weight")
    readonly_fields = fields
    ordering = ("rank", "asset_id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewLine]:
        return super().get_queryset(request).select_related("asset")


class HoldingInline(ReadOnly, admin.TabularInline[Holding, Rebalance]):
    """What the basket holds."""

    model = Holding
    fields = ("asset", "units", "weight", "price")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Holding]:
        return super().get_queryset(request).select_related("asset")


@admin.register(Review)
class ReviewAdmin(ReadOnly, admin.ModelAdmin[Review]):
    """Reviews with a reason for every asset."""

    list_display = ("index", "cutoff_day", "effective_day", "status", "reason")
    list_filter = ("status", "index")
    list_select_related = ("index",)
    date_hierarchy = "cutoff_day"
    inlines = (LineInline,)


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
