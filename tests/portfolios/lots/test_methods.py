"""Which lots leave first under each method, and at what cost."""

import pytest

from tests.portfolios.lots.builders import D, at, buy, drawn, happening, known, left, move, policy, run, sell

THREE = [buy("a", "1", "30000", day=0), buy("b", "1", "60000", day=1), buy("c", "1", "45000", day=2)]


@pytest.mark.parametrize("scope", ["wallet", "portfolio"])
@pytest.mark.parametrize(
    ("method", "cost", "gain"),
    [
        ("fifo", 60000, 15000),
        ("lifo", 75000, 0),
        ("hifo", 82500, -7500),
        ("average", 67500, 7500),
        ("s104", 67500, 7500),
    ],
)
def test_each_method_on_three_lots(method, cost, gain, scope):
    # 1@30,000, 1@60,000, 1@45,000; 1.5 sold for 75,000. FIFO 30,000 + half of 60,000; LIFO 45,000 + half of 60,000;
    # HIFO 60,000 + half of 45,000; average 1.5 * 135,000 / 3.
    outcome = run([*THREE, sell("s", "1.5", "75000", day=40)], method, scope)

    (sale,) = outcome.disposals
    assert (sale.proceeds, sale.cost, sale.gain) == (75000, cost, gain)
    assert sum(lot.cost for lot in outcome.lots) == 135000 - cost
    assert sum(lot.quantity for lot in outcome.lots) == D("1.5")
    assert sum(known(match.proceeds) for match in sale.matches) == 75000
    assert sum(known(match.gain) for match in sale.matches) == gain


def test_matches_name_the_lot_its_share_of_the_proceeds_and_its_gain():
    (sale,) = run([*THREE, sell("s", "1.5", "75000", day=3)]).disposals

    assert [(match.lot, match.acquired_at, match.proceeds, match.gain, match.rule) for match in sale.matches] == [
        ("a", at(0), 50000, 20000, "lot"),
        ("b", at(1), 25000, -5000, "lot"),
    ]


def test_a_later_lot_is_no_candidate():
    outcome = run([buy("a", "1", "10", day=0), sell("s", "2", "40", day=1), buy("b", "1", "10", day=2)])

    assert drawn(outcome.disposals[0]) == [("a", 1, 10)]
    assert left(outcome) == [("b", "exchange", 1, 10)]


def test_acquisitions_of_an_instant_come_before_its_disposals():
    outcome = run([sell("s", "1", "15", day=0, order=1), buy("a", "1", "10", day=0, order=2)])

    assert drawn(outcome.disposals[0]) == [("a", 1, 10)]
    assert outcome.shortfalls == []


def test_disposals_of_an_instant_draw_in_entry_order():
    lots = [buy("b", "1", "20", order=2), buy("a", "1", "10", order=1)]
    sales = [sell("late", "1", "30", day=1, order=4), sell("early", "1", "30", day=1, order=3)]

    outcome = run([*lots, *sales])

    assert [(sale.key, sale.matches[0].lot) for sale in outcome.disposals] == [("early", "a"), ("late", "b")]


def test_instants_are_compared_in_utc():
    # 01:30 at +02:00 is 23:30 the day before: before 00:00 UTC although the text is later.
    east = at(1, 1, 30).isoformat().replace("+00:00", "+02:00")
    lots = [buy("utc", "1", "10", day=1), buy("east", "1", "20", day=type(at(0)).fromisoformat(east))]

    assert drawn(run([*lots, sell("s", "1", "30", day=2)]).disposals[0]) == [("east", 1, 20)]


def test_hifo_ranks_by_unit_cost_and_not_by_amount():
    # 10 for 1,000 cost 100 each, 1 for 150 costs more.
    lots = [buy("big", "10", "1000", day=0), buy("dear", "1", "150", day=1)]

    assert drawn(run([*lots, sell("s", "1", "1", day=2)], "hifo").disposals[0]) == [("dear", 1, 150)]


def test_hifo_counts_the_fee_of_the_purchase_unless_it_is_ignored():
    # 100 + 5 is dearer than 104.
    lots = [buy("plain", "1", "104", day=0), buy("fee", "1", "100", day=1, fees=[("BNB", "0.01", "5")])]
    sale = sell("s", "1", "1", day=2)

    assert drawn(run([*lots, sale], "hifo").disposals[-1]) == [("fee", 1, 105)]
    assert drawn(run([*lots, sale], "hifo", buy_fee="ignore").disposals[-1]) == [("plain", 1, 104)]


def test_hifo_takes_the_older_of_two_that_cost_the_same():
    # 20 / 6 and 10 / 3 are the same and no decimal says it.
    lots = [buy("old", "6", "20", day=0), buy("new", "3", "10", day=1)]

    assert drawn(run([*lots, sell("s", "1", "9", day=2)], "hifo").disposals[0])[0][0] == "old"


