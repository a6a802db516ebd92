"""The example of docs/tax-report.md gives what anybody can work out from it."""

import json
import re
from decimal import Decimal
from io import StringIO
from pathlib import Path

from django.core.management import call_command

from portfolios.importers.canonical import COLUMNS

PAGE = (Path(__file__).resolve().parents[3] / "docs/tax-report.md").read_text()


def test_the_example_of_the_page_is_reported(tmp_path):
    (example,) = re.findall(r"^```csv example=ledger\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    path = tmp_path / "ledger.csv"
    path.write_text(example)
    out = StringIO()

    call_command("tax_report", str(path), format="json", stdout=out, stderr=StringIO())

    report = json.loads(out.getvalue())
    sold = next(one for one in report["disposals"] if one["external_id"] == "s1")
    # The transfer took 0.001 for the network and moved 0.999, all of the first lot: one second lot, half a third one.
    assert sold["proceeds"] == "74975"
    assert Decimal(sold["cost"]) == 60000 + Decimal(22500)
    assert report["shortfalls"] == []
    assert {match["term"] for match in sold["matches"]} == {"long"}


def test_the_page_names_every_column_and_every_option():
    assert [name for name in COLUMNS if f"`{name}`" not in PAGE] == []
    for option in ("method", "scope", "term", "transfer-fee", "sell-fee", "buy-fee", "format", "zone", "year"):
        assert f"`--{option}`" in PAGE
