"""Canonical JSON: one text for one content, so that equal records have equal digests on every machine."""

import hashlib
import json
from collections.abc import Mapping, Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any


def canonical(content: object) -> str:
    """Return content as JSON with sorted keys and no blanks.

    Dates are ISO texts, decimals texts without trailing zeros, floats their shortest text, sets sorted lists,
    dataclasses objects. An equal value gives an equal text whatever its type's own form was: `1.50` is `1.5`.

    Raises
    ------
    TypeError
        If a value has none of these types.

    """
    return json.dumps(_plain(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(text: str) -> str:
    """Return the SHA-256 of a text as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def number(value: Decimal) -> str:
    """Return a decimal without trailing zeros or exponent."""
    return f"{value.normalize():f}"


def _plain(value: object) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    simple = _scalar(value)
    return _container(value) if simple is None else simple


def _scalar(value: object) -> str | None:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return number(value)
    if isinstance(value, float):
        return repr(float(value))
    return value.isoformat() if isinstance(value, date) else None


def _container(value: object) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, AbstractSet):
        return sorted(_plain(entry) for entry in value)
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} has no canonical form.")
