"""A reviewed index, and the people who ask for, approve and reject what becomes of it."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.contrib.auth.models import Group

from accounts.models import User
from indices.models import Index, Review
from indices.services import approve_review, compute_requested, request_review, run_window
from market.models import Classification
from tests.factories import make_user
from tests.indices.factories import FIRST, after, make_coin, make_index, price_flat

EVE = FIRST - timedelta(days=1)
DAY = timedelta(days=1)
LAST = date(2023, 1, 9)
TODAY = LAST + DAY
JANUARY_31 = date(2023, 1, 31)
FEBRUARY = date(2023, 2, 1)
WHY = "C was halted on its main venue."


def staff(email: str, *groups: str) -> User:
    """Make a curator, an approver or both."""
    user = make_user(email=email, is_staff=True)
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


def make_reviewed() -> Index:
    """Hold A, B and C at 3, 2 and 1 sixths; C is taken out of every index on 5 January, people approve reviews."""
    c = make_coin("c")
    price_flat({make_coin("a"): "3", make_coin("b"): "2", c: "1"}, EVE, date(2023, 3, 5))
    make_index()
    night(LAST)
    Index.objects.update(auto_approve=False)
    Classification.objects.filter(asset=c).update(valid_to=date(2023, 1, 5))
    return Index.objects.get()


def night(day: date) -> None:
    """Run the night of a day, and those before that are missing; no index may have a problem."""
    assert run_window(start=day, end=day, at=after(day)).problems == []


def ask(index: Index, curator: User, *, at: datetime | None = None, reason: str = WHY) -> Review:
    """Ask for an extraordinary review two hours into the running day."""
    return request_review(index_id=index.pk, reason=reason, by=curator, at=at or after(LAST, hours=2))


def computed(index: Index, curator: User) -> Review:
    """Ask for an extraordinary review and have it computed."""
    review = ask(index, curator)
    compute_requested(at=after(LAST, hours=3))
    review.refresh_from_db()
    return review


def approve(review: Review, approver: User, *, at: datetime | None = None) -> Review:
    """Approve what is proposed now, four hours into the running day."""
    seen = Review.objects.values_list("snapshot_hash", flat=True).get(pk=review.pk)
    return approve_review(review_id=review.pk, approver=approver, at=at or after(LAST, hours=4), seen=seen)


def weights_of(review: Review) -> dict[str, Decimal | None]:
    """Return the proposed weights by asset id."""
    return {line.asset_id: line.weight for line in review.lines.filter(weight__isnull=False)}
