"""One index through a run of nights: levels from units, baskets that take effect, reviews whose cut-off has passed.

`IndexReplay` reads what is stored, walks the days in memory and keeps what is new; `save` in `records` writes it. The
order within a night: events of constituents; the level of the day from the basket before; a review that is due fixes
new units at that same close; last, if the day is a cut-off or a trigger fires, the next review is drawn up.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from indices.calc.inputs import ReviewKind
from indices.calc.levels import level_of
from indices.calc.reweighting import breaks_a_limit
from indices.calc.rules import Residual, Rules
from indices.calc.schedules import Schedule, is_effective_day
from indices.calc.signals import OFF_PEG
from indices.models import Holding, Index, Level, Methodology, Rebalance, Review, ReviewLine
from indices.services.execution import carry_over_event, execution_inputs, take_effect
from indices.services.gathering import Cutoff, Gatherer, cutoff_of
from indices.services.levels import PROVISIONAL_NIGHTS, HeldBasket, PricedLevel, price_level, weights_at
from indices.services.market_nights import MarketNights
from indices.services.reviews import announce_if_due, draw_up, origin_of
from indices.services.state import IndexState
from indices.services.triggers import find_trigger
from market.models import SOURCE_LAG, AssetEvent, close_of

ZERO, ONE = Decimal(0), Decimal(1)
MOST_OFF_PEG = Decimal(str(OFF_PEG))
ONE_DAY = timedelta(days=1)
UNSETTLED = {Level.Status.PROVISIONAL, Level.Status.SUSPENDED}


class IndexReplay:
    """The nights of one index, on a market in memory."""

    def __init__(
        self, *, index: Index, market: MarketNights, state: IndexState, at: datetime, rehearses: bool = False
    ) -> None:
        """Take what is stored; nothing of the index is read from here on. A rehearsal is not to be saved."""
        self.index = index
        self.market = market
        self.state = state
        self.at = at
        self.rehearses = rehearses
        self.gatherer = Gatherer(index=index, market=market, state=state)
        self.live_since = index.live_since
        self.levels: list[Level] = []
        self.superseded: list[Level] = []
        self.reviews: list[Review] = []
        self.lines: list[ReviewLine] = []
        self.rebalances: list[Rebalance] = []
        self.holdings: list[Holding] = []

    def night(self, day: date) -> None:
        """Do one day.

        Raises FormsDisagreeError, or CannotRunError when an event does not fit the basket.
        """
        is_new = self.state.last_level_day is None or day > self.state.last_level_day
        if not is_new:
            self._value(day)
            return
        if self._starts_on(day):
            methodology, rules = self.state.methodology_for(day)
            cutoff_day = day - timedelta(days=rules.cutoff_lead_days)
            self._review(ReviewKind.RECONSTITUTION, methodology, rules, cutoff_day=cutoff_day, effective_day=day)
        self._apply_events(day)
        due = self.state.pending
        if due and due.effective_day <= day:
            self._take_effect(due, day)
        else:
            self._value(day)
        if self.state.pending and announce_if_due(self.state.pending, day):
            self._note_change(self.state.pending)
        self._review_if_cutoff(day)
        self._review_if_triggered(day)

    def _starts_on(self, day: date) -> bool:
        """Tell whether a first basket is to be tried for this day outside the schedule."""
        if self.state.baskets or self.state.pending:
            return False
        if self.index.base_date:
            return day == self.index.base_date
        return not self.state.review_cutoffs

    def _value(self, day: date) -> None:
        held = self._held_at(day)
        if held:
            self._keep_level(day, self._price(held, day))

    def _held_at(self, day: date) -> HeldBasket | None:
        """Return the basket that makes the level of a day: one that came of an event counts from its own close."""
        basket = self.state.basket_before(day)
        newest = self.state.basket_after(day)
        return newest if newest and newest.is_event and newest.effective_day == day else basket

    def _price(self, basket: HeldBasket, day: date, *, settled: tuple[str, ...] = ()) -> PricedLevel:
        return price_level(basket, day, self.market.last_closes(basket.asset_ids, day), settled=settled)

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
        basket = self.state.basket_after(day)
        paid = basket.net_factor if basket else ONE
        self.levels.append(
            Level(
                index=self.index,
                day=day,
                version=known.version + 1 if known else 1,
                gross=priced.gross,
                net=priced.net(paid),
                status=priced.status,
                cause=priced.cause,
                recorded_at=self.at,
            )
        )
        if self.live_since is None and self.at <= close_of(day) + SOURCE_LAG:
            self.live_since = day

    def _apply_events(self, day: date) -> None:
        """Carry the basket over every event of this day that touches it."""
        for event in self.market.events.get(day, ()):
            basket = self.state.basket_after(day)
            if basket is None or event.asset_id not in basket.asset_ids or event.treatment == "ignore":
                continue
            _, rules = self.state.methodology_for(day)
            held = self.market.last_closes(basket.asset_ids, day)
            closes = self.market.closes(day)
            # What is bought needs a close of the day; what is held counts at its last one, at 0 before its first.
            bought = {a for a in (*rules.sleeve, event.new_asset_id) if a and a in closes}
            taken = carry_over_event(
                index=self.index,
                event=event,
                basket=basket,
                prices={a: closes[a] for a in bought} | {a: last.close for a, last in held.items()},
                rules=rules,
                day=day,
                sequence=self._next_turn(day),
            )
            self._keep_basket(taken.basket, taken.rebalance, taken.holdings)
            self.state.events.append(event)

    def _next_turn(self, day: date) -> int:
        return sum(1 for basket in self.state.baskets if basket.effective_day == day)

    def _take_effect(self, review: Review, day: date) -> None:
        """Fix the units of a due review at this close, or put it off by a day."""
        if reason := self._what_is_missing(review, day):
            review.effective_day = day + ONE_DAY
            review.reason = reason[:300]
            self._note_change(review)
            self._value(day)
            return
        lines = {line.asset_id: line for line in self.state.pending_lines}
        old = self._held_at(day)
        priced = self._price(old, day, settled=old.asset_ids) if old else None
        level = level_of(old.units, priced.prices) if old and priced else self.index.base_value
        closes = self._in_new_units(self.market.closes(day), day, day)
        prices = dict(zip(old.asset_ids, priced.prices, strict=True)) if old and priced else {}
        cutoff = Cutoff(day=review.cutoff_day, known_at=review.cutoff_at)
        inputs = execution_inputs(
            review=review,
            lines=lines,
            rules=self.state.rules_of(review),
            old=old,
            level=level,
            prices={a: prices[a] if a in prices else closes[a] for a in {*prices, *_wanted(lines)}},
            cutoff_closes=self._in_new_units(
                self.market.snapshot(cutoff.day, cutoff.known_at).last_closes, cutoff.day, day
            ),
        )
        taken = take_effect(
            index=self.index,
            review=review,
            inputs=inputs,
            sequence=self._next_turn(day),
            rehearses=self.rehearses,
        )
        self._enter_into_force(review)
        self._keep_basket(taken.basket, taken.rebalance, taken.holdings)
        self._keep_level(day, priced or _base(self.index))

    def _what_is_missing(self, review: Review, day: date) -> str:
        """Return why a due review cannot take effect at this close, in words; nothing when it can."""
        if review.status not in {Review.Status.APPROVED, Review.Status.ANNOUNCED}:
            return "Postponed: it waits for approval."
        if review.approver_id and review.approved_at and review.approved_at > close_of(day):
            return "Postponed: it was approved after this close."
        wanted = self.state.pending_weights()
        for event in self._events_since(review.cutoff_day, day):
            if event.takes_away and event.asset_id in wanted:
                left = f"left by a {event.kind} on {event.effective_day}"
                return f"Postponed: it holds {event.asset_id}, which {left}."
        missing = sorted({*(wanted.keys() - self.market.closes(day).keys()), *self._carried_leavers(day)})
        if missing:
            return f"Postponed: no price on {day} of {', '.join(missing)}."
        return self._off_the_peg(review, day)

    def _carried_leavers(self, day: date) -> list[str]:
        """Return what is held without a close of the day, yet with one so recent that it may come back."""
        held = self._held_at(day)
        last = self.market.last_closes(held.asset_ids, day) if held else {}
        return [a for a, close in last.items() if close.close and 0 < (day - close.day).days <= PROVISIONAL_NIGHTS]

    def _off_the_peg(self, review: Review, day: date) -> str:
        """Return in words which stablecoin of the sleeve would be bought off its peg at this close."""
        held = self._held_at(day)
        closes = self.market.closes(day)
        now = weights_at(held, closes) if held else {}
        for line in self.state.pending_lines:
            is_bought = line.is_sleeve and (line.weight or ZERO) > now.get(line.asset_id, ZERO)
            if is_bought and abs(closes[line.asset_id] - ONE) > MOST_OFF_PEG and self._parks_in_dollars(review):
                return f"Postponed: {line.asset_id} is off its peg at {closes[line.asset_id].normalize():f}."
        return ""

    def _parks_in_dollars(self, review: Review) -> bool:
        return self.state.rules_of(review).residual != Residual.BTC

    def _events_since(self, cutoff_day: date, day: date) -> list[AssetEvent]:
        """Return the events from the day after a cut-off to a day."""
        events = self.market.events
        return [event for since in sorted(events) if cutoff_day < since <= day for event in events[since]]

    def _in_new_units(self, closes: Mapping[str, Decimal], close_day: date, day: date) -> Mapping[str, Decimal]:
        """Return closes of one day as a later one counts: what was redenominated at that close or later, a new unit."""
        changed = {
            event.asset_id: closes[event.asset_id] / event.ratio
            for event in self._events_since(close_day - ONE_DAY, day)
            if event.kind == AssetEvent.Kind.REDENOMINATION and event.ratio and event.asset_id in closes
        }
        return {**closes, **changed} if changed else closes

    def _enter_into_force(self, review: Review) -> None:
        if self.state.effective:
            self.state.effective.status = Review.Status.SUPERSEDED
            self._note_change(self.state.effective)
        review.status = Review.Status.EFFECTIVE
        if review.reason.startswith("Postponed: "):
            review.reason = origin_of(review)
        self._note_change(review)
        self.state.effective, self.state.effective_lines = review, self.state.pending_lines
        self.state.events = []
        self.state.pending, self.state.pending_lines = None, ()

    def _keep_basket(self, basket: HeldBasket, rebalance: Rebalance, holdings: list[Holding]) -> None:
        self.state.baskets.append(basket)
        self.rebalances.append(rebalance)
        self.holdings += holdings

    def _review_if_cutoff(self, day: date) -> None:
        for methodology, rules in self.state.methodologies:
            effective_day = day + timedelta(days=rules.cutoff_lead_days)
            kind = self._kind_due(rules, effective_day)
            is_in_force = self.state.methodology_for(effective_day)[0] == methodology
            before_base = self.index.base_date is not None and effective_day <= self.index.base_date
            if kind and is_in_force and not before_base:
                self._review(kind, methodology, rules, cutoff_day=day, effective_day=effective_day)

    def _kind_due(self, rules: Rules, effective_day: date) -> ReviewKind | None:
        """Return what the calendars ask for on a day; choosing constituents anew includes all else."""
        calendars: tuple[tuple[ReviewKind, Schedule | None], ...] = (
            (ReviewKind.RECONSTITUTION, rules.schedule),
            (ReviewKind.REBALANCE, rules.rebalance_schedule),
            (ReviewKind.RECAP, rules.recap_schedule),
        )
        due = (
            k for k, schedule in calendars if schedule and is_effective_day(schedule, effective_day, roll=rules.roll)
        )
        kind = next(due, None)
        return kind if kind == ReviewKind.RECONSTITUTION or self.state.baskets else None

    def _review_if_triggered(self, day: date) -> None:
        effective_day = day + ONE_DAY
        methodology, rules = self.state.methodology_for(effective_day)
        basket = self.state.basket_after(day)
        if not rules.has_triggers or basket is None or self.state.pending or day in self.state.review_cutoffs:
            return
        cutoff = cutoff_of(day=day, at=self.at)
        found = find_trigger(gatherer=self.gatherer, rules=rules, basket=basket, cutoff=cutoff)
        if found:
            self.state.triggered.append(day)
            self._review(
                ReviewKind.TRIGGER, methodology, rules, cutoff_day=day, effective_day=effective_day,
                trigger=found.trigger, fired=found.words,
            )  # fmt: skip

    def _review(
        self, kind: ReviewKind, methodology: Methodology, rules: Rules, *, cutoff_day: date, effective_day: date,
        trigger: str = "", fired: str = "",
    ) -> None:  # fmt: skip
        """Draw up a review once; one that still waits gives way to it."""
        if cutoff_day in self.state.review_cutoffs:
            return
        cutoff = cutoff_of(day=cutoff_day, at=self.at)
        if not self.market.snapshot(cutoff.day, cutoff.known_at).candidates:
            return
        inputs = self.gatherer.gather(kind, rules, cutoff, trigger=trigger, fired=fired)
        if kind == ReviewKind.RECAP and not breaks_a_limit(inputs):
            return
        self._give_way()
        announced = min(rules.announce_lead_days, (effective_day - cutoff_day).days - 1)
        review = Review(
            index=self.index,
            methodology=methodology,
            kind=kind.value,
            cutoff_day=cutoff_day,
            cutoff_at=cutoff.known_at,
            announce_day=effective_day - timedelta(days=announced),
            effective_day=effective_day,
            computed_at=self.at,
        )
        lines = draw_up(review=review, inputs=inputs, auto_approve=self.index.auto_approve, rehearses=self.rehearses)
        self._keep_review(review, lines)

    def _keep_review(self, review: Review, lines: list[ReviewLine]) -> None:
        self.reviews.append(review)
        self.lines += lines
        self.state.review_cutoffs.add(review.cutoff_day)
        if review.kind == Review.Kind.RECONSTITUTION:
            self.state.streaks = {line.asset_id: int(line.metrics.get("streak", 0)) for line in lines}
        self.state.pending = review if review.status in Review.WAITING else None
        self.state.pending_lines = [line for line in lines if line.is_selected or line.is_sleeve]

    def _give_way(self) -> None:
        pending = self.state.pending
        if pending:
            pending.status = Review.Status.NEEDS_REVIEW
            pending.reason = f"Gave way to the next review. {pending.reason}"[:300]
            self._note_change(pending)

    def _note_change(self, review: Review) -> None:
        if review.pk:
            self.state.changed[review.pk] = review


def _wanted(lines: dict[str, ReviewLine]) -> set[str]:
    return {asset_id for asset_id, line in lines.items() if line.weight}


def _base(index: Index) -> PricedLevel:
    return PricedLevel(gross=index.base_value, status=Level.Status.FINAL, cause="", prices=())
