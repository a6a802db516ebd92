"""Stage 3: hand-worked values, flows, fees and growth through the database."""

from decimal import Decimal

import pytest

from analytics.models import Valuation
from market.models import Asset
from tests.analytics.factories import day, price, valuations, value
from tests.factories import make_asset
from tests.portfolios.factories import make_portfolio, record

D = Decimal


@pytest.fixture
def portfolio(alice):
    return make_portfolio(alice)


def test_a_week_by_hand(portfolio):
    bitcoin = make_asset("bitcoin")
    price(bitcoin, day("03-01"), "100", "110", "99", "99", "120")
    record(portfolio, "deposit", "1000", at="2024-03-01 08:00")
    record(portfolio, "buy", "5", "bitcoin", at="2024-03-01 09:00", price="100", fee="2")
    record(portfolio, "deposit", "500", at="2024-03-03 08:00")
    record(portfolio, "withdrawal", "200", at="2024-03-04 08:00")
    record(portfolio, "sell", "1", "bitcoin", at="2024-03-05 08:00", price="110", fee="1")

    result = value(portfolio, "03-01", "03-05")

    assert result.failures == {}
    # Cash: 1000 - 500 - 2 = 498; 998 after the deposit; 798 after the withdrawal; 798 + 110 - 1 = 907.
    # Bitcoin: 5 until the sale, then 4.
    assert valuations(portfolio, "day", "value", "flow", "fees", "net_deposits") == [
        (day("03-01"), D(998), D(1000), D(2), D(1000)),
        (day("03-02"), D(1048), D(0), D(0), D(1000)),
        (day("03-03"), D(1493), D(500), D(0), D(1500)),
        (day("03-04"), D(1293), D(-200), D(0), D(1300)),
        (day("03-05"), D(1387), D(0), D(1), D(1300)),
    ]
    growth = D(998) / 1000 * 1048 / 998 * 1493 / 1548 * (1293 + 200) / 1493 * 1387 / 1293
    stored = Valuation.objects.get(portfolio=portfolio, day=day("03-05")).growth
    assert abs(stored - growth) < D("1e-16")


def test_the_contract_example_of_time_weighting(portfolio):
    fund = make_asset("fund")
    # 10,000 becomes 11,000; with 5,000 more 13,600; 4,000 go out, which leaves 10,560; that becomes 12,144.
    price(fund, day("03-01"), "1", "1.1", "0.935", "1.0285", "1.182775")
    record(portfolio, "gift_in", "10000", "fund", at="2024-03-01 08:00")
    value(portfolio, "03-01", "03-02")

    growth = valuations(portfolio, "growth")

    assert growth == [(D(1),), (D("1.1"),)]


@pytest.mark.parametrize(
    ("flow", "after", "growth"),
    [
        ("deposit", "2200", "1.1"),  # 2200 / (1000 + 1000): money in is there from the start of its day
        ("withdrawal", "100", "1.1"),  # (100 + 1000) / 1000: money out is there until the end
    ],
)
def test_money_comes_in_at_the_start_and_goes_out_at_the_end(portfolio, flow, after, growth):
    coin = make_asset("coin")
    price(coin, day("03-01"), "1", "1.1")
    record(portfolio, "gift_in", "1000", "coin", at="2024-03-01 08:00")
    if flow == "deposit":
        record(portfolio, "deposit", "1100", at="2024-03-02 08:00")
    else:
        record(portfolio, "gift_out", "1000", "coin", at="2024-03-02 08:00")

    value(portfolio, "03-01", "03-02")

    last = Valuation.objects.get(portfolio=portfolio, day=day("03-02"))
    expected = D(2200) / D(2100) if flow == "deposit" else D(growth)
    assert last.growth == expected.quantize(D("1e-18"))


def test_deposits_do_not_move_the_time_weighted_return(portfolio):
    """T4: 100 becomes 110, 1,000 more make 1,110, which fall to 1,054.50: +4.5% time-weighted."""
    coin = make_asset("coin")
    price(coin, day("03-01"), "1", "1.1", "1.045")
    record(portfolio, "gift_in", "100", "coin", at="2024-03-01 08:00")
    record(portfolio, "deposit", "1000", at="2024-03-03 08:00")
    value(portfolio, "03-01", "03-03")
    before = Valuation.objects.get(portfolio=portfolio, day=day("03-02"))

    assert before.growth == D("1.1")
    last = Valuation.objects.get(portfolio=portfolio, day=day("03-03"))
    assert last.value == D("1104.5")
    assert last.growth == (D("1.1") * D("1104.5") / 1110).quantize(D("1e-18"))


def test_a_span_without_money_counts_one(portfolio):
    """T6: everything goes out at 1.2, money comes back and falls to 0.9: 1.2 times 0.9."""
    coin = make_asset("coin")
    price(coin, day("03-01"), "1", "1.2", "1.2", "1.2", "1.08")
    record(portfolio, "gift_in", "100", "coin", at="2024-03-01 08:00")
    record(portfolio, "gift_out", "100", "coin", at="2024-03-02 08:00")
    record(portfolio, "gift_in", "50", "coin", at="2024-03-04 08:00")

    value(portfolio, "03-01", "03-05")

    assert valuations(portfolio, "value", "growth") == [
        (D(100), D(1)),
        (D(0), D("1.2")),
        (D(0), D("1.2")),
        (D(60), D("1.2")),
        (D(54), D("1.08")),
    ]


