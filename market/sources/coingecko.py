"""CoinGecko's API v3 on the free plan: about 30 calls a minute, one call an asset, 365 days of history.

A daily point is a snapshot at 00:00 UTC. The close of day D is the price at 00:00 UTC of D+1, so the snapshot stamped
D+1 is the close of D, and its volume, which looks back over 24 hours, is the value traded on D. The last point of an
answer is of this very minute: it is no close and is left out.
"""

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any
from urllib.parse import quote

from market.sources.base import (
    BadSourceDataError,
    SourceAsset,
    SourcePrice,
    SourceProblem,
    SourceUnavailableError,
    log_problem,
)
from market.sources.web import JsonClient, Pace, check_base_url

PUBLIC_URL = "https://api.coingecko.com/api/v3"
SECONDS_BETWEEN_CALLS = 2.0
HISTORY_DAYS = 365
PAGE_SIZE = 250
MS_A_DAY = 86_400_000
WIDE = Context(prec=80, rounding=ROUND_HALF_EVEN)
SMALLEST = Decimal(1).scaleb(-18)
LARGEST = Decimal(10) ** 20  # what a column of 38 digits with 18 decimals holds
PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class CoinGeckoSource:
    """Daily prices in USD; asset ids are CoinGecko's (`bitcoin`). Clock and sleep are given by tests only."""

    name = "coingecko"
    simulated = False

    def __init__(
        self,
        *,
        api_key: str = "",
        base_url: str = PUBLIC_URL,
        timeouts: tuple[float, float] = (5.0, 20.0),
        now: Callable[[], datetime] = _utc_now,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._now = now
        self._client = JsonClient(
            base_url=check_base_url(base_url),
            headers={"x-cg-demo-api-key": api_key} if api_key else {},
            pace=Pace(gap=SECONDS_BETWEEN_CALLS, clock=clock, sleep=sleep),
            timeouts=timeouts,
        )

    def list_assets(self) -> Iterator[SourceAsset]:
        """Give the 250 largest assets by market cap; CoinGecko's call says nothing of sector or token type."""
        yield from self._markets({"order": "market_cap_desc", "page": "1"}).values()

    def fetch_prices(
        self,
        asset_ids: Collection[str],
        start: date,
        end: date,
        *,
        report: Callable[[SourceProblem], None] = log_problem,
    ) -> Iterator[SourcePrice]:
        """Give the closes of the days from start to end that are over; one asset after the other.

        What cannot be read of one asset is reported and the others go on; raises BadSourceDataError when that is so
        for every asset, SourceUnavailableError when CoinGecko gives nothing or start lies more than 365 days back.
        """
        days = (self._now().date() - start).days + 1
        if days > HISTORY_DAYS + 1:
            raise SourceUnavailableError(
                f"CoinGecko's free plan reaches back {HISTORY_DAYS} days, and {start} lies {days - 1} days back. "
                f"Ask from {self._now().date() - timedelta(days=HISTORY_DAYS)} on, or import older prices from a file."
            )
        wanted = sorted(set(asset_ids))
        assets = self._labels(wanted, report)
        failures = [] if assets or not wanted else [BadSourceDataError("CoinGecko knows none of the assets asked for.")]
        for asset in assets:
            try:
                yield from self._history(asset, start, end, days=min(days, HISTORY_DAYS), report=report)
            except BadSourceDataError as error:
                failures.append(error)
                report(SourceProblem(asset.id, None, str(error)))
        if failures and len(failures) >= len(assets):
            raise failures[-1]

    def _labels(self, asset_ids: list[str], report: Callable[[SourceProblem], None]) -> list[SourceAsset]:
        """Return the assets that CoinGecko knows, with symbol and name; report the others."""
        plain = [asset_id for asset_id in asset_ids if PLAIN_ID.fullmatch(asset_id)]
        known: dict[str, SourceAsset] = {}
        for first in range(0, len(plain), PAGE_SIZE):
            known |= self._markets({"ids": ",".join(plain[first : first + PAGE_SIZE])})
        for missing in (asset_id for asset_id in asset_ids if asset_id not in known):
            report(SourceProblem(missing, None, "CoinGecko lists no asset with this id; it may have been removed."))
        return [known[asset_id] for asset_id in plain if asset_id in known]

    def _markets(self, params: Mapping[str, str]) -> dict[str, SourceAsset]:
        """Return one page of `/coins/markets` by id."""
        rows = self._client.get("/coins/markets", {"vs_currency": "usd", "per_page": str(PAGE_SIZE), **params})
        try:
            return {
                row["id"]: SourceAsset(id=row["id"], symbol=row["symbol"].upper()[:20], name=row["name"][:120])
                for row in rows
            }
        except (TypeError, KeyError, AttributeError) as error:
            raise BadSourceDataError(
                f"CoinGecko's /coins/markets did not answer with a list of id, symbol and name ({error!r}). "
                "Its API may have changed: look for a newer version of this program."
            ) from error

    def _history(
        self, asset: SourceAsset, start: date, end: date, *, days: int, report: Callable[[SourceProblem], None]
    ) -> Iterator[SourcePrice]:
        """Give the rows of one asset from `/coins/{id}/market_chart`."""
        path = f"/coins/{quote(asset.id, safe='')}/market_chart"
        chart = self._client.get(path, {"vs_currency": "usd", "days": str(days), "interval": "daily"})
        closes, caps, volumes = (_Series(chart, field, asset.id, report) for field in _FIELDS)
        found = [day for day in closes.days() if start <= day <= end]
        if not found:
            report(SourceProblem(asset.id, None, f"CoinGecko has no daily price between {start} and {end}."))
        for day in found:
            close = closes.value(day)
            if close is not None:
                yield SourcePrice(asset.id, asset.symbol, asset.name, day, close, caps.value(day), volumes.value(day))


_FIELDS = {"prices": "price", "market_caps": "market cap", "total_volumes": "volume"}


class _Series:
    """One list of `[milliseconds, number]` of a chart, by the day that each snapshot closes."""

    def __init__(self, chart: Any, field: str, asset_id: str, report: Callable[[SourceProblem], None]) -> None:
        self._field, self._asset_id, self._report = field, asset_id, report
        self._seen: dict[date, list[Any]] = {}
        try:
            for stamp, number in chart[field]:
                if stamp % MS_A_DAY == 0:
                    self._seen.setdefault(_closed_day(stamp), []).append(number)
        except (TypeError, KeyError, ValueError, ArithmeticError) as error:
            raise BadSourceDataError(
                f"CoinGecko's chart of {asset_id} has no list of points under {field!r} ({error!r}). "
                "Its API may have changed: look for a newer version of this program."
            ) from error

    def days(self) -> list[date]:
        """Return the days that have a snapshot, in order."""
        return sorted(self._seen)

    def value(self, day: date) -> Decimal | None:
        """Return the number of a day, or None, reported, when it is missing, unusable or contradicts itself."""
        try:
            return _usable(self._seen.get(day, [None]), zero_allowed=self._field == "total_volumes")
        except ValueError as error:
            text = f"{_FIELDS[self._field]} from CoinGecko: {error}; treated as unknown, nothing was filled in."
            self._report(SourceProblem(self._asset_id, day, text))
            return None


def _usable(numbers: list[Any], *, zero_allowed: bool) -> Decimal:
    """Return the one number of a day with at most 18 decimals; raise ValueError, saying why, if there is none."""
    number = numbers[0]
    if any(other != number for other in numbers[1:]):
        raise ValueError(f"different numbers for one day ({', '.join(map(str, numbers))})"[:120])
    readable = isinstance(number, int | Decimal) and not isinstance(number, bool)
    exact = Decimal(number) if readable else Decimal("NaN")
    if not exact.is_finite() or not 0 <= exact < LARGEST:
        raise ValueError(f"no usable number ({number})"[:120])
    rounded = WIDE.quantize(exact, SMALLEST)
    if rounded == 0 and not zero_allowed:
        raise ValueError(f"zero ({exact})")
    return exact if exact == rounded else rounded


def _closed_day(stamp: int) -> date:
    """Return the day that ends at a midnight given in milliseconds since 1970."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(stamp))).date() - timedelta(days=1)
