"""Exact numbers, however small, large or long, in any precision of the process."""

from decimal import Decimal, localcontext

import pytest

from portfolios.calc.lots.grid import amount_of, portion, quantity_of, spread, to_money, to_units
from tests.portfolios.lots.builders import D, buy, cash_fee, known, left, run, sell

METHODS = ["fifo", "lifo", "hifo", "average", "specific", "s104"]


def test_full_close_and_re_entry():
    # 9 * (210 - 209.45) + 10 * (208.01 - 204.11) = 4.95 + 39 = 43.95; four fees of 1: 39.95.
    def closed(**switches):
        fees = {"fees": [cash_fee("1")]}
        return run([
            buy("a", "9", "1885.05", **fees), sell("b", "9", "1890", day=1, **fees),
            buy("c", "10", "2041.10", day=2, **fees), sell("d", "10", "2080.10", day=3, **fees),
        ], **switches)  # fmt: skip

    assert sum(known(sale.gain) for sale in closed(buy_fee="ignore", sell_fee="ignore").disposals) == D("43.95")
    assert sum(known(sale.gain) for sale in closed().disposals) == D("39.95")
    assert closed().lots == []


def test_half_a_position_sold_leaves_half_its_cost():
    # 2 at 320.43; 1 sold at 14,156.40: 13,835.97; at 13,657.20 the other is up 13,336.77: 27,172.74 in all.
    outcome = run([buy("a", "2", "640.86"), sell("s", "1", "14156.40", day=1)])

    assert outcome.lots[0].cost == D("320.43")
    assert known(outcome.disposals[0].gain) + D("13657.20") - outcome.lots[0].cost == D("27172.74")


@pytest.mark.parametrize("method", METHODS)
def test_the_last_draw_takes_the_rest_whole(method):
    # 10 for 0.01, sold 3, 3 and 4.
    sales = [sell(day, quantity, "1", day=day * 40) for day, quantity in ((1, "3"), (2, "3"), (3, "4"))]
    outcome = run([buy("a", "10", "0.01"), *sales], method)

    assert [sale.cost for sale in outcome.disposals] == [D("0.003"), D("0.003"), D("0.004")]
    assert outcome.lots == []


@pytest.mark.parametrize("method", METHODS)
def test_thirds_sum_to_the_whole(method):
    # 10 / 3 is rounded down; half of the rest, 6.6...67, ends in 33.5 and goes to the even 34; the last takes the rest.
    outcome = run([buy("a", "3", "10"), *[sell(day, "1", "7", day=day * 40) for day in (1, 2, 3)]], method)

    third = D("3." + "3" * 36)
    assert [sale.cost for sale in outcome.disposals] == [third, D("3." + "3" * 35 + "4"), third]
    assert sum(sale.cost for sale in outcome.disposals) == 10


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("precision", [6, 28, 90])
def test_digits_survive_any_precision_of_the_process(method, precision):
    held, smallest = D("123456789.123456789123456789"), D("0.000000000000000001")
    cost = D("98765432109876543210.123456789012345678901234567890123456")
    with localcontext() as context:
        context.prec = precision
        outcome = run([buy("a", held, cost), sell("s", smallest, "1", day=40)], method)

    (sale,), (lot,) = outcome.disposals, outcome.lots
    with localcontext() as context:
        context.prec = 80
        assert (sale.quantity, sale.quantity + lot.quantity) == (smallest, held)
        assert sale.cost + lot.cost == cost
        assert abs(sale.cost - cost * smallest / held) <= D("5e-37")


@pytest.mark.parametrize("method", METHODS)
def test_huge_numbers(method):
    # A coin of which there are 10^30, each for 10^-12.
    outcome = run([buy("a", "1e30", "1e18"), sell("s", "1", "1", day=40)], method)

    assert outcome.disposals[0].cost == D("1e-12")
    assert outcome.lots[0].quantity == Decimal(999999999999999999999999999999)


def test_small_amounts_are_not_rounded_away():
    # 1.45678 * 0.000234 and 12,000,000 * 0.000023 = 276.
    outcome = run([
        buy("a", "1.45678", D("1.45678") * D("0.000234")),
        buy("b", "12000000", D("12000000") * D("0.000023"), asset="SHIB"),
        buy("c", "0.00251478", "100", asset="ETH"),
    ])  # fmt: skip

    assert [lot.cost for lot in outcome.lots] == [D("0.00034088652"), D(100), D(276)]


def test_numbers_have_no_needless_zeros_and_no_exponent_when_whole():
    lots = left(run([buy("a", "100", "2500.50")]))

    assert [str(number) for number in lots[0][2:]] == ["100", "2500.5"]


@pytest.mark.parametrize(
    ("total", "part", "whole", "share"),
    [(5, 1, 2, 2), (7, 1, 2, 4), (10, 1, 3, 3), (20, 1, 3, 7), (-5, 1, 2, -2), (-7, 1, 2, -4), (9, 9, 9, 9)],
)
def test_shares_are_rounded_half_to_even(total, part, whole, share):
    assert portion(total, part, whole) == share


def test_shares_sum_to_the_total():
    assert spread(10, [1, 1, 1]) == [3, 4, 3]
    assert spread(0, []) == []


def test_decimals_are_read_and_written_exactly():
    assert quantity_of(to_units(D("123456789.123456789123456789"))) == D("123456789.123456789123456789")
    assert amount_of(to_money(D("1e-36"))) == D("1e-36")


def test_a_value_finer_than_the_grid_is_rounded_half_to_even():
    assert to_money(D("2.5e-36")) == 2
    assert to_money(D("3.5e-36")) == 4
