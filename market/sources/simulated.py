"""A market that never was: 60 invented assets with regimes, fat tails, a dying coin, a broken peg and missing days.

The same anchor day and seed give the same rows for ever: a later end only adds days, since every stream of random
numbers is dealt day by day. Only +, -, * and / touch the numbers and prices keep 8 significant digits, so that
processors that round a logarithm differently still agree. No asset can run away: a weak pull leads the market back
to its trend, and each asset back to the market.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import isnan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from market.sources.base import SourceAsset, SourcePrice, SourceProblem, log_problem
from market.sources.simulated_assets import COINS, COLLAPSE, DEPEG

Floats = NDArray[np.float64]

DEFAULT_ANCHOR = date(2021, 11, 21)
DEFAULT_SEED = 20260224  # five years with a bull market, a fall by 59% and a recovery

TREND = 0.0006  # daily growth that the market is led back to
MARKET_PULL = 0.0018  # largest daily return of that lead
ASSET_PULL = 0.0016  # the same for an asset against the market
DEGREES = 4  # of freedom: Student's t with a finite variance, and tails as fat as daily returns have
LOWEST_PRICE = 1e-10  # 8 digits of it still fit 18 decimals


class Regime(NamedTuple):
    """A phase of the market: daily drift and volatility, and the chance to wake up in each phase tomorrow."""

    drift: float
    volatility: float
    tomorrow: tuple[float, float, float]


REGIMES = (
    Regime(0.0030, 0.024, (0.9930, 0.0050, 0.0020)),  # bull
    Regime(0.0004, 0.019, (0.0050, 0.9900, 0.0050)),  # neutral
    Regime(-0.0034, 0.033, (0.0030, 0.0090, 0.9880)),  # bear
)
OWN_SCALE = np.array([1.05, 0.85, 1.2])  # how far assets stray by themselves in each regime
SECTOR_VOLATILITY = 0.012


class Panel(NamedTuple):
    """The whole market, shape (days, assets), NaN where there is no number; money in USD."""

    closes: Floats
    caps: Floats
    volumes: Floats


def _stream(seed: int, name: str) -> np.random.Generator:
    """Return random numbers that belong to one purpose, so that a change of one leaves the others alone."""
    return np.random.default_rng([seed, *name.encode()])


def _shocks(rng: np.random.Generator, *shape: int) -> Floats:
    """Return fat-tailed shocks of variance 1, dealt day by day."""
    shocks: Floats = rng.standard_t(DEGREES, size=shape) * ((DEGREES - 2) / DEGREES) ** 0.5
    return shocks


def _phases(seed: int, days: int) -> NDArray[np.intp]:
    """Return the regime of each day as a position in REGIMES: a Markov chain that starts neutral."""
    draws = _stream(seed, "regime").random(days)
    phases = np.empty(days, dtype=np.intp)
    phase = 1
    for day in range(days):
        bull, neutral, _ = REGIMES[phase].tomorrow
        phase = 0 if draws[day] < bull else 1 if draws[day] < bull + neutral else 2
        phases[day] = phase
    return phases


def _market_returns(seed: int, phases: NDArray[np.intp]) -> Floats:
    """Return the simple returns that all assets share, shape (days,)."""
    shocks = _shocks(_stream(seed, "market"), len(phases))
    returns = np.empty(len(phases))
    level = trend = 1.0
    for day, phase in enumerate(phases):
        pull = MARKET_PULL * (trend - level) / (trend + level)
        drift, volatility, _ = REGIMES[phase]
        returns[day] = min(max(drift + pull + volatility * shocks[day], -0.35), 0.35)
        level *= 1 + returns[day]
        trend *= 1 + TREND
    return returns


def _own_returns(seed: int, phases: NDArray[np.intp]) -> Floats:
    """Return each asset's simple returns beside the market's, shape (days, assets)."""
    noise = np.array([coin.noise for coin in COINS])
    moves: Floats = _shocks(_stream(seed, "asset"), len(phases), len(COINS)) * noise * OWN_SCALE[phases][:, None]
    strength = np.ones(len(COINS))
    for move in moves:
        move += ASSET_PULL * (1 - strength) / (1 + strength)  # noqa: PLW2901 - rows are views: this fills `moves`
        np.clip(move, -0.5, 0.9, out=move)
        strength *= 1 + move
    return moves


def _sector_returns(seed: int, phases: NDArray[np.intp]) -> Floats:
    """Return the simple returns that assets of one sector share, spread to the assets, shape (days, assets)."""
    sectors = list(dict.fromkeys(coin.sector for coin in COINS))
    shocks = _shocks(_stream(seed, "sector"), len(phases), len(sectors)) * OWN_SCALE[phases][:, None]
    returns: Floats = np.clip(SECTOR_VOLATILITY * shocks, -0.2, 0.3)
    return returns[:, [sectors.index(coin.sector) for coin in COINS]]


def _peg_gaps(seed: int, days: int) -> Floats:
    """Return how far each asset would be from its peg, a fraction of it, shape (days, assets): it returns in days."""
    steps = _shocks(_stream(seed, "peg"), days, len(COINS)) * np.array([coin.noise for coin in COINS])
    gaps: Floats = np.empty_like(steps)
    gap = np.zeros(len(COINS))
    for day, step in enumerate(steps):
        gap = 0.7 * gap + step
        gaps[day] = gap
    return gaps


def _script(days: int, event: int, steps: tuple[tuple[int, float], ...]) -> Floats:
    """Return what is written to happen on each day, 0 on all others, shape (days,)."""
    written = np.zeros(days)
    for offset, value in steps:
        if event + offset < days:
            written[event + offset] = value
    return written


def _closes(seed: int, phases: NDArray[np.intp]) -> Floats:
    """Return closes of all assets on all days, as if each had been listed from the anchor."""
    days = len(phases)
    market = _market_returns(seed, phases)
    beta = np.array([coin.beta for coin in COINS])
    growth = (1 + market[:, None] * beta) * (1 + _sector_returns(seed, phases)) * (1 + _own_returns(seed, phases))
    gaps = _peg_gaps(seed, days)
    closes: Floats = np.empty_like(growth)
    for column, coin in enumerate(COINS):
        if coin.pegged:
            peg = closes[:, _column(coin.parent)] if coin.parent else 1.0
            closes[:, column] = peg * (1 + gaps[:, column] + _script(days, DEPEG, coin.off_peg))
        else:
            path = np.cumprod(growth[:, column] * (1 + _script(days, COLLAPSE, coin.jumps)))
            start = path[min(coin.listed, days - 1)]
            closes[:, column] = path / start * coin.price
    np.maximum(closes, LOWEST_PRICE, out=closes)
    return closes


def _column(symbol: str) -> int:
    """Return the position of an asset; parents stand before those that follow them."""
    return next(column for column, coin in enumerate(COINS) if coin.symbol == symbol)


def _caps(closes: Floats) -> Floats:
    """Return market caps: the first one gives the supply, which then grows in a straight line; never below 1 USD."""
    ages = np.arange(len(closes)) / 365
    caps: Floats = np.empty_like(closes)
    for column, coin in enumerate(COINS):
        first = min(coin.listed, len(closes) - 1)
        supply = coin.cap * 1e6 / closes[first, column]
        caps[:, column] = closes[:, column] * supply * (1 + coin.inflation * (ages - first / 365))
    np.maximum(caps, 1, out=caps)
    return caps


def _volumes(seed: int, closes: Floats, caps: Floats) -> Floats:
    """Return value traded: a share of the market cap, more on days of large moves."""
    moves = np.zeros_like(closes)
    moves[1:] = np.abs(closes[1:] / closes[:-1] - 1)
    mood = 0.5 + _stream(seed, "volume").random(closes.shape)
    volumes: Floats = np.array([coin.turnover for coin in COINS]) * caps * mood * (1 + 8 * moves)
    return volumes


def _hide(seed: int, panel: Panel) -> None:
    """Blank in place what nobody could have seen: days outside a listing, missing days, unknown market caps."""
    days = len(panel.closes)
    luck = _stream(seed, "missing").random((days, len(COINS)))
    offsets = np.arange(days)
    for column, coin in enumerate(COINS):
        last = days if coin.last is None else coin.last
        hidden = (offsets < coin.listed) | (offsets > last) | (luck[:, column] < coin.gap_rate)
        if coin.outage:
            hidden |= (offsets >= coin.outage[0]) & (offsets <= coin.outage[1])
        for numbers in panel:
            numbers[hidden, column] = np.nan
        panel.caps[coin.listed : coin.listed + coin.cap_unknown, column] = np.nan


def simulate(*, seed: int, days: int) -> Panel:
    """Return the first days of the simulated market as arrays, columns in the order of COINS; days at least 1."""
    closes = _closes(seed, _phases(seed, days))
    caps = _caps(closes)
    panel = Panel(closes, caps, _volumes(seed, closes, caps))
    _hide(seed, panel)
    return panel


def _price(value: float) -> Decimal:
    """Round to 8 significant digits: what processors may disagree on lies far behind them."""
    return Decimal(f"{value:.7e}")


def _dollars(value: float) -> Decimal | None:
    """Round to 8 significant digits and whole dollars; unknown stays unknown."""
    return None if isnan(value) else Decimal(int(Decimal(f"{value:.7e}")))


def _rows(panel: Panel, *, anchor: date, first: int, columns: list[int]) -> Iterator[SourcePrice]:
    """Turn the days from the first on into rows: all assets of a day, then the next day."""
    labels = [(coin.id, coin.symbol, coin.name) for coin in COINS]
    for day in range(first, len(panel.closes)):
        when = anchor + timedelta(days=day)
        closes, caps, volumes = (numbers[day].tolist() for numbers in panel)
        for column in columns:
            if not isnan(closes[column]):
                yield SourcePrice(
                    *labels[column], when, _price(closes[column]), _dollars(caps[column]), _dollars(volumes[column])
                )


@dataclass(frozen=True, slots=True)
class SimulatedSource:
    """The simulated market as a source: a night fetches one more day of the same history."""

    anchor: date = DEFAULT_ANCHOR
    seed: int = DEFAULT_SEED

    @property
    def name(self) -> str:
        """What rows from here carry as their source."""
        return "simulated"

    @property
    def simulated(self) -> bool:
        """Every price is invented."""
        return True

    def list_assets(self) -> Iterator[SourceAsset]:
        """Give the 60 assets, those that are listed later included."""
        for coin in COINS:
            yield SourceAsset(
                id=coin.id,
                symbol=coin.symbol,
                name=coin.name,
                sector=coin.sector,
                token_type=coin.token_type,
                jurisdiction=coin.jurisdiction,
                launch_year=coin.year,
                is_stable=coin.sector == "stablecoin",
                is_wrapped=coin.sector == "wrapped",
                is_pegged=coin.pegged,
                is_eligible=not coin.pegged,
                note="simulated",
            )

    def fetch_prices(
        self,
        asset_ids: Collection[str],
        start: date,
        end: date,
        *,
        report: Callable[[SourceProblem], None] = log_problem,
    ) -> Iterator[SourcePrice]:
        """Give the rows of the assets from start to end, both included; an unknown asset is reported, not invented."""
        for unknown in sorted(set(asset_ids) - {coin.id for coin in COINS}):
            report(SourceProblem(unknown, None, "The simulated market has no such asset."))
        days = (end - self.anchor).days + 1
        first = max((start - self.anchor).days, 0)
        if first < days:
            columns = [column for column, coin in enumerate(COINS) if coin.id in asset_ids]
            yield from _rows(simulate(seed=self.seed, days=days), anchor=self.anchor, first=first, columns=columns)
