"""Replays of rules on history: the engine of the night, on a copy in memory; nothing is ever written.

What comes of it is reconstructed: what these rules would have held, judged by what was known at each cut-off.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from indices.calc.rules import Rules
from indices.calc.shares import STEP, share_out
from indices.calc.statistics import PerformanceStatistics, performance_statistics
from indices.models import Index, Level, Methodology, Rebalance, Review
from indices.selectors.rulebooks import rules_of
from indices.services.gathering import lookback_of
from indices.services.levels import FormsDisagreeError, HeldBasket
from indices.services.market_nights import MarketNights
from indices.services.replay import IndexReplay
from indices.services.state import CannotRunError, IndexState
from market.calc.returns import DAYS_PER_YEAR

ONE_DAY = timedelta(days=1)
LONGEST = timedelta(days=8 * 365 + 2)
"""Eight years, two of them leap years."""

MEMORY = timedelta(days=400)
"""How long the version in force is replayed for a comparison: by then its buffers no longer tell when it began."""

QUOTED = 3
STEPS = 20

Progress = Callable[[int], None]


class CannotReplayError(Exception):
    """These rules cannot be replayed over these days; the message says why in a curator's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedBasket:
    """A basket that took effect: of which kind of review or event, one-way turnover, cost as a share of the level.

    `entered` and `left` are asset ids, the sleeve's included; the weights are those at the close of `day`.
    """

    day: date
    kind: str
    turnover: Decimal
    cost: Decimal
    entered: Sequence[str]
    left: Sequence[str]
    weights: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayFigures:
    """What the levels say, from the first to the last: statistics before and after costs, on every day of `days`.

    A suspended level counts as the one before. `turnover` is one-way, a year; `cost` the share of the level that all
    costs together took, a fraction of 1.
    """

    days: Sequence[date]
    gross: PerformanceStatistics
    net: PerformanceStatistics
    turnover: Decimal
    cost: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOutcome:
    """What rules came to over days: a level for each day from the start on, every basket, what stood in the way.

    `reviews` counts those computed. `market` is the close in USD of the market's main asset on the days of `levels`,
    NaN where it has none. `figures` are None with fewer than two levels.
    """

    first_day: date
    last_day: date
    levels: Sequence[Level]
    baskets: Sequence[ReplayedBasket]
    reviews: int
    market: NDArray[np.float64]
    figures: ReplayFigures | None
    problems: Sequence[str]


