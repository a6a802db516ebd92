"""Names that people give: not empty, not endless, each once."""

from django.db.models import QuerySet

from portfolios.models import Portfolio, Wallet
from portfolios.services.errors import CannotKeepError


def check_name(name: str, *, taken: QuerySet[Portfolio] | QuerySet[Wallet], what: str) -> str:
    """Return the name without spaces around it; raises CannotKeepError for one that is empty, too long or taken."""
    name = name.strip()
    if not name or len(name) > 80 or "\0" in name:
        raise CannotKeepError("name: 1 to 80 characters are needed.", field="name")
    if taken.filter(name=name).exists():
        raise CannotKeepError(f"name: there is a {what} “{name}” already.", field="name")
    return name
