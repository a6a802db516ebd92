"""How what several rows tell becomes one trade."""

from datetime import timedelta
from decimal import Decimal

import pytest

from portfolios.importers.legs import Leg, join, lines_of, net, told_apart
from portfolios.importers.rows import ParsedRow, RowError, SkippedRow
from portfolios.importers.tables import Row
from tests.portfolios.importers.read import at

NOON = at("2024-05-01T12:00")


def leg(line, asset, quantity, **more):
    """Make a leg of a row without cells."""
    return Leg(row=Row(line, [], {}), at=NOON, asset=asset, quantity=Decimal(quantity), **more)


def income(line, id_, *, minutes=0):
    """Make a row with an id of its source."""
    when = NOON + timedelta(minutes=minutes)
    return ParsedRow(line=line, kind="income", at=when, asset="ETH", quantity=Decimal(1), external_id=id_)


def ids(readings):
    """Return the ids of transactions."""
    return [one.external_id for one in readings if isinstance(one, ParsedRow)]


def test_what_moves_is_added_up_exactly():
    huge, tiny = Decimal("12345678901234567890.000000000000000001"), Decimal("0.000000000000000001")

    # 38 digits: the default of 28 would lose the last ones.
    assert net([("BTC", huge), ("EUR", Decimal(5)), ("BTC", tiny), ("EUR", Decimal(-5))]) == {
        "BTC": Decimal("12345678901234567890.000000000000000002")
    }


def test_legs_that_cancel_are_no_trade():
    found = join([leg(2, "USD", "5"), leg(3, "USD", "-5")], advice="")

    assert [type(one) for one in found] == [SkippedRow, SkippedRow]


@pytest.mark.parametrize(
    "legs",
    [
        [("BTC", "1")],
        [("BTC", "1"), ("ETH", "2")],
        [("BTC", "1"), ("ETH", "-2"), ("EUR", "-3")],
    ],
)
def test_legs_that_make_no_trade_of_two_assets_are_refused_with_what_they_moved(legs):
    found = join([leg(line, *one) for line, one in enumerate(legs, start=2)], advice="Bring the other file.")

    said = [one.message for one in found if isinstance(one, RowError)]
    assert len(said) == len(found) == len(legs)
    assert "+1 BTC" in said[0]
    assert said[0].endswith("Bring the other file.")


def test_a_fee_below_nothing_is_refused():
    found = join([leg(2, "BTC", "1", fee=Decimal(-1)), leg(3, "EUR", "-9")], advice="")

    assert [type(one) for one in found] == [RowError, RowError]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([7], "Line 7"),
        ([4, 3], "Lines 3 and 4"),
        ([3, 4, 9], "Lines 3, 4 and 9"),
        (range(2, 10), "Lines 2, 3, 4, 5, 6, 7, 8 and 9"),
        (range(2, 12), "Lines 2, 3, 4, 5, 6, 7, 8 and 3 more"),
    ],
)
def test_lines_are_named_shortly(lines, words):
    assert lines_of(Row(line, [], {}) for line in lines) == words


def test_rows_of_one_id_are_numbered_by_time_so_that_later_ones_take_no_others():
    first = told_apart([income(2, "o1")])
    newest_first = told_apart([income(2, "o1", minutes=5), income(3, "o1")])

    assert ids(first) == ["o1"]
    assert ids(newest_first) == ["o1#2", "o1"]


def test_rows_without_an_id_are_left_as_they_are_and_lines_come_in_order():
    found = told_apart([income(3, ""), income(2, "")])

    assert [one.line for one in found] == [2, 3]
    assert ids(found) == ["", ""]
