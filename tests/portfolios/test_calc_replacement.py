"""What a purchase around a sale sets aside of its loss, by hand; and what holds for any of them."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from portfolios.calc.replacement import Rule, Sale, get_replaced

SOLD = date(2024, 6, 30)
LATER = date(2025, 1, 1)


def replaced(rule: Rule, *, bought: list[tuple[int, str]], sold: str = "100", held: str = "1000") -> Decimal:
    """Return what was replaced of one sale; purchases are (days after it, quantity), `held` is held on every day."""
    purchases = [(SOLD + timedelta(days=days), Decimal(size)) for days, size in bought]
    (found,) = get_replaced([Sale(SOLD, Decimal(sold))], purchases, lambda _: Decimal(held), rule=rule, today=LATER)
    return found


@pytest.mark.parametrize(
    ("sold", "bought", "left", "expected"),
    [
        ("100", "30", "50", 30),  # the least is what was bought
        ("100", "80", "50", 50),  # the least is what is left
        ("20", "80", "50", 20),  # the least is what was sold
    ],
)
def test_in_canada_the_least_of_sold_bought_and_left_counts(sold, bought, left, expected):
    assert replaced("ca", sold=sold, bought=[(10, bought)], held=left) == expected


@pytest.mark.parametrize(
    ("rule", "days", "counts"),
    [
        ("ca", -31, False),
        ("ca", -30, True),
        ("ca", 30, True),
        ("ca", 31, False),
        ("uk", -1, False),
        ("uk", 0, True),
        ("uk", 30, True),
        ("uk", 31, False),
        ("us", -30, True),
        ("us", 30, True),
        ("us", 31, False),
    ],
)
def test_a_window_has_thirty_days(rule, days, counts):
    assert replaced(rule, bought=[(days, "100")]) == (100 if counts else 0)


def test_what_was_bought_before_and_sold_itself_replaces_nothing():
    assert replaced("us", bought=[(-5, "100")], held="0") == 0
    assert replaced("ca", bought=[(-5, "100")], held="0") == 0


def test_an_open_window_is_judged_by_what_is_held_today():
    asked = []

    def held(day: date) -> Decimal:
        asked.append(day)
        return Decimal(7)

    today = SOLD + timedelta(days=3)
    (found,) = get_replaced([Sale(SOLD, Decimal(9))], [(SOLD, Decimal(9))], held, rule="ca", today=today)

    assert (found, asked) == (7, [today])


def test_a_purchase_replaces_once():
    sales = [Sale(SOLD, Decimal(60)), Sale(SOLD + timedelta(days=1), Decimal(60))]
    purchases = [(SOLD + timedelta(days=9), Decimal(100))]

    assert get_replaced(sales, purchases, lambda _: Decimal(500), rule="ca", today=LATER) == [60, 40]


days = st.integers(-60, 60).map(lambda offset: SOLD + timedelta(days=offset))
sizes = st.integers(1, 50).map(Decimal)


@given(
    st.lists(st.tuples(days, sizes), max_size=6), st.lists(st.tuples(days, sizes), max_size=6),
    st.sampled_from(["ca", "uk", "us"]), sizes,
)  # fmt: skip
def test_no_more_is_replaced_than_was_sold_or_bought(sold, bought, rule, held):
    sales = [Sale(day, quantity) for day, quantity in sorted(sold)]

    found = get_replaced(sales, bought, lambda _: held, rule=rule, today=LATER)

    assert all(0 <= part <= sale.quantity for part, sale in zip(found, sales, strict=True))
    assert sum(found) <= sum(size for _, size in bought)
