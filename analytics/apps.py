"""Set-up of the analytics app."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """What the night computes."""

    name = "analytics"
    default_auto_field = "django.db.models.BigAutoField"
