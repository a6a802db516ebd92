"""Reviews: proposals with a reason for every asset; asked for by curators, approved or rejected by others."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Case, QuerySet, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.http import ReadOnly, user_of
from indices import services
from indices.forms.reviews import RejectReviewForm, RequestReviewForm
from indices.models import Review
from indices.selectors.proposals import get_proposal

Status = Review.Status
FIRST_COME = (
    Status.COMPUTED, Status.DRAFT, Status.APPROVED, Status.ANNOUNCED, Status.NEEDS_REVIEW, Status.EFFECTIVE,
    Status.SUPERSEDED, Status.REJECTED,
)  # fmt: skip


class StatusFilter(admin.SimpleListFilter):
    """How far a review has come; what waits for a person comes first."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(status.value, status.label) for status in FIRST_COME]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Review]) -> QuerySet[Review]:
        return queryset.filter(status=self.value()) if self.value() in Status.values else queryset


@admin.register(Review)
class ReviewAdmin(ReadOnly, admin.ModelAdmin[Review]):
    """Reviews: nobody types one; what a person may do has a button on its page."""

    list_display = ("__str__", "kind", "cutoff_day", "status", "reason", "approved_by")
    list_filter = (StatusFilter, "kind", "index")
    date_hierarchy = "cutoff_day"
    ordering = (Case(When(status=Status.COMPUTED, then=0), default=1), "-cutoff_day", "index")

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return bool(request.user.has_perm("indices.add_review"))

    @admin.display(description=_("Approved by"), empty_value="")
    def approved_by(self, obj: Review) -> str:
        """Return who has approved so far."""
        return ", ".join(str(person) for person in (obj.approver, obj.second_approver) if person)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        people = ("requested_by", "approver", "second_approver")
        return super().get_queryset(request).select_related("index", "methodology", *people).defer("inputs")

    def get_urls(self) -> list[URLPattern]:
        posts = {"approve": self.approve, "reject": self.reject, "recompute": self.recompute}
        views = {name: require_POST(view) for name, view in posts.items()} | {"inputs": self.inputs}
        own = [
            path(f"<int:review_id>/{name}/", self.admin_site.admin_view(view), name=f"indices_review_{name}")
            for name, view in views.items()
        ]
        return [*own, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask for an extraordinary review; a worker computes it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        posted = request.POST if request.method == "POST" else None
        form = RequestReviewForm(posted, initial={"index": request.GET.get("index")})
        if form.is_valid():
            asked = form.cleaned_data
            try:
                review = services.request_review(
                    index_id=asked["index"].pk, reason=asked["reason"], by=user_of(request), at=timezone.now()
                )
            except services.CannotRequestError as error:
                form.add_error(None, str(error))
            else:
                self.log_addition(request, review, "Asked for.")
                messages.success(request, _("Asked for. It is computed within seconds: load this page again."))
                return redirect("admin:indices_review_change", review.pk)
        context = self._context(request, _("Ask for an extraordinary review")) | {"form": form}
        return TemplateResponse(request, "admin/indices/review/request.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the proposal: what it changes and why, and what may be done with it."""
        review = self.get_object(request, unquote(object_id))
        if review is None:
            return super().change_view(request, object_id, form_url, extra_context)
        if not self.has_view_permission(request, review):
            raise PermissionDenied
        context = self._context(request, str(review)) | {
            "original": review,
            "review": review,
            "proposal": get_proposal(review=review),
            "rebalance": review.rebalances.filter(superseded_at__isnull=True).first(),
            "reject_form": RejectReviewForm(),
            **_what_may_be_done(request, review),
        }
        return TemplateResponse(request, "admin/indices/review/proposal.html", context)

    def approve(self, request: HttpRequest, review_id: int) -> HttpResponse:
        """Approve what the approver has looked at."""
        seen = request.POST.get("seen", "")
        return self._act(
            request,
            review_id,
            lambda: services.approve_review(
                review_id=review_id, approver=user_of(request), at=timezone.now(), seen=seen
            ),
            "Approved.",
        )

    def reject(self, request: HttpRequest, review_id: int) -> HttpResponse:
        """Reject a proposal with a reason."""
        form = RejectReviewForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("Say in at most 250 characters why it is rejected."))
            return redirect("admin:indices_review_change", review_id)
        return self._act(
            request,
            review_id,
            lambda: services.reject_review(
                review_id=review_id,
                approver=user_of(request),
                reason=form.cleaned_data["reason"],
                at=timezone.now(),
            ),
            "Rejected.",
        )

    def recompute(self, request: HttpRequest, review_id: int) -> HttpResponse:
        """Have a proposal computed again."""
        return self._act(
            request,
            review_id,
            lambda: services.recompute_review(review_id=review_id, by=user_of(request)),
            "To be computed again.",
        )

    def inputs(self, request: HttpRequest, review_id: int) -> HttpResponse:
        """Download the frozen inputs, byte for byte what the digest is of."""
        review = self._found(request, review_id)
        if review.status == Status.DRAFT or not review.inputs:
            raise Http404
        name = f"{review.index.slug}-{review.cutoff_day}-inputs.json"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(review.inputs, content_type="application/json", headers=headers)

    def _act(self, request: HttpRequest, review_id: int, act: Callable[[], Review], done: str) -> HttpResponse:
        """Do one thing with a review and say what came of it on its page."""
        self._found(request, review_id)
        try:
            review = act()
        except (services.CannotDecideError, services.CannotRequestError) as error:
            messages.error(request, str(error))
        else:
            self.log_change(request, review, done)
            messages.success(request, f"{review}: {done}")
        return redirect("admin:indices_review_change", review_id)

    def _found(self, request: HttpRequest, review_id: int) -> Review:
        review = get_object_or_404(Review.objects.select_related("index"), pk=review_id)
        if not self.has_view_permission(request, review):
            raise PermissionDenied
        return review

    def _context(self, request: HttpRequest, title: Any) -> dict[str, Any]:
        return self.admin_site.each_context(request) | {"opts": self.opts, "title": title}


def _what_may_be_done(request: HttpRequest, review: Review) -> dict[str, Any]:
    """Return which buttons the page shows; the services ask again."""
    user = user_of(request)
    approves = user.has_perm("indices.approve_review")
    is_own = review.requested_by_id == user.pk
    has_approved = user.pk in {review.approver_id, review.second_approver_id}
    return {
        "may_approve": approves and review.status == Status.COMPUTED and not is_own and not has_approved,
        "may_reject": approves and review.status in Review.WAITING,
        "may_recompute": user.has_perm("indices.change_review")
        and review.status not in {*Review.TAKEN, Status.DRAFT, Status.ANNOUNCED}
        and (is_own or review.kind != Review.Kind.EXTRAORDINARY),
        "is_own": approves and is_own and review.status == Status.COMPUTED,
        "needs_two": review.kind == Review.Kind.EXTRAORDINARY,
    }
