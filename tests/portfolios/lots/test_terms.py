"""Long and short on border days: anniversaries, leap days, summer time."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from portfolios.calc.lots import Term
from portfolios.calc.lots.terms import term_of
from tests.portfolios.lots.builders import buy, run, sell

D = date


@pytest.mark.parametrize("rule", ["us", "de"])
@pytest.mark.parametrize(
    ("acquired", "sold", "term"),
    [
        (D(2023, 3, 1), D(2024, 2, 29), "short"),
        (D(2023, 3, 1), D(2024, 3, 1), "short"),
        (D(2023, 3, 1), D(2024, 3, 2), "long"),
        (D(2022, 12, 31), D(2023, 12, 31), "short"),
        (D(2022, 12, 31), D(2024, 1, 1), "long"),
        # The day of acquisition does not count: a year from 1 March 2020 ends on 28 February 2021.
        (D(2020, 2, 29), D(2021, 2, 28), "short"),
        (D(2020, 2, 29), D(2021, 3, 1), "long"),
        (D(2023, 2, 28), D(2024, 2, 28), "short"),
        (D(2023, 2, 28), D(2024, 2, 29), "long"),
        (D(2023, 3, 1), D(2023, 3, 1), "short"),
        # Sold before it was acquired, as the 30 days of the UK allow.
        (D(2023, 3, 1), D(2023, 2, 20), "short"),
    ],
)
def test_a_year_is_over_after_its_anniversary(acquired, sold, term, rule):
    assert term_of(acquired, sold, Term(rule=rule)) == term


@pytest.mark.parametrize(("sold", "term"), [(D(2023, 3, 31), "short"), (D(2023, 4, 1), "long")])
def test_more_than_a_number_of_days(sold, term):
    assert term_of(D(2023, 3, 1), sold, Term(rule="days", days=30)) == term


def test_no_terms_at_all():
    assert term_of(D(2013, 3, 1), D(2023, 3, 1), Term(rule="none")) == "none"


def test_365_elapsed_days_over_a_leap_year_are_not_yet_a_year():
    bought, sold = datetime(2023, 3, 1, 9, tzinfo=UTC), datetime(2024, 2, 29, 9, 30, tzinfo=UTC)

    (sale,) = run([buy("a", "1", "1", day=bought), sell("s", "1", "2", day=sold)], term="days", days=364).disposals
    assert sale.matches[0].term == "long"
    (sale,) = run([buy("a", "1", "1", day=bought), sell("s", "1", "2", day=sold)]).disposals
    assert sale.matches[0].term == "short"


@pytest.mark.parametrize(("zone", "term"), [("UTC", "short"), ("Europe/Berlin", "long"), ("America/New_York", "short")])
def test_days_are_those_of_the_policys_zone(zone, term):
    # Bought 2023-03-01 12:00 UTC, sold 2024-03-01 23:30 UTC: in Berlin that is the 2nd, in New York still the 1st.
    bought, sold = datetime(2023, 3, 1, 12, tzinfo=UTC), datetime(2024, 3, 1, 23, 30, tzinfo=UTC)

    (sale,) = run([buy("a", "1", "1", day=bought), sell("s", "1", "2", day=sold)], zone=ZoneInfo(zone)).disposals
    assert sale.matches[0].term == term


@pytest.mark.parametrize(("hour", "term"), [(21, "short"), (22, "long")])
def test_summer_time_moves_the_end_of_the_day(hour, term):
    # Bought on 30 March 2024, winter time. The anniversary ends at 24:00 in Berlin, summer time since the morning:
    # 22:00 UTC, not 23:00.
    bought, sold = datetime(2024, 3, 30, 12, tzinfo=UTC), datetime(2025, 3, 30, hour, 30, tzinfo=UTC)

    sequence = [buy("a", "1", "1", day=bought), sell("s", "1", "2", day=sold)]
    (sale,) = run(sequence, term="de", zone=ZoneInfo("Europe/Berlin")).disposals
    assert sale.matches[0].term == term


def test_the_lots_of_one_sale_have_a_term_each():
    lots = [buy("old", "1", "1", day=-400), buy("new", "1", "1", day=0)]

    (sale,) = run([*lots, sell("s", "2", "2", day=1)]).disposals
    assert [match.term for match in sale.matches] == ["long", "short"]


@pytest.mark.parametrize("rule", ["fr", ""])
def test_an_unknown_rule_is_refused(rule):
    with pytest.raises(ValueError, match="no rule for terms"):
        Term(rule=rule)


def test_days_without_a_number_are_refused():
    with pytest.raises(ValueError, match="says how many"):
        Term(rule="days")
