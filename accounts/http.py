"""What a request means: its user, their time zone, a second factor for staff, and whether it came before."""

import hashlib
import json
import re
import uuid
import zoneinfo
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from django_structlog.middlewares import RequestMiddleware
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from simple_history.admin import SimpleHistoryAdmin

from accounts.models import IdempotencyRecord, InvestorProfile

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from rest_framework.request import Request

    from accounts.models import User

View = TypeVar("View", bound=Callable[..., Any])

TIME_ZONE_KEY = "time_zone"
MAILED_KEY = re.compile(r"(/account/(?:password/reset/key|confirm-email)/)[^/?#]+")
KEY_LENGTH = 255
TOO_LARGE = (
    "At most {most} MB are read here, and nothing of this was. Split a long history into parts, by year for instance, "
    "and bring them one after the other: what comes twice is imported once."
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description=(
        "A text of your own, at most 255 characters, new for each thing that you want done: the same key with the "
        "same body again is answered as at first, with `Idempotent-Replayed: true`; with another body it is 422."
    ),
)


def user_of(request: "HttpRequest | Request") -> "User":
    """Return the user of a request that a login guards."""
    return cast("User", request.user)


class KeyReusedError(APIException):
    """The same Idempotency-Key came with another request."""

    status_code = 422
    default_detail = gettext_lazy("This Idempotency-Key was used for another request; use a new one.")
    default_code = "idempotency_key_reused"


def once_token() -> str:
    """Return a fresh token for a form: sent twice, it is done once."""
    return uuid.uuid4().hex


def token_of(request: "Request") -> str:
    """Return the token of an API request, drawn from its Idempotency-Key; a fresh one without a key."""
    key = request.headers.get("Idempotency-Key")
    return hashlib.sha256(key.encode()).hexdigest() if key else once_token()


