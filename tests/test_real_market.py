"""The main job on real prices: eight years of 48 coins in, levels, reviews and valuations out."""

import json
import os
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from analytics.models import Valuation
from analytics.services import run_nights
from indices.models import Index, Level, Review
from market.models import DailyPrice, DataFinding
from portfolios.services import add_sleeve, invest, open_portfolio, record_transaction
from tests.factories import make_user

FOLDER = Path(os.environ.get("MARKET_FILES", settings.BASE_DIR.parent / "shared" / "market"))
FIRST = date(2018, 1, 1)
LAST = date(2023, 8, 28)

pytestmark = [
    pytest.mark.market,
    pytest.mark.django_db,
    pytest.mark.skipif(not (FOLDER / "coins_daily.csv.gz").exists(), reason=f"no real prices in {FOLDER}"),
]


@pytest.fixture
def imported(capsys):
    """Import the real files by their commands and return the summaries."""
    call_command("import_prices", str(FOLDER / "coins_daily.csv.gz"), format="json")
    prices = json.loads(capsys.readouterr().out)
    call_command("import_classifications", str(FOLDER / "classifications.csv"), format="json")
    classifications = json.loads(capsys.readouterr().out)
    return prices, classifications


def test_every_row_comes_in_and_every_oddity_is_listed(imported):
    prices, classifications = imported

    assert prices["rows_read"] == 85_996
    assert prices["rows_new"] == DailyPrice.objects.current().count() == 85_996
    assert {"gap", "zero_cap", "jump", "stale", "peg_break"} <= set(DataFinding.objects.values_list("kind", flat=True))
    assert DataFinding.objects.filter(asset="tether", kind="gap").exists()
    assert DataFinding.objects.filter(asset="usd-coin", kind="peg_break", first_day__year=2023).exists()
    assert len(classifications["skipped"]) == 37


def test_top_10_cap_runs_from_2018_with_a_level_a_day_and_68_reviews(imported, capsys):
    call_command("load_presets")
    call_command("nightly", "--from", FIRST.isoformat(), "--to", LAST.isoformat())
    capsys.readouterr()
    index = Index.objects.get(slug="top-10-cap")
    days = (LAST - FIRST).days + 1
    owner = make_user()
    now = datetime(2023, 8, 29, 6, tzinfo=UTC)
    portfolio = open_portfolio(owner=owner, name="Since 2018", at=now)
    sleeve = add_sleeve(portfolio=portfolio, index=index, tier="core", target_weight=Decimal(1))
    record_transaction(
        portfolio=portfolio,
        kind="deposit",
        at=datetime(2018, 1, 1, tzinfo=UTC),
        asset="usd",
        quantity=Decimal(10_000),
        token="deposit",
        source="test",
        now=now,
    )
    invest(portfolio=portfolio, sleeve=sleeve, amount=Decimal(10_000), day=FIRST, token="all", source="test", at=now)
    run_nights(start=FIRST, end=LAST, at=now)

    levels = Level.objects.current().filter(index=index)
    reviews = Review.objects.filter(index=index).order_by("cutoff_day")
    first = {line.asset_id for line in reviews[0].lines.all() if line.is_selected}
    values = list(Valuation.objects.filter(portfolio=portfolio).order_by("day").values_list("day", "value"))
    before_the_fall = reviews.get(effective_day=date(2022, 5, 1)).lines.get(asset="terra-luna")

    assert levels.count() == days == 2066
    assert not levels.exclude(status="final").exists()
    assert reviews.count() == 68
    assert not reviews.filter(lines__reason="").exists()
    assert {"bitcoin", "ethereum", "ripple"} <= first
    assert before_the_fall.is_selected
    assert [day for day, _ in values] == [FIRST + timedelta(days=offset) for offset in range(days)]
    assert Decimal(9_970) < values[0][1] < Decimal(10_000)