def test_an_asset_given_in_kind_is_a_flow_at_the_market_value(portfolio):
    """T8: one Bitcoin that cost 20,000 arrives at a price of 50,000: a flow of 50,000 and no gain."""
    price(make_asset("bitcoin"), day("03-01"), "50000")
    record(portfolio, "deposit", "1", "bitcoin", at="2024-03-01 08:00", price="20000")

    value(portfolio, "03-01", "03-01")

    assert valuations(portfolio, "value", "flow", "growth") == [(D(50000), D(50000), D(1))]


def test_a_gap_carries_the_last_close_and_says_so(portfolio):
    price(make_asset("coin"), day("03-01"), "10", None, "12")
    record(portfolio, "gift_in", "3", "coin", at="2024-03-01 08:00")

    value(portfolio, "03-01", "03-03")

    assert valuations(portfolio, "value", "stale_assets", "unpriced_assets") == [
        (D(30), 0, 0),
        (D(30), 1, 0),
        (D(36), 0, 0),
    ]


def test_a_close_before_the_window_is_carried_into_it(portfolio):
    price(make_asset("coin"), day("02-20"), "10")
    record(portfolio, "gift_in", "3", "coin", at="2024-03-01 08:00")

    value(portfolio, "03-01", "03-01")

    assert valuations(portfolio, "value", "stale_assets") == [(D(30), 1)]


def test_what_has_no_price_is_unknown_and_no_loss(portfolio):
    """T38: the 400 USD paid for it leave what is known; its first price brings it in; neither is performance."""
    make_asset("coin")
    record(portfolio, "deposit", "1000", at="2024-03-01 08:00")
    record(portfolio, "buy", "4", "coin", at="2024-03-02 08:00", price="100")
    price(Asset.objects.get(id="coin"), day("03-04"), "110", "121")

    value(portfolio, "03-01", "03-05")

    assert valuations(portfolio, "value", "flow", "unpriced_assets", "growth") == [
        (D(1000), D(1000), 0, D(1)),
        (D(600), D(-400), 1, D(1)),
        (D(600), D(0), 1, D(1)),
        (D(1040), D(440), 0, D(1)),
        (D(1084), D(0), 0, (D(1084) / 1040).quantize(D("1e-18"))),
    ]


def test_a_fee_in_a_coin_costs_what_the_coin_costs_that_day(portfolio):
    price(make_asset("coin"), day("03-01"), "10", "10")
    record(portfolio, "gift_in", "100", "coin", at="2024-03-01 08:00")
    record(portfolio, "fee", "2", "coin", at="2024-03-02 08:00")

    value(portfolio, "03-01", "03-02")

    assert valuations(portfolio, "value", "flow", "fees")[1] == (D(980), D(0), D(20))


def test_income_is_performance(portfolio):
    price(make_asset("coin"), day("03-01"), "10", "10")
    record(portfolio, "gift_in", "100", "coin", at="2024-03-01 08:00")
    record(portfolio, "income", "5", "coin", at="2024-03-02 08:00")

    value(portfolio, "03-01", "03-02")

    assert valuations(portfolio, "value", "flow", "growth")[1] == (D(1050), D(0), D("1.05"))


def test_there_is_a_valuation_for_every_day_from_the_first_entry_on(portfolio):
    price(make_asset("coin"), day("03-01"), "10")
    record(portfolio, "gift_in", "1", "coin", at="2024-03-03 23:59")

    value(portfolio, "03-01", "03-06")

    assert [row[0] for row in valuations(portfolio, "day")] == [day(f"03-0{number}") for number in (3, 4, 5, 6)]


def test_the_deepest_fall_is_carried_on(portfolio):
    price(make_asset("coin"), day("03-01"), "10", "8", "16", "14")
    record(portfolio, "gift_in", "1", "coin", at="2024-03-01 08:00")

    value(portfolio, "03-01", "03-04")

    assert valuations(portfolio, "peak", "max_drawdown") == [
        (D(1), D(0)),
        (D(1), D("-0.2")),
        (D("1.6"), D("-0.2")),
        (D("1.6"), D("-0.2")),
    ]


def test_a_total_loss_is_minus_one_and_stays(portfolio):
    price(make_asset("coin"), day("03-01"), "10", "10")
    record(portfolio, "gift_in", "1", "coin", at="2024-03-01 08:00")
    record(portfolio, "loss", "1", "coin", at="2024-03-02 08:00")

    value(portfolio, "03-01", "03-03")

    assert valuations(portfolio, "value", "growth", "max_drawdown")[1:] == [(D(0), D(0), D(-1))] * 2


def test_every_digit_of_a_quantity_counts(portfolio):
    price(make_asset("coin"), day("03-01"), "0.000000000000000003")
    record(portfolio, "gift_in", "12345678.123456789012345678", "coin", at="2024-03-01 08:00")

    value(portfolio, "03-01", "03-01")

    assert valuations(portfolio, "value") == [(D("0.000000000037037034"),)]
