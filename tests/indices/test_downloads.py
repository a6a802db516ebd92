"""Levels and constituents to take away: the digits of the API, and the same figure wherever it shows."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from indices.models import Index, IndexRecord, Level
from indices.services import run_window
from market.models import Asset
from market.templatetags import figures
from tests.indices.factories import AT, FIRST, NEXT, make_coin, make_index, make_rules, price_days, price_flat
from tests.indices.looking import LAST, ONE_DAY, page, run_two_large, seen

pytestmark = pytest.mark.django_db


@pytest.fixture
def ran():
    """Run an index of two assets for five weeks."""
    return run_two_large()


def get(path: str):
    """Return an answer as a stranger gets it."""
    return Client().get(f"/indices/test/{path}")


def rows_of(path: str) -> list[dict[str, str]]:
    """Read a CSV file."""
    answer = get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="test-')
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def test_levels_as_csv_have_every_day_and_digit(ran):
    rows = rows_of("levels.csv")

    stored = Level.objects.current().filter(index=ran).order_by("day")
    assert [row["date"] for row in rows] == [level.day.isoformat() for level in stored]
    assert [Decimal(row["level"]) for row in rows] == [level.gross for level in stored]
    assert [Decimal(row["net"]) for row in rows] == [level.net for level in stored]
    assert rows[0] == {"date": "2023-01-01", "level": "1000", "net": "1000", "status": "final", "version": "1"}


def test_levels_as_json_say_what_they_are_of(ran):
    answer = get("levels.json?from=2023-02-04")

    body = answer.json()
    assert answer["Content-Type"] == "application/json"
    assert {name: body[name] for name in ("index", "name", "is_simulated", "base_value", "live_since")} == {
        "index": "test", "name": "Two Large", "is_simulated": False, "base_value": "1000", "live_since": None,
    }  # fmt: skip
    (last,) = body["levels"]
    assert Decimal(last["level"]) == Level.objects.current().get(index=ran, day=LAST).gross
    assert (last["date"], last["status"], last["version"]) == ("2023-02-04", "final", 1)


@pytest.mark.parametrize(
    ("query", "days"),
    [("?from=2023-02-03", 2), ("?to=2023-01-01", 1), ("?from=2023-01-02&to=2023-01-03", 2), ("?from=2024-01-01", 0)],
)
def test_days_narrow_the_levels(ran, query, days):
    assert len(rows_of(f"levels.csv{query}")) == len(get(f"levels.json{query}").json()["levels"]) == days


def test_a_suspended_day_has_an_empty_cell_and_not_0(ran):
    run_window(start=NEXT, end=NEXT + 10 * ONE_DAY, at=AT)

    last = rows_of("levels.csv")[-1]

    assert (last["level"], last["net"], last["status"]) == ("", "", "suspended")
    assert get("levels.json").json()["levels"][-1]["level"] is None


def test_constituents_have_their_weights_their_targets_and_their_reasons(ran):
    rows = rows_of("constituents.csv")
    body = get("constituents.json").json()

    # 800 and 500 of market cap.
    assert [(row["asset"], row["role"]) for row in rows] == [("bitcoin", "constituent"), ("ethereum", "constituent")]
    assert [f"{Decimal(row['weight']):.6f}" for row in rows] == ["0.615385", "0.384615"]
    assert sum(Decimal(row["weight"]) for row in rows) == sum(Decimal(row["target_weight"]) for row in rows) == 1
    assert [row["reason"] for row in rows] == ["Among the first ranks"] * 2
    assert body["day"] == "2023-02-04"
    assert [{name: str(value) for name, value in line.items()} for line in body["constituents"]] == rows


def test_constituents_of_an_earlier_day_are_those_of_that_close(ran):
    rows = rows_of("constituents.csv?at=2023-01-10")

    assert [f"{Decimal(row['weight']):.6f}" for row in rows] == ["0.666667", "0.333333"]
    assert rows_of("constituents.csv?at=2022-12-01") == []


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("levels.csv?from=x", "from: Enter a valid date."),
        ("levels.csv?to=2023-02-30", "to: Enter a valid date."),
        ("levels.csv?from=2023-02-01&to=2023-01-01", "to: Enter a day that is not before the first one."),
        ("constituents.csv?at=%00", "at: Enter a valid date."),
    ],
)
def test_a_day_that_is_none_is_refused_in_words(ran, path, words):
    plain, structured = get(path), get(path.replace(".csv", ".json"))

    assert (plain.status_code, plain["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert plain.content.decode() == words
    assert structured.status_code == 400
    field, _, message = words.partition(": ")
    assert structured.json() == {"errors": {field: [message]}}


@pytest.mark.parametrize("name", ["levels.csv", "levels.json", "constituents.csv", "constituents.json"])
def test_drafts_have_no_downloads_and_an_index_before_its_first_level_has_empty_ones(name):
    make_index()
    make_index(slug="hidden", status="draft")

    answer = get(name)
    assert answer.status_code == 200
    assert len(answer.content.splitlines()) == 1
    assert Client().get(f"/indices/hidden/{name}").status_code == 404


def test_a_spreadsheet_runs_no_name_as_a_formula(ran):
    Asset.objects.filter(id="bitcoin").update(symbol="=1+1", name="@SUM(A1)")

    bitcoin = rows_of("constituents.csv")[0]

    assert (bitcoin["symbol"], bitcoin["name"]) == ("'=1+1", "'@SUM(A1)")
    assert get("constituents.json").json()["constituents"][0]["symbol"] == "=1+1"


@pytest.fixture
def moved():
    """Run an index whose prices move and whose costs bite: no two figures are equal by chance."""
    one, two = make_coin("bitcoin"), make_coin("ethereum")
    price_days(one, FIRST - ONE_DAY, [f"{100 + day * 1.37:.4f}" for day in range(120)])
    price_days(two, FIRST - ONE_DAY, [f"{70 - day * 0.0421 + (day % 7):.4f}" for day in range(120)])
    index = make_index(make_rules(alpha="0", fee="0.004"), name="One figure")
    run_window(start=FIRST, end=FIRST + 118 * ONE_DAY, at=AT)
    return index


def test_a_level_is_the_same_in_the_catalogue_the_factsheet_the_api_and_the_files(moved, api_as, alice):
    level = Level.objects.current().filter(index=moved).latest("day")
    stored = IndexRecord.objects.get().figures
    api = api_as(alice).get("/api/v1/indices/test/").json()
    last = rows_of("levels.csv")[-1]

    assert level.net is not None
    assert level.net < (level.gross or 0)
    assert Decimal(stored["level"]) == Decimal(api["level"]) == Decimal(last["level"]) == level.gross
    assert Decimal(stored["net"]) == Decimal(api["net"]) == Decimal(last["net"]) == level.net
    assert stored["returns"]["SI"] == pytest.approx(float(Decimal(last["level"])) / 1000 - 1)
    assert figures.number(level.gross) in seen(page("/indices/"))
    assert figures.number(level.gross) in seen(page("/indices/test/"))


def test_a_statistic_is_the_same_in_the_catalogue_the_factsheet_and_the_api(moved, api_as, alice):
    stored = IndexRecord.objects.get().figures
    api = api_as(alice).get("/api/v1/indices/test/").json()["figures"]
    written = {f"returns {window}": figures.signed_percent(change) for window, change in stored["returns"].items()}
    written |= {
        "volatility": figures.percent(stored["volatility"], 1),
        "worst_drawdown": figures.percent(stored["worst_drawdown"]),
    }

    for text in (seen(page("/indices/")), seen(page("/indices/test/"))):
        assert [name for name, figure in written.items() if figure not in text] == []
    assert {window: None if text is None else float(text) for window, text in api["returns"].items()} == stored[
        "returns"
    ]
    assert [float(api[name]) for name in ("volatility", "worst_drawdown")] == [
        stored[name] for name in ("volatility", "worst_drawdown")
    ]


def test_a_weight_is_the_same_on_the_factsheet_in_the_api_and_in_the_files(moved, api_as, alice):
    held = rows_of("constituents.csv")
    in_api = api_as(alice).get("/api/v1/indices/test/constituents/").json()["constituents"]
    factsheet = seen(page("/indices/test/"))

    assert [(row["asset"], row["weight"], row["units"]) for row in held] == [
        (line["asset"], line["weight"], line["units"]) for line in in_api
    ]
    assert [row["asset"] for row in held if figures.percent(Decimal(row["weight"])) not in factsheet] == []


def test_retired_indices_keep_their_files(ran):
    Index.objects.update(status="retired", retired_on=date(2023, 2, 5))

    assert len(rows_of("levels.csv")) == 35
    price_flat({make_coin("later"): "1"}, LAST, LAST)
    assert len(rows_of("constituents.csv")) == 2
