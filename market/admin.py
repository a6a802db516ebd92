"""The market in the admin: curators keep assets and what they are; prices and findings of people are only appended.

Events are in `indices.admin.events`: whether a night has counted one already only the indices know.
"""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.http import HistoryAdmin, ReadOnly, user_of
from market.forms import DueDiligenceForm, RevisePriceForm
from market.models import Asset, AssetAlias, Classification, DailyPrice, DataFinding, DueDiligence, SourceRun
from market.services import CannotRecordError, CannotReviseError, record_diligence, revise_price

if TYPE_CHECKING:
    from django.forms import ModelChoiceField


class AliasInline(admin.TabularInline[AssetAlias, Asset]):
    """What other sources call the asset."""

    model = AssetAlias
    extra = 0


class ClassificationInline(admin.TabularInline[Classification, Asset]):
    """What the asset was, and when."""

    model = Classification
    extra = 0


@admin.register(Asset)
class AssetAdmin(admin.ModelAdmin[Asset]):
    """Assets by id; the id is the provider's and never changes."""

    list_display = ("id", "symbol", "name", "kind", "simulated")
    list_filter = ("kind", "simulated")
    search_fields = ("id", "symbol", "name")
    inlines = (AliasInline, ClassificationInline)

    def get_fields(self, request: HttpRequest, obj: Asset | None = None) -> tuple[str, ...]:
        return ("id", "symbol", "name", "kind", "simulated", *(("newest_diligence",) if obj else ()))

    def get_readonly_fields(self, request: HttpRequest, obj: Asset | None = None) -> tuple[str, ...]:
        return ("id", "kind", "simulated", "newest_diligence") if obj else ()

    @admin.display(description=_("Due diligence"))
    def newest_diligence(self, obj: Asset) -> str:
        """Return the newest score with its age, and where the others are."""
        newest = obj.diligence.first()
        every = reverse("admin:market_duediligence_changelist") + f"?asset__id__exact={obj.pk}"
        if newest is None:
            return str(_("Not reviewed yet."))
        words = _("%(score)s of 5, reviewed on %(day)s, %(age)s days ago") % {
            "score": f"{newest.score.normalize():f}",
            "day": newest.reviewed_on,
            "age": (timezone.now().date() - newest.reviewed_on).days,
        }
        return format_html('<a href="{}">{}</a>', every, words)


@admin.register(AssetAlias)
class AssetAliasAdmin(admin.ModelAdmin[AssetAlias]):
    """What sources call assets, and when."""

    list_display = ("source", "code", "asset", "valid_from", "valid_to")
    list_filter = ("source",)
    list_select_related = ("asset",)
    search_fields = ("code", "asset__id", "asset__name")
    autocomplete_fields = ("asset",)


@admin.register(Classification)
class ClassificationAdmin(HistoryAdmin):
    """What assets were, and when."""

    list_display = ("asset", "sector", "token_type", "is_eligible", "valid_from", "valid_to")
    list_filter = ("sector", "token_type", "is_stable", "is_wrapped", "is_pegged", "is_eligible", "asset__simulated")
    list_select_related = ("asset",)
    search_fields = ("asset__id", "asset__symbol", "asset__name", "jurisdiction")
    autocomplete_fields = ("asset",)


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


