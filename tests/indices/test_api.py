"""The public API of indices: catalogue, levels, constituents; their records are in test_api_records.py."""

from datetime import date, timedelta

import pytest
from rest_framework.test import APIClient

from indices.models import IndexRecord, Level, Review
from indices.services import run_window
from market.models import Asset
from tests.factories import make_price
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
    assert listed["results"][0].pop("figures")["day"] == "2023-01-05"
    assert listed["results"][0] == {
        "slug": "test",
        "name": "Test",
        "summary": "",
        "kind": "market_cap",
        "tier": "core",
        "universe": "real",
        "status": "active",
        "base_value": "1000",
        "base_date": "2023-01-01",
        "live_since": None,
        "retired_on": None,
        "as_of": "2023-01-05",
        "level": None,
        "net": None,
        "level_status": "suspended",
    }


def test_the_nights_figures_come_along_as_strings_and_what_is_unknown_is_null(ran):
    figures = {"returns": {"1D": -0.25, "SI": 1e-07}, "volatility": 0.5, "correlations": {"other": 1}}
    IndexRecord.objects.filter(index=ran).update(day=FIRST, figures=figures)
    make_index(slug="no-record")

    told = get("test/")["figures"]

    assert told == {
        "day": "2023-01-01",
        "returns": {"1D": "-0.25", "7D": None, "1M": None, "3M": None, "YTD": None, "1Y": None, "SI": "0.0000001"},
        "net_returns": dict.fromkeys(("1D", "7D", "1M", "3M", "YTD", "1Y", "SI")),
        "volatility": "0.5",
        "drawdown": None,
        "worst_drawdown": None,
        "turnover": None,
    }
    assert [row["figures"] and row["figures"]["volatility"] for row in get("")["results"]] == [None, "0.5"]


def test_a_record_without_figures_has_no_returns(ran):
    IndexRecord.objects.filter(index=ran).update(figures={})

    assert set(get("test/")["figures"]["returns"].values()) == {None}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=risk", ["calm"]),
        ("tier=satellite", ["calm"]),
        ("universe=simulated", ["toy"]),
        ("status=retired", ["toy"]),
        ("status=active", ["calm", "test"]),
        ("q=Calm", ["calm"]),
        ("q=toy&status=active", []),
        ("kind=market_cap&universe=real", ["test"]),
        ("", ["calm", "test", "toy"]),
    ],
)
def test_the_list_is_narrowed_by_everything_asked(query, found, db):
    make_index()
    make_index(slug="calm", kind="risk", tier="satellite", summary="A calm one")
    make_index(slug="toy", universe="simulated", status="retired", retired_on=FIRST)
    make_index(slug="draft", status="draft")

    assert [row["slug"] for row in get(f"?{query}")["results"]] == found


@pytest.mark.parametrize(
    "query", ["kind=best", "tier=any", "universe=both", "status=draft", "q=%00", "q=" + "x" * 81, "kind=risk%00"]
)
def test_what_cannot_narrow_the_list_is_the_clients_error(query, db):
    body = get(f"?{query}", status=400)

    assert [error["attr"] for error in body["errors"]] == [query.partition("=")[0]]


def test_levels_are_gross_and_net_with_their_status_version_and_cause(ran):
    rows = [(row.pop("recorded_at"), row.pop("superseded_at"), row) for row in get("test/levels/")["results"]]

    assert {(recorded, superseded) for recorded, superseded, _ in rows} == {("2024-01-01T00:00:00Z", None)}
    carried, too_old = "Last close carried: b of 2023-01-02.", "No price since: b of 2023-01-02."
    assert [list(row.values()) for _, _, row in rows] == [
        ["2023-01-01", "1000", "1000", "final", 1, ""],
        ["2023-01-02", "1050", "1050", "final", 1, ""],
        ["2023-01-03", "1100", "1100", "provisional", 1, carried],
        ["2023-01-04", "1100", "1100", "provisional", 1, carried],
        ["2023-01-05", None, None, "suspended", 1, too_old],
    ]
    assert list(rows[0][2]) == ["date", "level", "net", "status", "version", "cause"]


