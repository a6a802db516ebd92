"""Writing prices: a first version, or a revision that supersedes the version before; nothing is changed in place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction

from market.models import SOURCE_LAG, DailyPrice, close_of
from market.services.findings import find_problems

BATCH_SIZE = 5_000
CURATOR = "curator"


class PriceRow(NamedTuple):
    """One asset on one UTC day, in USD, at most 18 decimals; None is unknown."""

    asset_id: str
    day: date
    close: Decimal
    market_cap: Decimal | None
    volume: Decimal | None


@dataclass(slots=True)
class Stored:
    """How many rows were new, superseded an older version, or said what was known already."""

    new: int = 0
    revised: int = 0
    unchanged: int = 0


class _Known(NamedTuple):
    id: int
    recorded_at: datetime
    numbers: tuple[Decimal, Decimal | None, Decimal | None]


class CannotReviseError(Exception):
    """The correction of a price is not possible; the message is fit for the curator's eyes."""


@transaction.atomic
def store_prices(*, rows: Sequence[PriceRow], source: str, at: datetime, stored: Stored) -> None:
    """Write rows, at least one, whose (asset, day) are distinct and whose assets exist; count them in `stored`.

    A first version that comes later than the usual lag after its close counts as known since then: `reconstructed`.
    """
    known = _known(rows)
    created = []
    superseded = []
    instant = max([at, *(version.recorded_at + timedelta(microseconds=1) for version in known.values())])
    for row in rows:
        version = known.get((row.asset_id, row.day))
        if version is None:
            created.append(_first_version(row, source, at))
        elif version.numbers != row[2:]:
            created.append(_version(row, source, instant))
            superseded.append(version.id)
        else:
            stored.unchanged += 1
    DailyPrice.objects.filter(id__in=superseded).update(superseded_at=instant)
    DailyPrice.objects.bulk_create(created, batch_size=BATCH_SIZE)
    stored.revised += len(superseded)
    stored.new += len(created) - len(superseded)


@transaction.atomic
def revise_price(
    *, price: DailyPrice, close: Decimal, market_cap: Decimal | None, volume: Decimal | None, at: datetime
) -> DailyPrice:
    """Supersede the current version of a price by a curator's correction, and return the new version.

    Raises CannotReviseError when the version is not the current one or when nothing would change.
    """
    current = DailyPrice.objects.select_for_update().current().filter(id=price.id).first()
    if current is None:
        raise CannotReviseError("This version was superseded already; correct the current one.")
    row = PriceRow(current.asset_id, current.day, close, market_cap, volume)
    if row[2:] == (current.close, current.market_cap, current.volume):
        raise CannotReviseError("The correction says what the current version says.")
    store_prices(rows=[row], source=CURATOR, at=at, stored=Stored())
    find_problems(simulated=current.asset.simulated, start=row.day, end=row.day, at=at)
    return DailyPrice.objects.current().get(asset_id=current.asset_id, day=current.day)


def _known(rows: Sequence[PriceRow]) -> dict[tuple[str, date], _Known]:
    days = [row.day for row in rows]
    current = DailyPrice.objects.current().filter(
        asset_id__in={row.asset_id for row in rows}, day__range=(min(days), max(days))
    )
    fields = current.order_by().values_list("asset_id", "day", "id", "recorded_at", "close", "market_cap", "volume")
    return {
        (asset_id, day): _Known(row_id, recorded_at, (close, cap, volume))
        for asset_id, day, row_id, recorded_at, close, cap, volume in fields
    }


def _first_version(row: PriceRow, source: str, at: datetime) -> DailyPrice:
    usual = close_of(row.day) + SOURCE_LAG
    version = _version(row, source, min(at, usual))
    version.reconstructed = at > usual
    return version


def _version(row: PriceRow, source: str, recorded_at: datetime) -> DailyPrice:
    return DailyPrice(
        asset_id=row.asset_id,
        day=row.day,
        close=row.close,
        market_cap=row.market_cap,
        volume=row.volume,
        source=source,
        recorded_at=recorded_at,
    )
