"""Where two records in canonical JSON differ first, in words that name the place."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

LONGEST = 120
_ABSENT = object()


class Difference(NamedTuple):
    """One place, such as `lines[bitcoin].units`, and what stands there; `nothing` where there is none."""

    place: str
    expected: str
    found: str


def first_difference(expected: str, found: str) -> Difference | None:
    """Return where two canonical texts differ first, in order of keys; None when they are the same text.

    Lists of objects that all have an `asset_id` are compared by it, so that one more asset is one difference.

    Parameters
    ----------
    expected, found : canonical JSON, see `canonical`; a text that is no JSON differs as a whole

    """
    if expected == found:
        return None
    try:
        return _differ(json.loads(expected), json.loads(found), "") or Difference("text", _cut(expected), _cut(found))
    except ValueError:
        return Difference("text", _cut(expected), _cut(found))


def _differ(expected: Any, found: Any, place: str) -> Difference | None:
    if isinstance(expected, dict) and isinstance(found, dict):
        return _in_entries(expected, found, place, "{}.{}" if place else "{}{}")
    if isinstance(expected, list) and isinstance(found, list):
        return _in_entries(_by_asset(expected), _by_asset(found), place, "{}[{}]")
    return None if expected == found else Difference(place, _shown(expected), _shown(found))


def _in_entries(expected: Mapping[Any, Any], found: Mapping[Any, Any], place: str, path: str) -> Difference | None:
    """Compare entries under the same key, those of the expected record first."""
    for key in [*expected, *(key for key in found if key not in expected)]:
        difference = _differ(expected.get(key, _ABSENT), found.get(key, _ABSENT), path.format(place, key))
        if difference:
            return difference
    return None


def _by_asset(rows: Sequence[Any]) -> dict[Any, Any]:
    if rows and all(isinstance(row, dict) and "asset_id" in row for row in rows):
        return {row["asset_id"]: row for row in rows}
    return dict(enumerate(rows))


def _shown(value: Any) -> str:
    if value is _ABSENT:
        return "nothing"
    return _cut(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
