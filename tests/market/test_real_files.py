"""The real prices beside the repository: everything comes in, and what is odd in them is listed."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from market.models import SOURCE_LAG, Asset, Classification, DailyPrice, DataFinding, close_of
from market.selectors import load_market_window
from market.services import find_problems, import_classifications, import_prices

FOLDER = Path(os.environ.get("MARKET_FILES", settings.BASE_DIR.parent / "shared" / "market"))
PRICES = FOLDER / "coins_daily.csv.gz"
AT = datetime(2023, 9, 1, tzinfo=UTC)
FIRST, LAST = date(2015, 1, 1), date(2023, 8, 28)

pytestmark = [
    pytest.mark.market,
    pytest.mark.django_db,
    pytest.mark.skipif(not PRICES.exists(), reason=f"no real prices in {FOLDER}"),
]


@pytest.fixture(scope="module")
def imported(django_db_setup, django_db_blocker) -> Iterator[tuple[Any, Any]]:
    """Import both files once for the tests of this file; return what was said of prices and of classifications."""
    with django_db_blocker.unblock(), transaction.atomic():
        prices = import_prices(files=[PRICES], at=AT)
        yield prices, import_classifications(file=FOLDER / "classifications.csv", at=AT)
        transaction.set_rollback(True)


def findings():
    """Return all findings in a fixed order."""
    fields = ("asset_id", "kind", "first_day", "last_day", "days", "detail")
    return sorted(DataFinding.objects.values_list(*fields))


def test_the_real_files_come_in_whole_and_again_change_nothing(imported):
    result, classified = imported
    before = findings()
    again = import_prices(files=[PRICES], at=AT + timedelta(days=1))

    assert (result.rows_read, result.rows_new, result.assets_new) == (85_996, 85_996, 48)
    assert (result.first_day, result.last_day) == (FIRST, LAST)
    assert (result.values_rounded, result.rows_without_market_cap) == (150, 1_787)
    assert (classified.classifications_new, len(classified.skipped)) == (48, 37)
    assert (again.rows_unchanged, again.rows_new, again.rows_revised) == (85_996, 0, 0)
    assert findings() == before
    assert DailyPrice.objects.count() == 85_996
    assert not DailyPrice.objects.filter(reconstructed=False).exists()
    assert Asset.objects.count() == Classification.objects.count() == 48


def test_the_oddities_that_the_real_files_are_known_for_are_listed(imported):
    at_once = findings()
    gaps = DataFinding.objects.filter(kind="gap")
    jumps = DataFinding.objects.filter(kind="jump")
    pegs = DataFinding.objects.filter(kind="peg_break")

    for coin, days in {"tether": 23, "shiba-inu": 14, "stellar": 6}.items():
        assert sum(gaps.filter(asset=coin).values_list("days", flat=True)) == days
    assert sum(DataFinding.objects.filter(kind="zero_cap").values_list("days", flat=True)) == 1_787
    assert jumps.filter(asset="terra-luna", first_day__range=("2022-05-10", "2022-05-13")).count() == 2
    assert jumps.filter(asset="ftx-token", first_day__range=("2022-11-07", "2022-11-10")).exists()
    assert pegs.filter(asset="usd-coin", first_day__lte="2023-03-12", last_day__gte="2023-03-12").exists()
    assert pegs.filter(asset="dai", first_day__lte="2020-03-13", last_day__gte="2020-03-13").exists()
    assert DataFinding.objects.filter(kind="stale", asset="bitcoin-cash", first_day="2019-10-03").exists()

    DataFinding.objects.all().delete()
    for start in range(0, (LAST - FIRST).days + 1, 180):
        first = FIRST + timedelta(days=start)
        find_problems(simulated=False, start=first, end=first + timedelta(days=179), at=AT)
    assert findings() == at_once


def test_a_snapshot_of_the_real_market_sees_a_coin_before_it_fell(imported):
    window = load_market_window(simulated=False, start=date(2022, 5, 1), end=date(2022, 5, 31))

    known = close_of(date(2022, 5, 10)) + SOURCE_LAG
    rows = {row.asset_id: row for row in window.snapshot(date(2022, 5, 10), known)}
    earlier = window.snapshot(date(2022, 5, 31), known - timedelta(seconds=1))

    assert rows["terra-luna"].close == Decimal("33.14368214")
    assert {row.last_priced_day for row in earlier} == {date(2022, 5, 9)}


@pytest.mark.benchmark
def test_the_real_prices_come_in_within_30_seconds():
    assert import_prices(files=[PRICES], at=AT).seconds < 30
