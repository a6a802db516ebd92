"""Rules from JSON and back: whole numbers are ints, all others strings, so that no digit is lost."""

from collections.abc import Callable
from decimal import Context, Decimal, InvalidOperation
from enum import StrEnum
from functools import partial
from typing import Any

from indices.calc.rules.errors import RulesError
from indices.calc.rules.figures import plain
from indices.calc.rules.names import BlendPart, Proceeds, RankBy, RebalanceTo, Residual, Scheme, SignalSource, Tilt
from indices.calc.schedules import Roll, Schedule

Blend = tuple[tuple[BlendPart, Decimal], ...]

_STEP = Decimal("1e-12")
_WIDE = Context(prec=50)


def to_json(value: object) -> Any:
    """Return a rule as JSON that `READERS` read back to an equal one."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        return {part.value: to_json(share) for part, share in value}
    return list(value) if isinstance(value, tuple) else value


def _read_whole(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise RulesError(name, f"is a whole number, not {value!r}.")
    return value


def _read_switch(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise RulesError(name, f"is true or false, not {value!r}.")
    return value


def _read_decimal(name: str, value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise RulesError(name, f"is a number written as a string, not {value!r}.")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise RulesError(name, f"is a number, not {value!r}.") from None
    # A digit more than a weight can hold, or a size no market has, is a slip of the pen.
    if not number.is_finite() or abs(number) >= 10**18 or number != number.quantize(_STEP, context=_WIDE):
        raise RulesError(name, f"has at most 18 digits before and 12 after the point: {value!r} has not.")
    return number


def _read_limit(name: str, value: object) -> Decimal | None:
    return None if value is None else _read_decimal(name, value)


def _read_names(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(entry, str) and entry.strip() for entry in value):
        raise RulesError(name, "is a list of names.")
    return tuple(dict.fromkeys(value))


def _read_choice(name: str, value: object, *, choices: type[StrEnum]) -> StrEnum:
    if not isinstance(value, str) or value not in list(choices):
        *others, last = choices
        raise RulesError(name, f"is {', '.join(others)} or {last}, not {value!r}.")
    return choices(value)


def _read_schedule_or_none(name: str, value: object) -> StrEnum | None:
    return None if value is None else _read_choice(name, value, choices=Schedule)


def _read_blend(name: str, value: object) -> Blend:
    if isinstance(value, list) and not value:
        return ()
    if not isinstance(value, dict):
        raise RulesError(name, "is an object of parts and their shares.")
    for part in value:
        if part not in list(BlendPart):
            raise RulesError(name, f"{part!r} is none of {', '.join(BlendPart)}.")
    return tuple((part, _read_decimal(name, value[part])) for part in BlendPart if part in value)


_CHOICES = (Schedule, Roll, RankBy, Scheme, Tilt, SignalSource, Residual, RebalanceTo, Proceeds)

READERS: dict[object, Callable[[str, object], Any]] = {
    int: _read_whole,
    bool: _read_switch,
    Decimal: _read_decimal,
    Decimal | None: _read_limit,
    tuple[str, ...]: _read_names,
    Schedule | None: _read_schedule_or_none,
    Blend: _read_blend,
} | {choices: partial(_read_choice, choices=choices) for choices in _CHOICES}
