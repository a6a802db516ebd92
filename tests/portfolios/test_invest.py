"""Investing: one action buys the whole basket, to the cent, once."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from indices.models import Holding, Index, Rebalance
from market.models import DailyPrice
from portfolios import services
from portfolios.models import Order, Position, Transaction
from portfolios.selectors import check_invariants, get_cash
from tests.factories import make_asset
from tests.portfolios.factories import FIRST_DAY, LAST_DAY, NOW, make_index, make_investor, make_market, record

D = Decimal


def invest(portfolio, amount="1000", **overrides):
    asked = {
        "portfolio": portfolio,
        "sleeve": portfolio.sleeves.first(),
        "amount": D(amount),
        "token": "once",
        "source": "test",
        "at": NOW,
    } | overrides
    return services.invest(**asked)


def test_it_buys_the_basket_by_its_weights(alice):
    portfolio = make_investor(alice)

    order = invest(portfolio, "1000")

    # 666.67 and 333.33 leave; what trades is that over 1.0025.
    bought = dict(Position.objects.exclude(asset="usd").values_list("asset", "quantity"))
    assert bought["bitcoin"] == D("0.016625187032418952")
    assert bought["ethereum"] == D("0.166249376558603491")
    assert (order.amount, order.priced_on) == (D(1000), LAST_DAY)
    assert get_cash(portfolio=portfolio) == 9000
    assert check_invariants(portfolio=portfolio) == []


def test_fees_are_inside_the_amount(alice):
    portfolio = make_investor(alice)

    order = invest(portfolio, "1000")

    traded = order.amount - order.fees
    assert abs(order.fees - traded * portfolio.fee_rate) < D("1e-15")


def test_what_is_bought_is_tagged_with_the_sleeve_and_stamped_now(alice):
    portfolio = make_investor(alice)

    order = invest(portfolio)

    assert {row.at for row in order.transactions.all()} == {NOW}
    sleeves = Position.objects.filter(portfolio=portfolio).values_list("asset", "sleeve")
    assert dict(sleeves) == {"usd": None, "bitcoin": order.sleeve_id, "ethereum": order.sleeve_id}


def test_a_past_day_is_stamped_at_its_end(alice):
    portfolio = make_investor(alice)

    order = invest(portfolio, day=date(2024, 3, 4))

    assert {str(row.at) for row in order.transactions.all()} == {"2024-03-04 23:59:59+00:00"}
    portfolio.refresh_from_db()
    assert portfolio.revalue_from == FIRST_DAY


def test_without_a_fee_nothing_is_written_as_fee(alice):
    portfolio = make_investor(alice, fee_rate=D(0))

    order = invest(portfolio)

    assert order.fees == 0
    assert all(row.entries.count() == 2 for row in order.transactions.all())
    assert check_invariants(portfolio=portfolio) == []


def test_the_same_token_is_one_order(alice):
    portfolio = make_investor(alice)

    assert invest(portfolio) == invest(portfolio)

    assert Order.objects.count() == 1
    assert get_cash(portfolio=portfolio) == 9000


def test_the_same_token_for_another_amount_is_refused(alice):
    portfolio = make_investor(alice)
    invest(portfolio)

    with pytest.raises(services.TokenReusedError):
        invest(portfolio, "2000")


def test_a_small_part_is_skipped_and_stays_cash(alice):
    portfolio = make_investor(alice)
    small = make_index("tail", {"bitcoin": "1", "dust": "1"})
    make_market({"dust": "100"})
    sleeve = services.add_sleeve(portfolio=portfolio, index=small, target_weight=D("0.1"))

    plan = services.preview_invest(portfolio=portfolio, sleeve=sleeve, amount=D(100), day=LAST_DAY, at=NOW)
    order = invest(portfolio, "100", sleeve=sleeve, day=LAST_DAY)

    # 100 of 40,100 is 0.25 of 100 USD.
    assert [(line.asset_id, line.part) for line in plan.skipped] == [("dust", D("0.25"))]
    assert (plan.leftover, plan.cash_after) == (D("0.25"), D("9900.25"))
    assert plan.traded + plan.fees == plan.spent == order.amount == D("99.75")
    assert get_cash(portfolio=portfolio) == D("9900.25")


def test_the_preview_writes_nothing(alice):
    portfolio = make_investor(alice)

    plan = services.preview_invest(portfolio=portfolio, sleeve=portfolio.sleeves.get(), amount=D(500), day=None, at=NOW)

    assert plan.spent == 500
    assert Transaction.objects.count() == 1


def test_money_put_in_today_may_be_invested_now_not_yesterday(alice):
    portfolio = make_investor(alice, cash="100")
    record(portfolio, "deposit", "900", at=NOW - timedelta(hours=1))

    with pytest.raises(services.CannotInvestError, match="on 2024-03-09 and ever after: 100 USD"):
        invest(portfolio, "1000", day=LAST_DAY)

    assert invest(portfolio, "1000").amount == 1000


def test_cash_that_was_needed_later_is_not_free(alice):
    portfolio = make_investor(alice, cash="1000")
    record(portfolio, "withdrawal", "800", at="2024-03-06")

    with pytest.raises(services.CannotInvestError, match=": 200 USD"):
        invest(portfolio, "201", day=date(2024, 3, 3))


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"amount": D("10000.01")}, "amount", "10000 USD"),
        ({"amount": D("49.99")}, "amount", "smallest order is 50 USD"),
        ({"amount": D("NaN")}, "amount", "finite"),
        ({"amount": D("Infinity")}, "amount", "finite"),
        ({"amount": D("1e400")}, "amount", "20 digits"),
        ({"amount": D("50.001")}, "amount", "2 decimals"),
        ({"amount": D(-100)}, "amount", "smallest order"),
        ({"day": date(2024, 3, 10)}, "day", "has not closed yet; the last closed day is 2024-03-09"),
        ({"day": date(2024, 2, 10)}, "day", "no basket on 2024-02-10; its first one is of 2024-03-01"),
        ({"day": date(1, 1, 1)}, "day", "before 2009"),
        ({"token": ""}, "token", "1 to 80"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_in_words(alice, change, field, words):
    portfolio = make_investor(alice)

    with pytest.raises(services.RefusedError, match=words) as refusal:
        invest(portfolio, **change)

    assert refusal.value.field == field
    assert Order.objects.count() == 0


def test_a_retired_index_takes_no_money(alice):
    portfolio = make_investor(alice)
    Index.objects.update(status="retired", retired_on=date(2024, 3, 5))

    with pytest.raises(services.CannotInvestError, match="retired since 2024-03-05"):
        invest(portfolio)


def test_an_index_without_any_basket_says_so(alice):
    portfolio = make_investor(alice)
    empty = Index.objects.create(slug="new", name="New", kind="equal", tier="core", status="active")
    sleeve = services.add_sleeve(portfolio=portfolio, index=empty, target_weight=D("0.05"))

    with pytest.raises(services.CannotInvestError, match="has no basket yet"):
        invest(portfolio, sleeve=sleeve)


def test_a_constituent_without_a_close_is_named(alice):
    portfolio = make_investor(alice)
    DailyPrice.objects.filter(asset="ethereum", day=LAST_DAY).delete()

    with pytest.raises(services.CannotInvestError, match="no close of 2024-03-09 is known for ETHER"):
        invest(portfolio, day=LAST_DAY)


def test_the_child_of_a_fork_without_a_close_is_not_bought(alice):
    portfolio = make_investor(alice)
    Holding.objects.create(
        rebalance=Rebalance.objects.get(), asset=make_asset("child"), units=1, weight=0, price=0, capped_supply=1
    )

    invest(portfolio)

    assert set(Position.objects.values_list("asset", flat=True)) == {"usd", "bitcoin", "ethereum"}


def test_parts_of_another_portfolio_are_refused(alice, bob):
    portfolio = make_investor(alice)
    stranger = services.open_portfolio(owner=bob, name="Other", at=NOW)
    theirs = services.add_sleeve(portfolio=stranger, index=Index.objects.get(), target_weight=D("0.5"))

    with pytest.raises(services.CannotInvestError, match="sleeve"):
        invest(portfolio, sleeve=theirs)
    with pytest.raises(services.CannotInvestError, match="wallet"):
        invest(portfolio, wallet=stranger.wallets.get())


def test_voiding_an_order_takes_back_every_buy(alice):
    portfolio = make_investor(alice)
    order = invest(portfolio)

    services.void_order(order=order, now=NOW)
    services.void_order(order=order, now=NOW)

    assert get_cash(portfolio=portfolio) == 10000
    assert Position.objects.exclude(asset="usd").count() == 0
    assert check_invariants(portfolio=portfolio) == []