@dataclass(frozen=True, slots=True)
class WeightDifference:
    """An asset's weight under the rules replayed and under the version in force, fractions of 1."""

    asset_id: str
    weight: Decimal
    in_force: Decimal

    @property
    def difference(self) -> Decimal:
        """Return how much more the rules replayed hold."""
        return self.weight - self.in_force


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Weights at the close of a day, the largest difference first; `words` say with what they are compared, or why not.

    Without a version in force there is no day and no difference.
    """

    day: date | None
    words: str
    differences: Sequence[WeightDifference] = ()


def check_span(first_day: date, last_day: date) -> None:
    """Raise CannotReplayError unless a span is from one day to eight years long."""
    if first_day >= last_day:
        raise CannotReplayError(f"A replay ends after it starts; {last_day} is not after {first_day}.")
    if last_day - first_day > LONGEST:
        raise CannotReplayError(f"A replay covers eight years at most; from {first_day} to {last_day} it is longer.")


def market_of(index: Index, rules: Rules, first_day: date, last_day: date) -> MarketNights:
    """Return the market that an index lives in, reaching back as far as these rules or those in force look."""
    in_force = version_in_force(index, last_day)
    return MarketNights(
        simulated=index.is_simulated,
        first=first_day,
        end=last_day,
        lookback=lookback_of([rules, in_force[1]] if in_force else [rules]),
    )


def replay_rules(
    *,
    index: Index,
    rules: Rules,
    first_day: date,
    last_day: date,
    at: datetime,
    market: MarketNights | None = None,
    on_progress: Progress = lambda _percent: None,
) -> ReplayOutcome:
    """Walk an index under given rules through days as the night would, every review approved as it is computed.

    The index starts on the first of these days, or at the first review that finds enough assets. `on_progress` is told
    the percentage of days done. Of a market that was loaded before, nothing is read again.

    Raises CannotReplayError.
    """
    check_span(first_day, last_day)
    market = market or market_of(index, rules, first_day, last_day)
    first_row, end_row = market.window.versions.rows(first_day, last_day)
    if first_row == end_row:
        raise CannotReplayError(f"{index.get_universe_display()}: no prices from {first_day} to {last_day}.")
    replay = _walk(_rehearsal(index, rules, market, at), first_day, last_day, on_progress)
    levels = replay.levels
    return ReplayOutcome(
        first_day=first_day,
        last_day=last_day,
        levels=levels,
        baskets=_baskets(replay),
        reviews=len(replay.reviews),
        market=_main_asset(index, market, levels, at),
        figures=_figures(replay),
        problems=_problems(replay, rules, first_day),
    )


def compare_weights(*, index: Index, outcome: ReplayOutcome, market: MarketNights, at: datetime) -> Comparison:
    """Compare the last basket of a replay with what the version in force holds at the same close.

    That is the stored basket; where none is stored by then, the version in force is replayed over the 400 days before.
    """
    if not outcome.baskets:
        return Comparison(day=None, words="No basket came of the replay; there is nothing to compare.")
    last = outcome.baskets[-1]
    stored = Rebalance.objects.current().filter(index=index, effective_day__lte=last.day)
    in_force = stored.prefetch_related("holdings").last()
    if in_force:
        held: HeldBasket | None = HeldBasket.of(in_force)
        words = f"Compared with the basket in force, set on {in_force.effective_day}."
    else:
        version = version_in_force(index, last.day)
        if version is None:
            return Comparison(day=None, words="No version is in force yet; there is nothing to compare.")
        first_day = max(outcome.first_day, last.day - MEMORY)
        replay = _walk(_rehearsal(index, version[1], market, at), first_day, last.day)
        held = replay.state.basket_after(last.day)
        words = f"Compared with version {version[0].version}, replayed from {first_day}: it has no stored basket yet."
    others = _weights_at(held, market, last.day) if held else {}
    zero = Decimal(0)
    found = [
        WeightDifference(asset_id, last.weights.get(asset_id, zero), others.get(asset_id, zero))
        for asset_id in {*last.weights, *others}
    ]
    found.sort(key=lambda each: (-abs(each.difference), each.asset_id))
    return Comparison(day=last.day, words=words, differences=found)


def version_in_force(index: Index, day: date) -> tuple[Methodology, Rules] | None:
    """Return the latest announced version that holds for a review of a day; None without one that can be read."""
    started = [methodology for methodology in index.methodologies.announced() if methodology.starts_by(day)]
    rules = rules_of(started[-1]) if started else None
    return (started[-1], rules) if rules else None


def _rehearsal(index: Index, rules: Rules, market: MarketNights, at: datetime) -> IndexReplay:
    """Return the walk of an index that has no past, on a copy that nobody saves."""
    alone = copy(index)
    alone.auto_approve = True
    alone.base_date = alone.live_since = None
    methodology = Methodology(index=alone, version=1, params={})
    state = IndexState(methodologies=[(methodology, rules)])
    return IndexReplay(index=alone, market=market, state=state, at=at, rehearses=True)


def _walk(
    replay: IndexReplay, first_day: date, last_day: date, on_progress: Progress = lambda _percent: None
) -> IndexReplay:
    days = (last_day - first_day).days + 1
    told = max(1, days // STEPS)
    try:
        for offset in range(days):
            if offset % told == 0:
                on_progress(100 * offset // days)
            replay.night(first_day + offset * ONE_DAY)
    except (CannotRunError, FormsDisagreeError) as error:
        raise CannotReplayError(str(error)) from error
    return replay


def _baskets(replay: IndexReplay) -> list[ReplayedBasket]:
    found = []
    before: frozenset[str] = frozenset()
    for basket, rebalance in zip(replay.state.baskets, replay.rebalances, strict=True):
        held = frozenset(basket.asset_ids)
        found.append(
            ReplayedBasket(
                day=basket.effective_day,
                kind=rebalance.review.kind if rebalance.review else str(rebalance.kind),
                turnover=rebalance.turnover,
                cost=rebalance.cost,
                entered=sorted(held - before),
                left=sorted(before - held),
                weights=dict(zip(basket.asset_ids, basket.weights, strict=True)),
            )
        )
        before = held
    return found


def _weights_at(basket: HeldBasket, market: MarketNights, day: date) -> dict[str, Decimal]:
    """Return the weights that a basket has drifted to by the close of a day; they sum to exactly 1."""
    closes = market.last_closes(basket.asset_ids, day)
    worth = [units * closes[a].close for a, units in zip(basket.asset_ids, basket.units, strict=True)]
    return dict(zip(basket.asset_ids, share_out(Decimal(1), worth, unit=STEP), strict=True))


def _main_asset(index: Index, market: MarketNights, levels: Sequence[Level], at: datetime) -> NDArray[np.float64]:
    if not levels:
        return np.empty(0)
    days = (levels[-1].day - levels[0].day).days + 1
    return market.close_matrix([index.main_assets[0]], levels[-1].day, days=days, known_at=at)[:, 0]


def _figures(replay: IndexReplay) -> ReplayFigures | None:
    days = [level.day for level in replay.levels]
    if len(days) < 2:
        return None
    turnover = sum((rebalance.turnover for rebalance in replay.rebalances), Decimal(0))
    return ReplayFigures(
        days=days,
        gross=performance_statistics(_carried([level.gross for level in replay.levels])),
        net=performance_statistics(_carried([level.net for level in replay.levels])),
        turnover=turnover * DAYS_PER_YEAR / (days[-1] - days[0]).days,
        cost=1 - replay.state.baskets[-1].net_factor,
    )


def _carried(levels: Sequence[Decimal | None]) -> NDArray[np.float64]:
    """Return levels as floats; where one is suspended the one before stands. The first is the base and never is."""
    found: list[float] = []
    for level in levels:
        found.append(found[-1] if level is None else float(level))
    return np.array(found)


def _problems(replay: IndexReplay, rules: Rules, first_day: date) -> list[str]:
    """Return in words what a curator would not guess from the levels."""
    found = []
    levels = replay.levels
    if not levels:
        found.append("No review found a basket: the index never starts.")
    elif levels[0].day > first_day:
        found.append(f"The index starts on {levels[0].day}; no review before found a basket.")
    if rules.counts_votes:
        found.append("No ballot was ever held on these days: reviews that count votes find none, and no basket.")
    stuck = [review for review in replay.reviews if review.status == Review.Status.NEEDS_REVIEW]
    if stuck:
        quoted = " ".join(f"{review.cutoff_day}: {review.reason}" for review in stuck[:QUOTED])
        more = f" And {len(stuck) - QUOTED} more." if len(stuck) > QUOTED else ""
        found.append(
            f"{len(stuck)} of {len(replay.reviews)} reviews found no basket and need a curator. {quoted}{more}"
        )
    suspended = [level for level in levels if level.status == Level.Status.SUSPENDED]
    if suspended:
        found.append(
            f"The level is suspended on {len(suspended)} days, first on {suspended[0].day}. {suspended[0].cause}"
        )
    return found
