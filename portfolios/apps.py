"""Set-up of the portfolios app."""

from django.apps import AppConfig


class PortfoliosConfig(AppConfig):
    """What investors own."""

    name = "portfolios"
    default_auto_field = "django.db.models.BigAutoField"
