"""Stages 3 and 4 of one night for many portfolios, on a scratch database beside the configured one.

python benchmarks/nightly.py [--portfolios 5000] [--holdings 12]

The target: 5,000 portfolios x 12 holdings under 20 s on PostgreSQL with one worker.
"""

import argparse
import os
import random
import sys
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.db import connection

from accounts.models import User
from analytics.models import RiskReport, Valuation
from analytics.services import run_nights
from market.models import Asset, DailyPrice, close_of
from portfolios.models import Entry, Portfolio, Transaction, Wallet

ASSETS = 100
DAYS = 400
LAST = date(2025, 6, 30)
FIRST = LAST - timedelta(days=DAYS - 1)
FUNDED = LAST - timedelta(days=3)
AT = datetime(2025, 7, 1, 1, tzinfo=UTC)


def main() -> None:
    """Fill the database, run the night before and then the night that is measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--portfolios", type=int, default=5000)
    parser.add_argument("--holdings", type=int, default=12)
    options = parser.parse_args()
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        measure(options.portfolios, options.holdings)
    finally:
        connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)


def measure(portfolios: int, holdings: int) -> None:
    """Print the seconds of the stages of one ordinary night."""
    rng = random.Random(1)
    make_market(rng)
    make_portfolios(portfolios, holdings, rng)
    run_nights(start=LAST - timedelta(days=1), end=LAST - timedelta(days=1), at=AT)
    before = Valuation.objects.count()

    began = time.perf_counter()
    result = run_nights(start=LAST, end=LAST, at=AT)
    seconds = time.perf_counter() - began

    assert result.statuses == {"done": 1}, result.problems
    assert Valuation.objects.count() == before + portfolios == RiskReport.objects.count()
    print(f"{connection.vendor}: {portfolios} portfolios x {holdings} holdings, {ASSETS} assets, one process")
    print(f"stage 3, valuations  {result.valuation_seconds:6.2f} s")
    print(f"stage 4, risk        {result.risk_seconds:6.2f} s")
    print(f"the whole night      {seconds:6.2f} s  ({seconds / portfolios * 1000:.2f} ms a portfolio)")


def make_market(rng: random.Random) -> None:
    """Price assets by random walks, Bitcoin first."""
    names = ["bitcoin", *(f"asset-{number:03}" for number in range(1, ASSETS))]
    Asset.objects.create(id="usd", symbol="USD", name="US dollar", kind=Asset.Kind.FIAT)
    assets = Asset.objects.bulk_create(Asset(id=name, symbol=name[:8], name=name) for name in names)
    prices = []
    for asset in assets:
        close = Decimal(rng.randint(1, 50_000))
        for offset in range(DAYS):
            day = FIRST + timedelta(days=offset)
            close = max(round(close * Decimal(1 + rng.gauss(0, 0.03)), 8), Decimal("0.00000001"))
            prices.append(DailyPrice(asset=asset, day=day, close=close, source="bench", recorded_at=close_of(day)))
    DailyPrice.objects.bulk_create(prices, batch_size=5000)


def make_portfolios(count: int, holdings: int, rng: random.Random) -> None:
    """Give each portfolio a deposit and as many purchases as it has holdings."""
    owner = User.objects.create_user(email="bench@example.com")
    at = datetime.combine(FUNDED, datetime.min.time(), tzinfo=UTC)
    portfolios = Portfolio.objects.bulk_create(Portfolio(owner=owner, name=f"{number}") for number in range(count))
    wallets = Wallet.objects.bulk_create(Wallet(portfolio=portfolio, name="Main") for portfolio in portfolios)
    assets = list(Asset.objects.exclude(id="usd"))
    facts = [
        Transaction(
            portfolio=portfolio,
            kind="deposit" if number == 0 else "buy",
            at=at + timedelta(hours=number),
            source="bench",
            token=str(number),
            created_at=at,
        )
        for portfolio in portfolios
        for number in range(holdings + 1)
    ]
    Transaction.objects.bulk_create(facts, batch_size=5000)
    entries = []
    for place, wallet in enumerate(wallets):
        own = facts[place * (holdings + 1) : (place + 1) * (holdings + 1)]
        entries.append(entry(own[0], wallet, "usd", Decimal(10_000)))
        for fact, asset in zip(own[1:], rng.sample(assets, holdings), strict=True):
            entries.append(entry(fact, wallet, asset.pk, Decimal(rng.randint(1, 10**9)).scaleb(-8)))
            entries.append(entry(fact, wallet, "usd", -Decimal(rng.randint(100, 800))))
    Entry.objects.bulk_create(entries, batch_size=5000)


def entry(fact: Transaction, wallet: Wallet, asset_id: str, quantity: Decimal) -> Entry:
    """Make one entry."""
    role = "payment" if asset_id == "usd" and fact.kind == "buy" else "principal"
    return Entry(
        portfolio=fact.portfolio, transaction=fact, at=fact.at, wallet=wallet, asset_id=asset_id, role=role,
        quantity=quantity,
    )  # fmt: skip


if __name__ == "__main__":
    main()
