"""JSON that a person brings, read field by field: each refusal says where it stands, and why."""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from portfolios.services.errors import CannotImportError

LONGEST_NUMBER = 80
AMOUNT = (20, 18)
RATIO = (8, 12)


class Fields:
    """One JSON object; `path` is where it stands in the file."""

    def __init__(self, value: Any, path: str = "") -> None:
        self.path = path
        if not isinstance(value, dict):
            raise self.refusal("", "an object is needed")
        self.value: dict[str, Any] = value

    def refusal(self, name: str, why: str) -> CannotImportError:
        """Return the refusal of a field."""
        where = ".".join(part for part in (self.path, name) if part)
        return CannotImportError(f"file: ledger.json, {where or 'the whole of it'}: {why}.", field="file")

    def has(self, name: str) -> bool:
        """Tell whether a field says anything."""
        return self.value.get(name) is not None

    def text(self, name: str, most: int, *, is_required: bool = True) -> str:
        """Return a text; an optional one that is left out is empty."""
        value = self.value.get(name)
        if value is None and not is_required:
            return ""
        if not isinstance(value, str) or not (value or not is_required):
            raise self.refusal(name, "a text is needed")
        if len(value) > most:
            raise self.refusal(name, f"at most {most} characters")
        if "\0" in value or not _is_text(value):
            raise self.refusal(name, "it holds characters that no text has")
        return value

    def choice(self, name: str, values: Collection[str]) -> str:
        """Return one of some words."""
        value = self.value.get(name)
        if not isinstance(value, str) or value not in values:
            raise self.refusal(name, f"{str(value)[:40]!r} is none of {', '.join(values)}")
        return value

    def number(self, name: str, size: tuple[int, int] = AMOUNT) -> Decimal:
        """Return a number that stands in the file as text; `size`: digits before the point, and after it."""
        value = self.value.get(name)
        if not isinstance(value, str) or len(value) > LONGEST_NUMBER:
            raise self.refusal(name, 'a number is needed, written as text such as "0.5"')
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise self.refusal(name, f"{value[:40]!r} is not a number") from None
        digits, places = size
        exponent = number.as_tuple().exponent
        if not isinstance(exponent, int) or (number and number.adjusted() >= digits) or exponent < -places:
            raise self.refusal(name, f"at most {digits} digits before the point and {places} after it")
        return number

    def instant(self, name: str) -> datetime:
        """Return an instant in UTC."""
        value = self.value.get(name)
        try:
            at = datetime.fromisoformat(value) if isinstance(value, str) else None
            if at is not None and at.tzinfo is not None:
                return at.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise self.refusal(name, "an instant with its zone is needed, such as 2024-05-01T12:00:00Z")

    def day(self, name: str) -> date:
        """Return a day."""
        value = self.value.get(name)
        try:
            if isinstance(value, str):
                return date.fromisoformat(value)
        except ValueError:
            pass
        raise self.refusal(name, "a day is needed, such as 2024-05-01")

    def whole(self, name: str, *, most: int = 2**31 - 1) -> int:
        """Return a whole number from 0 up."""
        value = self.value.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            raise self.refusal(name, f"a whole number from 0 to {most} is needed")
        return value

    def flag(self, name: str) -> bool:
        """Return whether something holds; left out, it does not."""
        value = self.value.get(name, False)
        if not isinstance(value, bool):
            raise self.refusal(name, "true or false is needed")
        return value

    def part(self, name: str) -> "Fields":
        """Return an object inside this one."""
        return Fields(self.value.get(name), self._below(name))

    def parts(self, name: str, *, is_required: bool = True) -> Iterator["Fields"]:
        """Yield the objects of a list."""
        value = self.value.get(name)
        if value is None and not is_required:
            return
        if not isinstance(value, list):
            raise self.refusal(name, "a list is needed")
        for number, one in enumerate(value, start=1):
            yield Fields(one, f"{self._below(name)}[{number}]")

    def _below(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