def test_hifo_tells_unit_costs_apart_that_differ_far_behind_the_point():
    # 10 / 3 against 10.000000000000000001 / 3.
    lots = [buy("less", "3", "10", day=0), buy("more", "3", "10.000000000000000001", day=1)]

    assert drawn(run([*lots, sell("s", "1", "9", day=2)], "hifo").disposals[0])[0][0] == "more"


def test_hifo_tells_unit_costs_apart_that_differ_by_less_than_the_grid():
    # (10^36 + 1) / 10^18 against (10^36 + 10^18 + 1) / (10^18 + 1): the first is more, by 1 / (10^18 * (10^18 + 1)).
    less = buy("less", "1.000000000000000001", "1.000000000000000001000000000000000001", day=0)
    more = buy("more", "1", "1.000000000000000000000000000000000001", day=1)
    cheap = buy("cheap", "0.5", "0.1", day=1)

    assert drawn(run([less, more, cheap, sell("s", "1", "9", day=2)], "hifo").disposals[0])[0][0] == "more"


def test_rounding_of_an_earlier_draw_does_not_reorder_equal_lots():
    # A third of 10 is rounded; what is left of "old" must not count as dearer or cheaper than it was.
    lots = [buy("old", "3", "10", day=0), buy("new", "3", "10", day=1)]
    sales = [sell(day, "1", "9", day=day) for day in range(2, 8)]

    assert [sale.matches[0].lot for sale in run([*lots, *sales], "hifo").disposals] == ["old"] * 3 + ["new"] * 3


def test_hifo_is_ordered_anew_for_each_disposal():
    sequence = [
        buy("a", "1", "20", day=0), buy("b", "1", "10", day=1), sell("s", "0.5", "9", day=2),
        buy("c", "1", "30", day=3), sell("t", "1.5", "9", day=4),
    ]  # fmt: skip

    assert drawn(run(sequence, "hifo").disposals[1]) == [("c", 1, 30), ("a", D("0.5"), 10)]


def test_lifo_goes_by_acquisition_not_by_arrival():
    # The gift came last but was first acquired long ago.
    gift = happening("gift_in", "gift", "1", "5", day=3, acquired_at=at(-500))
    outcome = run([buy("a", "1", "10", day=0), gift, sell("s", "1", "9", day=4)], "lifo")

    assert drawn(outcome.disposals[0]) == [("a", 1, 10)]


def test_average_starts_anew_after_full_liquidation():
    # Buy 10@100, sell 10@300, buy 10@300: what is left costs 300 each, not 200.
    outcome = run(
        [buy("a", "10", "1000", day=0), sell("s", "10", "3000", day=1), buy("b", "10", "3000", day=2)], "average"
    )

    assert outcome.disposals[0].gain == 2000
    assert left(outcome) == [("b", "exchange", 10, 3000)]


@pytest.mark.parametrize(("method", "cost"), [("fifo", 1000), ("average", 1500), ("lifo", 2000)])
def test_two_purchases_and_a_sale(method, cost):
    # 10@100, 10@200, sell 10: FIFO 1,000; average 10 * 3,000 / 20; LIFO 2,000.
    outcome = run([buy("a", "10", "1000"), buy("b", "10", "2000", day=1), sell("s", "10", "9", day=2)], method)

    assert outcome.disposals[0].cost == cost


def test_average_takes_dates_oldest_first_and_leaves_lots_at_the_pools_cost():
    # 2 for 10 and 2 for 30: 10 each. 3 sold: 2 of a, 1 of b.
    outcome = run([buy("a", "2", "10"), buy("b", "2", "30", day=1), sell("s", "3", "60", day=2)], "average")

    (sale,) = outcome.disposals
    assert [(match.lot, match.acquired_at, match.cost, match.rule) for match in sale.matches] == [
        ("a", at(0), 20, "pool"),
        ("b", at(1), 10, "pool"),
    ]
    assert left(outcome) == [("b", "exchange", 1, 10)]


@pytest.mark.parametrize("method", ["fifo", "lifo", "hifo", "average"])
def test_each_wallet_has_its_own_lots(method):
    lots = [buy("a", "1", "10", place="one"), buy("b", "1", "30", place="two", day=1)]

    outcome = run([*lots, sell("s", "1", "50", place="two", day=2)], method)

    assert drawn(outcome.disposals[0]) == [("b", 1, 30)]
    assert left(outcome) == [("a", "one", 1, 10)]


@pytest.mark.parametrize(("method", "cost"), [("fifo", 10), ("lifo", 30), ("hifo", 30), ("average", 20)])
def test_a_portfolio_has_its_lots_together(method, cost):
    lots = [buy("a", "1", "10", place="one"), buy("b", "1", "30", place="two", day=1)]

    outcome = run([*lots, sell("s", "1", "50", place="three", day=2)], method, "portfolio")

    assert outcome.disposals[0].cost == cost
    assert [lot.place for lot in outcome.lots] == [None]


