"""The night's record of an index: figures by hand, written once for what has changed, and in few queries."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import cycle, islice

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.services import run_nights
from indices.models import Index, IndexRecord, Level, Methodology
from indices.selectors import get_catalogue, get_likeness, get_record
from indices.selectors.record_inputs import find_outdated
from indices.services import run_window
from indices.services.index_records import refresh_records, write_records
from market.models import Asset, AssetEvent, Classification, DailyPrice
from tests.factories import make_user
from tests.indices.factories import AT, FIRST, NEXT, after, make_coin, make_index, make_rules, price_days, price_flat

pytestmark = pytest.mark.django_db

EVE = FIRST - timedelta(days=1)
LAST = NEXT + timedelta(days=3)
ONE_DAY = timedelta(days=1)


@pytest.fixture
def ran():
    """Run an index of two assets for five weeks: one falls by a fifth on the twentieth of January."""
    falling, steady = make_coin("falling"), make_coin("steady", sector="defi")
    price_days(falling, EVE, [*["100"] * 20, *["80"] * 16])
    price_flat({steady: "50"}, EVE, LAST)
    index = make_index(make_rules(count=2, enter=2, keep=2))
    assert run_window(start=FIRST, end=LAST, at=AT).problems == []
    return index


def figures_of(index: Index):
    """Return what is stored of an index."""
    return IndexRecord.objects.get(index=index).figures


def items_of(index: Index):
    """Return the safety card of an index by keys."""
    return {item["key"]: item for item in figures_of(index)["safety"]}


def writes(queries: CaptureQueriesContext) -> int:
    """Count the statements that write records."""
    return sum(1 for query in queries if query["sql"].startswith('INSERT INTO "indices_indexrecord"'))


def test_figures_of_levels_by_hand(ran):
    # Market caps of 1,000 and 500 make two thirds and a third; a fifth less of two thirds is 13.333% less.
    fall = 2 / 3 * 0.2
    figures = figures_of(ran)

    assert IndexRecord.objects.get(index=ran).day == LAST
    assert Decimal(figures["level"]) == Level.objects.current().get(index=ran, day=LAST).gross
    assert figures["level"].startswith("866.6666666")
    assert figures["status"] == "final"
    assert figures["inception"] == FIRST.isoformat()
    assert figures["returns"] == {
        "1D": 0.0,
        "7D": 0.0,
        "1M": pytest.approx(-fall),
        "3M": None,
        "YTD": None,
        "1Y": None,
        "SI": pytest.approx(-fall),
    }
    assert figures["drawdown"] == figures["worst_drawdown"] == pytest.approx(fall)
    assert (figures["worst_peak"], figures["worst_trough"], figures["worst_recovery"]) == (
        "2023-01-01", "2023-01-20", None,
    )  # fmt: skip
    # 34 returns, all 0 but one: the deviation is fall / sqrt(34).
    assert figures["volatility"] == pytest.approx(fall / 34**0.5 * 365**0.5)


def test_figures_of_the_basket_by_hand(ran):
    # 800 and 500 after the fall: 8 / 13 and 5 / 13.
    figures = figures_of(ran)
    safety = items_of(ran)

    assert figures["sectors"] == [["layer1", pytest.approx(8 / 13)], ["defi", pytest.approx(5 / 13)]]
    assert figures["tiers"] == [["small", pytest.approx(1)]]
    assert figures["rebalances"] == 2
    assert safety["largest_weight"]["value"] == pytest.approx(8 / 13)
    assert safety["effective_constituents"]["value"] == pytest.approx(169 / 89)  # (64 + 25) / 169, upside down
    # Each trades 10,000,000 a day: 8 / 13 of a million against a tenth of that.
    assert safety["sale_days"]["value"] == pytest.approx(8 / 13)
    # Priced for 36 of 90 days.
    assert (safety["data_coverage"]["value"], safety["data_coverage"]["state"]) == (0.0, "watch")
    assert safety["live_days"]["value"] == 0.0


def test_turnover_and_costs_by_hand():
    # Equal parts; the first doubles in January, so two thirds go back to a half: a sixth changes hands, one way.
    doubling, steady = make_coin("doubling"), make_coin("steady")
    price_days(doubling, EVE, [*["100"] * 10, *["200"] * 112])
    price_flat({steady: "50"}, EVE, EVE + 121 * ONE_DAY)
    rules = make_rules(count=2, enter=2, keep=2, alpha="0", fee="0.01", half_spread="0")
    index = make_index(rules)
    run_window(start=FIRST, end=EVE + 121 * ONE_DAY, at=AT)

    figures = figures_of(index)

    # From 1 January to 1 May are 120 days.
    assert figures["turnover"] == pytest.approx(1 / 6 * 365 / 120)
    # Net n = 1 - 0.01 * (|n / 2 - 2 / 3| + |n / 2 - 1 / 3|), and n / 2 lies between: n = 1 - 0.01 / 3.
    assert figures["cost"] == pytest.approx(0.01 / 3)
    assert figures["returns"]["SI"] == pytest.approx(0.5)
    assert figures["net_returns"]["SI"] == pytest.approx(1.5 * (1 - 0.01 / 3) - 1)


def test_levels_from_before_there_was_a_net_one_leave_it_unknown(ran):
    Level.objects.filter(index=ran, day__lt=NEXT).update(net=None)
    write_records(indices=[ran], at=AT)
    some = figures_of(ran)
    Level.objects.filter(index=ran).update(net=None)
    write_records(indices=[ran], at=AT)
    none = figures_of(ran)

    assert set(some["net_returns"].values()) == set(none["net_returns"].values()) == {None}
    assert (some["cost"], none["cost"], none["net"]) == (pytest.approx(0, abs=1e-12), None, None)


def test_alike_are_those_that_move_alike_and_unknown_those_with_too_few_days():
    moves = list(islice(cycle([100, 103, 99, 104, 97]), 120))
    one, two = make_coin("one"), make_coin("two", sector="defi")
    price_days(one, EVE, [str(close) for close in moves])
    price_days(two, EVE, [str(200 - close) for close in moves])
    first = make_index(make_rules(sectors=["layer1"], min_count=1), slug="first")
    make_index(make_rules(sectors=["layer1"], min_count=1, count=1, enter=1, keep=1), slug="twin")
    make_index(make_rules(sectors=["defi"], min_count=1), slug="mirror")
    make_index(make_rules(), slug="young", base_date=FIRST + 100 * ONE_DAY)
    make_index(make_rules(), slug="draft", status="draft")
    make_index(make_rules(), slug="invented", universe="simulated")
    run_window(start=FIRST, end=EVE + 119 * ONE_DAY, at=AT)
    of = np.array([float(close) for close in moves[1:]])
    other = 200 - of
    expected = np.corrcoef(of[1:] / of[:-1], other[1:] / other[:-1])[0, 1]

    found = figures_of(first)["correlations"]
    alike = get_likeness(index=first, record=get_record(Index.objects.get(slug="first")))

    assert found == {"mirror": pytest.approx(expected), "twin": pytest.approx(1.0), "young": None}
    assert [(like.index.slug, like.is_near_duplicate) for like in alike] == [
        ("twin", True), ("mirror", False), ("young", False),
    ]  # fmt: skip


def test_a_retired_index_without_common_days_is_no_peer(ran):
    make_index(make_rules(count=2, enter=2, keep=2), slug="gone", status="retired", retired_on=FIRST)
    write_records(indices=[ran], at=AT)

    assert figures_of(ran)["correlations"] == {}


def test_a_suspended_level_has_no_number_and_the_rest_is_of_the_last_that_had_one(ran):
    run_window(start=LAST, end=LAST + 7 * ONE_DAY, at=AT)

    figures = figures_of(ran)

    assert (figures["level"], figures["net"], figures["status"]) == (None, None, "suspended")
    assert figures["returns"]["SI"] == pytest.approx(-2 / 15)
    assert figures["returns"]["1D"] is None
    assert figures["spark"][-1] is None
    assert items_of(ran)["stale"]["value"] == 2.0


def test_a_first_level_has_no_volatility():
    a, b = make_coin("a"), make_coin("b")
    price_flat({a: "1", b: "1"}, EVE, FIRST)
    index = make_index()
    run_window(start=FIRST, end=FIRST, at=AT)

    figures = figures_of(index)

    assert (figures["volatility"], figures["worst_drawdown"], figures["turnover"]) == (None, None, None)
    assert (figures["drawdown"], figures["cost"]) == (0.0, 0.0)


def test_what_is_not_known_of_a_constituent_is_unknown_and_not_zero(ran):
    DailyPrice.objects.filter(asset="falling").update(volume=None, market_cap=None)
    Classification.objects.filter(asset="falling").delete()
    write_records(indices=[ran], at=AT)

    figures, safety = figures_of(ran), items_of(ran)

    assert (safety["sale_days"]["value"], safety["sale_days"]["state"]) == (None, "unknown")
    assert (safety["largest_sector"]["value"], safety["largest_sector"]["state"]) == (None, "unknown")
    assert [name for name, _ in figures["sectors"]] == ["unknown", "defi"]
    assert figures["tiers"][0] == ["unknown", pytest.approx(8 / 13)]


def test_rules_that_cannot_be_read_leave_only_completeness_out(ran):
    Methodology.objects.filter(index=ran).update(params={"count": "many"})
    write_records(indices=[ran], at=AT)

    assert "completeness" not in items_of(ran)
    assert "largest_weight" in items_of(ran)


def test_the_rules_in_force_are_described_and_not_those_to_come(ran):
    rules = make_rules(count=2, enter=2, keep=2, turnover_limit="0.1")
    Methodology.objects.create(
        index=ran, version=2, params=rules.to_params(), status="announced", effective_from=date(2024, 1, 1),
        approved_at=AT, announced_at=AT,
    )  # fmt: skip
    write_records(indices=[ran], at=AT)

    assert "a limit to the turnover" in items_of(ran)["completeness"]["words"]


def test_a_constituent_that_has_been_silent_for_long_counts_at_its_last_close(ran):
    DailyPrice.objects.filter(asset="steady", day__gt=EVE).delete()
    DailyPrice.objects.filter(asset="steady").update(day=FIRST - 200 * ONE_DAY)
    write_records(indices=[ran], at=AT)

    # 800 and 500 all the same.
    assert items_of(ran)["largest_weight"]["value"] == pytest.approx(8 / 13)
    assert items_of(ran)["stale"]["value"] == 1.0


def test_the_child_of_a_fork_counts_as_nothing_until_it_has_a_close(ran, alice):
    make_coin("child")
    AssetEvent.objects.create(
        asset_id="falling", kind="fork", treatment="split", effective_day=LAST + ONE_DAY, new_asset_id="child",
        ratio=1, note="A fork.", status="approved", author=alice, approver=make_user(email="b@example.com"),
        approved_at=AT,
    )  # fmt: skip
    closes = {"falling": "80", "steady": "50"}
    price_flat(
        {Asset.objects.get(id=asset_id): close for asset_id, close in closes.items()}, LAST + ONE_DAY, LAST + ONE_DAY
    )
    assert run_window(start=LAST + ONE_DAY, end=LAST + ONE_DAY, at=AT).problems == []

    assert items_of(ran)["largest_weight"]["value"] == pytest.approx(8 / 13)
    assert items_of(ran)["effective_constituents"]["words"].startswith("3 constituents")


def test_the_same_night_again_writes_nothing(ran):
    with CaptureQueriesContext(connection) as queries:
        run_window(start=FIRST, end=LAST, at=AT + ONE_DAY)

    assert writes(queries) == 0
    assert IndexRecord.objects.get(index=ran).computed_at == AT


def test_a_second_description_is_the_same(ran):
    before = figures_of(ran)

    assert write_records(indices=[ran], at=AT) == 1

    assert figures_of(ran) == before
    assert IndexRecord.objects.count() == 1


def test_a_window_that_is_told_not_to_leaves_the_record_to_the_next(ran):
    price_flat(dict.fromkeys(Asset.objects.all(), "60"), LAST + ONE_DAY, LAST + ONE_DAY)
    run_window(start=LAST + ONE_DAY, end=LAST + ONE_DAY, at=AT, records=False)
    between = IndexRecord.objects.get(index=ran).day
    outdated = find_outdated(universe="real")
    run_window(start=LAST + ONE_DAY, end=LAST + ONE_DAY, at=AT)

    assert (between, outdated) == (LAST, [ran])
    assert IndexRecord.objects.get(index=ran).day == LAST + ONE_DAY
    assert find_outdated(universe="real") == []


def test_a_new_version_of_an_old_level_makes_the_record_anew(ran):
    old = Level.objects.get(index=ran, day=FIRST + 5 * ONE_DAY)
    Level.objects.filter(pk=old.pk).update(superseded_at=AT)
    Level.objects.create(index=ran, day=old.day, version=2, gross=2000, net=2000, status="restated", recorded_at=AT)

    assert refresh_records(at=AT) == 1
    # From 2,000 to 866.67.
    assert figures_of(ran)["worst_drawdown"] == pytest.approx(1 - 2600 / 3 / 2000)


def test_a_retired_index_that_no_night_has_described_is_described_once(ran):
    IndexRecord.objects.all().delete()
    Index.objects.update(status="retired", retired_on=LAST)

    assert (refresh_records(at=AT), refresh_records(at=AT)) == (1, 0)


def test_a_replay_of_several_months_describes_indices_once():
    a, b = make_coin("a"), make_coin("b")
    price_flat({a: "1", b: "2"}, EVE, date(2023, 4, 2))
    index = make_index()

    with CaptureQueriesContext(connection) as queries:
        run_nights(start=FIRST, end=date(2023, 4, 2), at=after(date(2023, 4, 2)))

    assert writes(queries) == 1
    assert IndexRecord.objects.get(index=index).day == date(2023, 4, 2)


def test_describing_takes_as_many_queries_for_many_indices_as_for_one(ran):
    for number in range(4):
        make_index(make_rules(count=2, enter=2, keep=2), slug=f"more-{number}")
    run_window(start=FIRST, end=LAST, at=AT, records=False)

    indices = list(Index.objects.active())

    with CaptureQueriesContext(connection) as for_one:
        write_records(indices=[ran], at=AT)
    with CaptureQueriesContext(connection) as for_all:
        write_records(indices=indices, at=AT)

    assert len(for_one) == len(for_all) <= 16
    assert IndexRecord.objects.count() == 5


def test_an_index_without_a_level_has_no_record():
    index = make_index()

    assert write_records(indices=[index], at=AT) == 0
    assert write_records(indices=[], at=AT) == 0
    assert not IndexRecord.objects.exists()
    assert get_catalogue(Index.objects.all())[0].record.as_of is None
