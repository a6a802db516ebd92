"""What a request means: its user, their time zone, whether a member of staff has shown a second factor."""

import zoneinfo
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import InvestorProfile

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from rest_framework.request import Request

    from accounts.models import User

TIME_ZONE_KEY = "time_zone"


def user_of(request: "HttpRequest | Request") -> "User":
    """Return the user of a request that a login guards."""
    return cast("User", request.user)


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


class TimeZoneMiddleware:
    """Shows times in the zone that the user chose; the zone travels in the session, so it costs no query."""

    def __init__(self, get_response: Callable[["HttpRequest"], "HttpResponse"]) -> None:
        self.get_response = get_response

    def __call__(self, request: "HttpRequest") -> "HttpResponse":
        """Activate the zone for this request alone."""
        name = request.session.get(TIME_ZONE_KEY, "UTC")
        with timezone.override(zoneinfo.ZoneInfo(name)):
            return self.get_response(request)


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
