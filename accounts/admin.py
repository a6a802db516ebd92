"""Users in the admin."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm

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
