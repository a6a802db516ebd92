"""Which source of prices this installation uses."""

from collections.abc import Callable, Collection, Iterator
from datetime import date

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from market.sources.base import PriceSource, SourceAsset, SourcePrice, SourceProblem, log_problem
from market.sources.coingecko import CoinGeckoSource
from market.sources.simulated import SimulatedSource


class NoSource:
    """No provider: prices come by import only, so that nothing is asked for and nothing comes."""

    name = "none"
    simulated = False

    def list_assets(self) -> Iterator[SourceAsset]:
        """Give no assets."""
        return iter(())

    def fetch_prices(
        self,
        asset_ids: Collection[str],  # noqa: ARG002 - the signature is the protocol's
        start: date,  # noqa: ARG002 - same
        end: date,  # noqa: ARG002 - same
        *,
        report: Callable[[SourceProblem], None] = log_problem,  # noqa: ARG002 - same
    ) -> Iterator[SourcePrice]:
        """Give no prices."""
        return iter(())


SOURCES: dict[str, Callable[[], PriceSource]] = {
    "none": NoSource,
    "simulated": lambda: SimulatedSource(seed=settings.MARKET_SEED),
    "coingecko": lambda: CoinGeckoSource(api_key=settings.COINGECKO_API_KEY, base_url=settings.COINGECKO_URL),
}


def get_source(name: str = "") -> PriceSource:
    """Return the named source, or the one that MARKET_SOURCE names; raises ImproperlyConfigured for an unknown name."""
    wanted = name or settings.MARKET_SOURCE
    if wanted not in SOURCES:
        known = ", ".join(sorted(SOURCES))
        raise ImproperlyConfigured(f"MARKET_SOURCE: there is no source {wanted!r}. Set it to one of: {known}.")
    return SOURCES[wanted]()
