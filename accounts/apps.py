"""Set-up of the accounts app."""

from typing import Any

from django.apps import AppConfig
from django.core.management import call_command
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    """Users, investor profiles and idempotency keys."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let `migrate` make the cache's table too, without which nobody could sign in."""
        post_migrate.connect(_make_cache_table, sender=self, dispatch_uid="accounts.cache_table")


def _make_cache_table(**signal: Any) -> None:
    call_command("createcachetable", database=signal["using"], verbosity=0)
