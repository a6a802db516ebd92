"""Set-up of the accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, investor profiles and idempotency keys."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
