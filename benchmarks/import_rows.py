"""An import of many rows, phase by phase, on a scratch database beside the configured one.

python benchmarks/import_rows.py [--rows 100000]

The target, on PostgreSQL and on SQLite: validation, duplicate check and commit of 100,000 rows of our own CSV at 8,000
rows a second or more, with less than 400 MB of memory. The seconds of the processor are this process's, and those of
the PostgreSQL process that serves it where they can be read: on a busy machine they say more than the clock.
"""

import argparse
import csv
import io
import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.db import connection

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


def run(what: str, rows: int) -> float:
    """Let the worker take its turn, say how fast it was, and return the seconds."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the most memory is counted from here on
    clock, busy, served = time.perf_counter(), time.process_time(), server_seconds()
    imports.run_requested_imports(at=NOW)
    seconds, used = time.perf_counter() - clock, time.process_time() - busy + server_seconds() - served
    print(
        f"{what:<40}{seconds:7.2f} s {rows / seconds:9,.0f} rows/s;  processor {used:7.2f} s "
        f"{rows / used:9,.0f} rows/s;  {memory():4.0f} MB"
    )
    return seconds


def server_seconds() -> float:
    """Return the processor time of the process of PostgreSQL that serves this one; 0 where there is none."""
    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        stat = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory() -> float:
    """Return the most memory that this process has had, in MB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def measure(rows: int) -> None:
    """Measure each phase of one import, of the same file again, and of the undo."""
    content = make_file(rows)
    owner = User.objects.create_user(email="owner@example.com")
    portfolio = services.open_portfolio(owner=owner, name="Benchmark", at=BEGAN)
    Asset.objects.bulk_create(Asset(id=coin, symbol=coin[:4].upper(), name=coin) for coin in COINS)
    print(f"{connection.vendor}: {rows:,} rows, {len(content) / 1e6:.1f} MB")
    batch = start(portfolio, content, "first")
    read = run("parse, validate, find duplicates, preview", rows)
    imports.request_commit(batch=batch, at=NOW)
    written = run("validate, find duplicates, commit", rows)
    print(f"{'from the file to the ledger':<40}{read + written:7.2f} s {rows / (read + written):9,.0f} rows/s")
    batch.refresh_from_db()
    assert (batch.step, batch.counts["imported"]) == ("committed", rows), batch.message
    print(f"{Transaction.objects.count():,} transactions, {Entry.objects.count():,} entries")
    again = start(portfolio, content, "second")
    run("the same file again", rows)
    again.refresh_from_db()
    assert again.counts["duplicate"] == rows
    imports.request_undo(batch=batch, at=NOW)
    run("undo", rows)


def start(portfolio: Portfolio, content: bytes, token: str) -> ImportBatch:
    """Ask for an import of the file."""
    return imports.start_import(
        portfolio=portfolio, wallet=portfolio.wallets.get(name="Main exchange account"), by=portfolio.owner,
        file_name="history.csv", content=content, token=token, at=NOW,
    )  # fmt: skip


def url_of_scratch() -> str:
    """Return where the scratch database is."""
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{known['NAME']}"
    host, port = known["HOST"] or "localhost", known["PORT"] or 5432
    return f"postgres://{known['USER']}:{known['PASSWORD']}@{host}:{port}/{known['NAME']}"


def main() -> None:
    """Make the scratch database, measure, and drop it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--here", action="store_true", help="measure on the configured database itself, which is empty")
    options = parser.parse_args()
    if options.here:
        measure(options.rows)
        return
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        # In a process of its own: the migrations have taken more memory than an import does.
        command = [sys.executable, __file__, "--here", "--rows", str(options.rows)]
        subprocess.run(command, env=os.environ | {"DATABASE_URL": url_of_scratch()}, check=True)  # noqa: S603 - this very file
    finally:
        connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)


if __name__ == "__main__":
    main()
