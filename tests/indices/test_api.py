"""The public API of indices."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from indices.services import run_window
from tests.indices.factories import AT, FIRST, make_coin, make_index, price_days

pytestmark = pytest.mark.django_db

EVE = FIRST - timedelta(days=1)


@pytest.fixture
def ran():
    """Run an index for four days, the last of which it spends suspended."""
    a, b = make_coin("a"), make_coin("b")
    price_days(a, EVE, ["100", "100", "110", "120", "120", "120"])
    price_days(b, EVE, ["100", "100", "100"])
    index = make_index()
    run_window(start=FIRST, end=FIRST + timedelta(days=4), at=AT)
    return index


def get(url: str, status: int = 200):
    """Ask without a login."""
    response = APIClient().get(f"/api/v1/indices/{url}")
    assert response.status_code == status, response.content
    return response.json()


def test_the_list_and_one_index(ran):
    make_index(slug="draft", status="draft")

    listed = get("")

    assert listed["count"] == 1
    assert listed["results"] == [get("test/")]
    assert listed["results"][0] == {
        "slug": "test",
        "name": "Test",
        "summary": "",
        "kind": "market_cap",
        "tier": "core",
        "universe": "real",
        "status": "active",
        "base_value": "1000",
        "live_since": None,
        "as_of": "2023-01-05",
        "level": None,
        "level_status": "suspended",
    }


def test_levels_are_rows_of_date_level_and_status(ran):
    assert get("test/levels/")["results"] == [
        {"date": "2023-01-01", "level": "1000", "status": "final"},
        {"date": "2023-01-02", "level": "1050", "status": "final"},
        {"date": "2023-01-03", "level": "1100", "status": "provisional"},
        {"date": "2023-01-04", "level": "1100", "status": "provisional"},
        {"date": "2023-01-05", "level": None, "status": "suspended"},
    ]


def test_levels_between_days_by_the_page(ran):
    page = get("test/levels/?from=2023-01-02&to=2023-01-04&page_size=2")

    assert (page["count"], [row["date"] for row in page["results"]]) == (3, ["2023-01-02", "2023-01-03"])
    assert "page=2" in page["next"]


def test_constituents_at_a_day(ran):
    basket = get("test/constituents/?at=2023-01-02")

    assert basket == {
        "day": "2023-01-02",
        "effective_day": "2023-01-01",
        "constituents": [
            {"asset": "a", "symbol": "A", "units": "5", "price": "110", "weight": "0.52380952381"},
            {"asset": "b", "symbol": "B", "units": "5", "price": "100", "weight": "0.47619047619"},
        ],
    }
    assert get("test/constituents/")["day"] == "2023-01-05"


def test_before_the_first_basket_there_is_nothing(ran):
    assert get("test/constituents/?at=2022-12-31") == {"day": "2022-12-31", "effective_day": None, "constituents": []}
    make_index(slug="young")
    assert get("young/constituents/") == {"day": None, "effective_day": None, "constituents": []}
    assert get("young/levels/")["results"] == []


@pytest.mark.parametrize(
    "query",
    [
        "levels/?from=yesterday",
        "levels/?to=2023-02-30",
        "levels/?from=0000-01-01",
        "levels/?from=%00",
        "levels/?to=10000-01-01",
        "constituents/?at=2023-1",
        "constituents/?at=0000-00-00",
        "constituents/?at=%00",
    ],
)
def test_a_bad_day_is_the_clients_error(ran, query):
    body = get(f"test/{query}", status=400)

    assert body["type"] == "validation_error"
    assert body["errors"][0]["attr"] in {"from", "to", "at"}


@pytest.mark.parametrize("query", ["constituents/?at=9999-12-31", "levels/?to=9999-12-31", "levels/?from=0001-01-01"])
def test_the_ends_of_the_calendar_are_days_too(ran, query):
    get(f"test/{query}")


@pytest.mark.parametrize("url", ["nothing/", "draft/", "draft/levels/", "draft/constituents/", "te%00st/"])
def test_what_nobody_may_see_is_404(ran, url):
    make_index(slug="draft", status="draft")

    assert APIClient().get(f"/api/v1/indices/{url}").status_code == 404


def test_lists_take_a_fixed_number_of_queries(ran, django_assert_max_num_queries):
    for number in range(4):
        make_index(slug=f"more-{number}")

    with django_assert_max_num_queries(2):
        assert get("")["count"] == 5
    with django_assert_max_num_queries(3):
        get("test/levels/")
    with django_assert_max_num_queries(6):
        get("test/constituents/")
