"""Tax years by the day on which they start, in the zone of the settings."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from portfolios.calc.lots.years import parse_year_start, tax_year


@pytest.mark.parametrize(
    ("at", "year"),
    [
        (datetime(2024, 4, 5, 22, 59, tzinfo=UTC), 2023),  # 23:59 in London, the last minute of 2023/24
        (datetime(2024, 4, 5, 23, 0, tzinfo=UTC), 2024),  # midnight in London
        (datetime(2025, 1, 1, tzinfo=UTC), 2024),
    ],
)
def test_a_british_year_starts_on_6_april_in_london(at, year):
    assert tax_year(at, zone=ZoneInfo("Europe/London"), starts=(4, 6)) == year


def test_a_year_starts_at_the_midnight_of_its_zone():
    # New York is five hours behind: there it is still the old year.
    at = datetime(2025, 1, 1, 4, 59, tzinfo=UTC)

    assert tax_year(at, zone=ZoneInfo("America/New_York")) == 2024
    assert tax_year(at, zone=UTC) == 2025


def test_the_first_day_is_read_as_month_and_day():
    assert parse_year_start("04-06") == (4, 6)


@pytest.mark.parametrize("text", ["02-29", "13-01", "4-6", "04/06", "", "00-10"])
def test_a_day_that_not_every_year_has_is_refused(text):
    with pytest.raises(ValueError, match="no day on which every year can start"):
        parse_year_start(text)