@admin.register(DailyPrice)
class DailyPriceAdmin(ReadOnly, admin.ModelAdmin[DailyPrice]):
    """Prices with all their versions; a correction is a new version."""

    list_display = ("day", "asset", "close", "market_cap", "volume", "source", "recorded_at", "superseded_at")
    list_filter = (VersionFilter, "reconstructed", "source", "asset__simulated")
    list_select_related = ("asset",)
    search_fields = ("asset__id", "asset__symbol")
    date_hierarchy = "day"
    ordering = ("-day", "asset_id", "-recorded_at")
    show_full_result_count = False

    def get_urls(self) -> list[URLPattern]:
        revise = path(
            "<int:price_id>/revise/", self.admin_site.admin_view(self.revise), name="market_dailyprice_revise"
        )
        return [revise, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {"may_revise": self._may_revise(request)} | (extra_context or {})
        return super().change_view(request, object_id, form_url, extra)

    def revise(self, request: HttpRequest, price_id: int) -> HttpResponse:
        """Ask for the corrected numbers, and write them as a new version."""
        if not self._may_revise(request):
            raise PermissionDenied
        price = get_object_or_404(DailyPrice.objects.current().select_related("asset"), id=price_id)
        numbers = {"close": price.close, "market_cap": price.market_cap, "volume": price.volume}
        present = {name: f"{value.normalize():f}" for name, value in numbers.items() if value is not None}
        form = RevisePriceForm(request.POST or None, initial=present)
        if request.method == "POST" and form.is_valid():
            try:
                new = revise_price(price=price, at=timezone.now(), **form.cleaned_data)
            except CannotReviseError as error:
                form.add_error(None, str(error))
            else:
                self.log_change(request, new, f"Revised price: version {price.id} superseded.")
                messages.success(request, _("The price was revised; the former version is kept."))
                return redirect("admin:market_dailyprice_change", new.id)
        context = self.admin_site.each_context(request) | {"form": form, "price": price, "title": _("Revise price")}
        return TemplateResponse(request, "admin/market/dailyprice/revise.html", context)

    def _may_revise(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("market.change_dailyprice"))


@admin.register(DueDiligence)
class DueDiligenceAdmin(ReadOnly, admin.ModelAdmin[DueDiligence]):
    """What curators found about assets; a correction is a review of a later day."""

    list_display = ("asset", "reviewed_on", "mean", *DueDiligence.ASPECTS, "reviewer", "recorded_at")
    list_filter = ("asset__simulated", "reviewer")
    list_select_related = ("asset", "reviewer")
    search_fields = ("asset__id", "asset__symbol", "asset__name", "evidence")
    date_hierarchy = "reviewed_on"
    ordering = ("-reviewed_on", "asset_id")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("market.add_duediligence"))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "asset__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("Mean"))
    def mean(self, obj: DueDiligence) -> str:
        """Return the mean of the six scores."""
        return f"{obj.score.normalize():f}"

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask for six scores and their evidence, and record them."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        now = timezone.now()
        first = {"asset": request.GET.get("asset"), "reviewed_on": now.date()}
        form = DueDiligenceForm(request.POST if request.method == "POST" else None, initial=first)
        chooser = AutocompleteSelect(DueDiligence._meta.get_field("asset"), self.admin_site)
        field = cast("ModelChoiceField[Asset]", form.fields["asset"])
        chooser.choices = field.choices
        field.widget = chooser
        if form.is_valid():
            written = form.cleaned_data
            try:
                recorded = record_diligence(
                    asset_id=written["asset"].pk, reviewed_on=written["reviewed_on"], scores=form.scores(),
                    evidence=written["evidence"], reviewer=user_of(request), at=now,
                )  # fmt: skip
            except CannotRecordError as error:
                form.add_error(None, str(error))
            else:
                self.log_addition(request, recorded, "Recorded.")
                messages.success(request, _("Recorded; it counts for cut-offs from now on."))
                return redirect("admin:market_duediligence_change", recorded.pk)
        context = self.admin_site.each_context(request) | {"form": form, "opts": self.opts, "title": _("Due diligence")}
        return TemplateResponse(request, "admin/market/duediligence/record.html", context)


@admin.register(DataFinding)
class DataFindingAdmin(ReadOnly, admin.ModelAdmin[DataFinding]):
    """What is odd in the data."""

    list_display = ("asset", "kind", "first_day", "last_day", "days", "detail", "found_at")
    list_filter = ("kind", "asset__simulated")
    list_select_related = ("asset",)
    search_fields = ("asset__id", "asset__symbol")
    date_hierarchy = "first_day"


@admin.register(SourceRun)
class SourceRunAdmin(ReadOnly, admin.ModelAdmin[SourceRun]):
    """Imports and fetches."""

    list_display = ("started_at", "source", "status", "first_day", "last_day", "rows_new", "rows_revised", "detail")
    list_filter = ("source", "status")
    search_fields = ("source", "detail", "message")
