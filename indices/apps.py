"""Set-up of the indices app."""

from django.apps import AppConfig


class IndicesConfig(AppConfig):
    """Rules-based indices."""

    name = "indices"
    default_auto_field = "django.db.models.BigAutoField"
