"""Set-up of the market app."""

from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created

from market.money import register_exact_sum, register_exact_type, use_exact_context


class MarketConfig(AppConfig):
    """Prices the app; also makes decimals exact for the whole process."""

    name = "market"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Give each thread 60 digits and each connection what exact columns need."""
        use_exact_context()
        connection_created.connect(_on_connection, dispatch_uid="market.exact_sum")


def _on_connection(**signal: Any) -> None:
    register_exact_sum(signal["connection"])
    register_exact_type(signal["connection"])