def idempotent(method: Callable[..., Response]) -> Callable[..., Response]:
    """Make a viewset's method answer a repeated Idempotency-Key as it did at first, without a second effect.

    The answer is kept in the database transaction of the effect, per user. Of two equal requests at once the second
    one waits for the first. Errors are not kept: the same key may be tried again.
    """

    @wraps(method)
    def once(view: Any, request: "Request", *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return method(view, request, *args, **kwargs)
        if not 1 <= len(key) <= KEY_LENGTH or not key.isprintable():
            raise ValidationError({"Idempotency-Key": [f"1 to {KEY_LENGTH} printable characters are needed."]})
        mine = {"user": user_of(request), "key": key}
        fingerprint = _fingerprint(request)
        with transaction.atomic():
            known = IdempotencyRecord.objects.filter(**mine).first() or _claim(mine, fingerprint)
            if known is not None:
                return _replay(known, fingerprint)
            response = method(view, request, *args, **kwargs)
            body = json.loads(JSONRenderer().render(response.data))
            IdempotencyRecord.objects.filter(**mine).update(status=response.status_code, body=body)
            return response

    return once


def _fingerprint(request: "Request") -> str:
    text = json.dumps([request.method, request.path, request.data], sort_keys=True, default=_sent)
    return hashlib.sha256(text.encode()).hexdigest()


def _sent(value: Any) -> str:
    """Return what was sent: of a file its name and its digest; numbers arrive as Decimals, whose text it is."""
    if not isinstance(value, UploadedFile):
        return str(value)
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return f"{value.name}:{digest.hexdigest()}"


def _claim(mine: dict[str, Any], fingerprint: str) -> IdempotencyRecord | None:
    """Take the key before anything is done; return the record of whoever was faster."""
    try:
        with transaction.atomic():
            IdempotencyRecord.objects.create(
                **mine, fingerprint=fingerprint, status=0, body={}, created_at=timezone.now()
            )
    except IntegrityError:
        return IdempotencyRecord.objects.get(**mine)
    return None


def _replay(known: IdempotencyRecord, fingerprint: str) -> Response:
    if known.fingerprint != fingerprint:
        raise KeyReusedError
    return Response(known.body, status=known.status, headers={"Idempotent-Replayed": "true"})


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth ships no types
    """Sign-up as the operator has set it."""

    def is_open_for_signup(self, _request: "HttpRequest") -> bool:
        """Tell whether strangers may sign up here."""
        return bool(settings.SIGNUP_OPEN)

    def login(self, request: "HttpRequest", user: "User") -> None:
        """Log in, and take the user's time zone along."""
        super().login(request, user)
        profile = InvestorProfile.objects.filter(user=user).first()
        if profile:
            request.session[TIME_ZONE_KEY] = profile.time_zone


def takes_files(largest: int) -> Callable[[View], View]:
    """Let a view, or the views of a viewset, receive bodies of so many bytes."""

    def mark(view: View) -> View:
        view.largest_body = largest  # type: ignore[attr-defined] # read by BodySizeMiddleware
        return view

    return mark


class BodySizeMiddleware:
    """Refuses a body that is too large by its announced length: not a byte of it is read, kept or written to disk.

    Stands before all that reads bodies, such as the check of form tokens. A body without a length is empty here.
    """

    def __init__(self, get_response: Callable[["HttpRequest"], "HttpResponse"]) -> None:
        self.get_response = get_response

    def __call__(self, request: "HttpRequest") -> "HttpResponse":
        """Pass on; views are known later."""
        return self.get_response(request)

    def process_view(self, request: "HttpRequest", view: Any, *_: Any) -> "HttpResponse | None":
        """Answer 413 beyond the limit of the view."""
        view = getattr(view, "cls", view)
        most = getattr(view, "largest_body", settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) <= most:
            return None
        if not request.path.startswith("/api/"):
            return render(request, "413.html", {"text": TOO_LARGE.format(most=most // 1_000_000)}, status=413)
        error = {"code": "too_large", "detail": f"The body is larger than {most:,} bytes.", "attr": None}
        return JsonResponse({"type": "client_error", "errors": [error]}, status=413)


class TimeZoneMiddleware:
    """Shows times in the zone that the user chose; the zone travels in the session, so it costs no query."""

    def __init__(self, get_response: Callable[["HttpRequest"], "HttpResponse"]) -> None:
        self.get_response = get_response

    def __call__(self, request: "HttpRequest") -> "HttpResponse":
        """Activate the zone for this request alone."""
        name = request.session.get(TIME_ZONE_KEY, "UTC")
        with timezone.override(zoneinfo.ZoneInfo(name)):
            return self.get_response(request)


class RequestLogMiddleware(RequestMiddleware):
    """Logs requests, but no key of a mailed link: whoever reads the log could set a password with it."""

    @staticmethod
    def format_request(request: "HttpRequest") -> str:
        return MAILED_KEY.sub(r"\1...", f"{request.method} {request.get_full_path()}")


class PrivateAnswersMiddleware:
    """Keeps what somebody sees who may be logged in out of every cache, the browser's own included.

    After a logout the button "back" of a shared computer then shows nothing, and no proxy mixes up two people.
    """

    def __init__(self, get_response: Callable[["HttpRequest"], "HttpResponse"]) -> None:
        self.get_response = get_response

    def __call__(self, request: "HttpRequest") -> "HttpResponse":
        """Mark the answer; one that says already how it may be cached stays as it is."""
        response = self.get_response(request)
        known = settings.SESSION_COOKIE_NAME in request.COOKIES or "X-Session-Token" in request.headers
        if known and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        return response


class StaffSecondFactorMiddleware:
    """Keeps staff without a second factor out of the admin; allauth has no such setting."""

    def __init__(self, get_response: Callable[["HttpRequest"], "HttpResponse"]) -> None:
        self.get_response = get_response

    def __call__(self, request: "HttpRequest") -> "HttpResponse":
        """Send such a person to the page where a second factor is set up."""
        if settings.STAFF_NEEDS_MFA and self._is_admin_page(request) and self._lacks_second_factor(request):
            messages.warning(request, _("Staff need a second factor before they enter the admin: set one up here."))
            return redirect("mfa_index")
        return self.get_response(request)

    @staticmethod
    def _is_admin_page(request: "HttpRequest") -> bool:
        return request.path.startswith(reverse("admin:index"))

    @staticmethod
    def _lacks_second_factor(request: "HttpRequest") -> bool:
        return request.user.is_authenticated and request.user.is_staff and not is_mfa_enabled(request.user)


class ReadOnly:
    """Rows of an admin that nobody types: they may be looked at, searched and filtered."""

    def _nobody_may(self, *_args: Any, **_options: Any) -> bool:
        return False

    has_add_permission = has_change_permission = has_delete_permission = _nobody_may


class HistoryAdmin(SimpleHistoryAdmin):  # type: ignore[misc] # ships no types
    """Old versions may be looked at; the library would let whoever may look also write one back, rules unasked."""

    def history_form_view(
        self, request: "HttpRequest", object_id: str, version_id: str, extra_context: dict[str, Any] | None = None
    ) -> "HttpResponse":
        if request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        page: HttpResponse = super().history_form_view(request, object_id, version_id, extra_context)
        return page
