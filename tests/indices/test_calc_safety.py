"""The safety card by hand: every figure with its threshold, its state and its arithmetic; unknown is never 0."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, strategies as st

from indices.calc.rules import Rules
from indices.calc.safety import (
    Item,
    SafetyInputError,
    State,
    completeness,
    concentration,
    data_coverage,
    liquidity,
    live_record,
    sector_exposure,
)

DAY = date(2024, 3, 31)
NAN = float("nan")
CAREFUL = {
    "count": 10, "enter": 8, "keep": 12, "min_count": 5, "schedule": "monthly", "cap": "0.25", "sector_cap": "0.5",
    "cutoff_lead_days": 4, "announce_lead_days": 2, "turnover_limit": "0.3",
}  # fmt: skip
BARE = {
    "count": 5, "enter": 5, "keep": 5, "min_count": 1, "schedule": "monthly", "exclude": [], "min_age_days": 0,
    "liquidity_enter": "0", "liquidity_stay": "0", "fee": "0", "half_spread": "0",
}  # fmt: skip


def by_key(items: list[Item]) -> dict[str, Item]:
    """Return items by their keys."""
    return {item.key: item for item in items}


def row(*values: float):
    """Return an array."""
    return np.array(values, dtype=np.float64)


def test_rules_that_answer_everything_are_complete():
    item = completeness(Rules.from_params(CAREFUL))

    assert (item.value, item.state, item.words) == (1.0, State.OK, "It leaves nothing open.")
    assert item.working[-1] == "12 of 12 points, 100.00%."


def test_rules_that_answer_the_calendar_alone_name_the_eleven_points_they_leave_open():
    item = completeness(Rules.from_params(BARE))

    assert item.value == pytest.approx(1 / 12)
    assert item.state == State.WATCH
    assert item.words.count(";") == 10
    assert "the fewest constituents" in item.words
    assert item.working == ("Answered: the calendar of its reviews.", "1 of 12 points, 8.33%.")


@pytest.mark.parametrize(
    ("rules", "point", "is_answered"),
    [
        ({"exclude": ["stable"]}, "which kinds of asset", True),
        ({"min_age_days": 1}, "how long an asset", True),
        ({"liquidity_enter": "1"}, "how much of an asset", True),
        ({"liquidity_enter": "2", "liquidity_stay": "1"}, "a lower bar", True),
        ({"liquidity_enter": "2", "liquidity_stay": "2"}, "a lower bar", False),
        ({"enter": 4}, "a buffer of ranks", True),
        ({"keep": 6}, "a buffer of ranks", True),
        ({"min_count": 2}, "the fewest constituents", True),
        ({"cap": "0.5"}, "a largest weight, or", True),
        ({"alpha": "0"}, "a largest weight, or", True),
        ({"scheme": "equal_risk"}, "a largest weight, or", True),
        ({"scheme": "inverse_volatility"}, "a largest weight, or", True),
        ({"scheme": "liquidity", "alpha": "0"}, "a largest weight, or", False),
        ({"alpha": "0.5"}, "a largest weight, or", False),
        ({"sector_cap": "0.5"}, "a largest weight of a sector", True),
        ({"sectors": ["defi"]}, "a largest weight of a sector", True),
        ({"cutoff_lead_days": 2, "announce_lead_days": 1}, "days of notice", True),
        ({"half_spread": "0.001"}, "what trades cost", True),
        ({"turnover_limit": "0.2"}, "a limit to the turnover", True),
    ],
)
def test_each_point_is_answered_by_its_rule(rules, point, is_answered):
    assert (point not in completeness(Rules.from_params(BARE | rules)).words) is is_answered


def test_the_number_of_voters_counts_where_users_vote_and_nowhere_else():
    votes = {"rank_by": "votes", "scheme": "votes"}

    one = completeness(Rules.from_params(CAREFUL | votes | {"quorum": 1}))
    ten = completeness(Rules.from_params(CAREFUL | votes | {"quorum": 10}))

    assert (one.value, one.words) == (12 / 13, "Left open: more than one voter.")
    assert ten.value == 1.0


def test_concentration_by_hand():
    # 0.5² + 0.3² + 0.1² + 0.1² = 0.36; 1 / 0.36 = 2.7778; 0.5 + 0.3 + 0.1 = 0.9.
    items = by_key(concentration(["A", "B", "C", "D"], row(0.1, 0.5, 0.1, 0.3)))

    assert items["effective_constituents"].value == pytest.approx(1 / 0.36)
    assert items["effective_constituents"].working == (
        "Herfindahl index, the sum of squared weights: 0.5000² + 0.3000² + 0.1000² + 1 more = 0.3600.",
        "1 / 0.3600 = 2.78.",
    )
    assert (items["largest_weight"].value, items["largest_weight"].words) == (0.5, "B weighs the most.")
    assert items["top_three"].value == pytest.approx(0.9)
    assert items["top_three"].working == ("B 50.00% + D 30.00% + A 10.00% = 90.00%.",)
    assert {item.state for item in items.values()} == {State.WATCH}


def test_equal_weights_are_as_many_as_they_count():
    items = by_key(concentration(list("ABCDEFGH"), np.full(8, 0.125)))

    assert items["effective_constituents"].value == pytest.approx(8)
    assert [items[key].value for key in ("largest_weight", "top_three")] == [0.125, 0.375]
    assert {item.state for item in items.values()} == {State.OK}


def test_a_figure_on_its_threshold_is_within():
    # 0.4 and no more is the largest; four equal ones are four effective ones.
    assert by_key(concentration(list("ABC"), row(0.4, 0.3, 0.3)))["largest_weight"].state == State.OK
    assert by_key(concentration(list("ABCD"), np.full(4, 0.25)))["effective_constituents"].state == State.OK
    assert by_key(concentration(list("ABC"), row(0.41, 0.3, 0.29)))["largest_weight"].state == State.WATCH


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=30))
def test_there_are_never_more_effective_constituents_than_constituents(raw):
    weights = np.array(raw) / np.sum(raw)

    items = by_key(concentration([str(place) for place in range(len(raw))], weights))

    effective = items["effective_constituents"].value
    assert effective is not None
    assert 1 - 1e-9 <= effective <= len(raw) * (1 + 1e-9)


def test_liquidity_by_hand():
    # A: 600,000 of 10% of 5,000,000 = 500,000 a day: 1.2 days. B: 400,000 of 1,000,000 a day: 0.4 days.
    # On the first day 500,000 of A and all 400,000 of B: 90%.
    items = by_key(liquidity(["A", "B"], row(0.6, 0.4), row(5_000_000, 10_000_000)))

    assert items["sale_days"].value == pytest.approx(1.2)
    assert (items["sale_days"].state, items["sale_days"].words) == (
        State.WATCH, "A is the slowest; the basket is sold when it is.",
    )  # fmt: skip
    assert items["sale_days"].working[0] == (
        "A: 60.00% of $1,000,000 is $600,000; 10% of $5,000,000 a day is $500,000; 1.2000 days."
    )
    assert items["first_day_share"].value == pytest.approx(0.9)
    assert items["first_day_share"].working == ("Not sold within a day: A; of each the part that a day takes counts.",)


def test_what_is_traded_a_lot_is_sold_on_the_first_day():
    items = by_key(liquidity(["A", "B"], row(0.5, 0.5), row(1e9, 1e10)))

    assert items["sale_days"].value == pytest.approx(0.005)  # 500,000 / 100,000,000
    assert items["first_day_share"].value == 1.0
    assert {item.state for item in items.values()} == {State.OK}


def test_an_unknown_volume_leaves_liquidity_unknown():
    items = by_key(liquidity(["A", "B"], row(0.5, 0.5), row(NAN, 1e9)))

    assert {(item.value, item.state) for item in items.values()} == {(None, State.UNKNOWN)}
    assert items["sale_days"].words == "The value traded of A is not known."


def test_what_does_not_trade_is_never_sold():
    items = by_key(liquidity(["A", "B"], row(0.25, 0.75), row(0, 1e9)))

    assert (items["sale_days"].value, items["sale_days"].state) == (None, State.WATCH)
    assert "it cannot be sold" in items["sale_days"].words
    assert items["first_day_share"].value == pytest.approx(0.75)


def test_a_constituent_without_weight_needs_no_buyer():
    items = by_key(liquidity(["A", "B"], row(0, 1), row(0, 1e9)))

    assert items["sale_days"].value == pytest.approx(0.01)


def test_the_largest_sector_by_hand():
    item = sector_exposure(row(0.5, 0.2, 0.3), ["layer1", "layer1", "defi"])

    assert item.value == pytest.approx(0.7)
    assert (item.state, item.words) == (State.WATCH, "It is layer 1.")
    assert item.working == ("layer 1: 70.00%.", "DeFi: 30.00%.")


def test_an_index_of_one_sector_says_that_its_rules_ask_for_it():
    item = sector_exposure(row(0.5, 0.5), ["defi", "defi"], admitted=["defi"])

    assert (item.value, item.state) == (1.0, State.WATCH)
    assert item.words == "It is DeFi. Its rules admit one sector only."


@pytest.mark.parametrize(
    ("weights", "sectors", "value", "state"),
    [
        # Half is layer 1; the unclassified fifth could make it 70%.
        ((0.5, 0.2, 0.3), ("layer1", None, "defi"), None, State.UNKNOWN),
        # 40% and 20% make 60% at the most, which is within.
        ((0.4, 0.2, 0.4), ("layer1", None, "defi"), 0.4, State.OK),
        # It is beyond already, whatever the rest is.
        ((0.7, 0.2, 0.1), ("layer1", None, "defi"), 0.7, State.WATCH),
        ((0.5, 0.5), (None, None), None, State.UNKNOWN),
    ],
)
def test_what_is_not_classified_leaves_the_largest_sector_unknown_only_where_it_matters(weights, sectors, value, state):
    item = sector_exposure(row(*weights), sectors)

    assert (item.value, item.state) == (value, state)
    assert "Not classified" in item.working[-1]


def test_coverage_by_hand():
    # B lacks the first day, C the last one: A alone, with half of the weight, has all three.
    closes = np.array([[1, NAN, 1], [1, 1, 1], [1, 1, NAN]])

    items = by_key(data_coverage(["A", "B", "C"], row(0.5, 0.3, 0.2), closes))

    covered, stale = items["data_coverage"], items["stale"]
    assert (covered.value, covered.state) == (0.5, State.WATCH)
    assert covered.title == "Weight priced on each of the last 3 days"
    assert covered.working[0] == "Days with a close, out of 3: B 2, C 2; all others 3."
    assert (stale.value, stale.state, stale.words) == (1.0, State.WATCH, "Carried at an older close: C.")


def test_a_basket_that_is_priced_every_day_is_covered():
    items = by_key(data_coverage(["A", "B"], row(0.5, 0.5), np.ones((90, 2))))

    assert (items["data_coverage"].value, items["stale"].value) == (1.0, 0.0)
    assert {item.state for item in items.values()} == {State.OK}


@pytest.mark.parametrize(
    ("live_since", "days", "state"),
    [
        (None, 0.0, State.WATCH),
        (DAY, 1.0, State.WATCH),
        (date(2023, 4, 3), 364.0, State.WATCH),  # 28 in April, 335 to the end of February, 31 in March less the 30th
        (date(2023, 4, 2), 365.0, State.OK),
    ],
)
def test_the_live_record_counts_both_ends(live_since, days, state):
    item = live_record(live_since, first=date(2023, 1, 1), day=DAY)

    assert (item.value, item.state) == (days, state)


def test_what_is_reconstructed_is_said_and_only_that():
    always, later, never = (
        live_record(live_since, first=date(2023, 1, 1), day=DAY) for live_since in (date(2023, 1, 1), DAY, None)
    )

    assert always.words == "Every level was computed as it happened."
    assert later.words == "Levels before 2024-03-31 are reconstructed."
    assert never.words == "Every level is reconstructed."


@pytest.mark.parametrize(
    "make",
    [
        lambda: concentration(["A"], row(0.9)),
        lambda: concentration(["A", "B"], row(1.5, -0.5)),
        lambda: concentration(["A"], row(0.5, 0.5)),
        lambda: liquidity(["A", "B"], row(0.5, 0.5), row(1)),
        lambda: sector_exposure(row(0.5, 0.5), ["defi"]),
        lambda: data_coverage(["A"], row(1), np.ones((3, 2))),
        lambda: data_coverage(["A"], row(1), np.ones((0, 1))),
        lambda: concentration([], row()),
    ],
    ids=["not whole", "negative", "names", "volumes", "sectors", "columns", "no day", "nothing"],
)
def test_what_is_no_whole_basket_is_refused(make):
    with pytest.raises(SafetyInputError):
        make()


def test_an_item_comes_back_from_json_as_it_was():
    item = completeness(Rules.from_params(CAREFUL))

    assert Item.from_json(item.to_json()) == item
