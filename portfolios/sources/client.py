"""The library that signs and paces requests to exchanges, opened for one of them; its errors in our words."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import stamina

from portfolios.sources.base import ExchangeUnavailableError, KeyRefusedError, Keys

TIMEOUT_MS = 20_000
TRIES = 3
MISSING = (
    "The library that speaks to exchanges is not installed here. The person who runs this server adds it with "
    "`pip install --require-hashes -r requirements-exchanges.lock`."
)


def is_available() -> bool:
    """Tell whether the library is installed; it is an extra, large and renewed every week."""
    return find_spec("ccxt") is not None


class Client:
    """Calls of one exchange, each tried three times.

    `proxy_url` stands before every address, for networks that ask for one; `patience` scales all waiting, 1 in use.
    All numbers come as text or as integers: the library is told to make no floats of amounts.
    """

    def __init__(self, exchange: str, keys: Keys, *, proxy_url: str = "", patience: float = 1.0) -> None:
        if not is_available():
            raise ExchangeUnavailableError(MISSING)
        self.errors: Any = import_module("ccxt.base.errors")
        maker = getattr(import_module("ccxt"), exchange)
        self.name: str = maker().name
        options = {"apiKey": keys.key, "secret": keys.secret, "enableRateLimit": True, "timeout": TIMEOUT_MS}
        self.calls = maker(options)
        self.calls.number = str
        self.calls.rateLimit *= patience
        if proxy_url:
            # The library's own setting for this refuses itself as a conflict in its synchronous form.
            self.calls.urls["api"] = _prefixed(self.calls.urls["api"], proxy_url)
        self.patience = patience

    def ask(self, method: str, **params: Any) -> Any:
        """Call one method of the exchange by the library's name for it; raises as `Exchange` says."""
        call: Callable[[dict[str, Any]], Any] = getattr(self.calls, method)
        with self._in_our_words():
            for attempt in stamina.retry_context(
                on=(self.errors.NetworkError,), attempts=TRIES, wait_initial=self.patience, wait_max=10 * self.patience
            ):
                with attempt:
                    return call(params)
        raise AssertionError("a retried call returns or raises")

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        # What the exchange answers may name the key: only the kind of error is told on.
        try:
            yield
        except self.errors.AuthenticationError as error:
            raise KeyRefusedError(f"{self.name} does not accept this key ({type(error).__name__}).") from None
        except (self.errors.BaseError, KeyError, ValueError, TypeError) as error:
            raise ExchangeUnavailableError(
                f"{self.name} did not answer as expected ({type(error).__name__})."
            ) from None


def _prefixed(addresses: Any, prefix: str) -> Any:
    if isinstance(addresses, dict):
        return {name: _prefixed(address, prefix) for name, address in addresses.items()}
    return f"{prefix}{addresses}"
