"""Reads of the market: as it is known now, and as it was known then."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from market.models import SOURCE_LAG, Asset, DueDiligence, close_of
from market.selectors import (
    LOOKBACK,
    LastClose,
    first_and_last_day,
    get_close_frame,
    get_closes,
    get_last_closes,
    load_market_window,
)
from market.services.prices import PriceRow, Stored, store_prices
from tests.factories import make_asset, make_classification, make_price, make_prices, make_user
from tests.market.factories import NOW, day, soon_after

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_assets():
    """Price a on days 0, 1, 3 and b on day 1."""
    a, b = make_asset("a"), make_asset("b")
    make_prices(day(0), {a: ["10", "11", None, "13"], b: [None, "5.000000000000000001"]})
    return a, b


@pytest.fixture
def revised():
    """Price a on day 0 with 10, revised to 12 ten days later."""
    make_asset("a")
    for close, at in ((10, soon_after(0)), (12, soon_after(10))):
        row = PriceRow("a", day(0), Decimal(close), None, Decimal(close * 100))
        store_prices(rows=[row], source="test", at=at, stored=Stored())


def test_closes_hold_only_days_and_assets_with_a_price(two_assets):
    closes = get_closes(asset_ids=["a", "b", "unknown"], start=day(0), end=day(3))

    assert closes == {
        day(0): {"a": Decimal(10)},
        day(1): {"a": Decimal(11), "b": Decimal("5.000000000000000001")},
        day(3): {"a": Decimal(13)},
    }


def test_the_dollar_costs_one_every_day(two_assets):
    closes = get_closes(asset_ids=["usd", "a"], start=day(2), end=day(3))

    assert closes == {day(2): {"usd": Decimal(1)}, day(3): {"usd": Decimal(1), "a": Decimal(13)}}


def test_the_frame_has_every_day_and_nan_where_a_price_is_missing(two_assets):
    frame = get_close_frame(asset_ids=["b", "usd", "a"], start=day(1), end=day(3))

    expected = np.array([[11.0, 5.0, 1.0], [np.nan, np.nan, 1.0], [13.0, np.nan, 1.0]])
    assert list(frame.columns) == ["a", "b", "usd"]
    assert [stamp.date() for stamp in frame.index] == [day(1), day(2), day(3)]
    np.testing.assert_array_equal(frame.to_numpy(), expected)


def test_last_closes_look_back_but_never_ahead(two_assets):
    assert get_last_closes(asset_ids=["a", "b", "usd", "unknown"], day=day(2)) == {
        "a": LastClose(day(1), Decimal(11)),
        "b": LastClose(day(1), Decimal("5.000000000000000001")),
        "usd": LastClose(day(2), Decimal(1)),
    }
    assert get_last_closes(asset_ids=["a", "b"], day=day(0)) == {"a": LastClose(day(0), Decimal(10))}


def test_reads_take_one_query(two_assets, django_assert_num_queries):
    for read in (get_closes, get_close_frame):
        with django_assert_num_queries(1):
            read(asset_ids=["a", "b"], start=day(0), end=day(3))
    with django_assert_num_queries(1):
        get_last_closes(asset_ids=["a", "b"], day=day(3))


def test_a_revision_shows_now_and_not_in_what_was_known_before(revised):
    before, after = soon_after(9), soon_after(10)

    def closes(known_at):
        return get_closes(asset_ids=["a"], start=day(0), end=day(0), known_at=known_at)

    assert closes(None) == {day(0): {"a": Decimal(12)}}
    assert closes(before) == {day(0): {"a": Decimal(10)}}
    assert closes(after) == {day(0): {"a": Decimal(12)}}
    assert closes(close_of(day(0))) == {}
    assert get_close_frame(asset_ids=["a"], start=day(0), end=day(0), known_at=before).loc[:, "a"].tolist() == [10.0]


def test_first_and_last_day_belong_to_one_universe(two_assets):
    make_price(make_asset("sim-a", simulated=True), day(9), "1")

    assert first_and_last_day(simulated=False) == (day(0), day(3))
    assert first_and_last_day(simulated=True) == (day(9), day(9))


def test_a_universe_without_prices_has_no_days():
    assert first_and_last_day(simulated=False) is None


def window(start=0, end=3, *, simulated=False):
    return load_market_window(simulated=simulated, start=day(start), end=day(end))


def test_a_snapshot_shows_the_numbers_of_the_day(two_assets):
    first, second = window().snapshot(day(1), NOW)

    assert (first.asset_id, first.close, first.market_cap) == ("a", Decimal(11), Decimal(11_000_000))
    assert (first.age_days, first.last_priced_day, first.median_volume) == (1, day(1), 10_000_000.0)
    assert (second.asset_id, second.age_days) == ("b", 0)


def test_a_day_without_a_price_is_unknown_and_the_last_one_is_named(two_assets):
    first, second = window().snapshot(day(2), NOW)

    assert (first.close, first.market_cap, first.last_priced_day) == (None, None, day(1))
    assert (second.close, second.last_priced_day) == (None, day(1))


def test_an_asset_that_is_listed_later_is_not_in_an_earlier_snapshot(two_assets):
    assert [row.asset_id for row in window().snapshot(day(0), NOW)] == ["a"]


def test_a_snapshot_knows_revisions_only_from_their_instant_on(revised):
    market = window()

    (before,) = market.snapshot(day(0), soon_after(10) - timedelta(microseconds=1))
    (after,) = market.snapshot(day(0), soon_after(10))

    assert (before.close, before.median_volume) == (Decimal(10), 1000.0)
    assert (after.close, after.median_volume) == (Decimal(12), 1200.0)
    assert market.snapshot(day(0), close_of(day(0))) == []
    assert market.closes(day(0)) == {"a": Decimal(12)}


def test_instants_count_to_the_microsecond():
    instant = soon_after(0) + timedelta(microseconds=1)
    make_price(make_asset("a"), day(0), "3", recorded_at=instant)

    assert window().snapshot(day(0), instant - timedelta(microseconds=1)) == []
    assert window().snapshot(day(0), instant)[0].close == 3


def test_closes_of_a_day_are_a_mapping_of_what_was_priced(two_assets):
    closes = window().closes(day(1))

    assert (len(closes), set(closes), "b" in closes, "c" in closes) == (2, {"a", "b"}, True, False)
    assert closes["b"] == Decimal("5.000000000000000001")
    assert closes.get("c") is None


def test_rows_recorded_later_change_no_earlier_snapshot(two_assets):
    cutoff = close_of(day(3)) + SOURCE_LAG
    before = window().snapshot(day(3), cutoff)

    row = PriceRow("a", day(3), Decimal(99), None, None)
    store_prices(rows=[row], source="test", at=NOW, stored=Stored())

    assert window().snapshot(day(3), cutoff) == before
    assert window().closes(day(3))["a"] == Decimal(99)


@pytest.mark.parametrize(
    ("volumes", "median"),
    [(["3"], 3.0), (["3", "1"], 2.0), (["9", "1", None, "2"], 2.0), ([None], None), (["1"] * 5 + ["4"] * 90, 4.0)],
)
def test_the_median_volume_is_over_the_known_ones_of_90_days(volumes, median):
    asset = make_asset("a")
    for offset, volume in enumerate(volumes):
        make_price(asset, day(offset), "1", volume=volume and Decimal(volume))
    last = len(volumes) - 1

    (row,) = window(last, last).snapshot(day(last), NOW)

    assert row.median_volume == median


def test_the_median_of_90_days_needs_only_what_the_window_reads():
    asset = make_asset("a")
    for offset in range(121):
        make_price(asset, day(offset), "1", volume=Decimal(offset))

    (row,) = window(120, 120).snapshot(day(120), close_of(day(121)))

    assert row.median_volume == (75 + 76) / 2


def test_a_coin_that_fell_silent_long_ago_keeps_its_last_day():
    silent = make_asset("silent")
    make_price(silent, day(0), "7")
    start = day(0) + LOOKBACK + timedelta(days=10)
    market = load_market_window(simulated=False, start=start, end=start)

    (row,) = market.snapshot(start, close_of(start))

    assert (row.close, row.median_volume, row.last_priced_day) == (None, None, day(0))
    assert market.last_closes(start) == {"silent": LastClose(day(0), Decimal(7))}


def far(asset: Asset, *, recorded_on: int, close: str = "1"):
    """Price an asset on day 0, known from the morning of another day on."""
    return make_price(asset, day(0), close, recorded_at=close_of(day(recorded_on)))


def test_prices_of_long_ago_that_were_put_in_later_do_not_show_in_what_was_known_before():
    start = day(0) + LOOKBACK + timedelta(days=10)
    quiet, young = make_asset("quiet"), make_asset("young")
    far(quiet, recorded_on=135)
    make_price(young, start, "5")
    far(young, recorded_on=135)
    market = load_market_window(simulated=False, start=start, end=start + timedelta(days=9))

    (known,) = market.snapshot(start, close_of(start))
    quiet_later, young_later = market.snapshot(start + timedelta(days=9), close_of(day(139)))

    assert (known.asset_id, known.age_days) == ("young", 0)
    assert (quiet_later.last_priced_day, quiet_later.age_days) == (day(0), 139)
    assert (young_later.last_priced_day, young_later.age_days) == (start, 139)


def test_a_close_of_long_ago_is_the_one_that_was_known():
    start = day(0) + LOOKBACK + timedelta(days=10)
    old = far(make_asset("quiet"), recorded_on=0, close="7")
    old.superseded_at = close_of(day(135))
    old.save()
    far(old.asset, recorded_on=135, close="9")
    market = load_market_window(simulated=False, start=start, end=start + timedelta(days=9))

    assert market.snapshot(start, close_of(start))[0].last_close == 7
    assert market.snapshot(start, close_of(day(135)))[0].last_close == 9
    assert market.last_closes(start) == {"quiet": LastClose(day(0), Decimal(9))}


def test_a_coin_that_comes_back_has_been_there_all_along():
    start = day(0) + LOOKBACK + timedelta(days=10)
    asset = make_asset("back")
    make_price(asset, day(0), "7")
    make_price(asset, start + timedelta(days=9), "8")
    market = load_market_window(simulated=False, start=start, end=start + timedelta(days=9))

    (row,) = market.snapshot(start, close_of(start))

    assert (row.last_priced_day, row.last_close, row.age_days) == (day(0), Decimal(7), 130)


def test_a_day_put_in_before_a_day_put_in_before_the_first_counts_once_it_is_known():
    asset = make_asset("a")
    for offset, recorded_on in ((1, 8), (2, 6), (3, 7), (4, 4)):
        make_price(asset, day(offset), "1", recorded_at=close_of(day(recorded_on)))
    market = window(0, 9)

    ages = [market.snapshot(day(9), close_of(day(known)))[0].age_days for known in (4, 5, 6, 7, 8)]

    assert ages == [5, 5, 7, 7, 8]


def test_last_closes_of_a_window_look_back_but_never_ahead(two_assets):
    market = window()

    assert market.last_closes(day(2)) == get_last_closes(asset_ids=["a", "b"], day=day(2))
    assert market.last_closes(day(0)) == {"a": LastClose(day(0), Decimal(10))}
    assert market.closes(day(2)) == {}


def test_classifications_hold_from_their_first_to_before_their_last_day(two_assets):
    asset, _ = two_assets
    make_classification(asset, valid_from=day(1), valid_to=day(2), sector="defi")
    make_classification(asset, valid_from=day(3), sector="ai")
    market = window()

    sectors = []
    for offset in range(4):
        classification = market.snapshot(day(offset), NOW)[0].classification
        sectors.append(classification and classification.sector)

    assert sectors == [None, "defi", None, "ai"]


def test_universes_never_mix(two_assets):
    make_price(make_asset("sim-a", simulated=True), day(1), "1")
    make_asset("eur", kind=Asset.Kind.FIAT)

    assert [row.asset_id for row in window(simulated=True).snapshot(day(1), NOW)] == ["sim-a"]
    assert "sim-a" not in window().closes(day(1))


def test_a_window_takes_five_queries_whatever_its_size(two_assets, django_assert_num_queries):
    with django_assert_num_queries(5):
        market = window(0, 30)
    with django_assert_num_queries(0):
        market.snapshot(day(3), NOW)
        market.closes(day(3))
        market.last_closes(day(3))


def test_exact_closes_of_a_day_are_those_known_at_an_instant(revised):
    market = window(0, 30)

    assert market.known_closes(day(0), soon_after(9)) == {"a": Decimal(10)}
    assert market.known_closes(day(0), soon_after(10)) == {"a": Decimal(12)}
    assert market.known_closes(day(1), soon_after(10)) == {}


def test_the_matrix_of_closes_has_a_row_a_day_and_a_column_an_asset(two_assets):
    market = window(0, 3)

    matrix = market.close_matrix(["b", "a"], day(3), days=3, known_at=NOW)

    np.testing.assert_array_equal(matrix, [[5.0, 11.0], [np.nan, np.nan], [np.nan, 13.0]])
    assert market.close_matrix(["a"], day(0), days=2, known_at=NOW).shape == (2, 1)


def test_the_matrix_of_closes_does_not_see_a_later_revision(revised):
    market = window(0, 30)

    assert market.close_matrix(["a"], day(0), days=1, known_at=soon_after(9)).tolist() == [[10.0]]
    assert market.close_matrix(["a"], day(0), days=1, known_at=soon_after(10)).tolist() == [[12.0]]


def test_a_snapshot_has_the_newest_diligence_that_was_known(two_assets):
    reviewer = make_user()
    scores = {"team": 4, "technology": 4, "demand": 3, "regulation": 2, "security": 5, "liquidity": 4}
    for offset, team in ((0, 4), (2, 1)):
        DueDiligence.objects.create(
            asset_id="a",
            reviewed_on=day(offset),
            reviewer=reviewer,
            recorded_at=soon_after(offset),
            evidence="Public code and audits.",
            **scores | {"team": team},
        )
    market = window(0, 3)

    def score(offset, known):
        return next(row.diligence for row in market.snapshot(day(offset), soon_after(known)) if row.asset_id == "a")

    assert score(0, 0) == Decimal("3.6667")  # 22 / 6
    assert score(3, 1) == Decimal("3.6667")
    assert score(3, 3) == Decimal("3.1667")  # 19 / 6
    assert next(row for row in market.snapshot(day(3), NOW) if row.asset_id == "b").diligence is None


def test_an_empty_universe_gives_empty_answers():
    market = load_market_window(simulated=True, start=date(2020, 1, 1), end=date(2020, 1, 31))

    assert market.snapshot(date(2020, 1, 1), NOW) == []
    assert market.last_closes(date(2020, 1, 1)) == {}
