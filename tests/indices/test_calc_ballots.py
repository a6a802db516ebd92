"""The count of a ballot."""

import pytest
from hypothesis import given, strategies as st

from indices.calc.ballots import QuorumError, tally

ballots = st.lists(st.sampled_from(["aave", "btc", "eth", "sol"]), min_size=1, max_size=40)


def test_most_votes_come_first_and_equal_ones_by_id():
    counts = tally(["sol", "eth", "btc", "sol", "eth", "ada"], quorum=6)

    assert list(counts.items()) == [("eth", 2), ("sol", 2), ("ada", 1), ("btc", 1)]


def test_votes_may_come_by_voter():
    assert tally({7: "btc", 8: "eth", 9: "btc"}, quorum=3) == {"btc": 2, "eth": 1}


@pytest.mark.parametrize("votes", [[], ["btc", "eth"], {7: "btc", 8: "eth"}])
def test_too_few_voters_are_told_with_both_numbers(votes):
    with pytest.raises(QuorumError, match=f"{len(votes)} voted; the quorum is 3") as caught:
        tally(votes, quorum=3)

    assert (caught.value.voters, caught.value.quorum) == (len(votes), 3)


def test_a_quorum_is_somebody():
    with pytest.raises(ValueError, match="at least 1"):
        tally(["btc"], quorum=0)


@given(ballots, st.randoms(use_true_random=False))
def test_the_order_of_votes_does_not_matter_and_none_is_lost(votes, random):
    shuffled = random.sample(votes, len(votes))

    counts = tally(votes, quorum=1)

    assert list(tally(shuffled, quorum=1).items()) == list(counts.items())
    assert sum(counts.values()) == len(votes)
    assert list(counts.values()) == sorted(counts.values(), reverse=True)
