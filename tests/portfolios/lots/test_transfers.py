"""What moves between places keeps its date and cost; what the network takes is a disposal, or stays in the cost."""

import pytest

from tests.portfolios.lots.builders import D, at, buy, cash_fee, drawn, happening, left, move, run, sell

ALL = ["fifo", "lifo", "hifo", "average", "specific", "s104"]
COIN = buy("a", "1", "20000")


@pytest.mark.parametrize("scope", ["wallet", "portfolio"])
@pytest.mark.parametrize("method", ALL)
def test_a_network_fee_is_a_disposal_at_its_value(method, scope):
    # 1 for 20,000; 0.001 worth 30 leaves: cost 20, gain 10; 0.999 arrives at 19,980.
    transfer = move("t", "1", received_quantity="0.999", day=40, fees=[("BTC", "0.001", "30")])
    outcome = run([COIN, transfer], method, scope)

    (fee,) = outcome.disposals
    assert (fee.key, fee.kind, fee.quantity, fee.proceeds, fee.cost, fee.gain) == ("t", "fee", D("0.001"), 30, 20, 10)
    assert [(lot.quantity, lot.cost) for lot in outcome.lots] == [(D("0.999"), 19980)]


@pytest.mark.parametrize("scope", ["wallet", "portfolio"])
@pytest.mark.parametrize("method", ALL)
def test_a_network_fee_may_leave_its_cost_to_what_arrives(method, scope):
    transfer = move("t", "1", received_quantity="0.999", day=40, fees=[("BTC", "0.001", None)])
    outcome = run([COIN, transfer], method, scope, transfer_fee="basis")

    (fee,) = outcome.removals
    assert (fee.kind, fee.quantity, fee.cost, [match.cost for match in fee.matches]) == ("fee", D("0.001"), 0, [0])
    assert outcome.disposals == []
    assert [(lot.quantity, lot.cost) for lot in outcome.lots] == [(D("0.999"), 20000)]
    assert outcome.unpriced == {}


def test_the_fees_lot_goes_before_the_moved_lots():
    # The fee takes 0.5 of a; the move the other half and 0.5 of b.
    lots = [buy("a", "1", "10"), buy("b", "1", "20", day=1)]
    transfer = move("t", "1.5", received_quantity="1", day=2, fees=[("BTC", "0.5", "9")])

    outcome = run([*lots, transfer])

    assert drawn(outcome.disposals[0]) == [("a", D("0.5"), 5)]
    assert left(outcome) == [
        ("b", "exchange", D("0.5"), 10), ("a", "wallet", D("0.5"), 5), ("b", "wallet", D("0.5"), 10),
    ]  # fmt: skip


def test_named_lots_of_a_transfer_serve_its_fee_first():
    lots = [buy("a", "1", "10"), buy("b", "1", "20", day=1), buy("c", "1", "30", day=2)]
    named = [("c", "1"), ("b", "1")]
    transfer = move("t", "2", received_quantity="1.5", day=3, fees=[("BTC", "0.5", "9")], named=named)

    outcome = run([*lots, transfer], "specific")

    assert drawn(outcome.disposals[0]) == [("c", D("0.5"), 15)]
    assert left(outcome) == [("a", "exchange", 1, 10), ("b", "wallet", 1, 20), ("c", "wallet", D("0.5"), 15)]


@pytest.mark.parametrize(
    ("method", "moved"), [("fifo", ("a", 10)), ("lifo", ("c", 20)), ("hifo", ("b", 30)), ("average", ("a", 20))]
)
def test_the_method_says_which_lots_move(method, moved):
    lots = [buy("a", "1", "10"), buy("b", "1", "30", day=1), buy("c", "1", "20", day=2)]

    outcome = run([*lots, move("t", "1", day=3)], method)

    assert [(lot.key, lot.cost) for lot in outcome.lots if lot.place == "wallet"] == [moved]


