"""What real prices that are revised years later do to what was decided before: nothing."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import transaction

from indices.models import Index, Rebalance, Review, ReviewLine
from indices.services import load_presets, run_window
from market.models import DailyPrice
from tests.real_market import CLASSES, FOLDER, NOW, PRICES

FIRST = date(2022, 4, 1)
END = date(2022, 6, 10)
LATE = datetime(2023, 8, 1, tzinfo=UTC)

pytestmark = [
    pytest.mark.market,
    pytest.mark.django_db,
    pytest.mark.skipif(not PRICES.exists(), reason=f"no real prices in {FOLDER}"),
]


@pytest.fixture
def market(capsys):
    """Import the real files."""
    call_command("import_prices", str(PRICES))
    call_command("import_classifications", str(CLASSES))
    capsys.readouterr()


def decided() -> list[list[tuple[object, ...]]]:
    """Replay the months in which a coin died under all presets, from nothing; return verdicts, weights and digests."""
    with transaction.atomic():
        load_presets(at=NOW)
        assert run_window(start=FIRST, end=END, at=NOW).problems == []
        reviews = Review.objects.order_by("index__slug", "cutoff_day")
        lines = ReviewLine.objects.order_by("review__index__slug", "review__cutoff_day", "asset")
        baskets = Rebalance.objects.order_by("index__slug", "effective_day")
        told: list[list[tuple[object, ...]]] = [
            list(reviews.values_list("index__slug", "cutoff_day", "kind", "status", "reason", "snapshot_hash")),
            list(lines.values_list("asset", "rank", "reason", "detail", "raw_weight", "base_weight", "weight")),
            list(baskets.values_list("effective_day", "run_hash", "result_hash", "prev_hash")),
        ]
        transaction.set_rollback(True)
    assert not Index.objects.exists()
    return told


def revise_all_but(days: set[date]) -> int:
    """Revise every price of half a year but those of some days: a tenth of the close, no cap, nothing traded."""
    half_year = DailyPrice.objects.filter(day__range=(END - timedelta(days=180), END)).exclude(day__in=days)
    old = list(half_year)
    half_year.update(superseded_at=LATE)
    DailyPrice.objects.bulk_create(
        DailyPrice(
            asset_id=price.asset_id,
            day=price.day,
            close=price.close / 10,
            market_cap=None,
            volume=Decimal(0),
            source="late",
            recorded_at=LATE,
        )
        for price in old
    )
    return len(old)


def test_prices_revised_a_year_later_change_no_verdict_no_weight_and_no_digest(market):
    told = decided()
    # Units are fixed at the closes of effective days, so those stay.
    effective_days = {day for day, *_ in told[2] if isinstance(day, date)}

    assert revise_all_but(effective_days) > 7000
    assert decided() == told
    assert len(told[0]) > 60
    assert any(row[0] == "terra-luna" and row[6] for row in told[1])
