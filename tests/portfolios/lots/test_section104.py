"""The UK's share identification: the same day, the next 30 days, the pool."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.portfolios.lots.builders import D, at, buy, cash_fee, happening, left, move, run, sell

LONDON = ZoneInfo("Europe/London")


def uk(happenings, scope="wallet", **rest):
    return run(happenings, "s104", scope, **{"term": "none", "zone": LONDON, **rest})


def rules(disposal):
    return [(match.rule, match.quantity, match.cost) for match in disposal.matches]


def test_a_history_worked_by_hand():
    # Day 0: 1,000 for 4,000, pool 1,000 at 4. Day 100: 500 for 3,500, pool 1,500 at 5 (7,500).
    # Day 200: 700 sold for 5,600 and 200 bought for 1,800 on the same day; 100 more for 700 on day 215.
    # Same day 200 at 1,800; thirty days 100 at 700; pool 400 at 5, 2,000: cost 4,500, gain 1,100.
    # Left: 1,100 at 5, 5,500.
    outcome = uk([
        buy("a", "1000", "4000", day=0), buy("b", "500", "3500", day=100),
        sell("s", "700", "5600", day=200), buy("c", "200", "1800", day=200.5), buy("d", "100", "700", day=215),
    ])  # fmt: skip

    (sale,) = outcome.disposals
    assert rules(sale) == [("same_day", 200, 1800), ("thirty_days", 100, 700), ("pool", 400, 2000)]
    assert [(match.lot, match.acquired_at) for match in sale.matches] == [
        ("c", at(200.5)),
        ("d", at(215)),
        (None, None),
    ]
    assert [match.proceeds for match in sale.matches] == [1600, 800, 3200]
    assert (sale.cost, sale.gain) == (4500, 1100)
    assert left(outcome) == [(None, None, 1100, 5500)]


@pytest.mark.parametrize(("days", "rule"), [(30, "thirty_days"), (31, "pool")])
def test_the_window_has_30_days(days, rule):
    outcome = uk([buy("a", "1", "10", day=0), sell("s", "1", "20", day=50), buy("b", "1", "15", day=50 + days)])

    assert [match.rule for match in outcome.disposals[0].matches] == [rule]


def test_the_earliest_acquisition_of_the_30_days_goes_first():
    outcome = uk([
        buy("a", "9", "90", day=0), sell("s", "3", "60", day=50),
        buy("late", "2", "40", day=70), buy("early", "2", "30", day=60),
    ])  # fmt: skip

    assert rules(outcome.disposals[0]) == [("thirty_days", 2, 30), ("thirty_days", 1, 20)]
    # The other of the late ones, 20, joins the pool.
    assert left(outcome) == [(None, None, 10, 110)]


def test_an_acquisition_goes_to_its_own_day_before_it_goes_to_the_30_days_before_it():
    outcome = uk([
        buy("a", "9", "90", day=0), sell("before", "1", "60", day=50), sell("same", "1", "60", day=60.2),
        buy("b", "1", "30", day=60.1),
    ])  # fmt: skip

    assert [rules(sale) for sale in outcome.disposals] == [[("pool", 1, 10)], [("same_day", 1, 30)]]


def test_the_earlier_of_two_disposals_has_the_acquisition_of_the_30_days():
    outcome = uk([
        buy("a", "9", "90", day=0), sell("first", "1", "60", day=50), sell("second", "1", "60", day=55),
        buy("b", "1", "30", day=60),
    ])  # fmt: skip

    assert [rules(sale) for sale in outcome.disposals] == [[("thirty_days", 1, 30)], [("pool", 1, 10)]]


def test_the_acquisitions_of_a_day_are_one():
    # 1 for 10 and 3 for 50 on one day: 15 each.
    outcome = uk([buy("a", "1", "10", day=0.1), buy("b", "3", "50", day=0.3), sell("s", "2", "60", day=0.5)])

    assert rules(outcome.disposals[0]) == [("same_day", 1, 15), ("same_day", 1, 15)]
    assert left(outcome) == [(None, None, 2, 30)]


def test_a_day_is_one_of_the_policys_zone():
    # 23:30 UTC on 30 June is 00:30 on 1 July in London.
    bought = datetime(2024, 6, 30, 23, 30, tzinfo=ZoneInfo("UTC"))
    sequence = [buy("a", "1", "10", day=0), sell("s", "1", "20", day=182.9), buy("b", "1", "15", day=bought)]
    assert sequence[1].at.date() == date(2024, 7, 1)

    assert [match.rule for match in uk(sequence).disposals[0].matches] == ["same_day"]


@pytest.mark.parametrize("scope", ["wallet", "portfolio"])
def test_the_pool_is_that_of_all_wallets(scope):
    outcome = uk([buy("a", "1", "10"), buy("b", "1", "30", day=1, place="b"), sell("s", "1", "5", day=90)], scope)

    assert (outcome.disposals[0].cost, left(outcome)) == (20, [(None, None, 1, 20)])


def test_a_swap_touches_two_pools():
    swap = happening("swap", "x", "1", "50", day=90, received_asset="ETH", received_quantity="5")
    outcome = uk([buy("a", "2", "60"), swap, buy("e", "5", "70", day=200, asset="ETH")])

    assert (outcome.disposals[0].cost, outcome.disposals[0].gain) == (30, 20)
    assert [(lot.asset, lot.quantity, lot.cost) for lot in outcome.lots] == [("BTC", 1, 30), ("ETH", 10, 120)]


def test_pool_matches_have_no_term_and_the_others_have_theirs():
    sequence = [buy("a", "2", "60"), sell("s", "2", "60", day=500), buy("b", "1", "20", day=510)]

    assert [match.term for match in uk(sequence, term="us").disposals[0].matches] == ["short", "none"]


def test_what_was_brought_in_with_an_earlier_date_goes_to_the_pool():
    deposit = happening("deposit", "d", "1", "30", day=50, acquired_at=at(-100))
    outcome = uk([buy("a", "1", "10"), deposit, sell("s", "1", "60", day=50)])

    assert rules(outcome.disposals[0]) == [("pool", 1, 20)]


def test_a_date_within_the_same_day_is_that_day():
    deposit = happening("deposit", "d", "1", "30", day=50.5, acquired_at=at(50.1))
    outcome = uk([buy("a", "1", "10"), deposit, sell("s", "1", "60", day=50.6)])

    assert rules(outcome.disposals[0]) == [("same_day", 1, 30)]


def test_what_is_given_away_is_matched_by_day_too():
    outcome = uk([buy("a", "1", "10"), happening("gift_out", "g", "1", day=50), buy("b", "1", "15", day=60)])

    assert rules(outcome.removals[0]) == [("thirty_days", 1, 15)]


def test_the_fee_of_a_transfer_is_matched_by_day_too():
    transfer = move("t", "1", received_quantity="0.9", day=50, fees=[("BTC", "0.1", "5")])
    outcome = uk([buy("a", "1", "10"), transfer, buy("b", "1", "20", day=50.5)])

    assert rules(outcome.disposals[0]) == [("same_day", D("0.1"), 2)]
    assert left(outcome) == [(None, None, D("1.9"), 28)]


def test_a_fee_that_joins_the_cost_joins_the_pools():
    outcome = uk([buy("a", "1", "10"), move("t", "1", day=50, fees=[cash_fee("5")])], transfer_fee="basis")

    assert left(outcome) == [(None, None, 1, 15)]


def test_what_is_sold_before_it_is_bought_is_covered_by_the_30_days():
    outcome = uk([sell("s", "3", "90", day=0), buy("a", "2", "40", day=10)])

    (sale,) = outcome.disposals
    assert (sale.uncovered, sale.proceeds, sale.cost) == (1, 60, 40)
    assert (outcome.lots, outcome.shortfalls[0].quantity) == ([], 1)


def test_a_pool_with_something_unpriced_says_so():
    outcome = uk([buy("a", "1", "10"), happening("airdrop", "d", "1", day=1)])

    assert [(lot.cost, lot.is_unpriced) for lot in outcome.lots] == [(10, True)]


def test_the_pool_loses_no_digit_to_thirds():
    # 3 for 10; a third each, the last takes the rest.
    outcome = uk([buy("a", "3", "10"), *[sell(day, "1", "5", day=day) for day in (50, 51, 52)]])

    costs = [sale.cost for sale in outcome.disposals]
    assert costs[0] == D("3." + "3" * 36)
    assert sum(costs) == 10
