"""A worker that is killed leaves nothing half-written, and its import is taken up again."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection

from portfolios.models import Entry, ImportBatch, Position, Transaction, Wallet
from portfolios.selectors import check_invariants
from portfolios.services import imports
from tests.factories import make_user
from tests.portfolios.factories import NOW, make_portfolio
from tests.portfolios.imports.files import balances, canonical, commit, make_coins, upload

pytestmark = [pytest.mark.drill, pytest.mark.django_db(transaction=True)]

MAIN = "Main exchange account"
ROWS = [
    "2024-03-01 deposit usd 600000",
    *(f"2024-03-02T00:{n // 60:02d}:{n % 60:02d} buy bitcoin 1 price=2" for n in range(3000)),
]
ROWS += [f"2024-03-03T00:{n // 60:02d}:{n % 60:02d} transfer bitcoin 1 to_wallet=Ledger" for n in range(3000)]

# A worker that kills itself, as hard as can be, when a statement with these words is about to be sent.
WORKER = """
import os, signal, sys
from datetime import datetime
import django
django.setup()
from django.db import connection
from portfolios.services import imports

def bomb(execute, sql, params, many, context):
    if sys.argv[1] in sql:
        os.kill(os.getpid(), signal.SIGKILL)
    return execute(sql, params, many, context)

with connection.execute_wrapper(bomb):
    imports.run_requested_imports(at=datetime.fromisoformat(sys.argv[2]))
"""


@pytest.fixture
def portfolio(transactional_db):
    make_coins()
    return make_portfolio(make_user())


def killed_at(words: str) -> None:
    """Let a worker of its own take its turn, and see it killed."""
    known = connection.settings_dict
    place = (
        f"{known['USER']}:{known['PASSWORD']}@{known['HOST'] or 'localhost'}:{known['PORT'] or 5432}/{known['NAME']}"
    )
    url = f"postgres://{place}" if connection.vendor == "postgresql" else f"sqlite:///{known['NAME']}"
    environment = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings", "HTTPS": "false"}
    done = subprocess.run(
        [sys.executable, "-c", WORKER, words, NOW.isoformat()],
        env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr


def take_up(batch: ImportBatch) -> None:
    """Let another worker take its turn, six minutes later."""
    imports.run_requested_imports(at=NOW + timedelta(minutes=6))
    batch.refresh_from_db()


@pytest.mark.parametrize(
    "words",
    [
        'INSERT INTO "portfolios_wallet"',  # before the first row
        'FROM "portfolios_position"',  # before any row is sent, and again after the entries
        'INSERT INTO "portfolios_position"',  # after the entries
        'UPDATE "portfolios_portfolio"',  # after the positions
        'INSERT INTO "portfolios_lotmark"',  # at the very end
    ],
)
def test_a_commit_that_is_killed_has_written_nothing_and_is_done_again(portfolio, words):
    batch = upload(portfolio, canonical(*ROWS))
    imports.request_commit(batch=batch, at=NOW)

    killed_at(words)

    assert (Transaction.objects.count(), Entry.objects.count(), Position.objects.count()) == (0, 0, 0)
    assert not Wallet.objects.filter(name="Ledger").exists()
    take_up(batch)
    assert (batch.step, batch.status, batch.counts["imported"]) == ("committed", "done", 6001)
    # 600,000 - 3000 x 2 = 594,000 USD
    assert balances(portfolio) == {("Ledger", "bitcoin"): "3000", (MAIN, "usd"): "594000"}
    assert check_invariants(portfolio=portfolio) == []


@pytest.mark.parametrize(
    "words", ['UPDATE "portfolios_transaction"', 'DELETE FROM "portfolios_position"', 'UPDATE "portfolios_lotmark"']
)
def test_an_undo_that_is_killed_has_taken_nothing_back_and_is_done_again(portfolio, words):
    batch = commit(upload(portfolio, canonical(*ROWS)))
    imports.request_undo(batch=batch, at=NOW)

    killed_at(words)

    assert Transaction.objects.in_force().count() == 6001
    assert balances(portfolio)[MAIN, "usd"] == "594000"
    take_up(batch)
    assert (batch.step, batch.status) == ("undone", "done")
    assert balances(portfolio) == {}
    assert check_invariants(portfolio=portfolio) == []


def test_a_reading_that_is_killed_is_read_again_from_the_start(portfolio):
    batch = imports.start_import(
        portfolio=portfolio, wallet=portfolio.wallets.get(), by=portfolio.owner, file_name="history.csv",
        content=canonical(*ROWS), token="one", at=NOW,
    )  # fmt: skip

    # The row of the batch is written for each thousands of rows: the last of these is the end of the step.
    killed_at(', "step" = ')
    assert batch.rows.count() == 6001
    batch.refresh_from_db()
    assert batch.status == "running"

    take_up(batch)
    assert (batch.step, batch.counts["new"], batch.rows.count()) == ("preview", 6001, 6001)


def test_a_worker_that_is_killed_twice_leaves_a_failure_that_can_be_asked_for_again(portfolio):
    batch = upload(portfolio, canonical(*ROWS[:10]))
    imports.request_commit(batch=batch, at=NOW)
    ImportBatch.objects.filter(pk=batch.pk).update(
        status="running", started_at=NOW, heartbeat_at=NOW, message="Taken up again: the worker that ran it stopped."
    )

    take_up(batch)
    assert (batch.status, batch.step, batch.message) == ("failed", "commit", "The workers that ran it stopped, twice.")

    assert commit(batch).step == "committed"
