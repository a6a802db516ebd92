"""Stage 3: the value of a portfolio at each close, its flows, its fees and its time-weighted growth. All Decimal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from analytics.models import Valuation
from analytics.selectors.ledger import Event, Ledger, Leg
from analytics.selectors.prices import Prices

ONE, ZERO = Decimal(1), Decimal(0)
AMOUNT = Decimal(1).scaleb(-18)
RATIO = Decimal(1).scaleb(-12)


@dataclass(frozen=True, slots=True)
class Line:
    """What is held of one asset at a close, and what that is worth in USD."""

    asset_id: str
    quantity: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True)
class Close:
    """A portfolio at the close of a day: its row, and the priced holdings behind it in order of asset ids."""

    valuation: Valuation
    lines: list[Line]


def value_days(
    *, portfolio_id: int, ledger: Ledger, prices: Prices, before: Valuation | None, days: Sequence[date], at: datetime
) -> Iterator[Close]:
    """Yield a portfolio's closes on consecutive days; days before its first entry are left out.

    `before` is the valuation of the day before the first of `days`, None if there is none. Growth links
    the days with money that comes in at the start of its day and money that goes out at the end; a day without
    capital counts 1.
    """
    held = dict(ledger.opening)
    for day in days:
        events = ledger.events.get(day, [])
        if before is None and not events:
            continue
        flow = _first_priced(held, prices, day)
        fees = ZERO
        for event in events:
            event_flow, event_fees = _apply(event, held, prices.known[day])
            flow, fees = flow + event_flow, fees + event_fees
        close = _close(held, prices, day)
        row = close.valuation
        row.portfolio_id, row.computed_at = portfolio_id, at
        row.flow, row.fees = _round(flow), _round(fees)
        _link(row, before)
        before = row
        yield close


def _first_priced(held: dict[str, Decimal], prices: Prices, day: date) -> Decimal:
    """Return the worth of what had no price until today: it enters the value as a flow, since it is no gain."""
    known, known_before = prices.known[day], prices.known[day - timedelta(days=1)]
    newly = (asset_id for asset_id in held if asset_id in known and asset_id not in known_before)
    return sum((held[asset_id] * known[asset_id] for asset_id in newly), ZERO)


def _apply(event: Event, held: dict[str, Decimal], known: dict[str, Decimal]) -> tuple[Decimal, Decimal]:
    """Move an event's quantities; return its external flow and its fees in USD at the day's close.

    What is paid for an asset without a price leaves the value that is known, and so counts as a flow too.
    """
    crosses = event.external or any(not leg.is_fee and leg.asset_id not in known for leg in event.legs)
    flow = fees = ZERO
    for leg in event.legs:
        _move(held, leg)
        worth = leg.quantity * known.get(leg.asset_id, ZERO)
        if leg.is_fee:
            fees -= worth
        elif crosses:
            flow += worth
    return flow, fees


def _move(held: dict[str, Decimal], leg: Leg) -> None:
    quantity = held.get(leg.asset_id, ZERO) + leg.quantity
    if quantity:
        held[leg.asset_id] = quantity
    else:
        held.pop(leg.asset_id, None)


def _close(held: dict[str, Decimal], prices: Prices, day: date) -> Close:
    """Price what is held; the row still lacks its flows and its growth."""
    known, fresh = prices.known[day], prices.fresh[day]
    lines = [
        Line(asset_id, held[asset_id], held[asset_id] * known[asset_id])
        for asset_id in sorted(held)
        if asset_id in known
    ]
    row = Valuation(
        day=day,
        value=_round(sum((line.value for line in lines), ZERO)),
        stale_assets=sum(line.asset_id not in fresh for line in lines),
        unpriced_assets=len(held) - len(lines),
    )
    return Close(row, lines)


def _link(row: Valuation, before: Valuation | None) -> None:
    """Chain the day's growth to the day before."""
    capital = (before.value if before else ZERO) + max(row.flow, ZERO)
    factor = (row.value + max(-row.flow, ZERO)) / capital if capital > 0 else ONE
    growth, peak, deepest, deposits = (
        (before.growth, before.peak, before.max_drawdown, before.net_deposits) if before else (ONE, ONE, ZERO, ZERO)
    )
    row.growth = _round(growth * factor)
    row.peak = max(peak, row.growth)
    row.max_drawdown = min(deepest, (row.growth / row.peak - 1).quantize(RATIO, ROUND_HALF_EVEN))
    row.net_deposits = deposits + row.flow


def _round(value: Decimal) -> Decimal:
    return value.quantize(AMOUNT, ROUND_HALF_EVEN)
