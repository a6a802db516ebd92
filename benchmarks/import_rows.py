"""Import a canonical CSV of 100,000 rows and say how many rows a second each phase takes, and how much memory.

Run it as `python benchmarks/import_rows.py [ROWS]`, with DATABASE_URL for PostgreSQL, without it for SQLite. It makes
a database of its own and drops it afterwards. The contract: validation, duplicate check and commit together take at
least 8,000 rows a second, and never more than 400 MB.
"""

import csv
import io
import os
import random
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
FOLDER = tempfile.mkdtemp(prefix="import_rows_")
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "SECRET_KEY": "benchmark",
    "DATA_DIR": os.environ.get("BENCH_DIR", FOLDER),
}

import django

django.setup()

from django.test.runner import DiscoverRunner

from accounts.models import User
from market.models import Asset
from portfolios import services
from portfolios.importers.canonical import COLUMNS
from portfolios.models import Entry, ImportBatch, Portfolio, Transaction
from portfolios.services import imports

COINS = ("bitcoin", "ethereum", "solana", "cardano", "dogecoin")
KINDS = ("buy", "buy", "buy", "sell", "swap", "transfer")
BEGAN = datetime(2017, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def make_file(rows: int) -> bytes:
    """Write buys, sells, swaps and transfers that never go below zero, after one deposit."""
    randomness = random.Random(7)
    text = io.StringIO()
    sheet = csv.DictWriter(text, COLUMNS)
    sheet.writeheader()
    held = dict.fromkeys(COINS, Decimal(0))
    at = BEGAN
    sheet.writerow(
        {"timestamp": at.isoformat(), "kind": "deposit", "wallet": "Kraken", "asset": "usd", "quantity": 10**12}
    )
    for number in range(rows - 1):
        at += timedelta(seconds=randomness.randrange(1, 2_000))
        coin = randomness.choice(COINS)
        price = Decimal(randomness.randrange(10**4, 10**8)).scaleb(-4)
        quantity = Decimal(randomness.randrange(1, 10**8)).scaleb(-8)
        row = {
            "timestamp": at.isoformat(), "wallet": "Kraken", "asset": coin, "quantity": quantity, "note": "",
            "external_id": f"T{number:08d}", "kind": randomness.choice(KINDS),
        }  # fmt: skip
        if held[coin] < quantity:
            row["kind"] = "buy"
        if row["kind"] in {"buy", "sell"}:
            row |= {"price": price, "currency": "USD", "fee": (price * quantity / 1000).quantize(Decimal("1e-8"))}
        elif row["kind"] == "swap":
            other = randomness.choice([each for each in COINS if each != coin])
            row |= {"received_asset": other, "received_quantity": quantity}
            held[other] += quantity
        else:
            row |= {"to_wallet": "Ledger", "fee": Decimal("0.00000001"), "fee_asset": coin}
            if quantity <= Decimal("0.00000001"):
                row["quantity"] = quantity = Decimal("0.00000002")
        held[coin] += quantity if row["kind"] == "buy" else -quantity
        sheet.writerow(row)
    return text.getvalue().encode()


def timed(what: str, rows: int, work: object) -> float:
    """Run a phase, and say how fast it was."""
    began = time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    print(f"{what:<42}{seconds:8.2f} s {rows / seconds:10,.0f} rows/s {peak():6.0f} MB")
    return seconds


def peak() -> float:
    """Return the most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(rows: int) -> None:
    """Measure each phase."""
    content = make_file(rows)
    owner = User.objects.create_user(email="owner@example.com")
    portfolio = services.open_portfolio(owner=owner, name="Benchmark", at=BEGAN)
    Asset.objects.bulk_create(Asset(id=coin, symbol=coin[:4].upper(), name=coin) for coin in COINS)
    print(f"{rows:,} rows, {len(content) / 1e6:.1f} MB, {peak():.0f} MB of memory before")
    batch = start(portfolio, owner, content, "first")
    first = timed("read, validate, find duplicates, preview", rows, lambda: imports.run_requested_imports(at=NOW))
    imports.request_commit(batch=batch, at=NOW)
    second = timed("validate again, find duplicates, commit", rows, lambda: imports.run_requested_imports(at=NOW))
    print(f"{'validation, duplicate check and commit':<42}{'':10} {rows / second:10,.0f} rows/s")
    print(f"{'the whole, from the file to the ledger':<42}{'':10} {rows / (first + second):10,.0f} rows/s")
    batch.refresh_from_db()
    written = Transaction.objects.filter(portfolio=portfolio).count()
    print(batch.step, batch.message, batch.counts, f"{written:,} transactions, {Entry.objects.count():,} entries")
    again = start(portfolio, owner, content, "second")
    timed("the same file again: all duplicates", rows, lambda: imports.run_requested_imports(at=NOW))
    again.refresh_from_db()
    print(again.counts)
    imports.request_undo(batch=batch, at=NOW)
    timed("undo", rows, lambda: imports.run_requested_imports(at=NOW))


def start(portfolio: Portfolio, owner: User, content: bytes, token: str) -> ImportBatch:
    """Ask for an import of the file."""
    return imports.start_import(
        portfolio=portfolio, wallet=portfolio.wallets.get(name="Main exchange account"), by=owner,
        file_name="history.csv", content=content, token=token, at=NOW,
    )  # fmt: skip


if __name__ == "__main__":
    runner = DiscoverRunner(verbosity=0, interactive=False)
    old = runner.setup_databases()
    try:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
    finally:
        runner.teardown_databases(old)
