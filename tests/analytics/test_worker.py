"""Real Celery workers: one in a thread on a broker in memory, and a prefork one that is killed in mid-night."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection

from analytics.models import NightlyRun, RiskReport, StageRun, Valuation
from config.celery import app
from market.models import Asset, DailyPrice, close_of
from portfolios.models import Entry, Portfolio, Transaction, Wallet
from tests.analytics.factories import dump
from tests.factories import make_asset, make_user

pytestmark = pytest.mark.worker

YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)
ON_SERVERS = connection.vendor == "postgresql" and bool(django_settings.REDIS_URL)
needs_servers = pytest.mark.skipif(not ON_SERVERS, reason="needs DATABASE_URL of PostgreSQL and REDIS_URL")


def make_market(days: int) -> None:
    """Price two assets up to yesterday."""
    Asset.objects.get_or_create(id="usd", defaults={"symbol": "USD", "name": "US dollar", "kind": "fiat"})
    for asset in (make_asset("bitcoin"), make_asset("coin")):
        DailyPrice.objects.bulk_create(
            DailyPrice(
                asset=asset,
                day=YESTERDAY - timedelta(days=age),
                close=Decimal(100 + age % 7),
                source="test",
                recorded_at=close_of(YESTERDAY - timedelta(days=age)),
            )
            for age in range(days)
        )


def make_portfolios(count: int) -> None:
    """Give many portfolios of one owner both assets, three days ago."""
    owner, at = make_user(), datetime.now(UTC) - timedelta(days=3)
    portfolios = Portfolio.objects.bulk_create(Portfolio(owner=owner, name=str(number)) for number in range(count))
    wallets = Wallet.objects.bulk_create(Wallet(portfolio=portfolio, name="Main") for portfolio in portfolios)
    old = at - timedelta(days=30)
    gifts = Transaction.objects.bulk_create(
        Transaction(portfolio=portfolio, kind="gift_in", at=at, source="test", token="gift", created_at=old)
        for portfolio in portfolios
    )
    Entry.objects.bulk_create(
        Entry(
            portfolio=gift.portfolio,
            transaction=gift,
            at=at,
            wallet=wallet,
            asset_id=asset_id,
            role="principal",
            quantity=Decimal(1 + gift.pk % 5),
        )
        for gift, wallet in zip(gifts, wallets, strict=True)
        for asset_id in ("bitcoin", "coin")
    )


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


@pytest.mark.django_db(transaction=True)
def test_a_worker_runs_the_night_that_a_tick_asks_for(memory_broker):
    make_market(40)
    make_portfolios(3)

    # Left to itself it would silence warnings in all tests that come after it in this process.
    level = logging.getLogger().level
    with start_worker(app, pool="solo", loglevel=level, perform_ping_check=False, shutdown_timeout=30):
        app.send_task("analytics.tasks.tick_nights")
        wait_for(lambda: NightlyRun.objects.filter(day=YESTERDAY, status="done").exists())

    assert Valuation.objects.filter(day=YESTERDAY).count() == 3
    assert RiskReport.objects.filter(day=YESTERDAY, volatility__isnull=False).count() == 3


@pytest.fixture
def broker_url():
    """Return a Redis database of this test alone."""
    return django_settings.REDIS_URL.rpartition("/")[0] + "/13"


@pytest.fixture
def start_prefork(broker_url, tmp_path):
    """Return a function that starts a real worker on the test's database, in a process group of its own."""
    name = connection.settings_dict
    place = f"{name['USER']}:{name['PASSWORD']}@{name['HOST'] or 'localhost'}:{name['PORT'] or 5432}/{name['NAME']}"
    environment = os.environ | {
        "DATABASE_URL": f"postgres://{place}",
        "REDIS_URL": broker_url,
        "DATA_DIR": str(tmp_path),
        "MARKET_SOURCE": "none",
        "HTTPS": "false",
    }
    started = []

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-c", "2", "--loglevel", "warning"]
        with (tmp_path / "worker.log").open("ab") as log:
            worker = subprocess.Popen(command, env=environment, start_new_session=True, stdout=log, stderr=log)
        started.append(worker)
        return worker

    Celery(broker=broker_url).control.purge()
    yield start
    for worker in started:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()


@needs_servers
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_mid_night_loses_and_doubles_nothing(start_prefork, broker_url):
    make_market(400)
    make_portfolios(2600)
    worker = start_prefork()
    Celery(broker=broker_url).send_task("analytics.tasks.tick_nights")
    chunks = StageRun.objects.filter(run__day=YESTERDAY, stage="4_analytics", status="running")
    wait_for(lambda: chunks.filter(done__gt=0).exists())

    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()

    assert NightlyRun.objects.get(day=YESTERDAY).status == "running"
    assert 0 < Valuation.objects.filter(day=YESTERDAY).count() < 2600
    call_command("nightly", verbosity=0)
    assert NightlyRun.objects.get(day=YESTERDAY).status == "done"
    assert Valuation.objects.filter(day=YESTERDAY).count() == 2600
    assert RiskReport.objects.filter(day=YESTERDAY).count() == 2600
    after_the_kill = dump()
    Valuation.objects.all().delete()
    RiskReport.objects.all().delete()
    call_command("nightly", "--date", YESTERDAY.isoformat(), verbosity=0)
    assert dump() == after_the_kill


@needs_servers
@pytest.mark.django_db(transaction=True)
def test_a_new_worker_finishes_what_a_killed_one_began(start_prefork, broker_url):
    make_market(60)
    make_portfolios(1600)
    sender = Celery(broker=broker_url)
    worker = start_prefork()
    sender.send_task("analytics.tasks.tick_nights")
    chunks = StageRun.objects.filter(run__day=YESTERDAY, stage="4_analytics", status="running")
    wait_for(lambda: chunks.filter(done__gt=0).exists())
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()

    start_prefork()
    sender.send_task("analytics.tasks.tick_nights")

    wait_for(lambda: NightlyRun.objects.get(day=YESTERDAY).status == "done", seconds=120)
    assert Valuation.objects.filter(day=YESTERDAY).count() == 1600
    assert StageRun.objects.get(run__day=YESTERDAY, stage="4_analytics").done == 1600
