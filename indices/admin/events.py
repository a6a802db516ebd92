"""Events of assets. Their rows are the market's; whether a night has counted one already only the indices know."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.http import HistoryAdmin, user_of
from indices import services
from market.forms import AssetEventForm
from market.models import AssetEvent
from market.services import CannotApproveEventError, CannotSaveEventError, EventTerms, fingerprint_of, save_event

Status = AssetEvent.Status


@admin.register(AssetEvent)
class AssetEventAdmin(HistoryAdmin):
    """Written by one person, approved by another; an approved event never changes."""

    form = AssetEventForm
    change_form_template = "admin/market/assetevent/change_form.html"
    list_display = ("asset", "kind", "treatment", "effective_day", "status", "author", "approver")
    list_filter = ("status", "kind", "asset__simulated")
    list_select_related = ("asset", "author", "approver")
    search_fields = ("asset__id", "asset__symbol", "asset__name", "note")
    autocomplete_fields = ("asset", "new_asset")
    date_hierarchy = "effective_day"
    fieldsets = (
        (None, {"fields": ("asset", "kind", "treatment", "effective_day", "note")}),
        (_("Terms"), {"fields": ("new_asset", "ratio", "price")}),
        (_("Approval"), {"fields": ("status", "author", "approver", "approved_at")}),
    )
    readonly_fields = ("status", "author", "approver", "approved_at")

    def has_change_permission(self, request: HttpRequest, obj: AssetEvent | None = None) -> bool:
        return _is_draft(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: AssetEvent | None = None) -> bool:
        return _is_draft(obj) and super().has_delete_permission(request, obj)

    def has_approve_permission(self, request: HttpRequest) -> bool:
        """Tell whether buttons are offered; the service asks again."""
        return bool(request.user.has_perm("market.approve_assetevent"))

    def get_fieldsets(self, request: HttpRequest, obj: AssetEvent | None = None) -> Any:
        return self.fieldsets if obj else self.fieldsets[:2]

    def get_actions(self, request: HttpRequest) -> Any:
        # Deleting many at once would not ask whether each is a draft.
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def get_urls(self) -> list[URLPattern]:
        views = {"approve": self.approve, "withdraw": self.withdraw}
        own = [
            path(
                f"<int:event_id>/{name}/",
                self.admin_site.admin_view(require_POST(view)),
                name=f"market_assetevent_{name}",
            )
            for name, view in views.items()
        ]
        return [*own, *super().get_urls()]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Say it on the list when an event was approved while somebody had it open."""
        shown: dict[str, Any] = {"may_approve": self.has_approve_permission(request), "user_id": user_of(request).pk}
        event = self.get_object(request, unquote(object_id)) if object_id else None
        if event:
            shown["seen"] = fingerprint_of(event)
        try:
            page: HttpResponse = super().changeform_view(request, object_id, form_url, shown | (extra_context or {}))
        except CannotSaveEventError as error:
            messages.error(request, str(error))
            return redirect("admin:market_assetevent_changelist")
        return page

    def save_model(self, request: HttpRequest, obj: AssetEvent, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        saved = save_event(terms=EventTerms(**form.terms()), author=user_of(request), event_id=obj.pk)
        obj.pk = saved.pk

    def approve(self, request: HttpRequest, event_id: int) -> HttpResponse:
        """Approve the terms of one event that the approver has looked at."""
        seen = request.POST.get("seen", "")
        return self._decide(
            request,
            event_id,
            lambda: services.approve_event(event_id=event_id, approver=user_of(request), at=timezone.now(), seen=seen),
            "Approved.",
        )

    def withdraw(self, request: HttpRequest, event_id: int) -> HttpResponse:
        """Take the approval of one event back."""
        return self._decide(
            request,
            event_id,
            lambda: services.withdraw_event(event_id=event_id, approver=user_of(request)),
            "Approval taken back.",
        )

    def _decide(self, request: HttpRequest, event_id: int, act: Callable[[], AssetEvent], done: str) -> HttpResponse:
        event = get_object_or_404(AssetEvent, pk=event_id)
        if not self.has_view_permission(request, event):
            raise PermissionDenied
        try:
            decided = act()
        except CannotApproveEventError as error:
            messages.error(request, f"{event}: {error}")
        else:
            self.log_change(request, decided, done)
            messages.success(request, f"{event}: {done}")
        return redirect("admin:market_assetevent_change", event_id)


def _is_draft(event: AssetEvent | None) -> bool:
    return event is None or event.status == Status.DRAFT
