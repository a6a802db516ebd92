"""One index through a run of nights: levels from units, baskets that take effect, reviews whose cut-off has passed.

`IndexReplay` reads what is stored, walks the days in memory and keeps what is new; `save` writes it. The order within
a night: the level of the day comes from the basket before; a review that is due then fixes the new units at that same
close; last, if the day is a cut-off, the next review is drawn up.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from indices.calc.levels import (
    STORED,
    SUPPLY_STEP,
    base_divisor,
    capped_supplies,
    drifted_weights,
    level_of,
    units_for,
)
from indices.calc.rules import Rules, effective_days
from indices.calc.shares import STEP
from indices.models import Holding, Index, Level, Methodology, Rebalance, Review, ReviewLine
from indices.services.levels import TOLERANCE, FormsDisagreeError, HeldBasket, PricedLevel, price_level
from indices.services.market_nights import MarketNights
from indices.services.reviews import draw_up, known_until
from indices.services.state import IndexState
from market.models import SOURCE_LAG, close_of

ONE_DAY = timedelta(days=1)
BATCH = 2000
UNSETTLED = {Level.Status.PROVISIONAL, Level.Status.SUSPENDED}


class IndexReplay:
    """The nights of one index, on a market in memory."""

    def __init__(self, *, index: Index, market: MarketNights, state: IndexState, at: datetime) -> None:
        """Take what is stored; nothing is read from here on."""
        self.index = index
        self.market = market
        self.state = state
        self.at = at
        self.live_since = index.live_since
        self.levels: list[Level] = []
        self.superseded: list[Level] = []
        self.reviews: list[Review] = []
        self.lines: list[ReviewLine] = []
        self.rebalances: list[Rebalance] = []
        self.holdings: list[Holding] = []

    def night(self, day: date) -> None:
        """Do one day.

        Raises FormsDisagreeError.
        """
        is_new = self.state.last_level_day is None or day > self.state.last_level_day
        if is_new and self._starts_on(day):
            methodology, rules = self.state.methodology_for(day)
            self._review(methodology, rules, cutoff_day=day - timedelta(days=rules.cutoff_lead_days), effective_day=day)
        due = self.state.pending if is_new else None
        if due and due.effective_day <= day:
            self._take_effect(due, day)
        else:
            self._value(day)
        if is_new:
            self._review_if_cutoff(day)

    def _starts_on(self, day: date) -> bool:
        """Tell whether a first basket is to be tried for this day outside the schedule."""
        if self.state.baskets or self.state.pending:
            return False
        if self.index.base_date:
            return day == self.index.base_date
        return not self.state.review_cutoffs

    def _value(self, day: date) -> None:
        basket = self.state.basket_before(day)
        if basket:
            self._keep_level(day, self._price(basket, day, settles_leavers=False))

    def _price(self, basket: HeldBasket, day: date, *, settles_leavers: bool) -> PricedLevel:
        last = self.market.last_closes(basket.asset_ids, day)
        return price_level(basket, day, last, settles_leavers=settles_leavers)

    def _keep_level(self, day: date, priced: PricedLevel) -> None:
        """Write a level; a settled one stays, an unsettled one gets a new version only if it changed."""
        known = self.state.levels.get(day)
        if known and (
            known.status not in UNSETTLED
            or (known.status, known.gross, known.cause) == (priced.status, priced.gross, priced.cause)
        ):
            return
        if known:
            self.superseded.append(known)
        self.levels.append(
            Level(
                index=self.index,
                day=day,
                version=known.version + 1 if known else 1,
                gross=priced.gross,
                status=priced.status,
                cause=priced.cause,
                recorded_at=self.at,
            )
        )
        if self.live_since is None and self.at <= close_of(day) + SOURCE_LAG:
            self.live_since = day

    def _take_effect(self, review: Review, day: date) -> None:
        """Fix the units of a due review at this close, or put it off by a day when a new constituent has no price."""
        weights = self.state.pending_weights()
        closes = self.market.closes(day)
        missing = sorted(weights.keys() - closes.keys())
        if missing:
            review.effective_day = day + ONE_DAY
            review.reason = f"Postponed: no price on {day} of {', '.join(missing)}."[:300]
            self._note_change(review)
            self._value(day)
            return
        old = self.state.basket_before(day)
        priced = self._price(old, day, settles_leavers=True) if old else _base(self.index)
        self._keep_level(day, priced)
        level = level_of(old.units, priced.prices) if old else self.index.base_value
        new = self._fix_units(review, day, weights, level)
        turnover = _turnover(old, priced.prices, new) if old else Decimal(0)
        self._keep_basket(review, new, turnover)

    def _fix_units(self, review: Review, day: date, weights: Mapping[str, Decimal], level: Decimal) -> HeldBasket:
        closes = self.market.closes(day)
        snapshot = self.market.snapshot(review.cutoff_day, review.cutoff_at)
        caps = self.state.pending_market_caps()
        asset_ids = tuple(weights)
        prices = tuple(closes[asset_id] for asset_id in asset_ids)
        units = tuple(units_for(list(weights.values()), level, prices))
        held_value = level_of(units, prices)
        if abs(held_value - level) > TOLERANCE * level:
            raise FormsDisagreeError(
                f"Basket of {day}: its units are worth {held_value:.12f}, the level is {level:.12f}."
            )
        # Supplies are frozen at the cut-off, so a growing supply does not move the level.
        market_value = sum((caps[a] * closes[a] / snapshot.close_of(a) for a in asset_ids), Decimal(0))
        supplies = capped_supplies(list(weights.values()), market_value, prices)
        return HeldBasket(
            effective_day=day,
            level=level,
            divisor=base_divisor(market_value, level).quantize(STORED),
            asset_ids=asset_ids,
            units=units,
            weights=tuple(weights.values()),
            prices=prices,
            supplies=tuple(supply.quantize(SUPPLY_STEP) for supply in supplies),
        )

    def _keep_basket(self, review: Review, basket: HeldBasket, turnover: Decimal) -> None:
        review.status = Review.Status.EFFECTIVE
        review.effective_day = basket.effective_day
        review.reason = ""
        self._note_change(review)
        self.state.pending = None
        self.state.baskets.append(basket)
        rebalance = Rebalance(
            index=self.index,
            review=review,
            effective_day=basket.effective_day,
            level=basket.level,
            divisor=basket.divisor,
            turnover=turnover,
        )
        self.rebalances.append(rebalance)
        rows = zip(basket.asset_ids, basket.units, basket.weights, basket.prices, basket.supplies, strict=True)
        self.holdings += [
            Holding(
                rebalance=rebalance, asset_id=asset_id, units=units, weight=weight, price=price, capped_supply=supply
            )
            for asset_id, units, weight, price, supply in rows
        ]

    def _review_if_cutoff(self, day: date) -> None:
        for methodology, rules in self.state.methodologies:
            effective_day = day + timedelta(days=rules.cutoff_lead_days)
            is_scheduled = any(effective_days(rules.schedule, effective_day, effective_day))
            is_in_force = self.state.methodology_for(effective_day)[0] == methodology
            before_base = self.index.base_date is not None and effective_day <= self.index.base_date
            if is_scheduled and is_in_force and not before_base:
                self._review(methodology, rules, cutoff_day=day, effective_day=effective_day)

    def _review(self, methodology: Methodology, rules: Rules, *, cutoff_day: date, effective_day: date) -> None:
        """Draw up a review once; one that still waits for prices gives way to it."""
        if cutoff_day in self.state.review_cutoffs:
            return
        cutoff_at = known_until(cutoff_day=cutoff_day, at=self.at)
        if not self.market.snapshot(cutoff_day, cutoff_at).candidates:
            return
        if self.state.pending:
            self.state.pending.status = Review.Status.NEEDS_REVIEW
            self.state.pending.reason = f"Gave way to the next review. {self.state.pending.reason}"[:300]
            self._note_change(self.state.pending)
        basket = self.state.basket_before(effective_day)
        review, lines = draw_up(
            review=Review(
                index=self.index,
                methodology=methodology,
                cutoff_day=cutoff_day,
                cutoff_at=cutoff_at,
                effective_day=effective_day,
                computed_at=self.at,
            ),
            market=self.market,
            rules=rules,
            incumbents=frozenset(basket.asset_ids) if basket else frozenset(),
        )
        self.reviews.append(review)
        self.lines += lines
        self.state.review_cutoffs.add(cutoff_day)
        self.state.pending = review if review.status == Review.Status.PENDING else None
        self.state.pending_lines = [line for line in lines if line.is_selected]

    def save(self) -> None:
        """Write what the walk found; the caller holds the transaction and the lock on the index."""
        Level.objects.filter(pk__in=[level.pk for level in self.superseded]).update(superseded_at=self.at)
        Review.objects.bulk_create(self.reviews)
        ReviewLine.objects.bulk_create(self.lines, batch_size=BATCH)
        Rebalance.objects.bulk_create(self.rebalances)
        Holding.objects.bulk_create(self.holdings, batch_size=BATCH)
        Level.objects.bulk_create(self.levels, batch_size=BATCH)
        for review in self.state.changed.values():
            review.save(update_fields=["status", "effective_day", "reason"])
        if self.live_since != self.index.live_since:
            self.index.live_since = self.live_since
            self.index.save(update_fields=["live_since"])

    def _note_change(self, review: Review) -> None:
        if review.pk:
            self.state.changed[review.pk] = review


def _base(index: Index) -> PricedLevel:
    return PricedLevel(gross=index.base_value, status=Level.Status.FINAL, cause="", prices=())


def _turnover(old: HeldBasket, prices: tuple[Decimal, ...], new: HeldBasket) -> Decimal:
    """Return half the sum of absolute weight changes between the drifted old and the new basket, to 12 decimals."""
    drifted = dict(zip(old.asset_ids, drifted_weights(old.units, prices), strict=True))
    target = dict(zip(new.asset_ids, new.weights, strict=True))
    moved = sum((abs(target.get(a, Decimal(0)) - drifted.get(a, Decimal(0))) for a in drifted | target), Decimal(0))
    return (moved / 2).quantize(STEP)
