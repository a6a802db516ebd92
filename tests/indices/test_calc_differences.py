"""The first place where two canonical records differ, named."""

import pytest

from indices.calc.canonical import canonical
from indices.calc.differences import Difference, first_difference

LINES = [{"asset_id": "a", "units": "5"}, {"asset_id": "b", "units": "6"}]


def differ(expected: object, found: object) -> Difference | None:
    """Compare two contents as canonical texts."""
    return first_difference(canonical(expected), canonical(found))


def test_the_same_text_has_no_difference():
    assert differ({"lines": LINES}, {"lines": LINES}) is None


def test_the_place_is_named_by_keys_and_asset_ids():
    changed = [LINES[0], {"asset_id": "b", "units": "7"}]

    assert differ({"divisor": "2", "lines": LINES}, {"divisor": "2", "lines": changed}) == (
        "lines[b].units",
        "6",
        "7",
    )


@pytest.mark.parametrize(
    ("expected", "found", "difference"),
    [
        (LINES, LINES[:1], ("[b]", '{"asset_id": "b", "units": "6"}', "nothing")),
        (LINES[:1], LINES, ("[b]", "nothing", '{"asset_id": "b", "units": "6"}')),
        ([1, 2], [1, 3], ("[1]", "2", "3")),
        ([], [1], ("[0]", "nothing", "1")),
        ({"a": None}, {"a": "x"}, ("a", "null", "x")),
        ({"a": {"b": 1}}, {"a": 2}, ("a", '{"b": 1}', "2")),
        ("x" * 200, "y", ("", "x" * 120 + "…", "y")),
    ],
)
def test_what_stands_at_the_place_is_shown(expected, found, difference):
    assert differ(expected, found) == difference


def test_the_order_of_lines_alone_is_a_difference_of_the_text():
    found = differ(LINES, LINES[::-1])

    assert found is not None
    assert found.place == "text"


def test_a_text_that_is_no_json_differs_as_a_whole():
    assert first_difference("{}", "not json") == ("text", "{}", "not json")


def test_blanks_alone_are_a_difference():
    assert first_difference('{"a":1}', '{"a": 1}') == ("text", '{"a":1}', '{"a": 1}')
