"""Users, their second factors and their logins in the admin."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.db.models import Model
from django.http import HttpRequest

from accounts.models import InvestorProfile, User


class UserCreation(AdminUserCreationForm):  # type: ignore[type-arg] # a plain class at run time
    """Asks for an e-mail address instead of a user name."""

    class Meta:
        model = User
        fields = ("email",)


class ProfileInline(admin.StackedInline[InvestorProfile, User]):
    """What the investor told about themselves."""

    model = InvestorProfile
    extra = 0


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User]):
    """Users by e-mail."""

    add_form = UserCreation
    ordering = ("email",)
    list_display = ("email", "is_staff", "is_active", "last_login")
    search_fields = ("email",)
    inlines = (ProfileInline,)
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2")}),)


# Their makers' pages show the secrets themselves, and search for a user name that nobody has here.
admin.site.unregister([Authenticator, UserSession])


class Revocable(admin.ModelAdmin[Any]):
    """What only its user makes; staff may look at it and take it away."""

    list_select_related = ("user",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Authenticator)
class AuthenticatorAdmin(Revocable):
    """Second factors, without their secrets; deleting one helps whoever has lost it."""

    list_display = fields = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    search_fields = ("user__email",)


@admin.register(UserSession)
class UserSessionAdmin(Revocable):
    """Logins, without the keys that open them."""

    list_display = fields = ("user", "created_at", "last_seen_at", "ip", "user_agent")
    search_fields = ("user__email", "ip")
