"""Lots that are left: by asset and one by one, at the last close, with their term as of today."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Q, QuerySet

from market import selectors as market
from market.models import Asset
from market.money import CONTEXT, ExactSum
from portfolios.calc.lots.horizon import first_long_day, first_short_day
from portfolios.calc.lots.terms import term_of
from portfolios.models import Lot, LotMark, Portfolio
from portfolios.selectors.rates import FIAT_DAYS
from portfolios.selectors.tax import Rules

ZERO = Decimal(0)
PLACES = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Closes:
    """The last closes on or before a day in the currency that is counted in; an asset without one is not in it."""

    day: date
    prices: Mapping[str, Decimal]
    days: Mapping[str, date]

    def value(self, asset_id: str, quantity: Decimal) -> Decimal | None:
        """Return what a quantity is worth; None: unknown."""
        price = self.prices.get(asset_id)
        return None if price is None else CONTEXT.multiply(quantity, price)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetLots:
    """All lots of an asset together, in the currency that is counted in.

    `gain` is the unrealised one at the last close, `long_gain` the part of it that is long today; None: no close is
    known.
    """

    asset: Asset
    lots: int
    quantity: Decimal
    cost: Decimal
    value: Decimal | None
    gain: Decimal | None
    long_quantity: Decimal
    long_gain: Decimal | None
    priced_on: date | None
    unpriced: int
    estimated: int

    @property
    def unit_cost(self) -> Decimal:
        """Return the average cost of a unit, to 18 decimals."""
        return round(CONTEXT.divide(self.cost, self.quantity), PLACES)


@dataclass(frozen=True, slots=True, kw_only=True)
class LotLine:
    """One lot; `long_from` is the first day on which it is long and `days_left` how far off that is, None: never."""

    lot: Lot
    unit_cost: Decimal
    value: Decimal | None
    gain: Decimal | None
    term: str
    long_from: date | None
    days_left: int | None


def get_marked(*, portfolio: Portfolio) -> list[Asset]:
    """Return the assets whose lots are being worked out: what is stored of them is as of before."""
    return list(Asset.objects.filter(id__in=LotMark.objects.filter(portfolio=portfolio).values("asset")).order_by("id"))


def get_lot_closes(*, asset_ids: Iterable[str], rules: Rules, day: date) -> Closes:
    """Return the last closes of assets in the currency of the rules; without a rate of it there are none."""
    currency = rules.currency.lower()
    closes = market.get_last_closes(asset_ids={*asset_ids, currency}, day=day)
    rate = closes.get(currency)
    if rate is None or day - rate.day > timedelta(days=FIAT_DAYS):
        return Closes(day=day, prices={}, days={})
    return Closes(
        day=day,
        prices={name: round(CONTEXT.divide(close.close, rate.close), PLACES) for name, close in closes.items()},
        days={name: close.day for name, close in closes.items()},
    )


def get_asset_lots(*, portfolio: Portfolio, rules: Rules, day: date, today: date) -> list[AssetLots]:
    """Return every asset that has lots, largest value first; `today` is the owner's day, `day` that of the closes."""
    lots = Lot.objects.filter(portfolio=portfolio).order_by()
    grouped = lots.values_list("asset_id").annotate(
        count=Count("id"),
        held=ExactSum("quantity"),
        basis=ExactSum("cost"),
        unpriced=Count("id", filter=Q(is_unpriced=True)),
        estimated=Count("id", filter=Q(is_estimated=True, is_unpriced=False)),
    )
    rows = {row[0]: row[1:] for row in grouped}
    short_since = first_short_day(today, rules.policy.term)
    long = {}
    if short_since is not None:
        older = lots.filter(at__lt=rules.start_of(short_since)).values_list("asset_id")
        sums = older.annotate(held=ExactSum("quantity"), basis=ExactSum("cost"))
        long = {asset_id: (held, basis) for asset_id, held, basis in sums}
    assets = Asset.objects.in_bulk(list(rows))
    closes = get_lot_closes(asset_ids=rows, rules=rules, day=day)
    lines = [_asset_lots(asset, rows[name], long.get(name, (ZERO, ZERO)), closes) for name, asset in assets.items()]
    return sorted(lines, key=lambda line: (-(line.value or ZERO), line.asset.pk))


def _asset_lots(
    asset: Asset, sums: tuple[int, Decimal, Decimal, int, int], long: tuple[Decimal, Decimal], closes: Closes
) -> AssetLots:
    count, quantity, cost, unpriced, estimated = sums
    value, long_value = closes.value(asset.pk, quantity), closes.value(asset.pk, long[0])
    return AssetLots(
        asset=asset,
        lots=count,
        quantity=quantity,
        cost=cost,
        value=value,
        gain=None if value is None else value - cost,
        long_quantity=long[0],
        long_gain=None if long_value is None else long_value - long[1],
        priced_on=closes.days.get(asset.pk),
        unpriced=unpriced,
        estimated=estimated,
    )


def get_lots(*, portfolio: Portfolio, asset_id: str | None = None) -> QuerySet[Lot]:
    """Return the lots of a portfolio, or of one asset of it, in their order."""
    lots = Lot.objects.filter(portfolio=portfolio).select_related("asset", "wallet", "transaction")
    if asset_id is not None:
        lots = lots.filter(asset_id=asset_id)
    return lots.order_by("asset_id", "place")


def get_lot_lines(*, lots: Sequence[Lot], rules: Rules, closes: Closes, today: date) -> list[LotLine]:
    """Return lots with what they are worth and their term if they left today."""
    return [_line(lot, rules, closes, today) for lot in lots]


def _line(lot: Lot, rules: Rules, closes: Closes, today: date) -> LotLine:
    value = closes.value(lot.asset_id, lot.quantity)
    acquired = None if lot.at is None else rules.day_of(lot.at)
    term = rules.policy.term
    long_from = None if acquired is None else first_long_day(acquired, term)
    return LotLine(
        lot=lot,
        unit_cost=round(CONTEXT.divide(lot.cost, lot.quantity), PLACES),
        value=value,
        gain=None if value is None else value - lot.cost,
        term="none" if acquired is None else term_of(acquired, today, term),
        long_from=long_from,
        days_left=None if long_from is None else max((long_from - today).days, 0),
    )
