"""Happenings for tests in a line each: decimals as text, instants as days after 1 January 2024, UTC."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from portfolios.calc.lots import Fee, Happening, Outcome, Policy, Span, Term, work_out

D = Decimal
ZERO_DAY = datetime(2024, 1, 1, tzinfo=UTC)


def at(day, hour=0, minute=0):
    return ZERO_DAY + timedelta(days=day, hours=hour, minutes=minute)


def happening(kind, key, quantity, value=None, *, day=0, **rest) -> Happening:
    """Make one happening; `day` may be an instant, `fees` are tuples of asset, quantity and value."""
    rest = {"order": 0, "place": "exchange", "asset": "BTC", **rest}
    rest["fees"] = [fee if isinstance(fee, Fee) else coin_fee(*fee) for fee in rest.get("fees", ())]
    rest["named"] = [(name, D(chosen)) for name, chosen in rest.get("named", ())]
    for name in ("quantity", "received_quantity", "value"):
        given = {"quantity": quantity, "value": value, **rest}.get(name)
        rest[name] = None if given is None else D(given)
    return Happening(key=key, kind=kind, at=at(day) if isinstance(day, int | float) else day, **rest)


def coin_fee(asset, quantity, value):
    return Fee(asset=asset, quantity=D(quantity), value=None if value is None else D(value))


def cash_fee(value):
    return Fee(asset="USD", quantity=D(value or 1), value=None if value is None else D(value), is_cash=True)


def buy(key, quantity, value, **rest):
    return happening("buy", key, quantity, value, **rest)


def sell(key, quantity, value, **rest):
    return happening("sell", key, quantity, value, **rest)


def move(key, quantity, *, place="exchange", to="wallet", **rest):
    return happening("transfer", key, quantity, place=place, to_place=to, **rest)


def policy(method="fifo", scope="wallet", *, then=(), term="us", days=None, **switches) -> Policy:
    """Make a policy; `then` are later spans as (day, method, scope)."""
    spans = [Span(first=date(2000, 1, 1), method=method, scope=scope)]
    spans += [Span(first=first, method=following, scope=over) for first, following, over in then]
    return Policy(spans=spans, term=Term(rule=term, days=days), **switches)


def run(happenings, method="fifo", scope="wallet", **rest) -> Outcome:
    """Work out happenings under one policy."""
    return work_out(happenings, policy(method, scope, **rest))


def left(outcome):
    """Return the lots left as (key, place, quantity, cost)."""
    return [(lot.key, lot.place, lot.quantity, lot.cost) for lot in outcome.lots]


def known(number: Decimal | None) -> Decimal:
    """Return a number that must be known."""
    assert number is not None
    return number


def drawn(gone):
    """Return the matches of a disposal or a removal as (lot, quantity, cost)."""
    return [(match.lot, match.quantity, match.cost) for match in gone.matches]
