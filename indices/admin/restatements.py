"""Restatements: asked for by one, approved by another, carried out by a worker."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.http import ReadOnly, user_of
from indices import services
from indices.forms.restatements import RestatementForm
from indices.models import Restatement

Status = Restatement.Status


@admin.register(Restatement)
class RestatementAdmin(ReadOnly, admin.ModelAdmin[Restatement]):
    """Corrections of levels: nobody types a level; what a person may do has a button."""

    list_display = (
        "index", "first_day", "status", "cause", "requested_by", "approver", "levels_changed", "largest_change",
    )  # fmt: skip
    list_filter = ("status", "index")
    list_select_related = ("index", "requested_by", "approver")
    search_fields = ("cause", "index__slug", "index__name")
    date_hierarchy = "requested_at"

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return bool(request.user.has_perm("indices.add_restatement"))

    def get_urls(self) -> list[URLPattern]:
        views = {"approve": self.approve, "reject": self.reject}
        own = [
            path(
                f"<int:restatement_id>/{name}/",
                self.admin_site.admin_view(require_POST(view)),
                name=f"indices_restatement_{name}",
            )
            for name, view in views.items()
        ]
        return [*own, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask for a restatement; an approver decides."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        posted = request.POST if request.method == "POST" else None
        form = RestatementForm(posted, initial={"index": request.GET.get("index")})
        if form.is_valid():
            asked = form.cleaned_data
            try:
                restatement = services.request_restatement(
                    index_id=asked["index"].pk,
                    first_day=asked["first_day"],
                    cause=asked["cause"],
                    by=user_of(request),
                    at=timezone.now(),
                )
            except services.CannotRestateError as error:
                form.add_error(None, str(error))
            else:
                self.log_addition(request, restatement, "Asked for.")
                messages.success(request, _("Asked for. Another person approves it."))
                return redirect("admin:indices_restatement_change", restatement.pk)
        context = self._context(request, _("Ask for a restatement")) | {"form": form}
        return TemplateResponse(request, "admin/indices/restatement/request.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what was asked for, what it would change or has changed, and what may be done with it."""
        restatement = self.get_object(request, unquote(object_id))
        if restatement is None:
            return super().change_view(request, object_id, form_url, extra_context)
        if not self.has_view_permission(request, restatement):
            raise PermissionDenied
        is_open = restatement.status == Status.REQUESTED
        approves = is_open and request.user.has_perm("indices.approve_restatement")
        is_own = restatement.requested_by_id == user_of(request).pk
        context = self._context(request, str(restatement)) | {
            "original": restatement,
            "restatement": restatement,
            "preview": self._preview(restatement) if is_open else None,
            "may_approve": approves and not is_own,
            "may_reject": approves,
            "is_own": approves and is_own,
        }
        return TemplateResponse(request, "admin/indices/restatement/page.html", context)

    def approve(self, request: HttpRequest, restatement_id: int) -> HttpResponse:
        """Have it carried out."""
        return self._decide(request, restatement_id, services.approve_restatement, "Approved.")

    def reject(self, request: HttpRequest, restatement_id: int) -> HttpResponse:
        """Leave the levels as they are."""
        return self._decide(request, restatement_id, services.reject_restatement, "Rejected.")

    def _decide(
        self, request: HttpRequest, restatement_id: int, decide: Callable[..., Restatement], done: str
    ) -> HttpResponse:
        restatement = get_object_or_404(Restatement, pk=restatement_id)
        if not self.has_view_permission(request, restatement):
            raise PermissionDenied
        try:
            decided = decide(restatement_id=restatement_id, approver=user_of(request), at=timezone.now())
        except services.CannotRestateError as error:
            messages.error(request, str(error))
        else:
            self.log_change(request, decided, done)
            messages.success(request, f"{decided}: {done}")
        return redirect("admin:indices_restatement_change", restatement_id)

    def _preview(self, restatement: Restatement) -> services.RestatementPreview:
        return services.preview_restatement(restatement_id=restatement.pk, at=timezone.now())

    def _context(self, request: HttpRequest, title: Any) -> dict[str, Any]:
        return self.admin_site.each_context(request) | {"opts": self.opts, "title": title}
