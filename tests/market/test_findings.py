"""What is odd in the data: by hand, and the same whatever the order in which days come."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from market.models import Asset, DailyPrice, DataFinding
from market.services import find_problems, revise_price
from tests.factories import make_asset, make_classification, make_price
from tests.market.factories import NOW, day

pytestmark = pytest.mark.django_db


def priced(asset_id, closes, *, caps=None, volumes=None, simulated=False):
    """Price an asset on consecutive days from day(0); None leaves a gap. Volumes differ from day to day."""
    asset = make_asset(asset_id, simulated=simulated)
    for offset, close in enumerate(closes):
        if close is not None:
            cap = caps[offset] if caps else 1
            volume = volumes[offset] if volumes else offset
            make_price(asset, day(offset), close, market_cap=cap, volume=volume)
    return asset


def found(start=0, end=30):
    """Look for problems and return them as (kind, first, last, days), days as offsets."""
    find_problems(simulated=False, start=day(start), end=day(end), at=NOW)
    rows = DataFinding.objects.order_by("first_day", "kind")
    return [(row.kind, (row.first_day - day(0)).days, (row.last_day - day(0)).days, row.days) for row in rows]


def test_a_gap_lies_between_two_prices():
    priced("a", ["1", None, None, "1", "1", None, "1"])

    assert found() == [("gap", 1, 2, 2), ("gap", 5, 5, 1)]


def test_days_before_the_first_and_after_the_last_price_are_no_gap():
    priced("a", [None, "1", "1", None])

    assert found() == []


@pytest.mark.parametrize(
    ("closes", "jumps"),
    [
        (["100", "150"], 0),
        (["100", "150.000000000000000001"], 1),
        (["100", "50"], 0),
        (["100", "49.999999999999999999"], 1),
        (["100", None, "400"], 0),
    ],
)
def test_a_jump_is_more_than_half_of_the_day_before(closes, jumps):
    priced("a", closes)

    find_problems(simulated=False, start=day(0), end=day(5), at=NOW)

    assert DataFinding.objects.filter(kind="jump").count() == jumps


def test_a_jump_says_from_where_to_where():
    priced("a", ["33.14", "0.0012"])

    find_problems(simulated=False, start=day(0), end=day(5), at=NOW)

    assert DataFinding.objects.get().detail == "-100.0% in a day: from 33.14 to 0.0012 USD"


def test_unknown_market_caps_are_ranges_of_days():
    priced("a", ["1"] * 5, caps=[None, None, 5, None, 5])

    assert found() == [("zero_cap", 0, 1, 2), ("zero_cap", 3, 3, 1)]


def test_an_asset_is_stale_when_others_went_on_for_more_than_two_days():
    priced("a", ["1", "1"])
    priced("b", ["1"] * 4)
    assert found() == []

    make_price(DailyPrice.objects.filter(asset="b")[0].asset, day(4), "1", volume=9)

    assert found() == [("stale", 2, 4, 3)]
    assert DataFinding.objects.get().detail == "last price on 2023-03-02"


def test_numbers_that_repeat_the_day_before_are_no_new_price():
    priced("a", ["1", "2.5", "2.5", "2.5", "2.5", "2"], volumes=[1, 7, 7, 7, 8, 1])

    assert ("stale", 2, 3, 2) in found()
    assert DataFinding.objects.get(kind="stale").detail == "price, market cap and volume of 2023-03-02 again"


def test_an_equal_price_without_a_known_volume_proves_nothing():
    priced("a", ["2", "2"], volumes=[None, None])

    assert found() == []


def test_a_peg_breaks_at_more_than_one_percent_and_only_for_what_is_stable_then():
    asset = priced("a", ["1.01", "0.99", "1.010000000000000001", "0.98", "1", "0.9"])
    priced("b", ["5"] * 6)
    make_classification(asset, is_stable=True, valid_to=day(5), valid_from=date(2010, 1, 1))

    assert found() == [("peg_break", 2, 3, 2)]
    assert DataFinding.objects.get().detail == "furthest from 1 USD on 2023-03-04: 0.98"


def test_the_same_look_again_changes_nothing():
    priced("a", ["1", None, "3", "9"], caps=[None, 1, 1, 1])
    found()
    before = list(DataFinding.objects.values())

    assert find_problems(simulated=False, start=day(0), end=day(30), at=NOW + timedelta(days=1)) == 0
    assert list(DataFinding.objects.values()) == before


def test_what_no_longer_holds_goes_and_refused_values_stay():
    asset = priced("a", ["1", None, "1"])
    refused = DataFinding.objects.create(
        asset=asset, kind="rejected", first_day=day(1), last_day=day(1), detail="zero", found_at=NOW
    )
    found()

    make_price(asset, day(1), "1", volume=77)

    assert found(1, 1) == [("rejected", 1, 1, 1)]
    assert DataFinding.objects.get() == refused


def test_a_correction_moves_the_findings_of_its_day_and_of_the_next():
    priced("a", ["1", "9", "1"])
    assert found() == [("jump", 1, 1, 1), ("jump", 2, 2, 1)]

    wrong = DailyPrice.objects.get(day=day(1))
    revise_price(price=wrong, close=Decimal("1.1"), market_cap=wrong.market_cap, volume=wrong.volume, at=NOW)

    assert not DataFinding.objects.exists()


def test_universes_are_looked_at_apart():
    priced("sim-a", ["1", "5"], simulated=True)

    assert found() == []


def test_looking_takes_the_same_queries_for_any_number_of_assets(django_assert_num_queries):
    for number in range(5):
        priced(f"coin{number}", ["1", "1", "1"])

    with django_assert_num_queries(6):  # four reads between SAVEPOINT and RELEASE
        find_problems(simulated=False, start=day(1), end=day(1), at=NOW)


histories = st.lists(st.sampled_from([None, "1", "1.005", "1.02", "5"]), min_size=1, max_size=12)
cuts = st.lists(st.integers(1, 11), max_size=4)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories, histories, cuts, st.randoms(use_true_random=False))
def test_days_in_any_order_of_windows_give_the_findings_of_one_look(first, second, cuts, random):
    DataFinding.objects.all().delete()
    DailyPrice.objects.all().delete()
    edges = sorted({0, 12, *cuts})
    windows = list(zip(edges, (edge - 1 for edge in edges[1:]), strict=False))
    random.shuffle(windows)
    Asset.objects.all().delete()
    assets = {asset_id: make_asset(asset_id) for asset_id in ("a", "b")}
    make_classification(assets["a"], is_stable=True)

    for start, end in windows:
        for asset_id, closes in (("a", first), ("b", second)):
            for offset, close in enumerate(closes):
                if close and start <= offset <= end:
                    cap = None if close == "1.02" else 1
                    make_price(assets[asset_id], day(offset), close, market_cap=cap, volume=offset // 3)
        find_problems(simulated=False, start=day(start), end=day(end), at=NOW)

    step_by_step = _findings()
    DataFinding.objects.all().delete()
    find_problems(simulated=False, start=day(0), end=day(12), at=NOW)
    assert step_by_step == _findings()


def _findings():
    fields = ("asset_id", "kind", "first_day", "last_day", "days", "detail")
    return sorted(DataFinding.objects.values_list(*fields))
