"""The market of the worked examples, and events that happen in it."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import User
from indices.models import Index, Rebalance
from indices.services import run_window, verify_rebalances
from market.models import Asset, AssetEvent
from tests.factories import make_user
from tests.indices.factories import AT, FIRST, levels_of, make_coin, price_days

EVE = FIRST - timedelta(days=1)
DAY = timedelta(days=1)
SUPPLIES = {"a": 10, "b": 10, "c": 50}
DAY_1, DAY_2 = ("110", "45", "12"), ("99", "54", "12")


def example(*later: tuple[str | None, str | None, str | None]) -> None:
    """Price A, B and C of E1: the base on the eve and the first day, its two days, then the days given."""
    for place, name in enumerate("abc"):
        closes = [each[place] for each in (DAY_1, DAY_2, *later)]
        base = ("100", "50", "10")[place]
        price_days(make_coin(name), EVE, [base, base, *closes], supply=SUPPLIES[name])


def user(name: str) -> User:
    """Return a user, made once."""
    return User.objects.filter(email=f"{name}@example.com").first() or make_user(email=f"{name}@example.com")


def happens(asset: str, kind: str, treatment: str, day: date, **terms: Any) -> AssetEvent:
    """Have an event approved."""
    fields = {"status": "approved", "approver": user("approver"), "approved_at": AT} | terms
    return AssetEvent.objects.create(
        asset_id=asset, kind=kind, treatment=treatment, effective_day=day, note="Told.", author=user("author"), **fields
    )


def run(end: date, start: date = FIRST) -> None:
    """Run nights that must go without problems, and work every basket out again from its inputs."""
    assert run_window(start=start, end=end, at=AT).problems == []
    assert verify_rebalances().failures == []


def units(day: date) -> dict[str, Decimal]:
    """Return the units in force after the close of a day."""
    basket = Rebalance.objects.current().filter(effective_day__lte=day).reverse()[0]
    return dict(basket.holdings.values_list("asset", "units"))


def told(index: Index, first: date, days: int) -> list[str | None]:
    """Return the levels of some days."""
    levels = levels_of(index)
    return [levels[first + place * DAY] for place in range(days)]


DAY_2ND, DAY_3RD, DAY_4TH = (FIRST + place * DAY for place in (2, 3, 4))


def dollar(*closes: str) -> Asset:
    """Price a stablecoin from the eve on."""
    coin = make_coin("usdx", sector="stablecoin", token_type="stablecoin", is_stable=True)
    price_days(coin, EVE, list(closes), supply=10_000)
    return coin


SLEEVE = {"proceeds": "sleeve", "sleeve": ["usdx"]}
