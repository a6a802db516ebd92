"""What a review may look at, put together once and frozen: nothing recorded after its cut-off enters."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from indices.calc.ballots import QuorumError, tally
from indices.calc.composition import may_be_held
from indices.calc.inputs import Candidate, ReviewInputs, ReviewKind
from indices.calc.metrics import log_volatilities, momentum, sharpe_ratios
from indices.calc.rules import RankBy, Rules, Scheme, SignalSource, Tilt
from indices.calc.shares import STEP, share_out
from indices.calc.signals import settled, trend_signals
from indices.models import Ballot, Index
from indices.services.levels import HeldBasket
from indices.services.market_nights import SHORTEST_LOOKBACK, MarketNights
from indices.services.state import IndexState
from market.models import SOURCE_LAG, close_of

ONE = Decimal(1)
LEAST_RETURNS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoff:
    """Where a review stands: the day whose close is the last to count, and the instant up to which rows count."""

    day: date
    known_at: datetime


def cutoff_of(*, day: date, at: datetime) -> Cutoff:
    """Return a cut-off: nothing counts that is recorded after the close and the sources' lag, or after now."""
    return Cutoff(day=day, known_at=min(at, close_of(day) + SOURCE_LAG))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gatherer:
    """Puts together the inputs of one index's reviews."""

    index: Index
    market: MarketNights
    state: IndexState

    def gather(
        self, kind: ReviewKind, rules: Rules, cutoff: Cutoff, *, trigger: str = "", fired: str = ""
    ) -> ReviewInputs:
        """Return everything that a review under these rules may look at."""
        basket = self.state.basket_after(cutoff.day)
        effective = self.state.effective
        inputs = ReviewInputs(
            kind=kind,
            rules=rules,
            cutoff_day=cutoff.day,
            candidates=self._candidates(rules, cutoff),
            incumbents=self.state.members(rules),
            current=self.current_weights(basket, cutoff),
            targets=_targets_of(basket) if basket else {},
            base=self.state.base_weights(rules),
            gate=self._gate(rules, cutoff),
            votes=_votes(self.state.ballots, kind, rules, cutoff),
            exposure=_known(effective.exposure if effective else None),
            volatility_exposure=_known(effective.volatility_exposure if effective else None),
            trigger=trigger,
            fired=fired,
        )
        needed = may_be_held(inputs) if _needs_history(rules) or rules.signals != SignalSource.NONE else []
        return replace(inputs, closes=self._closes(needed, rules, cutoff), signals=self._signals(needed, rules, cutoff))

    def for_volatility(self, rules: Rules, cutoff: Cutoff) -> ReviewInputs:
        """Return what `calc.exposure.volatility_exposure` looks at of the basket in force, and nothing else.

        It is asked for every night, and the whole of `gather` would cost a hundred times as much.
        """
        basket = self.state.basket_after(cutoff.day)
        effective = self.state.effective
        return ReviewInputs(
            kind=ReviewKind.TRIGGER,
            rules=rules,
            cutoff_day=cutoff.day,
            candidates=(),
            # Of the weights of now it matters only that there are some.
            current=dict(zip(basket.asset_ids, basket.weights, strict=True)) if basket else {},
            base=self.state.base_weights(rules),
            closes=self._closes(sorted(self.state.members(rules)), rules, cutoff),
            volatility_exposure=_known(effective.volatility_exposure if effective else None),
        )

    def current_weights(self, basket: HeldBasket | None, cutoff: Cutoff) -> dict[str, Decimal]:
        """Return the weights of a basket at the close of the cut-off day, as known then; they sum to exactly 1."""
        if basket is None:
            return {}
        closes = self.market.closes_known(basket.asset_ids, cutoff.day, cutoff.known_at)
        if basket.effective_day == cutoff.day and cutoff.day in self.market.events:
            # The close of a day on which a coin was redenominated is that of an old unit.
            closes = dict(zip(basket.asset_ids, basket.prices, strict=True))
        worth = [units * closes[a] for a, units in zip(basket.asset_ids, basket.units, strict=True)]
        return dict(zip(basket.asset_ids, share_out(ONE, worth, unit=STEP), strict=True))

    def _candidates(self, rules: Rules, cutoff: Cutoff) -> tuple[Candidate, ...]:
        """Return every asset with the figures that these rules ask for."""
        known = self.market.snapshot(cutoff.day, cutoff.known_at).candidates
        if not _needs_metrics(rules) and rules.streak == 1:
            return known
        figures = self._figures([c.asset_id for c in known], rules, cutoff) if _needs_metrics(rules) else {}
        empty = [None] * len(known)
        return tuple(
            replace(
                candidate,
                momentum=figures.get("momentum", empty)[place],
                sharpe=figures.get("sharpe", empty)[place],
                volatility=figures.get("volatility", empty)[place],
                passed_before=self.state.streaks.get(candidate.asset_id, 0),
            )
            for place, candidate in enumerate(known)
        )

    def _figures(self, asset_ids: Sequence[str], rules: Rules, cutoff: Cutoff) -> dict[str, Sequence[float | None]]:
        days = rules.rank_days
        closes = self.market.close_matrix(asset_ids, cutoff.day, days=days + 1, known_at=cutoff.known_at)
        least = min(LEAST_RETURNS, days * 2 // 3)
        makers: dict[str, Callable[[], NDArray[np.float64]]] = {
            "momentum": lambda: momentum(closes, days=days),
            "sharpe": lambda: sharpe_ratios(closes, days=days, least=least),
            "volatility": lambda: log_volatilities(closes, days=days, least=least),
        }
        return {name: _plain(make()) for name, make in makers.items() if name in _metrics_asked(rules)}

    def _closes(self, asset_ids: Sequence[str], rules: Rules, cutoff: Cutoff) -> dict[str, list[float | None]]:
        if not _needs_history(rules) or not asset_ids:
            return {}
        closes = self.market.close_matrix(asset_ids, cutoff.day, days=rules.risk_days + 1, known_at=cutoff.known_at)
        return {asset_id: _plain(closes[:, column]) for column, asset_id in enumerate(asset_ids)}

    def _gate(self, rules: Rules, cutoff: Cutoff) -> int | None:
        if rules.gate == SignalSource.NONE:
            return None
        asset_id = self.index.main_assets[0]
        if rules.gate == SignalSource.RECORDED:
            return self._recorded(None, rules, cutoff)
        return self._trends([asset_id], rules, cutoff).get(asset_id)

    def _signals(self, asset_ids: Sequence[str], rules: Rules, cutoff: Cutoff) -> dict[str, int]:
        if rules.signals == SignalSource.TREND:
            return self._trends(asset_ids, rules, cutoff)
        if rules.signals == SignalSource.RECORDED:
            recorded = {asset_id: self._recorded(asset_id, rules, cutoff) for asset_id in asset_ids}
            return {asset_id: signal for asset_id, signal in recorded.items() if signal is not None}
        return {}

    def _trends(self, asset_ids: Collection[str], rules: Rules, cutoff: Cutoff) -> dict[str, int]:
        days = rules.trend_slow + rules.settling_days
        closes = self.market.close_matrix(asset_ids, cutoff.day, days=days, known_at=cutoff.known_at)
        raw = trend_signals(closes, fast=rules.trend_fast, slow=rules.trend_slow)[-rules.settling_days :]
        acted = {asset_id: _acted(raw[:, column], rules) for column, asset_id in enumerate(asset_ids)}
        return {asset_id: signal for asset_id, signal in acted.items() if signal is not None}

    def _recorded(self, asset_id: str | None, rules: Rules, cutoff: Cutoff) -> int | None:
        known_at = cutoff.known_at
        return _acted(self.market.recorded_signals(asset_id, cutoff.day, days=RECORDED_DAYS, known_at=known_at), rules)


def gatherer_as_of(*, index: Index, day: date, rules: Rules) -> Gatherer:
    """Return what gathers one more review with a day as its cut-off: of the index as it stood then, by some rules."""
    market = MarketNights(simulated=index.is_simulated, first=day, end=day, lookback=lookback_of([rules]))
    return Gatherer(index=index, market=market, state=IndexState.as_of(index=index, day=day, rules=rules))


def _targets_of(basket: HeldBasket) -> dict[str, Decimal]:
    """Return the weights at which a basket was set; those that came of an event are rounded, and made to sum to 1."""
    return dict(zip(basket.asset_ids, share_out(ONE, basket.weights, unit=STEP), strict=True))


RECORDED_DAYS = 400
"""A recorded signal that is older has lapsed."""


def _acted(path: NDArray[np.float64], rules: Rules) -> int | None:
    """Return the value that hysteresis leaves at the end of a path; None when nothing was ever said."""
    acted = settled(path, hold=rules.signal_hold, min_days=rules.signal_min_days)
    return None if np.isnan(acted[-1]) else int(acted[-1])


def _votes(ballots: Mapping[date, Ballot], kind: ReviewKind, rules: Rules, cutoff: Cutoff) -> Mapping[str, int] | None:
    """Return the votes by asset that were cast in time; None without a ballot that reached its quorum.

    A reconstitution counts the ballot of its own cut-off, any other review the newest that closed by then.
    """
    if not rules.counts_votes:
        return None
    days = [cutoff.day] if kind == ReviewKind.RECONSTITUTION else sorted(ballots, reverse=True)
    for ballot in (ballots[day] for day in days if day in ballots and day <= cutoff.day):
        last = min(ballot.closes_at, cutoff.known_at)
        cast = [vote.asset_id for vote in ballot.votes.all() if vote.cast_at <= last]
        with suppress(QuorumError):
            return tally(cast, quorum=ballot.quorum)
    return None


def _needs_metrics(rules: Rules) -> bool:
    return bool(_metrics_asked(rules))


def _metrics_asked(rules: Rules) -> set[str]:
    asked = {
        "momentum": rules.rank_by == RankBy.MOMENTUM or rules.tilt == Tilt.MOMENTUM,
        "sharpe": rules.rank_by == RankBy.SHARPE or rules.tilt == Tilt.SHARPE or "sharpe" in rules.scores,
        "volatility": rules.tilt == Tilt.LOW_VOLATILITY,
    }
    return {name for name, is_asked in asked.items() if is_asked}


def _needs_history(rules: Rules) -> bool:
    return rules.watches_volatility or bool(rules.scores & {Scheme.INVERSE_VOLATILITY, Scheme.EQUAL_RISK})


def _plain(values: NDArray[np.float64]) -> list[float | None]:
    return [value if value == value else None for value in values.tolist()]  # noqa: PLR0124 - NaN alone differs from itself


def _known(exposure: Decimal | None) -> Decimal:
    return ONE if exposure is None else exposure


def lookback_of(rules: Sequence[Rules]) -> timedelta:
    """Return how far before a cut-off any of these rules looks."""
    return timedelta(days=max((each.lookback_days for each in rules), default=SHORTEST_LOOKBACK.days))
