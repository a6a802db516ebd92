"""A market with a typo, and what corrects it."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.contrib.auth.models import Group

from accounts.models import User
from indices.models import Index, Rebalance, Restatement
from indices.services import approve_restatement, request_restatement, run_approved_restatements, run_window
from market.models import AssetEvent, DailyPrice
from market.services import revise_price
from tests.factories import make_user
from tests.indices.factories import AT, FIRST, NEXT, make_coin, price_days

EVE = FIRST - timedelta(days=1)
DAY = timedelta(days=1)
LATER = AT + timedelta(days=30)
LAST = date(2023, 3, 5)


def make_member(group: str) -> User:
    """Make a curator or an approver."""
    user = make_user(email=f"{group}@example.com")
    user.groups.add(Group.objects.get(name=group))
    return user


def market() -> None:
    """Price four coins to the fifth of March; on 1 February the close of b is ten times too low."""
    a, b, c, d = make_coin("a"), make_coin("b"), make_coin("c"), make_coin("d")
    price_days(a, EVE, [str(100 + place) for place in range(65)], supply=10)
    price_days(b, EVE, ["5" if EVE + place * DAY == NEXT else str(50 + place % 7) for place in range(65)], supply=10)
    price_days(c, EVE, [str(10 + place % 3) for place in range(65)], supply=50)
    price_days(d, EVE, [f"{1 + place % 5}.25" for place in range(65)], supply=100)


def correct(asset_id: str = "b", day: date = NEXT, close: str = "54") -> None:
    """Revise a close as a curator does."""
    price = DailyPrice.objects.current().get(asset=asset_id, day=day)
    revise_price(price=price, close=Decimal(close), market_cap=price.market_cap, volume=price.volume, at=AT + DAY)


def run(index_day: date = LAST) -> None:
    """Run every active index up to a day."""
    assert run_window(start=FIRST, end=index_day, at=AT).problems == []


def restate(index: Index, curator: User, approver: User, first_day: date = NEXT, at: datetime = LATER) -> Restatement:
    """Ask for a restatement, approve it and have it carried out."""
    asked = request_restatement(index_id=index.pk, first_day=first_day, cause="Typo of b.", by=curator, at=LATER)
    approve_restatement(restatement_id=asked.pk, approver=approver, at=LATER)
    run_approved_restatements(at=at)
    asked.refresh_from_db()
    return asked


def delist_d() -> None:
    """Let d leave in the middle of February."""
    AssetEvent.objects.create(
        asset_id="d", kind="delisting", treatment="last", effective_day=date(2023, 2, 14), note="Halted.",
        status="approved", author=make_user(email="one@example.com"), approver=make_user(email="two@example.com"),
        approved_at=AT,
    )  # fmt: skip


def baskets(index: Index) -> list[dict[str, tuple[Decimal, Decimal]]]:
    """Return units and weights of the baskets in force, in order."""
    current = Rebalance.objects.current().filter(index=index).prefetch_related("holdings")
    return [{held.asset_id: (held.units, held.weight) for held in each.holdings.all()} for each in current]


RULES = {"count": 4, "enter": 4, "keep": 4, "alpha": "0.5", "fee": "0.002", "cap": "0.4"}