def test_superseded_levels_are_told_when_all_versions_are_asked_for(ran):
    make_price(Asset.objects.get(pk="b"), date(2023, 1, 3), "90", recorded_at=AT)
    later = AT + timedelta(hours=1)
    run_window(start=FIRST + timedelta(days=4), end=FIRST + timedelta(days=4), at=later)

    in_force = get("test/levels/?from=2023-01-03&to=2023-01-03")["results"]
    every = get("test/levels/?from=2023-01-03&to=2023-01-03&versions=all")["results"]

    # 5 a at 120 and 5 b at 90, where 100 had been carried.
    assert [(row["version"], row["level"], row["status"], row["superseded_at"]) for row in every] == [
        (1, "1100", "provisional", "2024-01-01T01:00:00Z"),
        (2, "1050", "final", None),
    ]
    assert in_force == every[1:]


def test_ten_years_of_levels_come_in_one_page_of_three_queries(django_assert_num_queries, db):
    index = make_index()
    Level.objects.bulk_create(
        Level(index=index, day=FIRST + timedelta(days=offset), gross=1000 + offset, status="final", recorded_at=AT)
        for offset in range(3650)
    )

    with django_assert_num_queries(3):
        page = get("test/levels/?page_size=5000")

    assert (page["count"], page["next"], page["results"][-1]["level"]) == (3650, None, "4649")


def test_levels_between_days_by_the_page(ran):
    page = get("test/levels/?from=2023-01-02&to=2023-01-04&page_size=2")

    assert (page["count"], [row["date"] for row in page["results"]]) == (3, ["2023-01-02", "2023-01-03"])
    assert "page=2" in page["next"]


def test_constituents_at_a_day(ran):
    basket = get("test/constituents/?at=2023-01-02")
    review = Review.objects.get()
    same = {
        "units": "5",
        "target_weight": "0.5",
        "is_sleeve": False,
        "reason": "auto_in",
        "reason_in_words": "Among the first ranks",
    }

    assert basket == {
        "day": "2023-01-02",
        "effective_day": "2023-01-01",
        "chosen_by": review.pk,
        "weighed_by": review.pk,
        "constituents": [
            # 550 and 500 of 1050
            same
            | {"asset": "a", "symbol": "A", "name": "A", "price": "110", "weight": "0.52380952381"}
            | {"detail": "Rank 1, within the first 3."},
            same
            | {"asset": "b", "symbol": "B", "name": "B", "price": "100", "weight": "0.47619047619"}
            | {"detail": "Rank 2, within the first 3."},
        ],
    }
    assert get("test/constituents/")["day"] == "2023-01-05"


def test_before_the_first_basket_there_is_nothing(ran):
    nothing: dict[str, object] = {"effective_day": None, "chosen_by": None, "weighed_by": None, "constituents": []}
    assert get("test/constituents/?at=2022-12-31") == {"day": "2022-12-31"} | nothing
    make_index(slug="young")
    assert get("young/constituents/") == {"day": None} | nothing
    for part in ("levels", "reviews", "rebalances", "restatements"):
        assert get(f"young/{part}/")["results"] == []


@pytest.mark.parametrize(
    "query",
    [
        "levels/?from=yesterday",
        "levels/?to=2023-02-30",
        "levels/?from=0000-01-01",
        "levels/?from=%00",
        "levels/?to=10000-01-01",
        "levels/?versions=some",
        "rebalances/?versions=1",
        "constituents/?at=2023-1",
        "constituents/?at=0000-00-00",
        "constituents/?at=%00",
    ],
)
def test_what_makes_no_sense_is_the_clients_error_and_named(ran, query):
    body = get(f"test/{query}", status=400)

    assert body["type"] == "validation_error"
    assert body["errors"][0]["attr"] in {"from", "to", "at", "versions"}


@pytest.mark.parametrize("query", ["constituents/?at=9999-12-31", "levels/?to=9999-12-31", "levels/?from=0001-01-01"])
def test_the_ends_of_the_calendar_are_days_too(ran, query):
    get(f"test/{query}")


@pytest.mark.parametrize("url", [
    "nothing/", "te%00st/", "draft/",
    *(f"draft/{part}/" for part in (
        "levels", "constituents", "reviews", "rebalances", "methodology", "restatements"
    )),
    "test/reviews/99999999999999999999/", "test/rebalances/1e5/", "test/reviews/%00/",
])  # fmt: skip
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
    with django_assert_max_num_queries(8):
        get("test/constituents/")
