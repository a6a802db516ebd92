"""Run nights in this process, with a progress bar."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from analytics import services
from analytics.management.progress import ProgressBar
from analytics.models import NightlyRun, StageRun
from market.models import FIRST_DAY


@dataclass(frozen=True, slots=True)
class Days:
    """The days that were asked for; both None: whatever is missing."""

    start: date | None
    end: date | None


class Command(BaseCommand):
    """See `help`."""

    help = (
        "Run the night: market data, indices, valuations, risk. Without dates every missing night up to yesterday "
        "(UTC); on a database without any night only yesterday's. Dates that are given are run again, and nothing is "
        "doubled."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--date", metavar="DAY", help="one night, as YYYY-MM-DD")
        parser.add_argument("--from", dest="start", metavar="DAY", help="first night of a range")
        parser.add_argument("--to", dest="end", metavar="DAY", help="last night of a range, the same day included")
        parser.add_argument("--format", choices=["text", "json"], default="text", help="how to say what was done")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, and say what became of it; exit code 1 if a night failed as a whole."""
        days = read_days(options["date"], options["start"], options["end"], yesterday=_yesterday())
        bar = ProgressBar(sys.stderr)

        def progress(step: services.Step) -> None:
            if options["verbosity"]:
                bar.show(step.share, f"{step.end}  {StageRun.Stage(step.stage).label}")

        began = time.monotonic()
        result = self._run(days, progress)
        if result.nights and options["verbosity"]:
            bar.end()
        self._report(result, seconds=time.monotonic() - began, as_json=options["format"] == "json")
        if result.statuses[NightlyRun.Status.FAILED]:
            raise CommandError(f"{result.statuses[NightlyRun.Status.FAILED]} nights failed; see the messages above.")

    def _run(self, days: Days, progress: Callable[[services.Step], None]) -> services.NightsResult:
        """Run the days; while another process is at them, wait for it."""
        while True:
            at = timezone.now()
            try:
                if days.start and days.end:
                    result = services.run_nights(start=days.start, end=days.end, at=at, progress=progress)
                else:
                    result = services.replay_missing(until=_yesterday(), at=at, progress=progress)
            except services.NightAlreadyRunningError as error:
                self.stderr.write(f"{error} Waiting for it; if it is silent for 5 minutes, its nights are taken over.")
                time.sleep(2)
            else:
                services.revalue_marked(at=at)
                return result

    def _report(self, result: services.NightsResult, *, seconds: float, as_json: bool) -> None:
        statuses = {str(status): count for status, count in result.statuses.items()}
        if as_json:
            summary = {"nights": result.nights, "statuses": statuses, "problems": result.problems}
            self.stdout.write(json.dumps(summary | {"seconds": round(seconds, 2)}))
            return
        if not result.nights:
            self.stdout.write(f"Nothing is missing up to {_yesterday()}.")
            return
        words = ", ".join(f"{count} {NightlyRun.Status(status).label.lower()}" for status, count in statuses.items())
        nights = "1 night" if result.nights == 1 else f"{result.nights} nights"
        self.stdout.write(f"{nights} in {seconds:.1f} s: {words}.")
        for first, message in result.problems.items():
            self.stderr.write(f"{first}: {message}")


def read_days(day: str | None, start: str | None, end: str | None, *, yesterday: date) -> Days:
    """Read the dates of the command line.

    Raises CommandError for a date that is none, a range upside down, and a day that has not closed yet.
    """
    if day and (start or end):
        raise CommandError("Give either --date, or --from and --to.")
    if bool(start) != bool(end):
        raise CommandError("A range needs both --from and --to.")
    days = Days(_read_day(start or day), _read_day(end or day))
    if days.start and days.end:
        if days.end < days.start:
            raise CommandError(f"--to {days.end} is before --from {days.start}.")
        if days.end > yesterday:
            raise CommandError(f"{days.end} has not closed yet: the last night that can be run is {yesterday} (UTC).")
        if days.start < FIRST_DAY:
            raise CommandError(f"{days.start} is before the first market day, {FIRST_DAY}.")
    return days


def _read_day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise CommandError(f"{text!r} is not a date as YYYY-MM-DD.") from error


def _yesterday() -> date:
    return datetime.now(UTC).date() - timedelta(days=1)
