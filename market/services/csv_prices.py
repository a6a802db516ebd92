"""Import of prices from the canonical CSV: date, coin_id, symbol, price, market_cap, volume."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import islice
from pathlib import Path

from django.db import transaction

from market.models import Asset, SourceRun
from market.selectors import USD
from market.services.files import (
    Amount,
    BadValueError,
    CsvFile,
    ErrorList,
    RowError,
    checked,
    parse_amount,
    parse_day,
    parse_label,
    parse_optional_amount,
    quoted,
)
from market.services.findings import count_findings, find_problems
from market.services.labels import Spans, priced_days, relabel
from market.services.prices import BATCH_SIZE, PriceRow, Stored, store_prices

COLUMNS = ("date", "coin_id", "symbol", "price", "market_cap", "volume")
SOURCE = "csv"


@dataclass(slots=True, kw_only=True)
class PriceImport:
    """What an import of prices did, in rows of the files; `findings` counts what is odd on the imported days."""

    files: list[str]
    source: str
    rows_read: int = 0
    rows_new: int = 0
    rows_revised: int = 0
    rows_unchanged: int = 0
    values_rounded: int = 0
    rows_without_market_cap: int = 0
    assets: int = 0
    assets_new: int = 0
    symbols_changed: list[str] = field(default_factory=list)
    first_day: date | None = None
    last_day: date | None = None
    ignored_columns: list[str] = field(default_factory=list)
    findings: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(slots=True)
class _Reading:
    """The state of one import while its files are read."""

    today: date
    assets: dict[str, Asset]
    errors: ErrorList = field(default_factory=ErrorList)
    seen: dict[tuple[str, date], tuple[str, int]] = field(default_factory=dict)
    spans: Spans = field(default_factory=Spans)
    counts: Counter[str] = field(default_factory=Counter)
    ignored: list[str] = field(default_factory=list)


@transaction.atomic
def import_prices(
    *, files: Sequence[Path], at: datetime, source: str = SOURCE, progress: Callable[[float], None] = lambda _: None
) -> PriceImport:
    """Import prices from CSV files, plain or gzip: all rows or none; the same files again change nothing.

    A changed number is a revision, known from `at` on. `progress` is told the share of the bytes read, 0 to 1.
    Raises BadFileError, which lists the faults with file, row and field.
    """
    began = time.perf_counter()
    reading = _Reading(today=at.astimezone(UTC).date(), assets=Asset.objects.in_bulk())
    priced = priced_days()
    known = set(reading.assets)
    stored = Stored()
    rows = _rows(files, reading, progress)
    while batch := list(islice(rows, BATCH_SIZE)):
        if not reading.errors.count:
            _create_assets(reading)
            store_prices(rows=batch, source=source, at=at, stored=stored)
    reading.errors.raise_if_any()

    changed = relabel(spans=reading.spans, assets=reading.assets, priced=priced, source=source, at=at)
    first, last = reading.spans.days()
    find_problems(simulated=False, start=first, end=last, at=at)
    result = PriceImport(
        files=[path.name for path in files],
        source=source,
        rows_read=len(reading.seen),
        rows_new=stored.new,
        rows_revised=stored.revised,
        rows_unchanged=stored.unchanged,
        values_rounded=reading.counts["rounded"],
        rows_without_market_cap=reading.counts["no market cap"],
        assets=len(reading.spans.by_asset),
        assets_new=len(set(reading.assets) - known),
        symbols_changed=changed,
        first_day=first,
        last_day=last,
        ignored_columns=reading.ignored,
        findings=count_findings(asset_ids=reading.spans.by_asset, start=first, end=last),
        seconds=round(time.perf_counter() - began, 3),
    )
    _record_run(result, at)
    return result


def _rows(files: Sequence[Path], reading: _Reading, progress: Callable[[float], None]) -> Iterator[PriceRow]:
    """Give the good rows of all files; what is wrong goes to `reading.errors`."""
    total = sum(path.stat().st_size for path in files if path.is_file()) or 1
    before = 0
    for path in files:
        table = CsvFile(
            path=path,
            required=COLUMNS,
            errors=reading.errors,
            report=partial(_report, progress, before=before, total=total),
        )
        for number, values in table.rows():
            row = _row(path.name, number, values, reading)
            if row is not None:
                yield row
        reading.ignored.extend(name for name in table.ignored_columns if name not in reading.ignored)
        before += path.stat().st_size if path.is_file() else 0


def _report(progress: Callable[[float], None], position: int, *, before: int, total: int) -> None:
    progress((before + position) / total)


def _row(file: str, number: int, values: list[str], reading: _Reading) -> PriceRow | None:
    """Check one row; None when it has a fault, which is then in `reading.errors`."""
    faults: list[tuple[str, str]] = []
    day = checked("date", partial(_closed_day, today=reading.today), values[0], faults)
    asset_id = checked("coin_id", partial(_asset_id, assets=reading.assets), values[1], faults)
    symbol = checked("symbol", _symbol, values[2], faults)
    close = checked("price", _price, values[3], faults)
    market_cap = checked("market_cap", parse_optional_amount, values[4], faults)
    volume = checked("volume", parse_optional_amount, values[5], faults)
    if day and asset_id:
        first = reading.seen.setdefault((asset_id, day), (file, number))
        if first != (file, number):
            faults.append(("date", f"{asset_id} has a row for {day} already: {first[0]}, row {first[1]}."))
    for name, message in faults:
        reading.errors.add(RowError(file, number, name, message))
    if faults or not (day and asset_id and symbol and close and market_cap and volume):
        return None

    reading.spans.add(asset_id, symbol, day)
    reading.counts["rounded"] += close.rounded + market_cap.rounded + volume.rounded
    reading.counts["no market cap"] += not market_cap.value
    return PriceRow(asset_id, day, close.value or Decimal(0), market_cap.value or None, volume.value)


def _closed_day(text: str, *, today: date) -> date:
    day = parse_day(text)
    if day >= today:
        raise BadValueError(f"{day} has not closed yet: it is not over in UTC.")
    return day


def _asset_id(text: str, *, assets: dict[str, Asset]) -> str:
    asset = assets.get(text)
    if text == USD:
        raise BadValueError(f"{quoted(text)} is the base currency: its price is 1 by definition.")
    if asset is None:
        return parse_label(text, longest=80)
    if asset.simulated:
        raise BadValueError(f"{quoted(text)} is an asset of the simulated market; a file of prices is of the real one.")
    if asset.kind == Asset.Kind.FIAT:
        raise BadValueError(f"{quoted(text)} is a currency, not a crypto asset.")
    return text


def _symbol(text: str) -> str:
    return parse_label(text, longest=20)


def _price(text: str) -> Amount:
    amount = parse_amount(text)
    if not amount.value:
        raise BadValueError(f"{quoted(text)} is zero at 18 decimals; leave out the row of a day without a price.")
    return amount


def _create_assets(reading: _Reading) -> None:
    """Create the assets seen for the first time; the symbol is settled when all rows are read."""
    created = [
        Asset(id=asset_id, symbol=next(iter(spans)), name=asset_id.replace("-", " ").title())
        for asset_id, spans in reading.spans.by_asset.items()
        if asset_id not in reading.assets
    ]
    Asset.objects.bulk_create(created)
    reading.assets.update({asset.id: asset for asset in created})


def _record_run(result: PriceImport, at: datetime) -> None:
    SourceRun.objects.create(
        source=result.source,
        detail=", ".join(result.files)[:300],
        started_at=at,
        finished_at=at + timedelta(seconds=result.seconds),
        status=SourceRun.Status.DONE,
        first_day=result.first_day,
        last_day=result.last_day,
        rows_read=result.rows_read,
        rows_new=result.rows_new,
        rows_revised=result.rows_revised,
        rows_unchanged=result.rows_unchanged,
    )
