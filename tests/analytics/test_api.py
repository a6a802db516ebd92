"""The API of valuations, risk and nights."""

import pytest
from rest_framework.test import APIClient

from analytics import services
from tests.analytics.factories import NOW, day, make_night, price
from tests.factories import make_asset
from tests.portfolios.factories import make_portfolio, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def portfolio(alice):
    price(make_asset("coin"), day("03-01"), *(f"{100 + number}.123456789012345678" for number in range(9)))
    portfolio = make_portfolio(alice)
    record(portfolio, "gift_in", "1", "coin", at="2024-03-01 08:00")
    services.run_nights(start=day("03-09"), end=day("03-09"), at=NOW)
    return portfolio


def test_valuations_come_with_every_digit_as_strings(alice, portfolio, api_as):
    answer = api_as(alice).get(f"/api/v1/portfolios/{portfolio.pk}/valuations/")

    assert answer.status_code == 200
    assert answer.json()["count"] == 9
    assert answer.json()["results"][0] == {
        "date": "2024-03-01",
        "value": "100.123456789012345678",
        "flow": "100.123456789012345678",
        "fees": "0",
        "net_deposits": "100.123456789012345678",
        "growth": "1",
        "stale_assets": 0,
        "unpriced_assets": 0,
    }


def test_risk_gives_a_reason_where_it_gives_no_figure(alice, portfolio, api_as):
    row = api_as(alice).get(f"/api/v1/portfolios/{portfolio.pk}/risk/").json()["results"][-1]

    assert row["date"] == "2024-03-09"
    assert row["volatility"] is None
    assert row["reasons"]["volatility"] == "history_too_short"
    assert row["observations"] == 8
    assert len(row["inputs_hash"]) == 64


@pytest.mark.parametrize("name", ["valuations", "risk"])
def test_days_can_be_chosen_and_paged(alice, portfolio, api_as, name):
    url = f"/api/v1/portfolios/{portfolio.pk}/{name}/"

    some = api_as(alice).get(url, {"from": "2024-03-03", "to": "2024-03-05"}).json()
    page = api_as(alice).get(url, {"page_size": 2, "page": 2}).json()

    assert [row["date"] for row in some["results"]] == ["2024-03-03", "2024-03-04", "2024-03-05"]
    assert [row["date"] for row in page["results"]] == ["2024-03-03", "2024-03-04"]


@pytest.mark.parametrize("name", ["valuations", "risk"])
@pytest.mark.parametrize("query", [{"from": "march"}, {"to": "2024-02-30"}, {"from": "\0"}])
def test_what_is_no_date_is_refused_by_its_name(alice, portfolio, api_as, name, query):
    answer = api_as(alice).get(f"/api/v1/portfolios/{portfolio.pk}/{name}/", query)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == next(iter(query))


@pytest.mark.parametrize("name", ["valuations", "risk"])
def test_a_stranger_finds_nothing(bob, portfolio, api_as, name):
    url = f"/api/v1/portfolios/{portfolio.pk}/{name}/"

    assert api_as(bob).get(url).status_code == 404
    assert APIClient().get(url).status_code in {401, 403}
    assert api_as(bob).get(f"/api/v1/portfolios/{10**30}/{name}/").status_code == 404


@pytest.mark.parametrize("name", ["valuations", "risk"])
def test_a_list_needs_few_queries(alice, portfolio, api_as, name, django_assert_max_num_queries):
    client = api_as(alice)

    with django_assert_max_num_queries(4):
        client.get(f"/api/v1/portfolios/{portfolio.pk}/{name}/")


def test_nights_are_listed_latest_first(alice, api_as):
    make_night(day("03-08"))
    make_night(day("03-09"), "partial")

    rows = api_as(alice).get("/api/v1/nights/").json()["results"]

    assert [(row["date"], row["status"]) for row in rows] == [("2024-03-09", "partial"), ("2024-03-08", "done")]


def test_the_list_of_nights_needs_few_queries(alice, api_as, django_assert_max_num_queries):
    for number in range(1, 9):
        make_night(day(f"03-0{number}"))

    with django_assert_max_num_queries(2):
        assert api_as(alice).get("/api/v1/nights/").json()["count"] == 8
