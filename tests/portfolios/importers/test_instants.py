"""Times of files: in UTC, or asked, or refused; never guessed (T34, T35)."""

from datetime import UTC, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from portfolios.importers import instants
from portfolios.importers.rows import UnansweredError, UnreadableError
from tests.portfolios.importers.read import at

BERLIN = instants.Instants(zone=ZoneInfo("Europe/Berlin"))


def asked(texts, **answers):
    """Return the questions that some times leave open."""
    with pytest.raises(UnansweredError) as error:
        instants.settle(texts, answers=answers)
    return [question.key for question in error.value.questions]


def month_of(text, *, beside, **answers):
    """Return the month of a date in a file that holds another one."""
    return instants.settle([text, beside], answers=answers).read(text).month


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-31T18:30:05Z",
        "2024-01-31 18:30:05 UTC",
        "2024-01-31 18:30:05 GMT",
        "2024-01-31T20:30:05+02:00",
        "2024-01-31 20:30:05 +0200",
        "2024-01-31 13:30:05 -05:00",
        "2024-01-31T18:30:05.000000000Z",
        "2024/01/31 18:30:05 UTC",
        "31.01.2024 20:30:05 +02:00",
        "31/01/2024 06:30:05 PM UTC",
    ],
)
def test_a_time_with_its_zone_needs_no_answer(text):
    assert instants.settle([text], answers={}).read(text) == at("2024-01-31T18:30:05")


@pytest.mark.parametrize("text", ["2024-08-15", "20240815", "15.08.2024", "15/08/2024", "2024/08/15"])
def test_a_day_without_a_time_stays_that_day(text):
    read = instants.settle([text], answers={})

    assert read.read(text) == at("2024-08-15T12:00")
    # Noon in UTC is 15 August in Honolulu, Berlin and Tokyo alike.
    assert {read.read(text).astimezone(ZoneInfo(zone)).day for zone in ("Pacific/Honolulu", "Asia/Tokyo")} == {15}


def test_a_naive_time_is_asked_for_its_zone_and_read_in_it():
    texts = ["2024-01-31 18:30:05"]

    assert asked(texts) == ["zone"]
    assert instants.settle(texts, answers={"zone": "Europe/Berlin"}).read(texts[0]) == at("2024-01-31T17:30:05")
    # Choosing 15 August in UTC+3 is not 14 August there.
    moscow = instants.settle(["2024-08-15 00:30"], answers={"zone": "Europe/Moscow"}).read("2024-08-15 00:30")
    assert moscow.astimezone(ZoneInfo("Europe/Moscow")).day == 15


def test_a_time_that_clocks_skipped_or_showed_twice_is_refused():
    with pytest.raises(ValueError, match="does not exist in Europe/Berlin"):
        BERLIN.read("2024-03-31 02:30:00")
    with pytest.raises(ValueError, match="happened twice in Europe/Berlin"):
        BERLIN.read("2024-10-27 02:30:00")
    assert BERLIN.read("2024-10-27 02:30:00+01:00") == at("2024-10-27T01:30")


@pytest.mark.parametrize(
    ("title", "zone"),
    [
        ("Date(UTC+1)", timezone(timedelta(hours=1))),
        ("Date(UTC-03:30)", timezone(-timedelta(hours=3, minutes=30))),
        ("Date(UTC+0)", UTC),
        ("Date(UTC)", UTC),
        ("Timestamp (UTC)", UTC),
        ("UTC_Time", UTC),
        ("Date", None),
        ("Date(UTC+99)", None),
        ("Fruchtzeit", None),
    ],
)
def test_the_title_of_a_column_may_name_its_zone(title, zone):
    assert instants.zone_in(title) == zone


def test_an_order_is_asked_only_when_nothing_in_the_file_settles_it():
    assert asked(["05/09/2017"]) == ["date_order"]
    assert asked(["05-09-2017 10:00"]) == ["zone", "date_order"]
    assert (
        instants.settle(["05/09/2017", "05/05/2017"], answers={"date_order": "day_first"}).read("05/09/2017").month == 9
    )
    assert instants.settle(["05/09/2017", "28/02/2018"], answers={}).read("05/09/2017").month == 9
    assert instants.settle(["05/09/2017", "02/28/2018"], answers={}).read("05/09/2017").month == 5
    assert instants.settle(["05/05/2017", "05.09.2017"], answers={}).read("05.09.2017").month == 9


def test_a_file_of_both_orders_is_read_where_it_is_clear():
    mixed = instants.settle(["05/09/2017", "02/28/2018", "28/02/2018"], answers={"date_order": "day_first"})

    assert mixed.read("02/28/2018") == mixed.read("28/02/2018") == at("2018-02-28T12:00")
    with pytest.raises(ValueError, match="the file does both"):
        mixed.read("05/09/2017")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2024-13-01",
        "2024-02-30T10:00Z",
        "31/02/2024",
        "05/09/17",
        "2024-01-31T25:00Z",
        "13:30 PM",
        "9" * 99,
    ],
)
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match="not a date and time"):
        instants.IN_UTC.read(text)


@pytest.mark.parametrize("text", ["2008-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "2009-01-02", "3024-01-01T00:00:00Z"])
def test_a_time_without_crypto_assets_is_refused(text):
    with pytest.raises(ValueError, match="out of the time of crypto assets"):
        instants.IN_UTC.read(text)


def test_seconds_and_milliseconds_are_not_mistaken_for_each_other():
    assert instants.epoch("1706725805", "seconds") == at("2024-01-31T18:30:05")
    assert instants.epoch("1706725805123", "milliseconds").microsecond == 123_000
    with pytest.raises(ValueError, match="out of the time"):
        instants.epoch("1706725805", "milliseconds")
    with pytest.raises(ValueError, match="no count of seconds"):
        instants.epoch("1706725805123456", "seconds")
    with pytest.raises(ValueError, match="is not a count"):
        instants.epoch("1.5e12", "milliseconds")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "Europe", "", "\0"])
def test_a_zone_that_does_not_exist_is_refused(zone):
    with pytest.raises(UnreadableError, match="no time zone"):
        instants.zone_named(zone)


def test_an_answer_that_is_no_order_is_refused():
    with pytest.raises(UnreadableError, match="no order of dates"):
        instants.settle(["05/09/2017"], answers={"date_order": "year_first"})


@given(st.text(max_size=40))
def test_any_text_is_an_instant_in_utc_or_an_error_with_words(text):
    try:
        said = str(BERLIN.read(text))
    except ValueError as error:
        said = str(error)

    assert said.endswith((".", "+00:00"))
