"""What a pull of an exchange gives, and what may go wrong."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

Cursor = Mapping[str, Any]


class KeyRefusedError(Exception):
    """The exchange does not take the key, or the key may do more than read; trying again would not help."""


class ExchangeUnavailableError(Exception):
    """The exchange did not answer, or not in its documented shape; a later try may succeed."""


class StopPullError(Exception):
    """The pull was told to stop; it is no failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What an exchange knows its customer by; `markets` are the pairs to ask for where it wants them named."""

    key: str = field(repr=False)
    secret: str = field(repr=False)
    markets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """A file of new records in the shape of a known format, and how far the exchange has been read with it.

    `cursor` covers exactly the pages that came whole; `failure` says in words why the pull stopped before its end,
    `is_whole` is false when it was told to stop. `count` is the number of records; spans are read again where records
    come late, those known are left out.
    """

    content: bytes
    cursor: Cursor
    count: int
    failure: str = ""
    is_whole: bool = True


class Journal:
    """What a pull gathers; the cursor moves only together with the rows that it covers.

    `keep_going` is asked before each request: False ends the pull there.
    """

    def __init__(self, cursor: Cursor, keep_going: Callable[[], bool]) -> None:
        self.cursor: dict[str, Any] = dict(cursor)
        self.rows: list[dict[str, Any]] = []
        self.keep_going = keep_going
        self.moved = False
        self.failure = ""
        self.is_whole = True

    def keep(self, rows: Iterable[dict[str, Any]], **positions: Any) -> None:
        """Take the rows of a whole page or span, and the positions after it."""
        self.rows += rows
        self.cursor |= positions
        self.moved = True

    def check(self) -> None:
        """Raise StopPullError when the pull is to end here."""
        if not self.keep_going():
            raise StopPullError

    @contextmanager
    def running(self) -> Iterator[None]:
        """Go on until the end, until told to stop, or until a page fails.

        Raises ExchangeUnavailableError when not even one page came.
        """
        try:
            yield
        except StopPullError:
            self.is_whole = False
        except ExchangeUnavailableError as error:
            if not self.moved:
                raise
            self.failure = f"{error} What had come before is kept; the next pull goes on from there."

    def pull(self, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Pull:
        """Return rows as a file of these columns."""
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, extrasaction="ignore", restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return Pull(
            content=text.getvalue().encode(), cursor=self.cursor, count=len(self.rows), failure=self.failure,
            is_whole=self.is_whole,
        )  # fmt: skip


class Exchange(Protocol):
    """An exchange opened with keys."""

    def check_scope(self) -> str:
        """Return `read`, or `unknown` where the exchange does not say; raises KeyRefusedError for a key that may more.

        Raises ExchangeUnavailableError too.
        """
        ...

    def pull(self, cursor: Cursor, *, until: datetime, keep_going: Callable[[], bool]) -> Pull:
        """Return what was recorded since the cursor and before an instant; `keep_going` is asked before each request.

        Raises KeyRefusedError, and ExchangeUnavailableError when not even one page came.
        """
        ...
