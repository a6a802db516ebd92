"""Rows that the night writes and nobody types."""

from django.db.models import Model
from django.http import HttpRequest


class ReadOnly:
    """Rows that the night writes and nobody types."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
