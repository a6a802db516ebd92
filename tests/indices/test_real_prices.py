"""Indices on real prices; the whole replay is in tests/test_real_market.py."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from indices.models import Holding, Index, Level, Review
from indices.services import load_presets, run_window

FOLDER = Path(os.environ.get("MARKET_FILES", settings.BASE_DIR.parent / "shared" / "market"))
AT = datetime(2023, 8, 29, tzinfo=UTC)

pytestmark = [
    pytest.mark.market,
    pytest.mark.django_db,
    pytest.mark.skipif(not (FOLDER / "coins_daily.csv.gz").exists(), reason=f"no real prices in {FOLDER}"),
]


@pytest.fixture
def market(capsys):
    """Import the real files."""
    call_command("import_prices", str(FOLDER / "coins_daily.csv.gz"))
    call_command("import_classifications", str(FOLDER / "classifications.csv"))
    capsys.readouterr()


def test_half_a_year_and_the_month_in_which_a_coin_died(market):
    load_presets(at=AT)
    top = Index.objects.get(slug="top-10-cap")

    assert run_window(start=date(2018, 1, 1), end=date(2018, 6, 30), at=AT).problems == []
    assert run_window(start=date(2018, 7, 1), end=date(2022, 5, 31), at=AT).problems == []

    first, in_may = (Holding.objects.filter(rebalance__index=top, rebalance__effective_day=day) for day in (
        date(2018, 1, 1), date(2022, 5, 1),
    ))  # fmt: skip
    reviews = Review.objects.filter(index=top)
    before, fallen = (Level.objects.get(index=top, day=date(2022, 5, day)).gross for day in (8, 13))
    assert {"bitcoin", "ethereum", "ripple"} <= set(first.values_list("asset", flat=True))
    assert reviews.count() == 54
    assert "terra-luna" in in_may.values_list("asset", flat=True)
    assert reviews.latest("cutoff_day").lines.get(asset="terra-luna").is_incumbent
    assert before
    assert fallen
    assert fallen < before * 9 / 10
    assert Index.objects.get(slug="memecoin-equal").reviews.filter(status="needs_review").exists()
