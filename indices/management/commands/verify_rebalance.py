"""The command `verify_rebalance`."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from indices import services


class Command(BaseCommand):
    """Works stored baskets out again from their inputs."""

    help = (
        "Works baskets out again from their stored inputs alone and compares every byte with the tables: inputs, "
        "units, divisor, digests, the chain of digests, and each asset's verdict. Ends with 1 if anything differs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", nargs="?", type=int, help="Of one rebalance.")
        parser.add_argument("--all", action="store_true", help="Every rebalance, superseded versions too.")
        parser.add_argument("--index", default="", metavar="SLUG", help="Only those of this index.")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, **options: Any) -> None:
        wants_one = options["id"] is not None
        if wants_one == options["all"]:
            raise CommandError("Give the id of a rebalance, or --all.")
        try:
            found = services.verify_rebalances(rebalance_id=options["id"], slug=options["index"])
        except services.CannotVerifyError as error:
            raise CommandError(str(error)) from error
        if options["format"] == "json":
            self.stdout.write(as_json(found))
        else:
            self._tell(found)
        if found.failures:
            raise SystemExit(1)

    def _tell(self, found: services.Verification) -> None:
        for failure in found.failures:
            self.stdout.write(str(failure))
        self.stdout.write(
            f"{found.rebalances} rebalances and {found.reviews} reviews worked out again, {len(found.failures)} "
            f"differences. Recorded before inputs were kept: {found.unrecorded_rebalances} rebalances, "
            f"{found.unrecorded_reviews} reviews."
        )


def as_json(found: services.Verification) -> str:
    """Return a verification as JSON: the counts, and what failed."""
    report = asdict(found)
    report["failures"] = [failure | failure.pop("finding") for failure in report["failures"]]
    return json.dumps(report, default=str, ensure_ascii=False, indent=2)
