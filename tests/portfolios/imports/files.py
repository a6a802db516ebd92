"""Small files for tests of imports, and the way from a file into the ledger."""

import csv
import io
from datetime import timedelta
from typing import Any

from market.models import Asset
from portfolios.importers.canonical import COLUMNS
from portfolios.models import ImportBatch, ImportRow, Portfolio
from portfolios.selectors import check_invariants
from portfolios.services import imports
from tests.portfolios.factories import NOW


def canonical(*rows: str | dict[str, Any]) -> bytes:
    """Write rows of our own CSV.

    A row is `2024-03-01 buy bitcoin 2 price=100 note=x`: day or instant, kind, asset, quantity, and what else it says.
    """
    text = io.StringIO()
    sheet = csv.DictWriter(text, COLUMNS)
    sheet.writeheader()
    for row in rows:
        sheet.writerow(row if isinstance(row, dict) else _fields(row))
    return text.getvalue().encode()


def _fields(row: str) -> dict[str, str]:
    at, kind, asset, quantity, *more = row.split()
    named = dict(part.split("=", 1) for part in more)
    at = at if "T" in at else f"{at}T00:00:00"
    return {"timestamp": f"{at}Z", "kind": kind, "asset": asset, "quantity": quantity} | named


def make_coins(*ids: str) -> None:
    """Make crypto assets that are not there yet."""
    for asset_id in ids or ("bitcoin", "ethereum"):
        Asset.objects.get_or_create(id=asset_id, defaults={"symbol": asset_id[:3].upper(), "name": asset_id})


def upload(portfolio: Portfolio, content: bytes, **overrides: Any) -> ImportBatch:
    """Start an import and have it read."""
    facts: dict[str, Any] = {
        "portfolio": portfolio,
        "wallet": portfolio.wallets.order_by("id").first(),
        "by": portfolio.owner,
        "file_name": "history.csv",
        "content": content,
        "token": f"file {ImportBatch.objects.count()}",
        "at": NOW + timedelta(seconds=ImportBatch.objects.count()),
    } | overrides
    return run(imports.start_import(**facts))


def run(batch: ImportBatch) -> ImportBatch:
    """Let the worker take its turn."""
    imports.run_requested_imports(at=NOW + timedelta(minutes=1))
    batch.refresh_from_db()
    return batch


def commit(batch: ImportBatch, **options: Any) -> ImportBatch:
    """Have a preview written; the ledger holds together afterwards."""
    done = run(imports.request_commit(batch=batch, at=NOW, **options))
    assert check_invariants(portfolio=batch.portfolio) == []
    return done


def undo(batch: ImportBatch) -> ImportBatch:
    """Have a batch taken back; the ledger holds together afterwards."""
    done = run(imports.request_undo(batch=batch, at=NOW))
    assert check_invariants(portfolio=batch.portfolio) == []
    return done


def take_in(portfolio: Portfolio, *rows: str | dict[str, Any], **overrides: Any) -> ImportBatch:
    """Import rows of our own CSV from the file to the ledger."""
    return commit(upload(portfolio, canonical(*rows), **overrides), accept_errors=True)


def verdicts(batch: ImportBatch) -> list[str]:
    """Return the verdict of each row, in the order of the file."""
    return [str(row.verdict) for row in batch.rows.order_by("number")]


def row_of(batch: ImportBatch, number: int) -> ImportRow:
    """Return a row by its number."""
    return batch.rows.get(number=number)


def balances(portfolio: Portfolio) -> dict[tuple[str, str], str]:
    """Return what each wallet holds of each asset, as text without idle zeros, sleeves together."""
    held: dict[tuple[str, str], Any] = {}
    for position in portfolio.positions.select_related("wallet"):
        key = (position.wallet.name, position.asset_id)
        held[key] = held.get(key, 0) + position.quantity
    return {key: f"{quantity.normalize():f}" for key, quantity in sorted(held.items())}
