"""Import of classifications: what each asset is, from a day on; history keeps what it was before."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.db import transaction

from market.models import FIRST_DAY, Asset, Classification
from market.selectors import first_and_last_day
from market.services.files import (
    BadValueError,
    CsvFile,
    ErrorList,
    RowError,
    checked,
    parse_label,
    quoted,
)
from market.services.findings import find_problems

REQUIRED = ("coin_id", "symbol", "name", "sector", "token_type")
OPTIONAL = ("jurisdiction", "launch_year", "default_eligible", "note")
Sector = Classification.Sector
TokenType = Classification.TokenType


@dataclass(slots=True, kw_only=True)
class ClassificationImport:
    """What an import of classifications did, in assets; `skipped` are symbols of rows without a coin_id."""

    valid_from: date
    rows_read: int = 0
    assets_new: int = 0
    classifications_new: int = 0
    classifications_corrected: int = 0
    classifications_unchanged: int = 0
    skipped: list[str] = field(default_factory=list)
    ignored_columns: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    asset_id: str
    symbol: str
    name: str
    facts: dict[str, Any]


@transaction.atomic
def import_classifications(*, file: Path, at: datetime, valid_from: date = FIRST_DAY) -> ClassificationImport:
    """Classify assets from a CSV file as of a day: all rows or none; the same file again changes nothing.

    Facts that differ close the open classification at `valid_from` and open a new one; where the open one starts on
    that very day, it is corrected. Assets without prices are created. Rows without coin_id are skipped and named.
    Raises BadFileError, which lists the faults with row and field.
    """
    errors = ErrorList()
    result = ClassificationImport(valid_from=valid_from)
    rows = _read(file, errors, result)
    errors.raise_if_any()
    assets = Asset.objects.in_bulk()
    opened = {item.asset_id: item for item in Classification.objects.filter(valid_to__isnull=True)}
    for row in rows:
        fault = _conflict(row, assets.get(row.asset_id), opened.get(row.asset_id), valid_from)
        if fault:
            errors.add(RowError(file.name, row.number, *fault))
            continue
        _label(row, assets.get(row.asset_id), result)
        _classify(row, opened.get(row.asset_id), result)
    errors.raise_if_any()
    universe = first_and_last_day(simulated=False)
    if universe:
        find_problems(simulated=False, start=universe[0], end=universe[1], at=at)
    return result


def _read(file: Path, errors: ErrorList, result: ClassificationImport) -> list[_Row]:
    table = CsvFile(path=file, required=REQUIRED, optional=OPTIONAL, errors=errors)
    rows: dict[str, _Row] = {}
    for number, values in table.rows():
        result.rows_read += 1
        if not values[0]:
            result.skipped.append(values[1] or f"row {number}")
            continue
        row = _row(file.name, number, values, errors)
        if row and row.asset_id in rows:
            errors.add(RowError(file.name, number, "coin_id", f"{row.asset_id} is in row {rows[row.asset_id].number}."))
        elif row:
            rows[row.asset_id] = row
    result.ignored_columns = table.ignored_columns
    return list(rows.values())


def _row(file: str, number: int, values: Sequence[str], errors: ErrorList) -> _Row | None:
    """Check one row; None when it has a fault, which is then in `errors`."""
    faults: list[tuple[str, str]] = []
    asset_id, symbol, name = (
        checked(column, partial(parse_label, longest=longest), text, faults)
        for column, longest, text in zip(REQUIRED, (80, 20, 120), values, strict=False)
    )
    sector = checked("sector", partial(_choice, choices=Sector.values), values[3], faults)
    token_type = checked("token_type", partial(_choice, choices=TokenType.values), values[4], faults)
    jurisdiction, year, eligible, note = values[5:]
    launch_year = checked("launch_year", _year, year, faults)
    is_eligible = checked("default_eligible", _flag, eligible, faults)
    for column, text, longest in (("jurisdiction", jurisdiction, 60), ("note", note, 200)):
        if text:
            checked(column, partial(parse_label, longest=longest), text, faults)
    for column, message in faults:
        errors.add(RowError(file, number, column, message))
    if faults or not (asset_id and symbol and name):
        return None
    is_stable = sector == Sector.STABLECOIN or token_type == TokenType.STABLECOIN
    is_wrapped = sector == Sector.WRAPPED
    facts = {
        "sector": sector,
        "token_type": token_type,
        "jurisdiction": jurisdiction,
        "launch_year": launch_year or None,
        "is_stable": is_stable,
        "is_wrapped": is_wrapped,
        "is_pegged": is_stable or is_wrapped,
        "is_eligible": is_eligible,
        "note": note,
    }
    return _Row(number, asset_id, symbol, name, facts)


def _choice(text: str, *, choices: Sequence[str]) -> str:
    if text not in choices:
        raise BadValueError(f"{quoted(text)} is not one of {', '.join(choices)}.")
    return text


def _year(text: str) -> int:
    """Return a year, 0 for none."""
    if text and not (text.isascii() and text.isdigit() and 1990 <= int(text[:5]) <= 2100):
        raise BadValueError(f"{quoted(text)} is not a year from 1990 to 2100.")
    return int(text or 0)


def _flag(text: str) -> bool:
    if text not in {"", "0", "1"}:
        raise BadValueError(f"{quoted(text)} is neither 1 (eligible) nor 0.")
    return text != "0"


def _conflict(
    row: _Row, asset: Asset | None, opened: Classification | None, valid_from: date
) -> tuple[str, str] | None:
    """Return the field and the reason why a row does not fit what is stored."""
    if asset and (asset.simulated or asset.kind == Asset.Kind.FIAT):
        return (
            "coin_id",
            f"{asset.id} is {'simulated' if asset.simulated else 'a currency'}; only real coins come here.",
        )
    if opened and opened.valid_from > valid_from and not _says(opened, row.facts):
        return "coin_id", f"{row.asset_id} is classified from {opened.valid_from} on; give a later --valid-from."
    return None


def _says(classification: Classification, facts: dict[str, Any]) -> bool:
    return all(getattr(classification, name) == value for name, value in facts.items())


def _label(row: _Row, asset: Asset | None, result: ClassificationImport) -> None:
    """Create the asset, or give it the name that a person chose; the symbol follows the prices."""
    if asset is None:
        Asset.objects.create(id=row.asset_id, symbol=row.symbol, name=row.name)
        result.assets_new += 1
    elif asset.name != row.name:
        asset.name = row.name
        asset.save(update_fields=["name"])


def _classify(row: _Row, opened: Classification | None, result: ClassificationImport) -> None:
    if opened and _says(opened, row.facts):
        result.classifications_unchanged += 1
        return
    if opened and opened.valid_from == result.valid_from:
        for name, value in row.facts.items():
            setattr(opened, name, value)
        opened.save()
        result.classifications_corrected += 1
        return
    if opened:
        opened.valid_to = result.valid_from
        opened.save(update_fields=["valid_to"])
    Classification.objects.create(asset_id=row.asset_id, valid_from=result.valid_from, **row.facts)
    result.classifications_new += 1
