"""Pages of the user's own account that allauth does not have."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.forms import ProfileForm
from accounts.http import TIME_ZONE_KEY, user_of
from accounts.models import InvestorProfile
from accounts.services import ProfileAnswers, save_profile

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@login_required
def profile(request: "HttpRequest") -> "HttpResponse":
    """Show and keep the investor profile."""
    user = user_of(request)
    if request.method == "POST":
        form = ProfileForm(request.POST)
        if form.is_valid():
            saved = save_profile(user=user, answers=ProfileAnswers(**form.cleaned_data))
            request.session[TIME_ZONE_KEY] = saved.time_zone
            messages.success(request, _("Profile saved."))
            return redirect("profile")
        return render(request, "accounts/profile.html", {"form": form}, status=422)
    known = InvestorProfile.objects.filter(user=user).first()
    names = list(asdict(ProfileAnswers()))
    form = ProfileForm(initial={name: getattr(known, name) for name in names} if known else None)
    return render(request, "accounts/profile.html", {"form": form})
