"""The exchanges that can be read with a key, by the name under which the library knows them."""

from dataclasses import dataclass

from portfolios.sources.base import Exchange, Keys
from portfolios.sources.binance import Binance
from portfolios.sources.client import Client
from portfolios.sources.kraken import Kraken


@dataclass(frozen=True, slots=True)
class Known:
    """An exchange: how it is called, what its key has to allow, and whether pairs must be named."""

    name: str
    permissions: str
    wants_markets: bool


EXCHANGES = {
    "kraken": Known("Kraken", "Query Funds and Query Ledger Entries", wants_markets=False),
    "binance": Known("Binance", "Enable Reading", wants_markets=True),
}


def open_exchange(name: str, keys: Keys, *, proxy_url: str = "", patience: float = 1.0) -> Exchange:
    """Open an exchange with keys; nothing is asked yet. Raises ExchangeUnavailableError without the library."""
    client = Client(name, keys, proxy_url=proxy_url, patience=patience)
    return Kraken(client) if name == "kraken" else Binance(client, keys.markets)
