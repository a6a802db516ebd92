"""What a pull of an exchange gives, and what may go wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

Cursor = Mapping[str, Any]


class KeyRefusedError(Exception):
    """The exchange does not take the key, or the key may do more than read; trying again would not help."""


class ExchangeUnavailableError(Exception):
    """The exchange did not answer, or not in its documented shape; a later try may succeed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What an exchange knows its customer by; `markets` are the pairs to ask for where it wants them named."""

    key: str = field(repr=False)
    secret: str = field(repr=False)
    markets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """A file of new records in the shape of one format, and how far the exchange has been read with it.

    `cursor` covers exactly the pages that came whole; `failure` says in words why the pull stopped before its end.
    `count` is the number of records, with those that overlap an earlier pull.
    """

    format_key: str
    content: bytes
    cursor: Cursor
    count: int
    failure: str = ""


class Exchange(Protocol):
    """An exchange opened with keys."""

    def check_scope(self) -> str:
        """Return `read`, or `unknown` where the exchange does not say; raises KeyRefusedError for a key that may more.

        Raises ExchangeUnavailableError too.
        """
        ...

    def pull(self, cursor: Cursor, *, until: datetime) -> Pull:
        """Return what was recorded since the cursor and before an instant.

        Raises KeyRefusedError, and ExchangeUnavailableError when not even one page came.
        """
        ...
