"""Which source of prices this installation uses."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from market.sources.base import PriceSource
from market.sources.coingecko import CoinGeckoSource
from market.sources.simulated import SimulatedSource

SOURCES: dict[str, Callable[[], PriceSource | None]] = {
    "none": lambda: None,
    "simulated": lambda: SimulatedSource(seed=settings.MARKET_SEED),
    "coingecko": lambda: CoinGeckoSource(api_key=settings.COINGECKO_API_KEY, base_url=settings.COINGECKO_URL),
}


def get_source() -> PriceSource | None:
    """Return the source that MARKET_SOURCE names, None where prices come by import only.

    Raises ImproperlyConfigured for an unknown name.
    """
    wanted = settings.MARKET_SOURCE
    if wanted not in SOURCES:
        known = ", ".join(sorted(SOURCES))
        raise ImproperlyConfigured(f"MARKET_SOURCE: there is no source {wanted!r}. Set it to one of: {known}.")
    return SOURCES[wanted]()
