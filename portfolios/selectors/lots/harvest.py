"""Lots under water: what selling them would realise, and what a rule of replacement makes of losses."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Literal

from market.models import Asset
from market.money import CONTEXT, AsStored, amount_of
from portfolios.calc.lots.terms import term_of
from portfolios.calc.replacement import WINDOW, Sale, get_replaced
from portfolios.models import Disposal, Entry, Lot, Portfolio, Transaction
from portfolios.selectors.lots.held import Closes, get_lot_closes
from portfolios.selectors.tax import Rules

Kind = Transaction.Kind
ReplacementRule = Literal["none", "us", "ca", "uk"]
ZERO = Decimal(0)
PLACES = 18
ACQUIRING = (Kind.BUY, Kind.SWAP, Kind.INCOME, Kind.AIRDROP, Kind.GIFT_IN)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWater:
    """The lots of one asset that cost more than they are worth; losses are positive.

    `replaced` is how much of them the purchases of the last 30 days would replace if all were sold today, `set_aside`
    the loss that goes with it, and `clear_on` the first day on which those purchases no longer count.
    """

    asset: Asset
    lots: int
    quantity: Decimal
    cost: Decimal
    value: Decimal
    short_loss: Decimal
    long_loss: Decimal
    none_loss: Decimal
    is_estimated: bool
    bought: Decimal
    replaced: Decimal
    clear_on: date | None

    @property
    def loss(self) -> Decimal:
        """Return the whole loss."""
        return self.cost - self.value

    @property
    def set_aside(self) -> Decimal:
        """Return the part of the loss that the rule would set aside."""
        return round(CONTEXT.divide(CONTEXT.multiply(self.loss, self.replaced), self.quantity), PLACES)


@dataclass(frozen=True, slots=True, kw_only=True)
class RealisedLoss:
    """What was lost on an asset on a day of the year, and how much of it the rule sets aside; losses are positive.

    `open_until` is the last day of a window that is still open.
    """

    asset: Asset
    day: date
    quantity: Decimal
    loss: Decimal
    replaced: Decimal
    open_until: date | None

    @property
    def set_aside(self) -> Decimal:
        """Return the part of the loss that the rule sets aside."""
        return round(CONTEXT.divide(CONTEXT.multiply(self.loss, self.replaced), self.quantity), PLACES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """Both sides under one rule, and the assets that hold lots but have no price."""

    rule: ReplacementRule
    lines: Sequence[UnderWater]
    realised: Sequence[RealisedLoss]
    unpriced: Sequence[str]
    closes: Closes

    @property
    def loss(self) -> Decimal:
        """Return what selling every lot under water would realise, as a positive loss."""
        return sum((line.loss for line in self.lines), ZERO)


def default_rule(rules: Rules) -> ReplacementRule:
    """Return the rule that goes with the settings: pooling is British, Canadian dollars are Canadian."""
    if rules.policy.spans[-1].method == "s104":
        return "uk"
    return "ca" if rules.currency == "CAD" else "none"


def get_harvest(*, portfolio: Portfolio, rules: Rules, rule: ReplacementRule, day: date, today: date) -> Harvest:
    """Return lots under water at the last closes on or before a day, and the losses of the tax year so far."""
    lots = list(Lot.objects.filter(portfolio=portfolio).select_related("asset").order_by("asset_id", "place"))
    closes = get_lot_closes(asset_ids={lot.asset_id for lot in lots}, rules=rules, day=day)
    under: dict[Asset, list[Lot]] = defaultdict(list)
    for lot in lots:
        value = closes.value(lot.asset_id, lot.quantity)
        if value is not None and value < lot.cost:
            under[lot.asset].append(lot)
    losses = _losses(portfolio, rules, rules.year_of(today))
    moves = Moves(portfolio, rules, {asset.pk for asset in under} | {asset.pk for asset, _ in losses})
    frame = Frame(rules, rule, today, closes, moves)
    lines = [_under_water(asset, rows, frame) for asset, rows in under.items()]
    return Harvest(
        rule=rule,
        lines=sorted(lines, key=lambda line: (-line.loss, line.asset.pk)),
        realised=_realised(losses, frame),
        unpriced=sorted({lot.asset.symbol for lot in lots if lot.asset_id not in closes.prices}),
        closes=closes,
    )


class Moves:
    """What came in and what was held of some assets, day by day."""

    def __init__(self, portfolio: Portfolio, rules: Rules, asset_ids: Collection[str]) -> None:
        rows = Entry.objects.filter(
            portfolio=portfolio, transaction__voided_at__isnull=True, asset_id__in=asset_ids
        ).order_by("at", "id")
        self._bought: dict[str, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        steps: dict[str, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for asset_id, at, kind, role, stored in rows.values_list(
            "asset_id", "at", "transaction__kind", "role", AsStored("quantity")
        ):
            day, quantity = rules.day_of(at), amount_of(stored)
            steps[asset_id][day] += quantity
            if quantity > 0 and kind in ACQUIRING and role == Entry.Role.PRINCIPAL:
                self._bought[asset_id][day] += quantity
        self._days: dict[str, list[date]] = {}
        self._held: dict[str, list[Decimal]] = {}
        for asset_id, moves in steps.items():
            held, course = ZERO, []
            for quantity in moves.values():
                held += quantity
                course.append(held)
            self._days[asset_id], self._held[asset_id] = list(moves), course

    def held(self, asset_id: str, day: date) -> Decimal:
        """Return what was held at the end of a day."""
        place = bisect_right(self._days.get(asset_id, []), day)
        return self._held[asset_id][place - 1] if place else ZERO

    def bought(self, asset_id: str) -> list[tuple[date, Decimal]]:
        """Return what came in by day."""
        return sorted(self._bought[asset_id].items())


@dataclass(frozen=True, slots=True)
class Frame:
    """What every line is seen by."""

    rules: Rules
    rule: ReplacementRule
    today: date
    closes: Closes
    moves: Moves

    def replaced(
        self, sales: Sequence[Sale], purchases: Sequence[tuple[date, Decimal]], held: Callable[[date], Decimal]
    ) -> list[Decimal]:
        """Return how much of each sale the rule says was replaced."""
        if self.rule == "none":
            return [ZERO for _ in sales]
        return get_replaced(sales, purchases, held, rule=self.rule, today=self.today)


def _under_water(asset: Asset, lots: Sequence[Lot], frame: Frame) -> UnderWater:
    losses = {"short": ZERO, "long": ZERO, "none": ZERO}
    for lot in lots:
        acquired = None if lot.at is None else frame.rules.day_of(lot.at)
        term = "none" if acquired is None else term_of(acquired, frame.today, frame.rules.policy.term)
        losses[term] += lot.cost - (frame.closes.value(asset.pk, lot.quantity) or ZERO)
    quantity = sum((lot.quantity for lot in lots), ZERO)
    recent = [(day, size) for day, size in frame.moves.bought(asset.pk) if day >= frame.today - WINDOW]
    left = max(frame.moves.held(asset.pk, frame.today) - quantity, ZERO)
    (replaced,) = frame.replaced([Sale(frame.today, quantity)], recent, lambda _: left)
    return UnderWater(
        asset=asset,
        lots=len(lots),
        quantity=quantity,
        cost=sum((lot.cost for lot in lots), ZERO),
        value=frame.closes.value(asset.pk, quantity) or ZERO,
        short_loss=losses["short"],
        long_loss=losses["long"],
        none_loss=losses["none"],
        is_estimated=any(lot.is_estimated for lot in lots),
        bought=sum((size for _, size in recent), ZERO),
        replaced=replaced,
        clear_on=recent[-1][0] + WINDOW + timedelta(days=1) if recent else None,
    )


def _losses(portfolio: Portfolio, rules: Rules, year: int) -> dict[tuple[Asset, date], tuple[Decimal, Decimal]]:
    """Return (quantity, loss) of each asset and day on which it was sold at a loss."""
    rows = Disposal.objects.filter(portfolio=portfolio, is_taxable=True, year=year, gain__lt=0)
    losses: dict[tuple[Asset, date], tuple[Decimal, Decimal]] = {}
    for row in rows.select_related("asset").order_by("at", "asset_id", "place"):
        key = (row.asset, rules.day_of(row.at))
        quantity, loss = losses.get(key, (ZERO, ZERO))
        losses[key] = (quantity + row.quantity - row.uncovered, loss - (row.gain or ZERO))
    return losses


def _realised(losses: Mapping[tuple[Asset, date], tuple[Decimal, Decimal]], frame: Frame) -> list[RealisedLoss]:
    by_asset: dict[Asset, list[Sale]] = defaultdict(list)
    for (asset, day), (quantity, _) in losses.items():
        by_asset[asset].append(Sale(day, quantity))
    found = []
    for asset, sales in by_asset.items():
        bought, held = frame.moves.bought(asset.pk), partial(frame.moves.held, asset.pk)
        for sale, replaced in zip(sales, frame.replaced(sales, bought, held), strict=True):
            end = sale.day + WINDOW
            found.append(
                RealisedLoss(
                    asset=asset, day=sale.day, quantity=sale.quantity, loss=losses[asset, sale.day][1],
                    replaced=replaced, open_until=end if frame.rule != "none" and end >= frame.today else None,
                )
            )  # fmt: skip
    return sorted(found, key=lambda line: (line.day, line.asset.pk), reverse=True)
