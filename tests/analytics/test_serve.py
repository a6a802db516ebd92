"""The server of one machine: when it is ready, when it gives up, and with which words."""

import io
import logging
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from celery.contrib.testing.worker import start_worker
from django.conf import settings as django_settings

from analytics.management.commands import serve
from analytics.models import NightlyRun
from config.celery import app
from tests.analytics.factories import make_night
from tests.factories import make_asset

YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)


class Processes:
    """What honcho's manager is to the watch: running or not, and to be told to end."""

    def __init__(self, returncode: int | None = None) -> None:
        self.returncode = returncode
        self.ended = False

    def terminate(self) -> None:
        self.ended = True


@pytest.fixture
def watch(live_server, settings, tmp_path):
    """Return a function that watches the live server and returns the watch and what was said."""
    settings.DATA_DIR = tmp_path

    def run(*, port: int | None = None, processes: Processes | None = None, once: bool = True):
        said = io.StringIO()
        command = serve.Command(stdout=said)
        where = port or live_server.thread.port
        watching = serve._Watch(command, processes or Processes(), port=where, once=once)
        watching.run()
        return watching, said.getvalue()

    return run


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.django_db(transaction=True)
def test_it_is_ready_when_the_web_answers_and_no_night_is_missing(watch):
    make_night(YESTERDAY)

    once, said = watch()
    stays, said_too = watch(once=False)

    assert once.is_ready
    assert once.manager.ended
    assert said.startswith(f"\nREADY  {once.url}")
    assert not stays.manager.ended
    assert "Ctrl-C stops everything." in said_too


@pytest.mark.worker
@pytest.mark.django_db(transaction=True)
def test_a_missing_night_is_run_through_the_worker(watch, memory_broker, capsys):
    # Left to itself it would silence warnings in all tests that come after it in this process.
    level = logging.getLogger().level
    with start_worker(app, pool="solo", loglevel=level, perform_ping_check=False, shutdown_timeout=30):
        watching, said = watch()

    assert watching.is_ready
    assert "READY" in said
    assert NightlyRun.objects.get(day=YESTERDAY).status == "done"
    assert "through the worker" in capsys.readouterr().err


@pytest.mark.django_db(transaction=True)
def test_a_night_that_is_partly_done_is_told(watch):
    run = make_night(YESTERDAY, "partial")
    NightlyRun.objects.filter(id=run.id).update(message="Coins: no answer", attempts=5)

    _, said = watch()

    assert "is partly done: Coins: no answer" in said


@pytest.mark.django_db(transaction=True)
def test_a_web_server_that_does_not_answer_is_given_up(watch, monkeypatch):
    monkeypatch.setattr(serve, "PATIENCE", 0.4)

    watching, _ = watch(port=free_port())

    assert not watching.is_ready
    assert "does not answer" in watching.reason
    assert watching.manager.ended


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_does_nothing_is_given_up(watch, memory_broker, monkeypatch):
    monkeypatch.setattr(serve, "PATIENCE", 0.4)

    watching, _ = watch()

    assert "The worker shows no progress" in watching.reason
    assert YESTERDAY.isoformat() in watching.reason


@pytest.mark.django_db(transaction=True)
def test_a_failed_night_is_a_reason_to_stop(watch, memory_broker, monkeypatch):
    make_night(YESTERDAY - timedelta(days=1), "pending")

    def fail(*_args: object) -> None:
        NightlyRun.objects.all().delete()
        run = make_night(YESTERDAY, "failed")
        NightlyRun.objects.filter(id=run.id).update(message="no disk", attempts=5)

    monkeypatch.setattr("analytics.management.commands.serve.current_app.send_task", fail)

    watching, _ = watch()

    assert watching.reason == f"The night of {YESTERDAY} failed. no disk"


@pytest.mark.django_db(transaction=True)
def test_nothing_is_waited_for_once_a_part_has_ended(watch):
    watching, _ = watch(port=free_port(), processes=Processes(returncode=1))

    assert not watching.is_ready


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("simulated", "source", "expected"),
    [([True], "none", "simulated"), ([True, False], "none", None), ([], "none", None), ([True], "coingecko", None)],
)
def test_a_market_that_is_all_simulated_goes_on_by_itself(settings, monkeypatch, simulated, source, expected):
    monkeypatch.delenv("MARKET_SOURCE", raising=False)
    settings.MARKET_SOURCE = source
    for number, kind in enumerate(simulated):
        make_asset(f"coin-{number}", simulated=kind)

    assert serve._environment().get("MARKET_SOURCE") == expected


def test_the_worker_forks_only_with_redis(settings):
    settings.REDIS_URL = ""
    assert "--pool=threads" in serve._commands(8000)["worker"]

    settings.REDIS_URL = "redis://127.0.0.1/0"
    assert "--pool" not in serve._commands(8000)["worker"]


@pytest.mark.drill
def test_the_whole_server_starts_runs_the_night_and_stops(tmp_path):
    environment = os.environ | {
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'ballast.sqlite3'}",
        "REDIS_URL": "",
        "HTTPS": "false",
    }

    def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=Path(django_settings.BASE_DIR),
            env=environment,
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )

    for words in (["migrate", "-v0"], ["createcachetable"], ["collectstatic", "--noinput", "-v0"]):
        assert manage(*words).returncode == 0
    port = free_port()

    served = manage("serve", "--once", "--port", str(port))

    assert served.returncode == 0, served.stderr
    assert f"READY  http://127.0.0.1:{port}" in served.stdout
    again = manage("nightly")
    assert "Nothing is missing" in again.stdout
