"""Events of assets in the night: what becomes of units and levels. The numbers are worked by hand."""

from decimal import Decimal

import pytest

from indices.models import Level, Rebalance
from indices.services import run_window
from market.models import Asset
from tests.indices.factories import AT, FIRST, NEXT, levels_of, make_coin, make_index, make_rules, price_days
from tests.indices.happening import (
    DAY,
    DAY_2ND,
    DAY_3RD,
    DAY_4TH,
    EVE,
    SLEEVE,
    SUPPLIES,
    dollar,
    example,
    happens,
    run,
    told,
    units,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("treatment", "terms", "levels", "left"),
    [
        # E5: 500 + 250 + 25 x 12, and 1050 / 750 = 1.4; then 7 x 110 + 7 x 55.
        ("last", {}, ["1050.0000", "1155.0000"], 7),
        ("zero", {}, ["750.0000", "825.0000"], 5),
        # At 6: 750 + 150, and 900 / 750 = 1.2.
        ("manual", {"price": Decimal(6)}, ["900.0000", "990.0000"], 6),
    ],
)
def test_worked_example_5_a_delisting(treatment, terms, levels, left):
    example(("100", "50", None), ("110", "55", None))
    index = make_index()
    happens("c", "delisting", treatment, DAY_3RD, **terms)

    run(DAY_4TH)

    assert told(index, DAY_3RD, 2) == levels
    assert units(DAY_3RD) == {"a": left, "b": left}
    assert Level.objects.get(day=DAY_3RD).status == "final"
    event = Rebalance.objects.get(kind="event")
    assert (event.effective_day, event.turnover, event.cost, event.divisor) == (DAY_3RD, 0, 0, 2)


def test_a_delisting_is_the_same_night_by_night():
    example(("100", "50", None), ("110", "55", None))
    index = make_index()
    happens("c", "delisting", "last", DAY_3RD)

    for place in range(5):
        run(FIRST + place * DAY, FIRST + place * DAY)

    assert told(index, DAY_3RD, 2) == ["1050.0000", "1155.0000"]


def test_the_proceeds_go_to_the_sleeve_at_its_market_price_until_the_next_review():
    later = [("110", "55", None)] * 29
    example(("100", "50", None), *later)
    dollar(*["1"] * 3, "0.995", "1.00", *["1"] * 40)
    index = make_index(make_rules(**SLEEVE, min_count=2))
    happens("c", "delisting", "last", DAY_3RD)

    run(NEXT + DAY)

    # 25 x 12 = 300 buy 300 / 1.00 on day 3; on the next 5 x 110 + 5 x 55 + 300.
    assert units(DAY_3RD) == {"a": 5, "b": 5, "usdx": 300}
    assert told(index, DAY_3RD, 2) == ["1050.0000", "1125.0000"]
    assert set(units(NEXT)) == {"a", "b"}
    assert told(index, NEXT, 2) == ["1125.0000", "1125.0000"]


def test_a_stablecoin_off_its_peg_takes_no_proceeds():
    example(("100", "50", None), ("110", "55", None))
    dollar("1", "1", "1", "1", "0.98", "1")
    index = make_index(make_rules(**SLEEVE))
    happens("c", "delisting", "last", DAY_3RD)

    run(DAY_4TH)

    assert units(DAY_3RD) == {"a": 7, "b": 7}
    assert told(index, DAY_3RD, 2) == ["1050.0000", "1155.0000"]


def test_a_fork_is_held_at_nothing_until_it_has_a_close():
    example(("99", "54", "12"), ("99", "54", "12"), ("99", "54", "12"))
    child = make_coin("x")
    price_days(child, DAY_4TH, ["3", "4"], supply=1)
    index = make_index()
    happens("a", "fork", "split", DAY_2ND, new_asset_id="x", ratio=Decimal(2))

    run(FIRST + 5 * DAY)

    assert units(DAY_2ND) == {"a": 5, "b": 5, "c": 25, "x": 10}
    # 1065, and 10 x 3, then 10 x 4.
    assert told(index, DAY_2ND, 4) == ["1065.0000", "1065.0000", "1095.0000", "1105.0000"]
    assert set(Level.objects.values_list("status", flat=True)) == {"final"}


def test_a_fork_that_has_a_close_already_counts_at_once():
    example(("99", "54", "12"))
    price_days(make_coin("x"), DAY_2ND, ["3", "4"], supply=1)
    index = make_index()
    happens("a", "airdrop", "split", DAY_2ND, new_asset_id="x", ratio=Decimal(2))

    run(DAY_3RD)

    assert told(index, DAY_2ND, 2) == ["1095.0000", "1105.0000"]


def test_another_event_while_a_fork_has_no_close():
    example(("100", "50", None), ("110", "55", None))
    make_coin("x")
    index = make_index()
    happens("a", "fork", "split", DAY_2ND, new_asset_id="x", ratio=Decimal(2))
    happens("c", "delisting", "last", DAY_3RD)

    run(DAY_4TH)

    assert units(DAY_3RD) == {"a": 7, "b": 7, "x": 10}
    assert told(index, DAY_3RD, 2) == ["1050.0000", "1155.0000"]


def test_an_airdrop_that_is_sold_goes_to_everybody():
    example(("99", "54", "12"))
    index = make_index()
    happens("a", "airdrop", "liquidate", DAY_2ND, ratio=Decimal(1), price=Decimal("21.3"))

    run(DAY_3RD)

    # 5 x 21.30 = 106.50 on 1065: a tenth more of each.
    assert units(DAY_2ND) == {"a": Decimal("5.5"), "b": Decimal("5.5"), "c": Decimal("27.5")}
    assert told(index, DAY_2ND, 2) == ["1171.5000", "1171.5000"]


