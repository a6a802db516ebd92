"""Canonical JSON: one text for one content, so that equal records have equal digests on every machine."""

import hashlib
import json
from collections.abc import Callable, Mapping, Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache
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
    kind: Any = type(value)
    return value if kind in _AS_THEY_ARE else _writer(kind)(value)


_AS_THEY_ARE = {type(None), bool, int, str}


@cache
def _writer(kind: type) -> Callable[[Any], Any]:
    """Return what makes JSON of the values of a type; looked up once for each type, as reviews have 100,000 values."""
    writers: tuple[tuple[type | tuple[type, ...], Callable[[Any], Any]], ...] = (
        ((bool, int), lambda value: value),
        (Enum, lambda value: str(value.value)),
        (str, lambda value: value),
        (Decimal, number),
        (float, lambda value: repr(float(value))),
        (date, lambda value: value.isoformat()),
        (Mapping, lambda value: {str(key): _plain(entry) for key, entry in value.items()}),
        (AbstractSet, lambda value: sorted(_plain(entry) for entry in value)),
        ((list, tuple), lambda value: [_plain(entry) for entry in value]),
    )
    for base, write in writers:
        if issubclass(kind, base):
            return write
    if not is_dataclass(kind):
        raise TypeError(f"{kind.__name__} has no canonical form.")
    names = [field.name for field in fields(kind)]
    return lambda value: {name: _plain(getattr(value, name)) for name in names}