def test_a_moved_lot_keeps_its_date_in_the_order_of_its_new_wallet():
    lots = [buy("old", "1", "10", day=0), buy("new", "1", "20", day=1, place="wallet")]
    outcome = run([*lots, move("t", "1", day=2), sell("s", "1", "30", day=3, place="wallet")])

    (sale,) = outcome.disposals
    assert (sale.matches[0].lot, sale.matches[0].acquired_at) == ("old", at(0))


def test_pieces_of_a_lot_that_meet_again_are_one_lot():
    sequence = [COIN, move("t", "0.3", day=1), move("u", "0.3", day=2, place="wallet", to="exchange")]

    assert left(run(sequence)) == [("a", "exchange", 1, 20000)]


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_chained_moves_of_an_instant_work_in_any_order(order):
    hops = [("one", "two"), ("two", "three"), ("three", "four")]
    moves = [
        move(f"{place}-{to}", "1", place=place, to=to, day=1, order=number)
        for (place, to), number in zip(hops, order, strict=True)
    ]

    outcome = run([buy("a", "1", "10", place="one"), *moves])

    assert left(outcome) == [("a", "four", 1, 10)]
    assert outcome.shortfalls == []


def test_moves_in_a_circle_go_as_they_were_entered():
    there = move("there", "1", place="exchange", to="wallet", day=1, order=1)
    back = move("back", "1", place="wallet", to="exchange", day=1, order=2)

    assert left(run([COIN, back, there])) == [("a", "exchange", 1, 20000)]


def test_what_comes_into_a_circle_goes_round_in_it():
    moves = [
        move("in", "1", place="exchange", to="one", day=1, order=1),
        move("there", "1", place="one", to="two", day=1, order=2),
        move("back", "1", place="two", to="one", day=1, order=3),
    ]

    assert left(run([COIN, *moves])) == [("a", "one", 1, 20000)]


def test_moves_come_after_the_acquisitions_of_their_instant_and_before_the_disposals():
    sequence = [
        sell("s", "1", "30000", place="wallet", order=1), move("t", "1", order=2), buy("a", "1", "20000", order=3),
    ]  # fmt: skip

    outcome = run(sequence)

    assert drawn(outcome.disposals[0]) == [("a", 1, 20000)]
    assert outcome.shortfalls == []


def test_two_wallets_may_send_to_one_in_an_instant():
    lots = [buy("a", "1", "10", place="one"), buy("b", "1", "20", place="two")]
    moves = [
        move("x", "2", place="three", to="four", day=1, order=1),
        move("y", "1", place="one", to="three", day=1, order=2),
        move("z", "1", place="two", to="three", day=1, order=3),
    ]

    assert [(lot.key, lot.place) for lot in run([*lots, *moves]).lots] == [("a", "four"), ("b", "four")]


def test_a_transfer_of_more_than_there_is_moves_what_there_is():
    outcome = run([COIN, move("t", "3", day=1)])

    assert left(outcome) == [("a", "wallet", 1, 20000)]
    assert [(gap.key, gap.place, gap.quantity) for gap in outcome.shortfalls] == [("t", "exchange", 2)]


def test_in_the_scope_of_a_portfolio_a_transfer_moves_nothing():
    outcome = run([COIN, move("t", "3", day=1)], "fifo", "portfolio")

    assert left(outcome) == [("a", None, 1, 20000)]
    assert outcome.shortfalls == []


def test_a_transfer_to_the_same_place_moves_nothing():
    assert left(run([COIN, move("t", "1", to="exchange", day=1)])) == [("a", "exchange", 1, 20000)]
    assert left(run([COIN, move("t", "1", to=None, day=1)])) == [("a", "exchange", 1, 20000)]


@pytest.mark.parametrize(("switch", "cost"), [("disposal", 20000), ("basis", 20005)])
def test_a_fee_in_another_coin_is_a_disposal_whose_value_may_join_the_cost(switch, cost):
    bnb = buy("bnb", "1", "300", asset="BNB")
    transfer = move("t", "1", day=1, fees=[("BNB", "0.01", "5")])

    for scope in ("wallet", "portfolio"):
        outcome = run([COIN, bnb, transfer], scope=scope, transfer_fee=switch)

        (fee,) = outcome.disposals
        assert (fee.asset, fee.proceeds, fee.cost, fee.gain) == ("BNB", 5, 3, 2)
        assert [lot.cost for lot in outcome.lots if lot.asset == "BTC"] == [cost]


