"""Files and reports for the tests of the command."""

import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from portfolios.importers.canonical import COLUMNS

Row = dict[str, str]


def row(day: str, kind: str, asset: str, quantity: str, price: str = "", **cells: str) -> Row:
    """Return a row of the canonical CSV; a day is its first instant in UTC."""
    timestamp = day if "T" in day else f"{day}T00:00:00Z"
    return {"timestamp": timestamp, "kind": kind, "asset": asset, "quantity": quantity, "price": price} | cells


def write(folder: Path, rows: Sequence[Row]) -> Path:
    """Write rows as a canonical CSV, unquoted: no cell of these tests holds a comma."""
    lines = [",".join(COLUMNS), *(",".join(one.get(name, "") for name in COLUMNS) for one in rows)]
    path = folder / "ledger.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def report(folder: Path, rows: Sequence[Row], **options: Any) -> dict[str, Any]:
    """Return what the command says of these rows as JSON."""
    out = StringIO()
    call_command("tax_report", str(write(folder, rows)), format="json", stdout=out, stderr=StringIO(), **options)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def said(folder: Path, rows: Sequence[Row], **options: Any) -> tuple[str, str]:
    """Return what the command writes to standard output and to standard error."""
    out, err = StringIO(), StringIO()
    call_command("tax_report", str(write(folder, rows)), stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()
