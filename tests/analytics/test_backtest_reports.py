"""What the page of a replay says: figures, drawings, names, weights, and what the levels are not."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.models import User
from analytics.selectors.backtests import get_report
from indices.models import Methodology
from market.models import DailyPrice
from tests.analytics.replays import EVE, ask, edit, make_draft, make_staff, report_of, run
from tests.indices.factories import FIRST, NEXT, make_coin, make_index, price_days, price_flat

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def curator(db) -> User:
    """Make somebody whom the group of curators lets ask for replays."""
    return make_staff("curator", "curator")


@pytest.fixture
def draft(curator: User) -> Methodology:
    """Draft a second version that weighs three coins equally, over a month of prices."""
    return make_draft(curator)


def test_the_report_has_figures_drawings_names_and_weights(draft, curator):
    report = report_of(ask(draft, curator))

    assert (report.first_day, report.last_day, report.level) == (FIRST, NEXT, Decimal("1033.3333"))
    assert (report.reviews, report.rebalances, len(report.baskets)) == (2, 2, 2)
    newest, first = report.baskets
    assert (newest.day, newest.kind, newest.entered, newest.left) == (NEXT, "Reconstitution", [], [])
    assert first.entered == ["B", "BITCO", "C"]
    assert report.level_chart
    assert report.drawdown_chart
    assert report.figures
    assert [each["name"] for each in report.level_chart["series"]] == ["Before costs", "After costs", "Bitcoin"]
    assert len(report.level_chart["dates"]) == 32 == len(report.drawdown_chart["series"][0]["values"])
    assert report.drawdown_chart["series"][0]["values"][:2] == [0.0, 0.0]
    assert report.figures["gross"]["peak"] == FIRST
    # By market cap: 1100 of 2100 in Bitcoin, 500 in each of the others.
    assert report.compared_with.startswith("Compared with version 1, replayed from 2023-01-01")
    assert [(each.symbol, round(each.weight, 4), round(each.in_force, 4)) for each in report.weights] == [
        ("BITCO", 0.3333, 0.5238),
        ("B", 0.3333, 0.2381),
        ("C", 0.3333, 0.2381),
    ]
    assert report.weights[0].difference == pytest.approx(1 / 3 - 11 / 21)


def test_prices_put_in_later_label_the_levels_as_reconstructed(draft, curator):
    DailyPrice.objects.filter(day=NEXT).update(reconstructed=True)

    with_them = report_of(ask(draft, curator))
    without = report_of(ask(draft, curator, span=(FIRST, NEXT - DAY)))

    assert with_them.label == ("Reconstructed: replayed on history under today's rules; back-tested, not point-in-time")
    assert without.label == "Replayed on history as it was recorded, under today's rules; back-tested"


def test_an_invented_market_is_labelled_as_such(curator):
    price_flat({make_coin(name, simulated=True): "1" for name in ("a", "b", "c")}, EVE, NEXT)
    index = make_index(universe="simulated")

    report = report_of(ask(index.methodologies.get(), curator))

    assert report.label == "Simulated: replayed on an invented market under today's rules"
    assert report.level_chart
    assert report.level_chart["series"][2] == {"name": "Market", "values": [None] * 32, "role": "benchmark"}


def test_a_report_of_an_index_that_never_starts_has_problems_and_no_figures(draft, curator):
    edit(draft, curator, count=4, enter=4, keep=4, min_count=4)
    report = report_of(ask(draft, curator))

    assert (report.level, report.figures, report.level_chart, report.baskets) == (None, None, None, [])
    assert report.problems[0] == "No review found a basket: the index never starts."


def test_suspended_days_are_gaps_in_the_drawings(curator):
    price_flat({make_coin("a"): "1"}, EVE, FIRST + 9 * DAY)
    price_days(make_coin("b"), EVE, ["1"] * 4)

    report = report_of(ask(make_index().methodologies.get(), curator, span=(FIRST, FIRST + 9 * DAY)))

    # B is last priced on 3 January; two nights are carried, the third has no number.
    assert report.level_chart
    assert report.drawdown_chart
    assert [place for place, level in enumerate(report.level_chart["series"][0]["values"]) if level is None] == [
        5, 6, 7, 8, 9,
    ]  # fmt: skip
    assert report.drawdown_chart["series"][0]["values"][5] is None
    assert report.level is None


def test_before_the_end_there_is_no_report(draft, curator):
    assert get_report(ask(draft, curator)) is None


def test_the_result_is_plain_json(draft, curator):
    asked = ask(draft, curator)
    run()
    asked.refresh_from_db()

    assert json.loads(json.dumps(asked.result, allow_nan=False)) == asked.result
