"""Times as files write them, read into UTC: what a file leaves open is asked of its owner, never guessed."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

from portfolios.importers.rows import Answers, Question, UnansweredError, UnreadableError

FIRST = datetime(2009, 1, 3, tzinfo=UTC)  # the first block of the first chain
LAST_YEAR = 2199
EXAMPLES = 3
NOTHING = timedelta()
Order = Literal["day_first", "month_first"]
Unit = Literal["seconds", "milliseconds"]

_LOCAL = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:,?[T ]\s*(.+))?", re.ASCII)
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}|\d{8}", re.ASCII)
_TIME_OF_DAY = re.compile(r"(\d{1,2}):(\d{2})(:\d{2}(?:\.\d+)?)?\s*([AaPp][Mm])?(.*)", re.ASCII)
_HAS_ZONE = re.compile(r".{10,}(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})$", re.ASCII | re.IGNORECASE | re.DOTALL)
_ZONE_WORD = re.compile(r"\s*(?:\((?:UTC|GMT)\)|UTC|GMT|Z)$", re.IGNORECASE)
_SPACE_BEFORE_OFFSET = re.compile(r"\s+(?=[+-]\d{2}:?\d{0,2}$)")
_OFFSET_IN_NAME = re.compile(r"\((?:UTC|GMT)\s*(?:([+-])(\d{1,2})(?::?(\d{2}))?)?\)", re.IGNORECASE)
_NAME_IN_HEADER = re.compile(r"(?:\b|_)(?:UTC|GMT)(?:\b|_)", re.IGNORECASE)
_EPOCH = re.compile(r"\d{1,16}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instants:
    """How the times of one file are read: the zone of those that name none, and the order of day and month."""

    zone: tzinfo | None = None
    order: Order | None = None

    def read(self, text: str) -> datetime:
        """Return an instant in UTC; a day without a time is its noon in UTC, which is the same day almost everywhere.

        Raises ValueError with words fit for the owner of the file.
        """
        try:
            at = datetime.fromisoformat(_as_iso(text, self.order))
        except (ValueError, OverflowError):
            why = "is not a date and time that can be read"
            if self.order is None and None in _orders_of(text):
                why = "can be read day first or month first, and the file does both"
            raise ValueError(f"“{text[:40]}” {why}. Use the form 2024-01-31T18:30:00Z.") from None
        if at.tzinfo is None:
            at = at.replace(hour=12, tzinfo=UTC) if _is_day(text) else self._in_zone(at, text)
        return checked(at, text)

    def _in_zone(self, at: datetime, text: str) -> datetime:
        """Put a local time into the zone of the file."""
        if self.zone is None:
            raise ValueError(f"“{text[:40]}” names no time zone. Use the form 2024-01-31T18:30:00Z.")
        first, second = at.replace(tzinfo=self.zone), at.replace(tzinfo=self.zone, fold=1)
        before, after = first.utcoffset(), second.utcoffset()
        if before != after:
            clocks = "does not exist" if (before or NOTHING) < (after or NOTHING) else "happened twice"
            raise ValueError(
                f"“{text[:40]}” {clocks} in {self.zone}, where clocks were changed. Write it with its offset, such as "
                "2024-10-27T02:30:00+01:00."
            )
        return first


IN_UTC = Instants(zone=UTC)
WITH_ZONE = Instants()


def checked(at: datetime, text: str) -> datetime:
    """Return an aware instant in UTC if it lies in the time of crypto assets; raises ValueError."""
    if not FIRST.year <= at.year <= LAST_YEAR or at < FIRST:
        raise ValueError(
            f"“{text[:40]}” is {at.year}, out of the time of crypto assets, which begins on 2009-01-03. Timestamps may "
            "be seconds where milliseconds belong, or the reverse."
        )
    return at.astimezone(UTC)


def epoch(text: str, unit: Unit) -> datetime:
    """Read a count of seconds or milliseconds since 1970; raises ValueError, also before 2009: the unit is wrong."""
    if not _EPOCH.fullmatch(text):
        raise ValueError(f"“{text[:40]}” is not a count of {unit} since 1970.")
    count = int(text)
    step = timedelta(milliseconds=1) if unit == "milliseconds" else timedelta(seconds=1)
    try:
        at = datetime(1970, 1, 1, tzinfo=UTC) + count * step
    except OverflowError:
        raise ValueError(f"“{text[:40]}” is no count of {unit}: the year would not be one of four digits.") from None
    return checked(at, text)


def zone_in(title: str) -> tzinfo | None:
    """Return the zone that a column's title names, as in `Date(UTC+1)` or `UTC_Time`; None if it names none."""
    found = _OFFSET_IN_NAME.search(title)
    if found:
        sign, hours, minutes = found.groups()
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        if offset >= timedelta(hours=15):
            return None
        return timezone(-offset if sign == "-" else offset) if offset else UTC
    return UTC if _NAME_IN_HEADER.search(title) else None


