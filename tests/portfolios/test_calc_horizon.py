"""The day from which a lot is long, and the first acquisition that is still short: terms read the other way round."""

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from portfolios.calc.lots import Term
from portfolios.calc.lots.horizon import first_long_day, first_short_day
from portfolios.calc.lots.terms import term_of

TERMS = [Term(rule="us"), Term(rule="de"), Term(rule="days", days=1), Term(rule="days", days=366)]
days = st.dates(date(2009, 1, 3), date(2100, 1, 1))


@pytest.mark.parametrize(
    ("acquired", "term", "expected"),
    [
        (date(2023, 3, 1), Term(rule="us"), date(2024, 3, 2)),  # the day after the anniversary, over a leap day
        (date(2024, 2, 29), Term(rule="us"), date(2025, 3, 1)),  # its anniversary is the 28th
        (date(2024, 1, 1), Term(rule="days", days=10), date(2024, 1, 12)),  # more than ten days
    ],
)
def test_the_first_long_day(acquired, term, expected):
    assert first_long_day(acquired, term) == expected


def test_without_terms_nothing_is_long_or_short():
    assert first_long_day(date(2024, 1, 1), Term(rule="none")) is None
    assert first_short_day(date(2024, 1, 1), Term(rule="none")) is None


@given(days, st.sampled_from(TERMS))
def test_a_lot_is_short_up_to_the_day_before_and_long_from_there(acquired, term):
    day = first_long_day(acquired, term)

    assert day is not None
    assert term_of(acquired, day, term) == "long"
    assert term_of(acquired, day - timedelta(days=1), term) == "short"


@given(days, st.sampled_from(TERMS))
def test_what_was_acquired_before_the_first_short_day_is_long(sold, term):
    day = first_short_day(sold, term)

    assert day is not None
    assert term_of(day, sold, term) == "short"
    assert term_of(day - timedelta(days=1), sold, term) == "long"
