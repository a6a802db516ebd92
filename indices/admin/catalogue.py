"""What an index is, and its retirement."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.http import HistoryAdmin, user_of
from indices import services
from indices.forms import IndexForm
from indices.models import Index

VOIDING = frozenset({"universe", "base_value", "base_date", "auto_approve"})


@admin.register(Index)
class IndexAdmin(HistoryAdmin):
    """What an index is; its rules are in its methodologies, its state follows from them."""

    form = IndexForm
    list_display = ("name", "slug", "kind", "tier", "universe", "status", "live_since")
    list_filter = ("status", "universe", "kind", "tier")
    search_fields = ("name", "slug", "summary")
    prepopulated_fields = {"slug": ("name",)}
    fields = (
        "name", "slug", "summary", "kind", "tier", "universe", "base_value", "base_date", "auto_approve",
        "status", "live_since", "retired_on",
    )  # fmt: skip
    readonly_fields = ("status", "live_since", "retired_on")
    actions = ("retire",)

    def get_readonly_fields(self, request: HttpRequest, obj: Index | None = None) -> tuple[str, ...]:
        if obj is None:
            return self.readonly_fields
        is_public = obj.methodologies.announced().exists()
        kept = ("slug", "universe", "base_value", "base_date") if is_public or obj.reviews.exists() else ()
        by_approvers = is_public and not request.user.has_perm("indices.approve_review")
        return (*self.readonly_fields, *kept, *(("auto_approve",) if by_approvers else ()))

    def get_prepopulated_fields(self, request: HttpRequest, obj: Index | None = None) -> Any:
        return {} if "slug" in self.get_readonly_fields(request, obj) else self.prepopulated_fields

    def save_model(self, request: HttpRequest, obj: Index, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Save an index; what was replayed and approved of another base, market or way of approval is void."""
        super().save_model(request, obj, form, change)
        if change and VOIDING & set(form.changed_data):
            services.void_open_versions(index_id=obj.pk, by=user_of(request))

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
