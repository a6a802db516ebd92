"""manage.py import_classifications FILE: sector, token type and flags of assets, dated."""

import dataclasses
import json
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from market.models import FIRST_DAY
from market.services import BadFileError, import_classifications


class Command(BaseCommand):
    """Classify assets; the summary is text, or one JSON object with the fields of ClassificationImport."""

    help = "Import classifications from a CSV file (coin_id,symbol,name,sector,token_type,...)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print the summary")
        parser.add_argument(
            "--valid-from",
            type=date.fromisoformat,
            default=FIRST_DAY,
            metavar="YYYY-MM-DD",
            help=f"from which day on the assets are what the file says (default: {FIRST_DAY}, since ever)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, print the summary; what is wrong with the file goes to stderr, and the exit code is 1."""
        try:
            result = import_classifications(file=options["file"], at=timezone.now(), valid_from=options["valid_from"])
        except BadFileError as error:
            raise CommandError(f"Nothing was imported. {error.count} errors:\n{error}") from error
        if options["format"] == "json":
            self.stdout.write(json.dumps(dataclasses.asdict(result), default=str))
            return
        self.stdout.write(
            f"{result.classifications_new} new, {result.classifications_corrected} corrected, "
            f"{result.classifications_unchanged} unchanged, valid from {result.valid_from}; "
            f"{result.assets_new} assets are new."
        )
        if result.skipped:
            self.stdout.write(f"Skipped, no coin_id: {', '.join(result.skipped)}.")
        if result.ignored_columns:
            self.stdout.write(f"Ignored columns: {', '.join(result.ignored_columns)}.")
