"""JSON over HTTP from one provider: paced, retried, bounded in time and size, never redirected."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests
import stamina

from market.sources.base import BadSourceDataError, SourceUnavailableError

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
RETRYING = stamina.RetryingCaller(attempts=4, timeout=None, wait_initial=0.5)
LONGEST_PATIENCE = 120.0  # seconds; a provider that wants a longer pause is asked again the next night
PAUSE_IF_NOT_SAID = 60.0
CHUNK = 65_536


class TryAgainError(SourceUnavailableError):
    """A failure that may pass: retried, and the operator's message if it does not."""


def check_base_url(url: str) -> str:
    """Return the URL without a trailing slash; raise SourceUnavailableError if a key sent there is not safe.

    Plain http is for loopback only; names and passwords, queries and fragments have no place in it.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not secure or not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
        raise SourceUnavailableError(
            f"The address {url!r} is refused: it must be https://HOST/PATH (http:// only for this machine), "
            "without user name, query or fragment. Correct the provider's URL in the settings."
        )
    return url.rstrip("/")


@dataclass(kw_only=True, slots=True)
class Pace:
    """Keeps calls apart, and longer apart when the provider asks for it; `clock` is monotonic, all in seconds."""

    gap: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    not_before: float = float("-inf")

    def wait(self) -> None:
        """Sleep until the next call is allowed, and count it."""
        pause = self.not_before - self.clock()
        if pause > 0:
            self.sleep(pause)
        self.hold(self.gap)

    def hold(self, seconds: float) -> None:
        """Allow no call for so long from now."""
        self.not_before = max(self.not_before, self.clock() + seconds)


@dataclass(kw_only=True, slots=True)
class JsonClient:
    """Asks one provider; errors name the address, never the headers, since those hold the key."""

    base_url: str
    headers: Mapping[str, str] = field(repr=False)
    pace: Pace
    timeouts: tuple[float, float] = (5.0, 20.0)  # seconds to connect, seconds of silence
    deadline: float = 60.0  # seconds for a whole answer, however steadily it drips
    max_bytes: int = 1_000_000

    def get(self, path: str, params: Mapping[str, str]) -> Any:
        """Return the parsed answer, numbers as Decimal or int.

        Raises SourceUnavailableError when the provider gives no answer after the retries, and BadSourceDataError when
        it knows no such thing or answers with what is not JSON, or too much of it.
        """
        return _parse(RETRYING(TryAgainError, self._fetch, path, params), f"{self.base_url}{path}")

    def _fetch(self, path: str, params: Mapping[str, str]) -> bytes:
        url = f"{self.base_url}{path}"
        self.pace.wait()
        try:
            with requests.get(
                url,
                params=dict(params),
                headers={"Accept": "application/json", "Accept-Encoding": "identity", **self.headers},
                timeout=self.timeouts,
                allow_redirects=False,
                stream=True,
            ) as answer:
                self._check(answer, url)
                return self._read(answer, url)
        except requests.RequestException as error:
            raise TryAgainError(
                f"{url} could not be read ({type(error).__name__}). Check the network and the provider's status page; "
                "the next run asks again."
            ) from error

    def _check(self, answer: requests.Response, url: str) -> None:
        """Raise unless the answer is a plain 200."""
        code = answer.status_code
        if code == HTTPStatus.OK:
            return
        if code == HTTPStatus.TOO_MANY_REQUESTS:
            self._heed(answer, url)
        if code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise TryAgainError(f"{url} answered {code}: the provider has trouble. The next run asks again.")
        if code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise SourceUnavailableError(
                f"{url} answered {code}: the API key is missing, wrong or not enough. Check it in the settings."
            )
        if HTTPStatus.MULTIPLE_CHOICES <= code < HTTPStatus.BAD_REQUEST:
            raise SourceUnavailableError(
                f"{url} answered {code}, a redirect to {answer.headers.get('Location', 'nowhere')!r}, which is not "
                "followed. If the provider has moved, set its new URL in the settings."
            )
        raise BadSourceDataError(f"{url} answered {code}: the provider does not know this. Check the asset's id.")

    def _heed(self, answer: requests.Response, url: str) -> None:
        """Raise after noting how long the provider wants to be left alone."""
        asked = answer.headers.get("Retry-After", "")
        seconds = float(asked) if asked.isascii() and asked.isdigit() else PAUSE_IF_NOT_SAID
        message = f"{url} answered 429: too many calls, wait {seconds:.0f} s. Ask for fewer assets or use another key."
        if seconds > LONGEST_PATIENCE:
            raise SourceUnavailableError(message)
        self.pace.hold(seconds)
        raise TryAgainError(message)

    def _read(self, answer: requests.Response, url: str) -> bytes:
        """Return the body, counting bytes and seconds while it comes."""
        latest = self.pace.clock() + self.deadline
        body = bytearray()
        for chunk in answer.iter_content(CHUNK):
            body += chunk
            if len(body) > self.max_bytes:
                raise BadSourceDataError(
                    f"{url} answered with more than {self.max_bytes:,} bytes, which no such answer needs; it was not "
                    "read. Check that the URL in the settings is the provider's."
                )
            if self.pace.clock() > latest:
                raise TryAgainError(f"{url} took longer than {self.deadline:.0f} s to answer. The next run asks again.")
        return bytes(body)


def _parse(body: bytes, url: str) -> Any:
    """Return the body as JSON; fractions become Decimal with every digit, NaN and Infinity stay visible as such."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:
        start = body[:40].decode("ascii", "replace")
        raise BadSourceDataError(
            f"{url} answered with what is not JSON ({type(error).__name__}); it starts with {start!r}. "
            "Check that the URL in the settings is the provider's."
        ) from error
