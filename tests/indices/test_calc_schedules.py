"""Calendars by hand on a real wall calendar, and what holds for every span."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from indices.calc.schedules import Roll, Schedule, effective_days, is_effective_day, next_effective_day

days = st.dates(date(2009, 1, 3), date(2040, 12, 31))
spans = st.tuples(days, st.integers(0, 400)).map(lambda span: (span[0], span[0] + timedelta(days=span[1])))
schedules = st.sampled_from(Schedule)
rolls = st.sampled_from(Roll)


def test_months_and_quarters_begin_on_their_first_day():
    start, end = date(2022, 11, 2), date(2023, 4, 1)

    assert list(effective_days(Schedule.MONTHLY, start, end)) == [
        date(2022, 12, 1), date(2023, 1, 1), date(2023, 2, 1), date(2023, 3, 1), date(2023, 4, 1),
    ]  # fmt: skip
    assert list(effective_days(Schedule.QUARTERLY, start, end)) == [date(2023, 1, 1), date(2023, 4, 1)]


def test_a_week_begins_on_its_monday():
    # 1 January 2024 was a Monday.
    assert list(effective_days(Schedule.WEEKLY, date(2024, 1, 1), date(2024, 1, 15))) == [
        date(2024, 1, 1), date(2024, 1, 8), date(2024, 1, 15),
    ]  # fmt: skip
    assert list(effective_days(Schedule.WEEKLY, date(2024, 1, 2), date(2024, 1, 7))) == []


@pytest.mark.parametrize(
    ("roll", "expected"),
    [
        (Roll.NONE, [date(2024, 6, 1), date(2024, 7, 1), date(2024, 8, 1), date(2024, 9, 1)]),
        (Roll.FOLLOWING, [date(2024, 6, 3), date(2024, 7, 1), date(2024, 8, 1), date(2024, 9, 2)]),
        (Roll.PRECEDING, [date(2024, 5, 31), date(2024, 7, 1), date(2024, 8, 1), date(2024, 8, 30)]),
    ],
)
def test_a_day_on_a_weekend_rolls(roll, expected):
    # 1 June 2024 was a Saturday, 1 July a Monday, 1 August a Thursday, 1 September a Sunday.
    assert list(effective_days(Schedule.MONTHLY, date(2024, 5, 20), date(2024, 9, 10), roll=roll)) == expected


def test_days_count_where_they_lie_after_rolling():
    saturday, sunday = date(2024, 6, 1), date(2024, 9, 1)

    assert list(effective_days(Schedule.MONTHLY, saturday, sunday, roll=Roll.FOLLOWING))[-1] == date(2024, 8, 1)
    assert list(effective_days(Schedule.MONTHLY, date(2024, 6, 3), date(2024, 6, 3), roll=Roll.FOLLOWING)) == [
        date(2024, 6, 3)
    ]
    assert list(effective_days(Schedule.MONTHLY, saturday, saturday, roll=Roll.PRECEDING)) == []
    assert list(effective_days(Schedule.MONTHLY, date(2024, 8, 30), date(2024, 8, 30), roll=Roll.PRECEDING)) == [
        date(2024, 8, 30)
    ]


def test_a_span_that_ends_before_it_starts_has_no_days():
    assert list(effective_days(Schedule.MONTHLY, date(2024, 7, 1), date(2024, 6, 30))) == []


def test_one_day_is_told_from_another():
    assert is_effective_day(Schedule.QUARTERLY, date(2024, 4, 1))
    assert not is_effective_day(Schedule.QUARTERLY, date(2024, 5, 1))
    assert is_effective_day(Schedule.MONTHLY, date(2024, 5, 31), roll=Roll.PRECEDING)
    assert not is_effective_day(Schedule.MONTHLY, date(2024, 6, 1), roll=Roll.PRECEDING)


def test_the_next_day_is_later():
    assert next_effective_day(Schedule.QUARTERLY, date(2024, 7, 1)) == date(2024, 10, 1)
    assert next_effective_day(Schedule.WEEKLY, date(2024, 1, 1)) == date(2024, 1, 8)
    assert next_effective_day(Schedule.MONTHLY, date(2024, 12, 1)) == date(2025, 1, 1)
    assert next_effective_day(Schedule.MONTHLY, date(2024, 5, 30), roll=Roll.PRECEDING) == date(2024, 5, 31)


def by_looking_at_every_day(schedule, start, end, roll):
    """Walk the wall calendar day by day."""
    found = []
    for offset in range((end - start).days + 5):
        day = start + timedelta(days=offset - 2)
        is_first = day.day == 1 and (schedule != Schedule.QUARTERLY or day.month in {1, 4, 7, 10})
        if is_first if schedule != Schedule.WEEKLY else day.isoweekday() == 1:
            while roll != Roll.NONE and day.isoweekday() > 5:
                day += timedelta(days=1 if roll == Roll.FOLLOWING else -1)
            found.append(day)
    return [day for day in found if start <= day <= end]


@given(schedules, spans, rolls)
def test_no_day_is_left_out_or_made_up(schedule, span, roll):
    found = list(effective_days(schedule, *span, roll=roll))

    assert found == by_looking_at_every_day(schedule, span[0], span[1], roll)
    assert all(earlier < later for earlier, later in pairwise(found))


@given(schedules, spans, rolls)
def test_a_span_is_the_days_that_are_effective_one_by_one(schedule, span, roll):
    start, end = span
    every = (start + timedelta(days=offset) for offset in range((end - start).days + 1))

    assert list(effective_days(schedule, start, end, roll=roll)) == [
        day for day in every if is_effective_day(schedule, day, roll=roll)
    ]


@given(schedules, days, rolls)
def test_nothing_lies_between_a_day_and_the_next(schedule, day, roll):
    following = next_effective_day(schedule, day, roll=roll)

    assert list(effective_days(schedule, day + timedelta(days=1), following, roll=roll)) == [following]