def test_a_fork_that_is_ignored_changes_nothing():
    example(("99", "54", "12"))
    make_index()
    happens("a", "fork", "ignore", DAY_2ND)

    run(DAY_3RD)

    assert Rebalance.objects.count() == 1


def test_a_migration_leaves_the_level_at_its_close_and_goes_on_at_the_new_price():
    example((None, "54", "12"), (None, "54", "12"))
    price_days(make_coin("n"), DAY_2ND, ["10", "11", "12"], supply=100)
    index = make_index()
    happens("a", "migration", "convert", DAY_2ND, new_asset_id="n", ratio=Decimal(10))

    run(DAY_4TH)

    # 10 of n at 10 are worth 100, one of a 99: less than 2% apart, and the level of the day is by a.
    assert units(DAY_2ND) == {"n": 50, "b": 5, "c": 25}
    # Then 50 x 11 + 270 + 300, and 50 x 12 + 570.
    assert told(index, DAY_2ND, 3) == ["1065.0000", "1120.0000", "1170.0000"]


def test_a_migration_at_prices_that_do_not_fit_is_a_problem_and_nothing_is_written():
    example(("99", "54", "12"), ("99", "54", "12"))
    price_days(make_coin("n"), DAY_2ND, ["12", "12", "12"], supply=100)
    index = make_index()
    happens("a", "migration", "convert", DAY_2ND, new_asset_id="n", ratio=Decimal(10))
    before = FIRST + DAY
    run(before)

    result = run_window(start=DAY_2ND, end=DAY_4TH, at=AT)

    assert result.problems == [
        "test: The migration of a on 2023-01-03 cannot be carried out. 10 n at 12 and one a at 99 differ by 2% or more."
    ]
    assert list(levels_of(index)) == [FIRST, before]
    assert not Rebalance.objects.filter(kind="event").exists()


def test_a_redenomination_of_the_same_coin_changes_nothing():
    # One old a becomes ten new ones; the close of the day itself is still that of an old one.
    example(("10.5", "54", "12"), ("11", "54", "12"))
    index = make_index()
    happens("a", "redenomination", "convert", DAY_2ND, ratio=Decimal(10))

    run(DAY_4TH)

    assert units(DAY_2ND) == {"a": 50, "b": 5, "c": 25}
    # 99 is 9.9 for a tenth: 50 x 10.5 and 50 x 11, with 270 and 300.
    assert told(index, DAY_2ND, 3) == ["1065.0000", "1095.0000", "1120.0000"]
    held = Rebalance.objects.get(kind="event").holdings.get(asset="a")
    assert held.price == Decimal("9.9")


def test_splitting_a_coin_1_to_10_gives_the_levels_of_a_coin_that_was_not_split():
    example(*[(f"{100 + place}", "54", "12") for place in range(30)], ("130", "54", "12"))
    whole = make_index(slug="whole")
    run(NEXT + DAY)
    expected = levels_of(whole)
    Asset.objects.get(id="a").prices.filter(day__gt=DAY_2ND).delete()
    tenth = [f"{Decimal(100 + place) / 10}" for place in range(31)]
    price_days(Asset.objects.get(id="a"), DAY_3RD, tenth, supply=100)
    whole.status, whole.retired_on = "retired", NEXT
    whole.save()
    split = make_index(slug="split")
    happens("a", "redenomination", "convert", DAY_2ND, ratio=Decimal(10))

    run(NEXT + DAY)

    assert levels_of(split) == expected


def test_a_merger_into_a_constituent_adds_to_what_is_held():
    for name, closes in (("a", "100 100 108"), ("b", "50 50 54 55"), ("c", "10 10 12 12")):
        price_days(make_coin(name), EVE, closes.split(), supply=SUPPLIES[name])
    index = make_index()
    happens("a", "merger", "convert", FIRST + DAY, new_asset_id="b", ratio=Decimal(2))

    run(DAY_2ND)

    # 5 + 2 x 5 of b; 15 x 54 + 300, then 15 x 55 + 300.
    assert units(FIRST + DAY) == {"b": 15, "c": 25}
    assert told(index, FIRST + DAY, 2) == ["1110.0000", "1125.0000"]


def test_events_of_what_nobody_holds_and_drafts_change_nothing():
    example(("99", "54", "12"))
    make_coin("z")
    make_index()
    happens("z", "delisting", "last", DAY_2ND)
    happens("c", "delisting", "zero", DAY_2ND, status="draft", approver=None, approved_at=None)

    run(DAY_3RD)

    assert Rebalance.objects.count() == 1


def test_an_event_of_one_universe_leaves_the_other_alone():
    example(("99", "54", "12"))
    make_coin("sim-z", simulated=True)
    make_index()
    happens("sim-z", "delisting", "last", DAY_2ND)

    run(DAY_3RD)

    assert Rebalance.objects.count() == 1


def test_two_events_of_a_day_follow_each_other():
    example(("100", "50", None), ("110", "55", None))
    make_coin("x")
    index = make_index()
    happens("c", "delisting", "last", DAY_3RD)
    happens("a", "fork", "split", DAY_3RD, new_asset_id="x", ratio=Decimal(1))

    run(DAY_4TH)

    first, second = Rebalance.objects.current().filter(kind="event")
    assert (first.sequence, second.sequence) == (0, 1)
    assert second.prev_hash == first.result_hash
    # 7 of a after the delisting give 7 of x.
    assert units(DAY_3RD) == {"a": 7, "b": 7, "x": 7}
    assert told(index, DAY_3RD, 2) == ["1050.0000", "1155.0000"]
