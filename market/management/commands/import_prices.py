"""manage.py import_prices FILE...: prices from the canonical CSV, all rows or none."""

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from market.services import BadFileError, PriceImport, import_prices

BAR_WIDTH = 30


class Command(BaseCommand):
    """Import daily prices; the summary is text, or one JSON object with the fields of PriceImport."""

    help = "Import daily prices from CSV files (date,coin_id,symbol,price,market_cap,volume), plain or gzip."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print the summary")
        parser.add_argument("--source", default="csv", help="what the rows carry as their source (default: csv)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, print the summary; what is wrong with the files goes to stderr, and the exit code is 1."""
        as_text = options["format"] == "text"
        drawn = as_text and sys.stderr.isatty()
        try:
            result = import_prices(
                files=options["files"],
                at=timezone.now(),
                source=options["source"],
                progress=self._draw if drawn else lambda _: None,
            )
        except BadFileError as error:
            raise CommandError(f"Nothing was imported. {error.count} errors:\n{error}") from error
        finally:
            if drawn:
                self.stderr.write("")
        self.stdout.write(_text(result) if as_text else json.dumps(dataclasses.asdict(result), default=str))

    def _draw(self, share: float) -> None:
        done = round(share * BAR_WIDTH)
        self.stderr.write(f"\r[{'#' * done}{'.' * (BAR_WIDTH - done)}] {share:4.0%}", ending="")
        self.stderr.flush()


def _text(result: PriceImport) -> str:
    findings = ", ".join(f"{count} {kind}" for kind, count in result.findings.items()) or "none"
    lines = [
        f"{result.rows_read} rows of {result.assets} assets, {result.first_day} to {result.last_day}.",
        f"{result.rows_new} new, {result.rows_revised} revised, {result.rows_unchanged} unchanged.",
        f"{result.assets_new} assets are new.",
        f"{result.rows_without_market_cap} rows have no market cap: unknown.",
        f"{result.values_rounded} values had more than 18 decimals: rounded, half to even.",
        f"Findings: {findings}.",
        f"{result.seconds:.1f} s.",
    ]
    if result.ignored_columns:
        lines.append(f"Ignored columns: {', '.join(result.ignored_columns)}.")
    return "\n".join([*lines, *result.symbols_changed])