@pytest.mark.parametrize(("switch", "cost"), [("disposal", 20000), ("basis", 20007)])
def test_a_fee_in_cash_may_join_the_cost(switch, cost):
    outcome = run([COIN, move("t", "1", day=1, fees=[cash_fee("7")])], transfer_fee=switch)

    assert [lot.cost for lot in outcome.lots] == [cost]


def test_a_cost_that_joins_is_shared_by_quantity():
    # 1 and 3 move, 8 joins: 2 and 6.
    lots = [buy("a", "1", "10"), buy("b", "3", "90", day=1)]

    outcome = run([*lots, move("t", "4", day=2, fees=[cash_fee("8")])], transfer_fee="basis")

    assert left(outcome) == [("a", "wallet", 1, 12), ("b", "wallet", 3, 96)]


def test_a_cost_that_joins_counts_under_hifo():
    # 100 and 99 + 2: the moved lot is now the dearer one.
    lots = [buy("a", "1", "99"), buy("b", "1", "100", day=1, place="wallet")]
    transfer = move("t", "1", day=2, fees=[cash_fee("2")])

    outcome = run([*lots, transfer, sell("s", "1", "1", day=3, place="wallet")], "hifo", transfer_fee="basis")

    assert drawn(outcome.disposals[0]) == [("a", 1, 101)]


def test_a_moved_piece_and_the_rest_of_its_lot_have_one_unit_cost_again():
    # 2 for 20; 1 moves and 4 join: 14. Back together: 24 for 2, 12 each, between 11 and 13.
    sequence = [
        buy("a", "2", "20"), move("t", "1", day=1, fees=[cash_fee("4")]),
        move("u", "1", day=2, place="wallet", to="exchange"), buy("b", "1", "11", day=3), buy("c", "1", "13", day=3),
        *[sell(day, "1", "1", day=day) for day in (4, 5, 6, 7)],
    ]  # fmt: skip

    outcome = run(sequence, "hifo", transfer_fee="basis")

    assert [drawn(sale) for sale in outcome.disposals] == [
        [("c", 1, 13)], [("a", 1, 12)], [("a", 1, 12)], [("b", 1, 11)],
    ]  # fmt: skip


@pytest.mark.parametrize(("method", "order"), [("fifo", "abc"), ("lifo", "cba"), ("hifo", "abc"), ("average", "abc")])
def test_a_lot_that_arrives_takes_its_place_among_the_others(method, order):
    # b, of the age and the cost between a and c, comes last.
    lots = [buy("a", "1", "30"), buy("b", "1", "20", day=1, place="wallet"), buy("c", "1", "10", day=2)]
    sales = [sell(day, "1", "1", day=day) for day in (4, 5, 6)]

    outcome = run([*lots, move("t", "1", day=3, place="wallet", to="exchange"), *sales], method)

    assert [sale.matches[0].lot for sale in outcome.disposals] == list(order)


def test_where_nothing_arrives_the_fees_cost_leaves_with_it():
    transfer = move("t", "2", received_quantity="1", day=1, fees=[("BTC", "1", None)])
    outcome = run([COIN, transfer], transfer_fee="basis")

    assert [(gone.quantity, gone.cost) for gone in outcome.removals] == [(1, 20000)]
    assert (outcome.lots, outcome.shortfalls[0].quantity) == ([], 1)


def test_a_fee_that_no_lot_covers_is_a_shortfall():
    outcome = run([move("t", "1", received_quantity="0.9", day=1, fees=[("BTC", "0.1", "5")])])

    assert [(gap.key, gap.quantity) for gap in outcome.shortfalls] == [("t", D("0.1")), ("t", D("0.9"))]
    assert outcome.disposals[0].gain == 0


def test_what_arrives_is_less_by_the_fee_in_kind_if_it_is_not_said():
    outcome = run([COIN, move("t", "1", day=1, fees=[("BTC", "0.1", "4000")])])

    assert left(outcome) == [("a", "wallet", D("0.9"), 18000)]