def zone_named(name: str) -> tzinfo:
    """Return the zone of an IANA name; raises UnreadableError when there is none."""
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        raise UnreadableError(
            f"There is no time zone “{name[:40]}”. Use a name such as Europe/Berlin or UTC."
        ) from None


def settle(texts: Iterable[str], *, answers: Answers, zone: tzinfo | None = None) -> Instants:
    """Look at all times of a file and say how to read them; `zone` is what the file itself tells.

    Raises UnansweredError with the questions `zone` and `date_order` when the file leaves them open.
    """
    naive: list[str] = []
    unordered: list[str] = []
    orders: set[Order] = set()
    for text in texts:
        if text[:1].isdigit() and not _HAS_ZONE.fullmatch(text) and not _is_day(text):
            naive[EXAMPLES:] = []
            naive.append(text)
        for order in _orders_of(text):
            if order is None:
                unordered[EXAMPLES:] = []
                unordered.append(text)
            else:
                orders.add(order)
    questions = []
    if naive and zone is None and not answers.get("zone"):
        questions.append(Question(key="zone", examples=naive[:EXAMPLES]))
    order = _order(orders, answers)
    if unordered and order is None and not orders:
        questions.append(Question(key="date_order", examples=unordered[:EXAMPLES]))
    if questions:
        raise UnansweredError(questions)
    return Instants(zone=zone or (zone_named(answers["zone"]) if naive else None), order=order)


def _order(orders: set[Order], answers: Answers) -> Order | None:
    """Return the one order that the file shows, else the answer; None when the file shows both."""
    if len(orders) == 1:
        return next(iter(orders))
    answer = answers.get("date_order")
    if orders or answer is None:
        return None
    if answer not in {"day_first", "month_first"}:
        raise UnreadableError(f"“{answer[:40]}” is no order of dates. Choose day_first or month_first.")
    return "day_first" if answer == "day_first" else "month_first"


def _orders_of(text: str) -> Iterator[Order | None]:
    """Yield the order that a date shows, None when it can be read both ways, nothing when both are the same."""
    found = _LOCAL.fullmatch(text)
    if not found or found[2] == ".":
        return
    first, second = int(found[1]), int(found[3])
    if first > 12 or second > 12:
        yield "day_first" if first > 12 else "month_first"
    elif first != second:
        yield None


def _is_day(text: str) -> bool:
    """Tell whether a text is a day without a time."""
    found = _LOCAL.fullmatch(text)
    return not found[5] if found else bool(_ISO_DAY.fullmatch(text.replace("/", "-")))


def _as_iso(text: str, order: Order | None) -> str:
    """Write a date of any accepted form in the form of ISO 8601; raises ValueError."""
    if text[:4].isdigit():
        iso = text
        if text[4:5] == "/":
            iso = text.replace("/", "-", 2)
    else:
        iso = _local_as_iso(text, order)
    if iso[-1:] in "0123456789":
        return _SPACE_BEFORE_OFFSET.sub("", iso)
    return _ZONE_WORD.sub("+00:00", iso)


def _local_as_iso(text: str, order: Order | None) -> str:
    """Write a date that begins with its day or its month in the form of ISO 8601; raises ValueError."""
    found = _LOCAL.fullmatch(text)
    if not found:
        raise ValueError("not a date")
    first, sign, second, year, rest = found.groups()
    shown: Order | None = "day_first" if sign == "." else next(_orders_of(text), "day_first")
    order = shown or order
    if order is None:
        raise ValueError("the order is open")
    day, month = (first, second) if order == "day_first" else (second, first)
    iso = f"{year}-{month:0>2}-{day:0>2}"
    return f"{iso}T{_clock(rest)}" if rest else iso


def _clock(rest: str) -> str:
    """Write the time of day with 24 hours, what follows it unchanged; raises ValueError."""
    found = _TIME_OF_DAY.fullmatch(rest.strip())
    if not found:
        raise ValueError("not a time")
    hour, minute, second, half, zone = found.groups()
    if half:
        if not 1 <= int(hour) <= 12:
            raise ValueError("not an hour of twelve")
        hour = str(int(hour) % 12 + (12 if half.lower() == "pm" else 0))
    return f"{hour:0>2}:{minute}{second or ':00'}{zone}"
