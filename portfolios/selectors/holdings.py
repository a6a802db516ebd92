"""What a portfolio holds, at the last closes: by asset, by place, by sleeve against its band. Amounts in USD."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from accounts.models import User
from indices.calc.shares import share_out
from market import selectors as market
from market.models import Asset
from portfolios.calc.amounts import band_state
from portfolios.models import Portfolio, Position, Sleeve, Wallet

ZERO = Decimal(0)
WEIGHT_STEP = Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingLine:
    """One asset in all wallets and sleeves together.

    `close` is the last one on or before the day asked for, of the day `priced_on`; both are None, and so are `value`
    and `weight`, when there never was one: unknown, not 0. `state` is `priced`, `stale` when the close is older than
    the newest one of the portfolio, or `unpriced`. Weights are fractions of the priced value in steps of 0.0001 that
    sum to exactly 1.
    """

    asset: Asset
    quantity: Decimal
    close: Decimal | None
    priced_on: date | None
    value: Decimal | None
    weight: Decimal | None
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceLine:
    """One asset in one wallet and one sleeve (None: outside of sleeves); `value` is None when unpriced."""

    wallet: Wallet
    sleeve: Sleeve | None
    asset: Asset
    quantity: Decimal
    value: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """A portfolio at the last closes on or before `day`.

    `value` leaves out what has no price (`unpriced` assets). `priced_on` is the newest close used, None for cash alone.
    """

    day: date
    priced_on: date | None
    value: Decimal
    cash: Decimal
    stale: int
    unpriced: int
    lines: Sequence[HoldingLine]
    places: Sequence[PlaceLine]

    @property
    def is_simulated(self) -> bool:
        """Tell whether anything held exists in the simulated market alone."""
        return any(line.asset.simulated for line in self.lines)

    @property
    def by_wallet(self) -> Mapping[Wallet, Decimal]:
        """Return the priced value in each wallet that holds anything."""
        totals: dict[Wallet, Decimal] = defaultdict(Decimal)
        for place in self.places:
            totals[place.wallet] += place.value or ZERO
        return dict(totals)


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftLine:
    """A sleeve against its target and band, all fractions of the priced value; `weight` is None for an empty portfolio.

    `difference` is what is missing to the target in USD, negative when there is more. `state` is `inside`, `near` an
    edge, `below`, `above`, or `empty`. `is_partial`: something in the sleeve has no price.
    """

    sleeve: Sleeve
    value: Decimal
    weight: Decimal | None
    difference: Decimal
    state: str
    is_partial: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioRow:
    """One portfolio in a list."""

    portfolio: Portfolio
    value: Decimal
    cash: Decimal
    assets: int
    stale: int
    unpriced: int
    priced_on: date | None
    is_simulated: bool


def get_holdings(*, portfolio: Portfolio, day: date) -> Holdings:
    """Return what is held now, valued at the last closes on or before a day; largest value first."""
    positions = list(_positions().filter(portfolio=portfolio))
    return _holdings(positions, _closes(positions, day), day)


def get_portfolio_rows(*, owner: User, day: date) -> list[PortfolioRow]:
    """Return all portfolios of a user with their values, in a number of queries that does not grow with them."""
    portfolios = list(Portfolio.objects.owned_by(owner).order_by("name", "id"))
    positions = list(_positions().filter(portfolio__owner=owner))
    closes = _closes(positions, day)
    grouped: dict[int, list[Position]] = defaultdict(list)
    for position in positions:
        grouped[position.portfolio_id].append(position)
    return [_row(portfolio, _holdings(grouped[portfolio.pk], closes, day)) for portfolio in portfolios]


def get_drift(*, portfolio: Portfolio, holdings: Holdings) -> list[DriftLine]:
    """Return every sleeve of a portfolio against its band, in the order of tiers."""
    tiers = Sleeve.Tier.values
    sleeves = sorted(portfolio.sleeves.select_related("index"), key=lambda one: (tiers.index(one.tier), one.pk))
    return [_drift(sleeve, holdings) for sleeve in sleeves]


def get_drifts(*, owner: User, day: date) -> dict[int, list[DriftLine]]:
    """Return the drift of each portfolio of a user by its id, in a number of queries that does not grow with them."""
    positions = list(_positions().filter(portfolio__owner=owner))
    closes = _closes(positions, day)
    grouped: dict[int, list[Position]] = defaultdict(list)
    for position in positions:
        grouped[position.portfolio_id].append(position)
    holdings = {portfolio_id: _holdings(rows, closes, day) for portfolio_id, rows in grouped.items()}
    drifts: dict[int, list[DriftLine]] = defaultdict(list)
    for sleeve in Sleeve.objects.filter(portfolio__owner=owner).select_related("index").order_by("id"):
        if sleeve.portfolio_id in holdings:
            drifts[sleeve.portfolio_id].append(_drift(sleeve, holdings[sleeve.portfolio_id]))
    return drifts


def _positions() -> QuerySet[Position]:
    return Position.objects.select_related("asset", "wallet", "sleeve__index").order_by("id")


def _closes(positions: Iterable[Position], day: date) -> dict[str, market.LastClose]:
    return market.get_last_closes(asset_ids={position.asset_id for position in positions}, day=day)


def _holdings(positions: Sequence[Position], closes: Mapping[str, market.LastClose], day: date) -> Holdings:
    places = [
        PlaceLine(
            wallet=position.wallet,
            sleeve=position.sleeve,
            asset=position.asset,
            quantity=position.quantity,
            value=_value(position.quantity, closes.get(position.asset_id)),
        )
        for position in positions
    ]
    lines = _lines(places, closes)
    return Holdings(
        day=day,
        priced_on=_newest((line.asset.pk for line in lines), closes),
        value=sum((line.value for line in lines if line.value is not None), ZERO),
        cash=sum((place.quantity for place in places if place.asset.pk == market.USD), ZERO),
        stale=sum(line.state == "stale" for line in lines),
        unpriced=sum(line.state == "unpriced" for line in lines),
        lines=lines,
        places=places,
    )


def _lines(places: Sequence[PlaceLine], closes: Mapping[str, market.LastClose]) -> list[HoldingLine]:
    assets = {place.asset.pk: place.asset for place in places}
    quantities: dict[str, Decimal] = defaultdict(Decimal)
    for place in places:
        quantities[place.asset.pk] += place.quantity
    values = {asset_id: _value(quantity, closes.get(asset_id)) for asset_id, quantity in quantities.items()}
    newest = _newest(assets, closes)
    by_value = sorted(assets, key=lambda asset_id: (-(values[asset_id] or ZERO), asset_id))
    weights = _weights([values[asset_id] or ZERO for asset_id in by_value])
    return [
        HoldingLine(
            asset=assets[asset_id],
            quantity=quantities[asset_id],
            close=closes[asset_id].close if asset_id in closes else None,
            priced_on=closes[asset_id].day if asset_id in closes else None,
            value=values[asset_id],
            weight=weight if asset_id in closes else None,
            state=_state(closes.get(asset_id), newest),
        )
        for asset_id, weight in zip(by_value, weights, strict=True)
    ]


def _newest(asset_ids: Iterable[str], closes: Mapping[str, market.LastClose]) -> date | None:
    # The dollar has a close on every day there is: it says nothing of how fresh the market is.
    days = [closes[asset_id].day for asset_id in asset_ids if asset_id in closes and asset_id != market.USD]
    return max(days, default=None)


def _state(close: market.LastClose | None, newest: date | None) -> str:
    if close is None:
        return "unpriced"
    return "stale" if newest is not None and close.day < newest else "priced"


def _value(quantity: Decimal, close: market.LastClose | None) -> Decimal | None:
    return None if close is None else round(quantity * close.close, 18)


def _weights(values: Sequence[Decimal]) -> list[Decimal]:
    if not any(values):
        return [ZERO for _ in values]
    return share_out(Decimal(1), values, unit=WEIGHT_STEP)


def _drift(sleeve: Sleeve, holdings: Holdings) -> DriftLine:
    inside = [place for place in holdings.places if place.sleeve is not None and place.sleeve.pk == sleeve.pk]
    value = sum((place.value for place in inside if place.value is not None), ZERO)
    weight = round(value / holdings.value, 12) if holdings.value else None
    state = "empty"
    if weight is not None:
        state = band_state(weight, target=sleeve.target_weight, lower=sleeve.lower_band, upper=sleeve.upper_band)
    return DriftLine(
        sleeve=sleeve,
        value=value,
        weight=weight,
        difference=round(sleeve.target_weight * holdings.value - value, 18),
        state=state,
        is_partial=any(place.value is None for place in inside),
    )


def _row(portfolio: Portfolio, holdings: Holdings) -> PortfolioRow:
    return PortfolioRow(
        portfolio=portfolio,
        value=holdings.value,
        cash=holdings.cash,
        assets=sum(line.asset.pk != market.USD for line in holdings.lines),
        stale=holdings.stale,
        unpriced=holdings.unpriced,
        priced_on=holdings.priced_on,
        is_simulated=holdings.is_simulated,
    )
