"""What a source of prices gives and how it fails: the same for a provider on the web and for the simulated market."""

import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

logger = logging.getLogger(__name__)


class SourceUnavailableError(Exception):
    """The source as a whole gives nothing now; the message tells the operator what, where, why and what to do."""


class BadSourceDataError(Exception):
    """The source answered with what cannot be read; the message tells the operator which asset, why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceAsset:
    """An asset as its source describes it; an empty sector or token type means that the source does not say."""

    id: str
    symbol: str
    name: str
    sector: str = ""
    token_type: str = ""
    jurisdiction: str = ""
    launch_year: int | None = None
    is_stable: bool = False
    is_wrapped: bool = False
    is_pegged: bool = False
    is_eligible: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class SourcePrice:
    """One asset on one UTC day: close above 0, market cap (None: unknown) and value traded (None: unknown), in USD.

    The close of day D is the price at 00:00 UTC of D+1. No number has more than 18 decimals.
    """

    asset_id: str
    symbol: str
    name: str
    day: date
    close: Decimal
    market_cap: Decimal | None
    volume: Decimal | None


@dataclass(frozen=True, slots=True)
class SourceProblem:
    """A value, a day (None: all of them) or an asset that the source could not give; never dropped in silence."""

    asset_id: str
    day: date | None
    message: str


def log_problem(problem: SourceProblem) -> None:
    """Write a problem to the log: where it goes when the caller of a source names no other place."""
    logger.warning("source problem: asset %s, day %s: %s", problem.asset_id, problem.day or "all", problem.message)


class PriceSource(Protocol):
    """A provider of daily prices."""

    @property
    def name(self) -> str:
        """What rows from here carry as their source."""

    @property
    def simulated(self) -> bool:
        """Whether the prices are invented; such assets never mix with real ones."""

    def list_assets(self) -> Iterable[SourceAsset]:
        """Give every asset that the source knows; raises SourceUnavailableError or BadSourceDataError."""

    def fetch_prices(
        self, asset_ids: Collection[str], start: date, end: date, *, report: Callable[[SourceProblem], None] = ...
    ) -> Iterable[SourcePrice]:
        """Give the prices of the assets for the days from start to end, both included.

        A day without a price has no row. What the source got wrong about single assets or days goes to `report`;
        raises SourceUnavailableError when the source gives nothing, BadSourceDataError when nothing can be read.
        """
