"""A report as JSON, and as one flat table for programs that read tables."""

import csv
import io
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from portfolios.calc.lots.outcomes import Disposal, Match, Removal
from portfolios.importers.canonical import guarded
from portfolios.services.tax_report.numbers import plain, plain_or_none
from portfolios.services.tax_report.report import TaxReport

COLUMNS = (
    "row", "external_id", "timestamp", "kind", "asset", "wallet", "quantity", "uncovered", "proceeds", "cost", "gain",
    "acquired_external_id", "acquired_at", "term", "rule", "currency", "text",
)  # fmt: skip
NUMBERS = frozenset({"quantity", "uncovered", "proceeds", "cost", "gain"})


def instant(at: datetime | None) -> str | None:
    """Write an instant in UTC as ISO 8601."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def as_json(report: TaxReport) -> str:
    """Write a report as JSON, a row a line: numbers are strings with all their digits, unknown ones null."""
    return "{\n" + ",\n".join(_members(as_document(report))) + "\n}"


def _members(document: Mapping[str, Any]) -> Iterator[str]:
    for name, value in document.items():
        if isinstance(value, list) and value:
            rows = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in value)
            yield f' "{name}": [\n  {rows}\n ]'
        else:
            yield f' "{name}": {json.dumps(value, ensure_ascii=False)}'


def as_document(report: TaxReport) -> dict[str, Any]:
    """Return a report as plain JSON content."""
    totals = report.totals
    return {
        "currency": report.currency,
        "year": report.year,
        "is_complete": report.is_complete,
        "disposals": [_disposal(row) for row in report.disposals],
        "lots": [
            {
                "acquired_external_id": lot.key, "acquired_at": instant(lot.acquired_at), "asset": lot.asset,
                "wallet": lot.place, "quantity": plain(lot.quantity), "cost": plain(lot.cost),
                "is_unpriced": lot.is_unpriced,
            }
            for lot in report.lots
        ],
        "shortfalls": [
            {
                "external_id": row.key, "timestamp": instant(row.at), "asset": row.asset, "wallet": row.place,
                "quantity": plain(row.quantity),
            }
            for row in report.shortfalls
        ],
        "totals": {
            name: plain(getattr(totals, name)) for name in ("proceeds", "cost", "gain", "short", "long", "income")
        } | {"unknown": totals.unknown},
        "income": [
            {
                "external_id": row.key, "timestamp": instant(row.at), "kind": row.kind, "asset": row.asset,
                "wallet": row.place, "quantity": plain(row.quantity), "value": plain_or_none(row.value),
            }
            for row in report.incomes
        ],
        "removals": [_leaving(row) | {"matches": [_match(match) for match in row.matches]} for row in report.removals],
        "warnings": list(report.warnings),
        "notes": list(report.notes),
    }  # fmt: skip


def _leaving(row: Disposal | Removal) -> dict[str, Any]:
    return {
        "external_id": row.key,
        "timestamp": instant(row.at),
        "kind": row.kind,
        "asset": row.asset,
        "wallet": row.place,
        "quantity": plain(row.quantity),
        "uncovered": plain(row.uncovered),
        "cost": plain(row.cost),
    }


def _disposal(row: Disposal) -> dict[str, Any]:
    money = {"proceeds": plain_or_none(row.proceeds), "gain": plain_or_none(row.gain)}
    return _leaving(row) | money | {"matches": [_match(match) for match in row.matches]}


def _match(match: Match) -> dict[str, Any]:
    return {
        "acquired_external_id": match.lot,
        "acquired_at": instant(match.acquired_at),
        "quantity": plain(match.quantity),
        "proceeds": plain_or_none(match.proceeds),
        "cost": plain(match.cost),
        "gain": plain_or_none(match.gain),
        "term": match.term,
        "rule": match.rule,
    }


def as_csv(report: TaxReport, *, only: Collection[str] = ()) -> str:
    """Write a report as one table: `row` says what each line is, every match stands under its disposal.

    With `only` just the lines whose `row` is one of these.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    for line in lines_of(report):
        if not only or line["row"] in only:
            writer.writerow([_cell(name, line.get(name)) for name in COLUMNS])
    return stream.getvalue()


def _cell(name: str, value: Any) -> str:
    """Write a number as it is and a text so that no spreadsheet takes it for a formula."""
    text = "" if value is None else str(value)
    return text if name in NUMBERS else guarded(text)


def lines_of(report: TaxReport) -> Iterator[Mapping[str, Any]]:
    """Yield the lines of the flat table: disposals and removals with their matches, what is left, totals, words."""
    document = as_document(report)
    currency = {"currency": report.currency}
    for name, section in (("disposal", "disposals"), ("removal", "removals")):
        for row in document[section]:
            yield {"row": name} | currency | row
            for match in row["matches"]:
                yield {"row": "match", "external_id": row["external_id"], "asset": row["asset"]} | currency | match
    for lot in document["lots"]:
        yield {"row": "lot"} | currency | lot
    for row in document["income"]:
        yield {"row": "income"} | currency | row | {"proceeds": row["value"]}
    for row in document["shortfalls"]:
        yield {"row": "shortfall"} | row
    yield from _closing(document, currency)


def _closing(document: Mapping[str, Any], currency: dict[str, str]) -> Iterator[Mapping[str, Any]]:
    """Yield the totals and what there is to say."""
    totals = document["totals"]
    yield {"row": "total"} | currency | {name: totals[name] for name in ("proceeds", "cost", "gain")}
    for term in ("short", "long"):
        yield {"row": "total", "term": term, "gain": totals[term]} | currency
    yield {"row": "total", "kind": "income", "proceeds": totals["income"]} | currency
    texts: Sequence[tuple[str, str]] = [("warning", "warnings"), ("note", "notes")]
    for name, section in texts:
        for text in document[section]:
            yield {"row": name, "text": text}
