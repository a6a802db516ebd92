"""Serve Ballast on one machine: web, worker and beat under one roof."""

import argparse
import logging
import os
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone
from honcho.manager import Manager
from honcho.printer import Printer

from analytics.management.demo_state import DemoState
from analytics.management.progress import ProgressBar
from analytics.management.ready import describe_demo
from analytics.models import NightlyRun
from analytics.selectors.nights import missing_nights, share_of_night
from market.models import Asset

PYTHON = sys.executable
WORKER_POOL = "--pool=threads -c 2 --without-gossip --without-mingle"
# A server that shows no progress for this long does not come up.
PATIENCE = 180
POLL = 0.3
SIGNALS = {130, 143}


class Command(BaseCommand):
    """See `help`."""

    help = "Start web, worker and beat, run the night through the worker, and say READY. Ctrl-C stops all of it."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="stop with exit code 0 when the night is done")
        parser.add_argument("--port", type=int, default=8000, help="port on 127.0.0.1 (8000)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until told to stop; exit code 1 with the reason if that fails."""
        self._refuse_taken_port(options["port"])
        log_path = Path(settings.DATA_DIR) / "serve.log"
        with log_path.open("w", encoding="utf-8") as log:
            manager = Manager(Printer(output=log))
            for name, command in _commands(options["port"]).items():
                manager.add_process(name, command, env=_environment(), cwd=str(settings.BASE_DIR))
            # The embedded broker has no host, which kombu finds worth a warning each time.
            logging.getLogger("kombu.connection").setLevel(logging.ERROR)
            # The children are forked: none of them may inherit an open database.
            connection.close()
            watch = _Watch(self, manager, port=options["port"], once=options["once"])
            watch.start()
            manager.loop()
        watch.join(timeout=2 * POLL)
        if watch.reason or not (watch.is_ready or manager.returncode in SIGNALS):
            raise CommandError(f"{watch.reason or 'A part of the server ended.'}\n{_tail(log_path)}\nLog: {log_path}")
        if watch.is_ready and not options["once"] and manager.returncode not in SIGNALS:
            raise CommandError(f"A part of the server ended.\n{_tail(log_path)}\nLog: {log_path}")

    @staticmethod
    def _refuse_taken_port(port: int) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except (OSError, OverflowError) as error:
                raise CommandError(f"Port {port} cannot be used: {error}. Choose another with --port.") from error


class _Watch(threading.Thread):
    """Waits until the server answers and the worker has run the night; then says so."""

    def __init__(self, command: Command, manager: Manager, *, port: int, once: bool) -> None:
        super().__init__(daemon=True)
        self.command = command
        self.manager = manager
        self.url = f"http://127.0.0.1:{port}"
        self.once = once
        self.is_ready = False
        self.reason = ""
        self.bar = ProgressBar(sys.stderr)
        self.yesterday = datetime.now(UTC).date() - timedelta(days=1)

    def run(self) -> None:
        """Wait, report, and stop everything if that is wanted or something is wrong."""
        try:
            self.reason = self._wait_for_web() or self._wait_for_night()
            if not self.reason:
                self.is_ready = True
                self._say_ready()
        except Exception as error:
            self.reason = f"{type(error).__name__}: {error}"
            raise
        finally:
            connection.close()
            if self.reason or self.once:
                self.manager.terminate()

    def _wait_for_web(self) -> str:
        """Return why the server does not answer, or nothing."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self._goes_on():
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:  # noqa: S310 - our own address
                    if answer.status == 200:
                        return ""
            except (urllib.error.URLError, OSError):
                time.sleep(POLL)
        return f"The web server does not answer at {self.url} after {PATIENCE} s."

    def _wait_for_night(self) -> str:
        """Have the worker run what is missing; return why it does not, or nothing."""
        missing = missing_nights(until=self.yesterday, at=timezone.now())
        if not missing:
            return ""
        total, shown, changed = len(missing), -1.0, time.monotonic()
        current_app.send_task("analytics.tasks.tick_nights")
        while time.monotonic() - changed < PATIENCE and self._goes_on():
            missing = missing_nights(until=self.yesterday, at=timezone.now())
            share = (total - len(missing) + share_of_night(missing[0])) / total if missing else 1.0
            if share != shown:
                shown, changed = share, time.monotonic()
            self.bar.show(share, f"Night of {missing[0] if missing else self.yesterday}, through the worker")
            if not missing:
                self.bar.end()
                return self._failed_nights()
            time.sleep(POLL)
        return f"The worker shows no progress for {PATIENCE} s; the night of {missing[0]} is missing."

    def _failed_nights(self) -> str:
        failed = NightlyRun.objects.filter(status=NightlyRun.Status.FAILED, day=self.yesterday).first()
        return f"The night of {failed.day} failed. {failed.message}" if failed else ""

    def _goes_on(self) -> bool:
        return self.manager.returncode is None

    def _say_ready(self) -> None:
        night = NightlyRun.objects.filter(day=self.yesterday).first()
        lines = ["", f"READY  {self.url}", *describe_demo(DemoState.load().passwords)]
        if night and night.status == NightlyRun.Status.PARTIAL:
            lines.append(f"The night of {night.day} is partly done: {night.message}")
        if not self.once:
            lines.append("Ctrl-C stops everything.")
        self.command.stdout.write("\n".join(lines))
        self.command.stdout.flush()


def _commands(port: int) -> dict[str, str]:
    pool = "-c 2" if settings.REDIS_URL else WORKER_POOL
    return {
        "web": f"exec '{PYTHON}' -m gunicorn config.wsgi -b 127.0.0.1:{port} -w 2 --threads 4",
        "worker": f"exec '{PYTHON}' -m celery -A config worker {pool}",
        "beat": f"exec '{PYTHON}' -m celery -A config beat --pidfile=",
    }


def _environment() -> dict[str, str]:
    """Return the environment of the children; a market that is all simulated goes on by itself."""
    environment = dict(os.environ)
    crypto = Asset.objects.filter(kind=Asset.Kind.CRYPTO)
    if settings.MARKET_SOURCE == "none" and crypto.exists() and not crypto.filter(simulated=False).exists():
        environment["MARKET_SOURCE"] = "simulated"
    return environment


def _tail(path: Path, lines: int = 15) -> str:
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
