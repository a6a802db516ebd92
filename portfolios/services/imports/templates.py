"""Mappings of columns that an owner keeps for the next file like it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from accounts.models import User
from portfolios.models import ColumnTemplate
from portfolios.services.errors import CannotImportError

LONGEST_NAME = 80


def save_template(
    *, owner: User, name: str, header: Sequence[str], mapping: Mapping[str, Any], at: datetime
) -> ColumnTemplate:
    """Keep a mapping under a name; the same name again replaces what was kept.

    Raises CannotImportError for a name that is empty or too long.
    """
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or "\0" in name:
        raise CannotImportError(f"name: 1 to {LONGEST_NAME} characters are needed.", field="name")
    template, _ = ColumnTemplate.objects.update_or_create(
        owner=owner, name=name, defaults={"header": list(header), "mapping": dict(mapping), "created_at": at}
    )
    return template


def delete_template(*, template: ColumnTemplate) -> None:
    """Forget a mapping; imports that were read by it keep their own copy."""
    template.delete()
