"""manage.py tax_report FILE: gains and lots of a canonical CSV alone, before anything is imported."""

import os
import sys
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portfolios.calc.lots.policy import SCOPES
from portfolios.calc.lots.years import parse_year_start, tax_year
from portfolios.importers.files import FILE_BYTES
from portfolios.services import tax_report

WRITERS = {"table": tax_report.as_table, "csv": tax_report.as_csv, "json": tax_report.as_json}
SAID_AT_MOST = 50
# What a file says is wrong is not what a program does wrong, which is 1.
BAD_INPUT = 2


class Command(BaseCommand):
    """Compute a report in memory. No check and no query touches a database: none needs to be there."""

    help = (
        "Compute disposals, gains, income and lots left from a canonical CSV alone, without a database. Exit code 2: "
        "a row cannot be read, and nothing is reported."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        add = parser.add_argument
        add("file", metavar="FILE", help="a canonical CSV; - reads standard input")
        add("--method", choices=tax_report.ASKED_METHODS, default="fifo", help="default: fifo")
        add("--scope", choices=SCOPES, help="whose lots are drawn from (default: wallet; s104: portfolio)")
        add("--term", default="us", metavar="us|de|days:N|none", help="when a gain is long (default: us)")
        add("--transfer-fee", choices=["disposal", "basis"], default="disposal", help="default: disposal")
        add("--sell-fee", choices=["proceeds", "ignore"], default="proceeds", help="default: proceeds")
        add("--buy-fee", choices=["basis", "ignore"], default="basis", help="default: basis")
        add("--format", choices=list(WRITERS), default="table", help="default: table")
        add("--zone", default="UTC", help="time zone of days, anniversaries and years (default: UTC)")
        add("--year", type=int, help="only this tax year, by the year in which it starts")
        add("--year-starts", default="01-01", metavar="MM-DD", help="04-06 in the UK (default: 01-01)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the report to standard output; what is missing or guessed goes to standard error too."""
        try:
            report = tax_report.report_on_file(
                name="standard input" if options["file"] == "-" else options["file"],
                content=_read(options["file"]),
                choices=_choices(options),
                asked=_year(options),
            )
        except tax_report.CannotReportError as error:
            raise CommandError(f"Nothing is reported.\n{error}", returncode=BAD_INPUT) from error
        if options["format"] != "table":
            self._say(report)
        elif not report.is_complete:
            self.stderr.write("This report is incomplete: see its warnings.")
        self._write(WRITERS[options["format"]](report), ending="\n" if options["format"] == "json" else "")

    def _write(self, text: str, *, ending: str) -> None:
        """Write to standard output; a reader such as `head` may leave when it has seen enough."""
        try:
            self.stdout.write(text, ending=ending)
            self.stdout.flush()
        except OSError as error:
            # What is still buffered has to go somewhere, or the interpreter fails on it again when it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if not isinstance(error, BrokenPipeError):
                raise CommandError(f"The report cannot be written: {error.strerror}.") from error

    def _say(self, report: tax_report.TaxReport) -> None:
        if not report.is_complete:
            self.stderr.write("This report is incomplete:")
        # What is missing comes last, and is what a reader must not miss.
        for text in [*report.notes, *report.warnings[-SAID_AT_MOST:]]:
            self.stderr.write(text)
        more = len(report.warnings) - SAID_AT_MOST
        if more > 0:
            self.stderr.write(f"{more} more warnings are in the report.")


def _choices(options: dict[str, Any]) -> tax_report.Choices:
    try:
        term = tax_report.parse_term(options["term"])
    except ValueError as error:
        raise CommandError(f"--term: {error}", returncode=BAD_INPUT) from error
    return tax_report.Choices(
        method=options["method"],
        scope=options["scope"],
        term=term,
        transfer_fee=options["transfer_fee"],
        sell_fee=options["sell_fee"],
        buy_fee=options["buy_fee"],
        zone=_zone(options["zone"]),
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError) as error:
        words = f"--zone: “{name[:40]}” is no time zone. Give its IANA name, such as Europe/Berlin."
        raise CommandError(words, returncode=BAD_INPUT) from error


def _year(options: dict[str, Any]) -> tax_report.YearAsked | None:
    try:
        starts = parse_year_start(options["year_starts"])
    except ValueError as error:
        raise CommandError(f"--year-starts: {error}", returncode=BAD_INPUT) from error
    if options["year"] is None:
        return None
    zone = _zone(options["zone"])
    return tax_report.YearAsked(year=options["year"], year_of=lambda at: tax_year(at, zone=zone, starts=starts))


def _read(name: str) -> bytes:
    """Return the bytes of a file, one more at most than is read: a larger one is refused with words."""
    try:
        if name == "-":
            if sys.stdin is None:
                raise CommandError("Standard input is closed.", returncode=BAD_INPUT)
            return sys.stdin.buffer.read(FILE_BYTES + 1)
        with Path(name).open("rb") as stream:
            return stream.read(FILE_BYTES + 1)
    except OSError as error:
        raise CommandError(f"“{name}” cannot be read: {error.strerror}.", returncode=BAD_INPUT) from error
