"""The curators' replay of eight real years, from the request to the result, on a scratch database.

python benchmarks/admin_replay.py ../shared/market/coins_daily.csv.gz [--runs 5]

The classifications are read from beside the prices. The target: under 2 s each, the comparison with the version in
force included.
"""

import argparse
import json
import os
import statistics
import sys
import time
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import connection

from accounts.models import User
from analytics.models import Backtest
from analytics.services import request_backtest, run_requested_backtests
from indices.calc.rules import Rules
from indices.models import Index
from indices.services import load_presets, save_draft

SPAN = (date(2015, 9, 1), date(2023, 8, 28))
PRESETS = ("top-10-cap", "top-25-sqrt", "regime-100", "risk-balanced-15")


def main() -> None:
    """Import the prices, then measure each preset as a draft of a second version."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prices", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        quiet = StringIO()
        call_command("import_prices", str(options.prices), stdout=quiet, stderr=quiet)
        call_command("import_classifications", str(options.prices.parent / "classifications.csv"), stdout=quiet)
        load_presets(at=datetime.now(UTC))
        curator = User.objects.create_superuser(email="bench@example.com")
        print(f"{connection.vendor}: {SPAN[0]} to {SPAN[1]}, seconds from request to result, of {options.runs} runs")
        for slug in PRESETS:
            measure(slug, curator, options.runs)
    finally:
        connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)


def measure(slug: str, curator: User, runs: int) -> None:
    """Print the seconds of one preset's replay."""
    index = Index.objects.get(slug=slug)
    rules = Rules.from_params(index.methodologies.get().params)
    draft = save_draft(index_id=index.pk, rules=rules, effective_from=None, author=curator)
    seconds, processor = [], []
    for _ in range(runs):
        began, began_work = time.perf_counter(), time.process_time()
        asked = request_backtest(methodology_id=draft.pk, span=SPAN, by=curator, at=datetime.now(UTC))
        run_requested_backtests(at=datetime.now(UTC))
        seconds.append(time.perf_counter() - began)
        processor.append(time.process_time() - began_work)
        asked.refresh_from_db()
        assert asked.status == Backtest.Status.DONE, asked.message
    size = len(json.dumps(asked.result)) / 1000
    print(
        f"{slug:18} median {statistics.median(seconds):5.2f}  fastest {min(seconds):5.2f}  "
        f"of the processor alone {min(processor):5.2f}  "
        f"{asked.result['reviews']:4} reviews, {asked.result['rebalances']:4} rebalances, {size:4.0f} kB"
    )


if __name__ == "__main__":
    main()
