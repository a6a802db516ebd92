"""What every page says of its figures: as of which night, and whether their market is real."""

from datetime import date
from typing import TYPE_CHECKING

from django.utils.functional import SimpleLazyObject

from analytics.selectors.nights import latest_night
from market.models import Asset

if TYPE_CHECKING:
    from django.http import HttpRequest


def as_of(_request: "HttpRequest") -> dict[str, object]:
    """Give `latest_night` (a day, or nothing) and `market_is_simulated`; read only where a page shows them."""
    return {"latest_night": SimpleLazyObject(_latest_day), "market_is_simulated": SimpleLazyObject(_is_simulated)}


def _latest_day() -> "date | str":
    night = latest_night()
    return night.day if night else ""


def _is_simulated() -> bool:
    """Tell whether all assets but currencies are invented; where both kinds are, each page labels its own."""
    kinds = Asset.objects.filter(kind=Asset.Kind.CRYPTO).order_by("simulated").values_list("simulated", flat=True)
    return bool(kinds.first())
