"""Versions of rules: edited, replayed, approved by a second person, announced."""

import json
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from accounts.http import HistoryAdmin, user_of
from indices import services
from indices.admin.layout import fieldsets_for
from indices.admin.steps import ANNOUNCE, SEND_BACK, STEPS, Step, in_force, standing_of, take
from indices.calc.rules import Rules, RulesError, describe
from indices.forms import CutoffForm, MethodologyForm, rules_as_initial
from indices.models import Index, Methodology
from indices.selectors.rulebooks import rules_of
from indices.services.governance import check_not_announced

PAGE = "admin:indices_methodology_change"


@admin.register(Methodology)
class MethodologyAdmin(HistoryAdmin):
    """Rules as drafts; an announced version never changes."""

    form = MethodologyForm
    list_display = ("__str__", "status", "effective_from", "author", "computed_by", "approver", "announced_at")
    list_filter = ("status", "index")
    list_select_related = ("index", "author", "computed_by", "approver")
    search_fields = ("index__name", "index__slug")
    actions = ("send_back", "announce")

    def get_readonly_fields(self, request: HttpRequest, obj: Methodology | None = None) -> tuple[str, ...]:
        return ("index", "in_words", "in_json") if obj else ()

    @admin.display(description=_("The rules in words"))
    def in_words(self, obj: Methodology) -> str:
        """Return what investors read of these rules, as a list."""
        try:
            sentences = describe(Rules.from_params(obj.params))
        except RulesError as error:
            return str(error)
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((each,) for each in sentences)))

    @admin.display(description=_("The rules as stored"))
    def in_json(self, obj: Methodology) -> str:
        """Return the rules as JSON, one a line."""
        return format_html("<pre>{}</pre>", json.dumps(obj.params, indent=2, ensure_ascii=False))

    def get_fieldsets(self, request: HttpRequest, obj: Methodology | None = None) -> Any:
        """Return the form, or the prose for those who may only read."""
        is_past = bool(request.resolver_match and str(request.resolver_match.url_name).endswith("_simple_history"))
        if obj and (is_past or not self.has_change_permission(request, obj)):
            return [
                (None, {"fields": ("index", "effective_from", "emergency_reason", "in_words")}),
                (_("As stored"), {"fields": ("in_json",), "classes": ("collapse",)}),
            ]
        is_sent = request.method == "POST"
        rules = rules_of(obj) if obj else self._rules_to_start_from(request)
        emergency = () if is_sent or (obj and obj.emergency_reason) else ("collapse",)
        return [
            (None, {"fields": ("index", "effective_from")}),
            *fieldsets_for(rules, unfolded=is_sent),
            (_("Emergency"), {"fields": ("emergency_reason",), "classes": emergency}),
        ]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Start a new version from the rules in force of the index that the address names."""
        rules = self._rules_to_start_from(request)
        return {"index": request.GET.get("index", "")} | (rules_as_initial(rules) if rules else {})

    def _rules_to_start_from(self, request: HttpRequest) -> Rules | None:
        index_id = request.GET.get("index", "")
        index = Index.objects.filter(pk=index_id).first() if index_id.isdecimal() else None
        methodology = in_force(index) if index else None
        return rules_of(methodology) if methodology else None

    def has_change_permission(self, request: HttpRequest, obj: Methodology | None = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and (obj is None or obj.status in Methodology.OPEN)

    def has_delete_permission(self, request: HttpRequest, obj: Methodology | None = None) -> bool:
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or obj.status in Methodology.OPEN)

    def has_approve_permission(self, request: HttpRequest) -> bool:
        """Tell whether approving is offered; the service asks again."""
        return bool(request.user.has_perm("indices.approve_methodology"))

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show or save a version; one that was announced meanwhile says so and is shown as it is."""
        obj = self.get_object(request, unquote(object_id)) if object_id else None
        extra = dict(extra_context or {})
        seen = obj if obj is not None and self.has_view_permission(request, obj) else None
        if seen:
            may_change = self.has_change_permission(request, seen)
            extra["standing"] = standing_of(seen, user_of(request), may_change=may_change)
            extra["may_add"] = self.has_add_permission(request)
        try:
            if seen and request.method == "POST":
                check_not_announced(seen)
            page: HttpResponse = super().changeform_view(request, object_id, form_url, extra)
        except services.CannotDraftError as error:
            messages.error(request, str(error))
            return redirect(PAGE, object_id)
        return page

    def save_model(self, request: HttpRequest, obj: Methodology, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        if change and obj.status != Methodology.Status.DRAFT:
            messages.warning(request, _("It is a draft again: its replay and approval are void."))
        saved = services.save_draft(
            index_id=obj.index_id,
            rules=form.rules,
            effective_from=form.cleaned_data["effective_from"],
            author=user_of(request),
            methodology_id=obj.pk,
            emergency_reason=form.cleaned_data["emergency_reason"],
        )
        obj.pk, obj.version, obj.status = saved.pk, saved.version, saved.status

    @admin.action(description=_("Send back to the author"), permissions=["approve"])
    def send_back(self, request: HttpRequest, queryset: QuerySet[Methodology]) -> None:
        """Make drafts of the chosen versions again."""
        self._take_all(SEND_BACK, request, queryset)

    @admin.action(description=_("Announce"), permissions=["change"])
    def announce(self, request: HttpRequest, queryset: QuerySet[Methodology]) -> None:
        """Announce the chosen versions."""
        self._take_all(ANNOUNCE, request, queryset)

    def _take_all(self, step: Step, request: HttpRequest, queryset: QuerySet[Methodology]) -> None:
        for methodology in queryset.select_related("index"):
            self._take(step, request, methodology)

    def _take(self, step: Step, request: HttpRequest, methodology: Methodology) -> None:
        if take(step, methodology, request):
            self.log_change(request, methodology, str(step.label))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        ours = [
            path("<int:methodology_id>/preview/", wrap(self.preview), name="indices_methodology_preview"),
            path("<int:methodology_id>/<slug:name>/step/", wrap(self.step), name="indices_methodology_step"),
        ]
        return [*ours, *super().get_urls()]

    def step(self, request: HttpRequest, methodology_id: int, name: str) -> HttpResponse:
        """Take one step of a version, and go back to its page."""
        methodology = get_object_or_404(Methodology.objects.select_related("index"), pk=methodology_id)
        if name not in STEPS:
            raise Http404
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        step = STEPS[name]
        allowed = self.has_change_permission(request) if step is ANNOUNCE else self.has_approve_permission(request)
        if not allowed:
            raise PermissionDenied
        self._take(step, request, methodology)
        return redirect(PAGE, methodology.pk)

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
