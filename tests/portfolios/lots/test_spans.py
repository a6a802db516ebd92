"""The method and the scope may change from a day on; what was consumed stays consumed."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.portfolios.lots.builders import D, at, buy, cash_fee, drawn, happening, left, move, policy, run, sell

CHANGE = date(2024, 2, 1)  # day 31
THREE = [buy("a", "1", "10", day=0), buy("b", "1", "30", day=1), buy("c", "1", "20", day=2)]


@pytest.mark.parametrize(
    ("before", "after", "first", "second"),
    [
        ("fifo", "lifo", "a", "c"),
        ("lifo", "fifo", "c", "a"),
        ("fifo", "hifo", "a", "b"),
        ("hifo", "specific", "b", "a"),
    ],
)
def test_a_later_method_is_for_later_disposals(before, after, first, second):
    sales = [sell("s", "1", "50", day=30), sell("t", "1", "50", day=31)]

    outcome = run([*THREE, *sales], before, then=[(CHANGE, after, "wallet")])

    assert [sale.matches[0].lot for sale in outcome.disposals] == [first, second]


def test_what_came_before_a_change_is_the_same_with_and_without_it():
    sales = [sell("s", "1.5", "50", day=10), sell("t", "1", "50", day=40)]

    changed = run([*THREE, *sales], "fifo", then=[(CHANGE, "hifo", "portfolio")])

    assert changed.disposals[0] == run([*THREE, *sales], "fifo").disposals[0]


@pytest.mark.parametrize(("method", "rule"), [("average", "lot"), ("s104", "lot")])
def test_lots_leave_a_pool_with_its_unit_cost(method, rule):
    # 60 for 3; one sold at 20: b and c are left at 20 each.
    sales = [sell("s", "1", "50", day=30), sell("t", "1", "50", day=31)]

    outcome = run([*THREE, *sales], method, then=[(CHANGE, "fifo", "wallet")])

    assert drawn(outcome.disposals[1]) == [("b", 1, 20)]
    assert outcome.disposals[1].matches[0].rule == rule
    assert left(outcome) == [("c", "exchange", 1, 20)]


def test_lots_that_leave_a_pool_are_equal_under_hifo_so_the_oldest_goes():
    # 10 for 3 of the pool: a third each, whatever the rounding.
    lots = [buy("a", "1", "2"), buy("b", "1", "5", day=1), buy("c", "1", "3", day=2)]
    sales = [sell(day, "1", "1", day=day) for day in (31, 32, 33)]

    outcome = run([*lots, *sales], "average", then=[(CHANGE, "hifo", "wallet")])

    assert [sale.matches[0].lot for sale in outcome.disposals] == ["a", "b", "c"]
    assert sum(sale.cost for sale in outcome.disposals) == 10


def test_into_a_pool_lots_go_with_what_they_cost():
    sales = [sell("s", "1", "50", day=30), sell("t", "1", "50", day=31)]

    outcome = run([*THREE, *sales], "fifo", then=[(CHANGE, "average", "wallet")])

    assert [sale.cost for sale in outcome.disposals] == [10, 25]


def test_from_wallets_to_the_portfolio_lots_are_put_together():
    lots = [buy("a", "2", "20", place="one"), buy("b", "1", "30", day=1, place="two")]
    sequence = [*lots, move("t", "1", place="one", to="two", day=2), sell("s", "2.5", "99", day=40, place="three")]

    outcome = run(sequence, then=[(CHANGE, "fifo", "portfolio")])

    assert drawn(outcome.disposals[0]) == [("a", 2, 20), ("b", D("0.5"), 15)]
    assert left(outcome) == [("b", None, D("0.5"), 15)]


def test_from_the_portfolio_to_wallets_the_oldest_lots_go_to_the_first_wallet():
    # "two" came first. It holds 1 + 1 - 0.5 sold there, "one" 1 less nothing; 0.5 of a was sold.
    sequence = [
        buy("a", "1", "10", place="two"), buy("b", "1", "20", day=1, place="one"),
        buy("c", "1", "30", day=2, place="two"),
        sell("s", "0.5", "50", day=3, place="two"), sell("t", "0.1", "50", day=40, place="one"),
    ]  # fmt: skip

    outcome = run(sequence, "fifo", "portfolio", then=[(CHANGE, "fifo", "wallet")])

    # Left: half of a, b, c. "two" is given 1.5: half of a and b; "one" is given c.
    assert drawn(outcome.disposals[1]) == [("c", D("0.1"), 3)]
    assert left(outcome) == [
        ("a", "two", D("0.5"), 5), ("b", "two", 1, 20), ("c", "one", D("0.9"), 27),
    ]  # fmt: skip


def test_a_lot_may_be_split_between_wallets():
    sequence = [buy("a", "3", "10", place="one"), move("t", "1", place="one", to="two", day=1)]
    last = sell("s", "0.000000000000000001", "1", day=40, place="three")

    outcome = run([*sequence, last], "fifo", "portfolio", then=[(CHANGE, "fifo", "wallet")])

    # Two thirds of 10 and the rest: the costs sum to 10 again.
    assert [(key, place, quantity) for key, place, quantity, _ in left(outcome)] == [("a", "one", 2), ("a", "two", 1)]
    assert sum(lot.cost for lot in outcome.lots) == 10
    assert outcome.shortfalls[0].key == "s"


def test_a_wallet_that_is_overdrawn_gets_nothing_and_the_others_are_filled_in_turn():
    # "one" sold 2 of the lots of "two" and "three": 1 is left for the two of them, and "two" came first.
    sequence = [
        sell("s", "2", "50", day=3, place="one"), buy("a", "1", "10", place="two", day=1),
        buy("b", "2", "40", place="three", day=2), happening("airdrop", "x", "1", "1", asset="ETH", day=40),
    ]  # fmt: skip

    outcome = run(sequence, "fifo", "portfolio", then=[(CHANGE, "fifo", "wallet")])

    assert left(outcome)[0] == ("b", "two", 1, 20)


def test_what_a_wallet_was_given_is_what_it_holds_at_the_next_change():
    # As above: "two" is given 1, "three" nothing. A coin bought in "four" later belongs to "four".
    sequence = [
        sell("s", "2", "50", day=3, place="one"), buy("a", "1", "10", place="two", day=1),
        buy("b", "2", "40", place="three", day=2), buy("c", "1", "5", place="four", day=75),
        buy("x", "1", "1", asset="ETH", day=100),
    ]  # fmt: skip
    then = [(CHANGE, "fifo", "wallet"), (date(2024, 3, 1), "fifo", "portfolio"), (date(2024, 4, 1), "fifo", "wallet")]

    outcome = run(sequence, "fifo", "portfolio", then=then)

    assert left(outcome)[:2] == [("b", "two", 1, 20), ("c", "four", 1, 5)]


def test_a_fee_that_no_lot_covered_does_not_count_against_the_wallets():
    # 0.5 sent and 0.5 of fee, of nothing; then 3 bought: the wallet that was sent 0.5 has it, the rest stays.
    sequence = [
        move("t", "1", received_quantity="0.5", fees=[("BTC", "0.5", "9")]), buy("a", "3", "30", day=1),
        buy("x", "1", "1", asset="ETH", day=40),
    ]  # fmt: skip

    outcome = run(sequence, "fifo", "portfolio", then=[(CHANGE, "fifo", "wallet")])

    assert left(outcome)[:2] == [("a", "exchange", D("2.5"), 25), ("a", "wallet", D("0.5"), 5)]


def test_what_no_lot_covered_does_not_count_against_the_wallets():
    # 5 sold that nobody held, then 3 bought: they belong to the wallet that bought them.
    sequence = [sell("s", "5", "50", day=0), buy("a", "3", "30", day=1), buy("x", "1", "1", asset="ETH", day=40)]

    outcome = run(sequence, "fifo", "portfolio", then=[(CHANGE, "fifo", "wallet")])

    assert left(outcome)[0] == ("a", "exchange", 3, 30)


@pytest.mark.parametrize("switch", ["disposal", "basis"])
def test_transfers_with_fees_count_in_what_wallets_hold(switch):
    sequence = [
        buy("a", "2", "20", place="one"),
        move("t", "1", place="one", to="two", day=1, fees=[("BTC", "0.5", "9"), cash_fee("3")]),
        move("u", "9", place="nobody", to="two", day=2, fees=[cash_fee("3")]),
        buy("x", "1", "1", asset="ETH", day=40),
    ]  # fmt: skip

    outcome = run(sequence, "fifo", "portfolio", then=[(CHANGE, "fifo", "wallet")], transfer_fee=switch)

    # 1 stays in "one"; "two" was sent 0.5, and 9 that the portfolio does not have: no more than what is left.
    lots = [(lot.place, lot.quantity) for lot in outcome.lots if lot.asset == "BTC"]
    assert lots == [("one", 1), ("two", D("0.5"))]
    assert sum(lot.cost for lot in outcome.lots if lot.asset == "BTC") == (15 if switch == "disposal" else 26)


def test_from_s104_to_wallets_and_back():
    sequence = [*THREE, sell("s", "1", "50", day=35, place="nowhere"), sell("t", "1", "50", day=70)]

    outcome = run(sequence, "s104", then=[(CHANGE, "lifo", "wallet"), (date(2024, 3, 1), "s104", "wallet")])

    assert outcome.shortfalls[0].key == "s"
    assert left(outcome) == [(None, None, 2, 40)]


def test_the_30_days_end_with_the_method():
    sequence = [buy("a", "1", "10"), sell("s", "1", "20", day=30), buy("b", "1", "15", day=31)]

    assert [match.rule for match in run(sequence, "s104", then=[(CHANGE, "fifo", "wallet")]).disposals[0].matches] == [
        "pool"
    ]


@pytest.mark.parametrize(("zone", "lot"), [("UTC", "a"), ("Europe/Berlin", "c"), ("America/New_York", "a")])
def test_a_day_begins_in_the_policys_zone(zone, lot):
    # 31 January, 23:30 UTC is 1 February in Berlin.
    sale = sell("s", "1", "50", day=datetime(2024, 1, 31, 23, 30, tzinfo=UTC))

    outcome = run([*THREE, sale], "fifo", then=[(CHANGE, "lifo", "wallet")], zone=ZoneInfo(zone))

    assert outcome.disposals[0].matches[0].lot == lot


def test_a_span_that_has_not_begun_changes_nothing():
    outcome = run(THREE, "fifo", then=[(CHANGE, "s104", "portfolio")])

    assert left(outcome) == left(run(THREE))


def test_a_span_begins_for_all_assets_at_once():
    # Nothing happens to BTC after the change, something to ETH does.
    outcome = run([*THREE, buy("e", "1", "5", asset="ETH", day=40)], then=[(CHANGE, "fifo", "portfolio")])

    assert {lot.place for lot in outcome.lots} == {None}


def test_a_span_without_a_happening_passes_on_what_it_got():
    then = [(CHANGE, "average", "portfolio"), (date(2024, 3, 1), "fifo", "wallet")]
    outcome = run([*THREE, sell("s", "1", "50", day=90)], then=then)

    assert drawn(outcome.disposals[0]) == [("a", 1, 20)]


def test_spans_out_of_order_or_none_are_refused():
    with pytest.raises(ValueError, match="on a later day"):
        policy(then=[(CHANGE, "fifo", "wallet"), (CHANGE, "lifo", "wallet")])
    with pytest.raises(ValueError, match="at least one span"):
        type(policy())(spans=[])


def test_a_backdated_purchase_changes_what_follows_as_if_it_had_been_there():
    sequence = [*THREE, sell("s", "1", "50", day=30)]
    backdated = buy("z", "1", "5", day=-1)

    assert run([*sequence, backdated]) == run([backdated, *sequence])
    assert drawn(run([*sequence, backdated]).disposals[0]) == [("z", 1, 5)]
    assert at(-1) < at(0)