def test_a_fee_in_kind_that_nobody_stated_is_of_unknown_value():
    outcome = run([COIN, move("t", "1", received_quantity="0.9", day=1)])

    assert [(fee.quantity, fee.proceeds, fee.gain) for fee in outcome.disposals] == [(D("0.1"), None, None)]
    assert "fee is of unknown value" in outcome.unpriced["t"]


@pytest.mark.parametrize(("received", "fee"), [("1.1", None), ("0.9", "0.2"), (None, "1.5")])
def test_a_transfer_that_does_not_add_up_is_refused(received, fee):
    fees = [("BTC", fee, "1")] if fee else []

    with pytest.raises(ValueError, match="t: What a transfer sends is what arrives and its fee"):
        run([COIN, move("t", "1", received_quantity=received, day=1, fees=fees)])


def test_nothing_that_arrives_is_refused():
    with pytest.raises(ValueError, match="t: Nothing arrives"):
        run([COIN, happening("swap", "t", "1", received_asset="BTC", received_quantity="0", day=1)])


def test_a_transfer_of_cash_pays_its_fee_in_coins_alone():
    transfer = move("t", "500", day=1, asset="EUR", is_cash=True, fees=[("BTC", "0.1", "3000")])
    outcome = run([COIN, transfer])

    assert [(fee.cost, fee.gain) for fee in outcome.disposals] == [(2000, 1000)]
    assert left(outcome) == [("a", "exchange", D("0.9"), 18000)]


@pytest.mark.parametrize("scope", ["wallet", "portfolio"])
@pytest.mark.parametrize("method", ALL)
def test_a_coin_replaced_by_itself_in_another_number_keeps_dates_and_cost(method, scope):
    # A redenomination of 1 into 1,000, or a wrapped coin that counts as the coin: no gain.
    swap = happening("swap", "r", "1", "25000", day=40, received_asset="BTC", received_quantity="1000")
    outcome = run([COIN, swap, sell("s", "500", "15000", day=80)], method, scope)

    (sale,) = outcome.disposals
    assert (sale.cost, sale.gain) == (10000, 5000)
    assert method == "s104" or sale.matches[0].acquired_at == at(0)
    assert [(lot.quantity, lot.cost) for lot in outcome.lots] == [(500, 10000)]


def test_a_wrapped_coin_that_counts_as_the_coin_moves_nothing():
    swap = happening("swap", "wrap", "1", "25000", day=40, received_asset="BTC", received_quantity="1")

    assert left(run([COIN, swap])) == [("a", "exchange", 1, 20000)]
    assert run([COIN, swap]).disposals == []


def test_dust_that_a_replacement_leaves_no_room_for_keeps_its_cost():
    # 1e-18 and 1 become 1 in all, halved: the piece of 1e-18 rounds to nothing, its cost goes on.
    lots = [buy("dust", "0.000000000000000001", "3"), buy("b", "1", "7", day=1)]
    swap = happening("swap", "r", "1.000000000000000001", day=2, received_asset="BTC", received_quantity="0.25")

    assert left(run([*lots, swap])) == [("b", "exchange", D("0.25"), 10)]


def test_a_lot_that_became_cheaper_goes_later_under_hifo():
    # 2 for 40; one of them becomes 1,000: 1,001 for 40 are cheaper than 1 for 10.
    swap = happening("swap", "r", "1", day=2, received_asset="BTC", received_quantity="1000")
    sequence = [buy("a", "2", "40"), buy("b", "1", "10", day=1), swap, sell("s", "1", "1", day=3)]

    assert drawn(run(sequence, "hifo").disposals[0]) == [("b", 1, 10)]


def test_a_replacement_of_more_than_there_is_replaces_what_there_is():
    swap = happening("swap", "r", "4", day=2, received_asset="BTC", received_quantity="400")

    for scope in ("wallet", "portfolio"):
        outcome = run([COIN, swap], scope=scope)
        assert [(lot.quantity, lot.cost) for lot in outcome.lots] == [(100, 20000)]
        assert outcome.shortfalls[0].quantity == 3
