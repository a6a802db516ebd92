"""An index worked out again from a day on, with weights as they were decided and closes as they are known now."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from indices.calc.carryover import EventInputs
from indices.calc.execution import ExecutionInputs
from indices.calc.levels import level_of
from indices.calc.shares import STEP
from indices.models import Holding, Index, Level, Rebalance
from indices.services.execution import Taken, carry_out, take_effect
from indices.services.levels import HeldBasket, PricedLevel, price_level
from indices.services.state import CannotRunError
from market import selectors as market
from market.selectors import LastClose

ZERO, ONE = Decimal(0), Decimal(1)
ONE_DAY = timedelta(days=1)
LARGEST_CHANGE = Decimal(99_999_999)
"""What the column of a change can hold."""
SETTLED = {Level.Status.FINAL, Level.Status.RESTATED}


@dataclass(slots=True)
class Recomputed:
    """New versions, unsaved, and the versions that they supersede.

    `largest_change` is the largest relative change of a level, gross or net, unsigned, to 12 decimals.
    """

    rebalances: list[Rebalance] = field(default_factory=list)
    holdings: list[Holding] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)
    old_rebalances: list[int] = field(default_factory=list)
    old_levels: list[int] = field(default_factory=list)
    largest_change: Decimal = ZERO
    last_day: date | None = None


def recompute(*, index: Index, first_day: date, cause: str, at: datetime) -> Recomputed:
    """Work an index out again from the closes of `first_day` on, up to its newest level; nothing is written.

    Raises CannotRunError, FormsDisagreeError or ValueError with the reason when the closes do not allow it.
    """
    walk = _Walk(index=index, first_day=first_day, cause=cause, at=at)
    for day in sorted(walk.levels):
        walk.night(day)
    walk.found.last_day = max(walk.levels, default=None)
    return walk.found


class _Closes:
    """The closes of some assets, night by night in order, the last one carried forward."""

    def __init__(self, asset_ids: Collection[str], first: date, last: date) -> None:
        self.days = market.get_closes(asset_ids=asset_ids, start=first, end=last)
        self.last = market.get_last_closes(asset_ids=asset_ids, day=first - ONE_DAY)

    def advance(self, day: date) -> None:
        """Take the closes of the next day."""
        self.last |= {asset_id: LastClose(day, close) for asset_id, close in self.days.get(day, {}).items()}
        self.day = day

    def of(self, asset_ids: Collection[str]) -> dict[str, LastClose]:
        """Return the latest closes; 0 for what never had one: the child of a fork."""
        return {asset_id: self.last.get(asset_id) or LastClose(self.day, ZERO) for asset_id in asset_ids}


class _Walk:
    """The nights of one index from a day on; its baskets take effect on the days on which they did."""

    def __init__(self, *, index: Index, first_day: date, cause: str, at: datetime) -> None:
        self.index, self.cause, self.at = index, cause, at
        self.found = Recomputed()
        rebalances = Rebalance.objects.current().filter(index=index)
        before = rebalances.filter(effective_day__lt=first_day).prefetch_related("holdings").last()
        self.held = HeldBasket.of(before) if before else None
        self.turns: dict[date, list[tuple[Rebalance, ExecutionInputs | EventInputs]]] = {}
        again = rebalances.filter(effective_day__gte=first_day).select_related("review", "event")
        for rebalance in again.prefetch_related("holdings"):
            self.turns.setdefault(rebalance.effective_day, []).append((rebalance, _inputs_of(rebalance)))
        levels = Level.objects.current().filter(index=index, day__gte=first_day)
        self.levels = {level.day: level for level in levels}
        self.closes = _Closes(self._asset_ids(), first_day, max(self.levels, default=first_day))

    def _asset_ids(self) -> set[str]:
        ids = set(self.held.asset_ids) if self.held else set()
        return ids.union(*(inputs.prices for turns in self.turns.values() for _, inputs in turns))

    def night(self, day: date) -> None:
        """Do one day: events, a basket that takes effect, the level."""
        self.closes.advance(day)
        priced: PricedLevel | None = None
        for rebalance, inputs in self.turns.get(day, ()):
            if isinstance(inputs, EventInputs):
                self._carry_over(rebalance, inputs)
            else:
                priced = self._price(settled=True)
                self._take_effect(rebalance, inputs, priced)
        self._keep_level(self.levels[day], priced or self._price())

    def _price(self, *, settled: bool = False) -> PricedLevel:
        """Value what is held at this close; `settled` when all of it is exchanged at this close."""
        held, day = self.held, self.closes.day
        if held is None and settled:
            return PricedLevel(gross=self.index.base_value, status=Level.Status.FINAL, cause="", prices=())
        if held is None:
            raise CannotRunError(f"No basket is in force on {day}.")
        return price_level(held, day, self.closes.of(held.asset_ids), settled=held.asset_ids if settled else ())

    def _carry_over(self, rebalance: Rebalance, inputs: EventInputs) -> None:
        held = self.held
        if held is None or rebalance.event is None:
            raise CannotRunError(f"Nothing is held before the event of {rebalance.effective_day}.")
        last = self.closes.of({*held.asset_ids, *inputs.prices})
        fresh = {a for a, close in last.items() if close.close and close.day == self.closes.day}
        now = replace(
            inputs,
            held=held.held,
            prices={a: last[a].close for a in {*fresh, *held.asset_ids}},
            divisor=held.divisor,
            net_factor=held.net_factor,
            prev_hash=held.result_hash,
        )
        taken = carry_out(index=self.index, event=rebalance.event, inputs=now, sequence=rebalance.sequence)
        self._keep_basket(rebalance, taken)

    def _take_effect(self, rebalance: Rebalance, inputs: ExecutionInputs, priced: PricedLevel) -> None:
        held, review = self.held, rebalance.review
        if review is None:
            raise CannotRunError(f"The basket of {rebalance.effective_day} has no review.")
        prices = dict(zip(held.asset_ids, priced.prices, strict=True)) if held else {}
        wanted = self.closes.of(inputs.targets)
        if missing := sorted(a for a, close in wanted.items() if close.day < self.closes.day or not close.close):
            raise CannotRunError(f"No price on {self.closes.day} of {', '.join(missing)}.")
        prices = {a: close.close for a, close in wanted.items()} | prices
        now = replace(
            inputs,
            level=level_of(held.units, priced.prices) if held else self.index.base_value,
            held=held.held if held else {},
            prices=prices,
            market_caps=_at_prices(inputs, prices),
            net_factor=held.net_factor if held else ONE,
            prev_hash=held.result_hash if held else "",
        )
        taken = take_effect(index=self.index, review=review, inputs=now, sequence=rebalance.sequence)
        self._keep_basket(rebalance, taken)

    def _keep_basket(self, old: Rebalance, taken: Taken) -> None:
        """Hold what has taken effect; it is a new version when it, or the one before it, has changed."""
        self.held = taken.basket
        new = taken.rebalance
        if (new.result_hash, new.prev_hash) == (old.result_hash, old.prev_hash):
            return
        new.version = old.version + 1
        self.found.old_rebalances.append(old.pk)
        self.found.rebalances.append(new)
        self.found.holdings += taken.holdings

    def _keep_level(self, known: Level, priced: PricedLevel) -> None:
        net = priced.net(self.held.net_factor if self.held else ONE)
        # A level that was published before there were net levels stays without one unless the level itself changes.
        is_same_net = known.net in {net, None}
        is_settled = priced.status == Level.Status.FINAL
        is_same_status = known.status in SETTLED if is_settled else known.status == priced.status
        if is_same_status and known.gross == priced.gross and is_same_net:
            return
        self.found.old_levels.append(known.pk)
        self.found.levels.append(
            Level(
                index=self.index,
                day=known.day,
                version=known.version + 1,
                gross=priced.gross,
                net=net,
                status=Level.Status.RESTATED if is_settled else priced.status,
                cause=f"{self.cause} {priced.cause}".strip()[:200],
                recorded_at=self.at,
            )
        )
        for before, after in ((known.gross, priced.gross), (known.net, net)):
            if before and after:
                change = min(abs(after / before - 1), LARGEST_CHANGE).quantize(STEP)
                self.found.largest_change = max(self.found.largest_change, change)


def _inputs_of(rebalance: Rebalance) -> ExecutionInputs | EventInputs:
    """Return the stored inputs; those of a basket that is older than stored inputs follow from its table."""
    if rebalance.kind == Rebalance.Kind.EVENT:
        return EventInputs.from_text(rebalance.inputs)
    if rebalance.inputs:
        return ExecutionInputs.from_text(rebalance.inputs)
    holdings = list(rebalance.holdings.all())
    return ExecutionInputs(
        effective_day=rebalance.effective_day,
        level=rebalance.level,
        held={},
        prices={holding.asset_id: holding.price for holding in holdings},
        targets={holding.asset_id: holding.weight for holding in holdings},
        market_caps={holding.asset_id: holding.capped_supply * holding.price for holding in holdings},
        snapshot_hash=rebalance.review.snapshot_hash if rebalance.review else "",
    )


def _at_prices(inputs: ExecutionInputs, prices: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Return market caps at other prices: the supplies are those of the cut-off."""
    return {
        asset_id: cap
        if prices[asset_id] == inputs.prices[asset_id]
        else cap * prices[asset_id] / inputs.prices[asset_id]
        for asset_id, cap in inputs.market_caps.items()
    }
