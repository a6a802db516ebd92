"""Versions of rules: edited, replayed, approved by a second person, announced."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
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
from indices.forms import CutoffForm, MethodologyForm
from indices.models import Methodology


@admin.register(Methodology)
class MethodologyAdmin(HistoryAdmin):
    """Rules as drafts; a published version never changes."""

    form = MethodologyForm
    list_display = ("__str__", "index", "version", "status", "effective_from", "author", "approver", "announced_at")
    list_filter = ("status", "index")
    list_select_related = ("index", "author", "approver")
    search_fields = ("index__name", "index__slug")
    actions = ("approve",)

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
        if obj and obj.status in Methodology.PUBLIC:
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
        return may and (obj is None or obj.status in Methodology.OPEN)

    def has_delete_permission(self, request: HttpRequest, obj: Methodology | None = None) -> bool:
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or obj.status in Methodology.OPEN)

    def has_approve_permission(self, request: HttpRequest) -> bool:
        """Tell whether the action below is offered; the service asks again."""
        return bool(request.user.has_perm("indices.approve_methodology"))

    def save_model(self, request: HttpRequest, obj: Methodology, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        saved = services.save_draft(
            index_id=obj.index_id,
            rules=form.rules,
            effective_from=form.cleaned_data["effective_from"],
            author=user_of(request),
            methodology_id=obj.pk,
        )
        obj.pk, obj.version = saved.pk, saved.version

    @admin.action(description=_("Approve"), permissions=["approve"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Methodology]) -> None:
        """Approve the chosen versions."""
        for methodology in queryset.select_related("index"):
            try:
                services.approve_methodology(
                    methodology_id=methodology.pk, approver=user_of(request), at=timezone.now()
                )
            except services.CannotApproveError as error:
                messages.error(request, f"{methodology}: {error}")
            else:
                self.log_change(request, methodology, "Approved.")
                messages.success(request, _("%(version)s is approved.") % {"version": methodology})

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