def test_named_lots_go_in_the_named_order_and_the_rest_first_in_first_out():
    # c whole, half of b, then a: 45,000 + 30,000 + 0.2 * 30,000.
    outcome = run([*THREE, sell("s", "1.7", "85000", day=3, named=[("c", "1"), ("b", "0.5")])], "specific")

    (sale,) = outcome.disposals
    assert drawn(sale) == [("c", 1, 45000), ("b", D("0.5"), 30000), ("a", D("0.2"), 6000)]
    assert left(outcome) == [("a", "exchange", D("0.8"), 24000), ("b", "exchange", D("0.5"), 30000)]


def test_a_named_lot_that_is_missing_or_too_small_gives_what_is_there():
    named = [("nowhere", "1"), ("c", "5"), ("b", "0"), ("a", "0.25")]
    outcome = run([*THREE, sell("s", "2", "1", day=3, named=named)], "specific")

    assert drawn(outcome.disposals[0]) == [
        ("c", 1, 45000), ("a", D("0.25"), 7500), ("a", D("0.75"), 22500),
    ]  # fmt: skip


def test_a_named_lot_of_another_wallet_or_of_later_is_no_candidate():
    sequence = [
        buy("here", "1", "10"), buy("there", "1", "20", place="wallet"),
        sell("s", "1", "50", day=1, named=[("there", "1"), ("later", "1")]), buy("later", "1", "30", day=2),
    ]  # fmt: skip

    assert drawn(run(sequence, "specific").disposals[0]) == [("here", 1, 10)]


def test_what_is_named_too_much_serves_the_fee_in_the_same_coin():
    sale = sell("s", "1", "50000", day=3, named=[("c", "1"), ("b", "0.1")], fees=[("BTC", "0.1", "5000")])

    outcome = run([*THREE, sale], "specific")

    assert [drawn(gone) for gone in outcome.disposals] == [[("c", 1, 45000)], [("b", D("0.1"), 6000)]]


def test_lots_that_another_method_does_not_ask_for_are_not_looked_at():
    assert drawn(run([*THREE, sell("s", "1", "1", day=3, named=[("c", "1")])]).disposals[0]) == [("a", 1, 30000)]


@pytest.mark.parametrize("method", ["fifo", "lifo", "hifo", "average", "specific", "s104"])
def test_an_oversell_is_a_shortfall_and_not_a_profit(method):
    # 1 held at 10, 4 sold for 80: a quarter of the proceeds is of the lot, gain 10; 3 are missing.
    outcome = run([buy("a", "1", "10"), sell("s", "4", "80", day=40)], method)

    (sale,) = outcome.disposals
    assert (sale.quantity, sale.uncovered, sale.proceeds, sale.cost, sale.gain) == (4, 3, 20, 10, 10)
    assert [(gap.key, gap.at, gap.asset, gap.quantity) for gap in outcome.shortfalls] == [("s", at(40), "BTC", 3)]
    assert outcome.lots == []


@pytest.mark.parametrize("method", ["fifo", "lifo", "hifo", "average", "specific", "s104"])
def test_a_sale_of_nothing_held_is_listed_without_a_gain(method):
    outcome = run([sell("s", "4", "80", day=1), buy("a", "1", "10", day=90)], method)

    (sale,) = outcome.disposals
    assert (sale.uncovered, sale.proceeds, sale.cost, sale.gain, list(sale.matches)) == (4, 0, 0, 0, [])
    assert outcome.lots[0].quantity == 1


@pytest.mark.parametrize("method", ["quickest", "", None])
def test_an_unknown_method_is_refused(method):
    with pytest.raises(ValueError, match="no method"):
        policy(method)


def test_an_unknown_scope_is_refused():
    with pytest.raises(ValueError, match="no scope"):
        policy("fifo", "planet")


def test_the_example_of_three_wallets():
    # E1 on the exchange, W in the wallet, E2 on the exchange; all to the wallet; 1 back; sold there: it is E1.
    sequence = [
        buy("E1", "1", "10", day=0), buy("W", "1", "20", day=1, place="wallet"), buy("E2", "1", "30", day=2),
        move("t", "2", day=3), move("u", "1", day=4, place="wallet", to="exchange"), sell("s", "1", "50", day=5),
    ]  # fmt: skip

    outcome = run(sequence)

    assert drawn(outcome.disposals[0]) == [("E1", 1, 10)]
    assert outcome.disposals[0].matches[0].acquired_at == at(0)
    assert left(outcome) == [("W", "wallet", 1, 20), ("E2", "wallet", 1, 30)]
