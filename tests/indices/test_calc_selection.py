"""Selection by rank with a buffer: examples E4 and T42, and properties."""

import pytest
from hypothesis import given, strategies as st

from indices.calc.selection import RankReason, explain_ranks, select_by_rank

RANKED = ["btc", "eth", "sol", "xrp", "doge", "ada", "avax", "ltc"]
HELD = {"btc", "eth", "xrp", "ada", "ltc"}


@st.composite
def reviews(draw):
    """Draw ranks, incumbents and the three numbers of a buffer."""
    ranked = draw(st.permutations(range(draw(st.integers(0, 30)))))
    incumbents = draw(st.sets(st.integers(0, 40)))
    count, keep = sorted(draw(st.tuples(*[st.integers(1, 20)] * 2)))
    enter = draw(st.integers(0, count))
    return ranked, incumbents, {"count": count, "enter": enter, "keep": keep}


def test_example_e4():
    selected = select_by_rank(RANKED, HELD, count=5, enter=4, keep=7)

    assert selected == ["btc", "eth", "sol", "xrp", "ada"]


def test_without_a_buffer_the_best_are_in():
    selected = select_by_rank(RANKED, HELD, count=5, enter=5, keep=5)

    assert selected == ["btc", "eth", "sol", "xrp", "doge"]


def test_every_ranked_asset_has_a_reason():
    reasons = explain_ranks(["a", "b", "c", "d", "e", "f"], {"d"}, count=4, enter=2, keep=4)

    assert reasons == {
        "a": RankReason.AUTO_IN,
        "b": RankReason.AUTO_IN,
        "c": RankReason.TOPPED_UP,
        "d": RankReason.KEPT_BY_BUFFER,
        "e": RankReason.BELOW_BUFFER,
        "f": RankReason.BELOW_BUFFER,
    }


def test_an_incumbent_stays_and_a_newcomer_waits_for_the_upper_edge():
    ranked = [f"asset-{rank}" for rank in range(1, 31)]
    held = {f"asset-{rank}" for rank in (*range(1, 19), 21, 22)}

    selected = select_by_rank(ranked, held, count=20, enter=16, keep=24)

    assert "asset-22" in selected
    assert "asset-19" not in selected


def test_the_best_incumbents_stay_when_not_all_find_room():
    assert select_by_rank("abcdef", set("cdef"), count=3, enter=1, keep=6) == ["a", "c", "d"]


def test_a_small_universe_is_held_whole():
    assert select_by_rank(["a", "b"], set(), count=5, enter=3, keep=7) == ["a", "b"]


@given(reviews())
def test_the_count_is_met_in_rank_order(review):
    ranked, incumbents, numbers = review

    selected = select_by_rank(ranked, incumbents, **numbers)

    assert len(selected) == min(numbers["count"], len(ranked))
    assert selected == [asset for asset in ranked if asset in selected]
    assert selected[: numbers["enter"]] == list(ranked[: numbers["enter"]])


@given(reviews())
def test_reviewing_again_with_the_same_ranks_changes_nothing(review):
    ranked, incumbents, numbers = review
    selected = select_by_rank(ranked, incumbents, **numbers)

    assert select_by_rank(ranked, set(selected), **numbers) == selected


@given(reviews())
def test_nobody_better_is_out_but_for_a_kept_incumbent(review):
    ranked, incumbents, numbers = review

    selected = select_by_rank(ranked, incumbents, **numbers)

    first_out = next((rank for rank, asset in enumerate(ranked) if asset not in selected), len(ranked))
    assert set(selected[first_out:]) <= incumbents & set(ranked[: numbers["keep"]])


@given(reviews())
def test_who_is_in_and_why_are_one_answer(review):
    ranked, incumbents, numbers = review

    reasons = explain_ranks(ranked, incumbents, **numbers)

    assert list(reasons) == list(ranked)
    assert select_by_rank(ranked, incumbents, **numbers) == [
        asset for asset, reason in reasons.items() if reason != RankReason.BELOW_BUFFER
    ]
    kept = {asset for asset, reason in reasons.items() if reason == RankReason.KEPT_BY_BUFFER}
    assert kept <= incumbents


@given(reviews())
def test_the_names_of_assets_and_departed_incumbents_change_nothing(review):
    ranked, incumbents, numbers = review

    selected = select_by_rank(ranked, incumbents, **numbers)
    renamed = select_by_rank(
        [f"asset-{asset}" for asset in ranked], {f"asset-{asset}" for asset in incumbents & set(ranked)}, **numbers
    )

    assert renamed == [f"asset-{asset}" for asset in selected]


@pytest.mark.parametrize("function", [select_by_rank, explain_ranks])
@pytest.mark.parametrize(
    ("ranked", "numbers", "words"),
    [
        (["a", "b"], {"count": 2, "enter": 3, "keep": 4}, "ascending"),
        (["a", "b"], {"count": 3, "enter": 2, "keep": 2}, "ascending"),
        (["a", "b"], {"count": 2, "enter": -1, "keep": 2}, "ascending"),
        (["a", "b"], {"count": 0, "enter": 0, "keep": 2}, "ascending"),
        (["a", "a"], {"count": 2, "enter": 2, "keep": 2}, "twice"),
    ],
)
def test_numbers_out_of_order_and_doubled_ranks_are_refused(function, ranked, numbers, words):
    with pytest.raises(ValueError, match=words):
        function(ranked, set(), **numbers)
