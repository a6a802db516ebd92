"""Community-governed indices: a ballot before each review, one vote a user, counted at the cut-off."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connections, transaction

from indices.models import Ballot, Index, Review, Vote
from indices.selectors import get_ballots, get_candidates
from indices.services import CannotVoteError, cast_vote, compute_requested, recompute_review, run_window
from indices.services.ballots import open_ballot
from indices.services.state import IndexState
from market.models import Asset, Classification
from tests.factories import make_asset, make_user
from tests.indices.factories import FIRST, after, make_coin, make_index, make_rules, price_flat
from tests.indices.reviewing import EVE, FEBRUARY, JANUARY_31, ask, night, staff, weights_of

pytestmark = pytest.mark.django_db

VOTES = {"rank_by": "votes", "scheme": "votes", "quorum": 3, "count": 2, "enter": 2, "keep": 2, "min_count": 1}
OPENS = datetime(2023, 1, 25, tzinfo=UTC)
CLOSES = datetime(2023, 2, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def index(db):
    """Hold A, B and C by market cap until the community decides, from 1 February on."""
    price_flat({make_coin("a"): "3", make_coin("b"): "2", make_coin("c"): "1"}, EVE, date(2023, 4, 2))
    index = make_index(slug="ours", kind="community")
    index.methodologies.create(
        version=2,
        params=make_rules(**VOTES).to_params(),
        status="announced",
        approved_at=OPENS,
        announced_at=OPENS,
        effective_from=FEBRUARY,
    )
    night(date(2023, 1, 20))
    return index


@pytest.fixture
def ballot(index):
    """Run the night before the ballot opens."""
    night(date(2023, 1, 23))
    return index.ballots.get()


def vote(ballot: Ballot, user, asset_id: str, *, at: datetime = OPENS + HOUR) -> Vote:
    return cast_vote(ballot_id=ballot.pk, user=user, asset_id=asset_id, at=at)


def vote_all(ballot: Ballot, choices: str, *, at: datetime = OPENS + HOUR) -> None:
    """Cast one vote a letter, each of a new user."""
    for number, asset_id in enumerate(choices):
        vote(ballot, make_user(email=f"{number}.{ballot.cutoff_day}@example.com"), asset_id, at=at)


def test_from_the_ballot_to_the_basket(index, ballot):
    vote_all(ballot, "cccaa")
    night(JANUARY_31)
    review = index.reviews.get(cutoff_day=JANUARY_31)

    # Three and two of five votes; B has none and is ranked third of two.
    assert review.status == "announced"
    assert weights_of(review) == {"c": Decimal("0.6"), "a": Decimal("0.4")}
    lines = [(line.asset_id, line.rank, line.metrics["votes"], line.reason) for line in review.lines.order_by("rank")]
    assert lines == [("c", 1, "3", "auto_in"), ("a", 2, "2", "auto_in"), ("b", 3, "0", "below_buffer")]
    night(FEBRUARY)
    held = index.rebalances.get(effective_day=FEBRUARY).holdings.values_list("asset", "weight")
    assert dict(held) == {"c": Decimal("0.6"), "a": Decimal("0.4")}


def test_below_the_quorum_the_basket_before_stays_and_says_why(index, ballot):
    vote_all(ballot, "cc")
    night(FEBRUARY)

    review = index.reviews.get(cutoff_day=JANUARY_31)
    assert review.status == "needs_review"
    assert review.reason == "No ballot was held that reached its quorum; the basket before stays."
    assert index.rebalances.get().effective_day == FIRST


def test_a_vote_cast_after_the_cutoff_changes_nothing(index, ballot):
    vote_all(ballot, "cccaa")
    type(index).objects.update(auto_approve=False)
    night(JANUARY_31)
    review = index.reviews.get(cutoff_day=JANUARY_31)
    before = (review.snapshot_hash, weights_of(review))

    for number in range(9):
        Vote.objects.create(
            ballot=ballot, user=make_user(email=f"late{number}@example.com"), asset_id="b", cast_at=CLOSES + HOUR
        )
    recompute_review(review_id=review.pk, by=staff("curator@example.com", "curator"))
    compute_requested(at=after(JANUARY_31, hours=3))

    review.refresh_from_db()
    assert (review.snapshot_hash, weights_of(review)) == before


def test_an_extraordinary_review_counts_the_newest_ballot_with_its_quorum(index, ballot):
    vote_all(ballot, "cccaa")
    night(date(2023, 2, 26))
    vote_all(index.ballots.get(cutoff_day=date(2023, 2, 28)), "bb", at=after(date(2023, 2, 26)))
    night(date(2023, 3, 2))
    given_up = index.reviews.get(cutoff_day=date(2023, 2, 28))

    review = ask(index, staff("curator@example.com", "curator"), at=after(date(2023, 3, 2), hours=2))
    compute_requested(at=after(date(2023, 3, 2), hours=3))

    assert given_up.status == "needs_review"
    assert weights_of(review) == {"c": Decimal("0.6"), "a": Decimal("0.4")}


def test_the_night_before_its_first_instant_makes_the_ballot(index):
    night(date(2023, 1, 22))
    early = index.ballots.exists()

    night(date(2023, 1, 23))
    night(date(2023, 1, 23))
    night(date(2023, 1, 24))

    ballot = index.ballots.get()
    assert not early
    assert (ballot.cutoff_day, ballot.opens_at, ballot.closes_at) == (JANUARY_31, OPENS, CLOSES)
    assert ballot.quorum == 3


def test_after_a_cutoff_comes_the_ballot_of_the_next(index):
    night(date(2023, 1, 24))
    night(JANUARY_31)
    night(date(2023, 2, 21))

    assert list(index.ballots.values_list("cutoff_day", flat=True)) == [date(2023, 2, 28), JANUARY_31]


def test_nights_made_up_for_later_open_no_ballot_of_the_past(index):
    at = after(date(2023, 3, 25))

    run_window(start=FIRST, end=date(2023, 3, 25), at=at)

    assert index.ballots.get().cutoff_day == date(2023, 3, 31)


def test_an_index_that_counts_no_votes_has_no_ballot(index):
    index.methodologies.filter(version=2).delete()

    night(date(2023, 1, 26))

    assert not Ballot.objects.exists()


def test_the_first_basket_is_voted_on_before_the_base_date(db):
    price_flat({make_coin("a"): "3", make_coin("b"): "2"}, EVE, date(2023, 2, 12))
    index = make_index(make_rules(**VOTES | {"quorum": 1}), base_date=date(2023, 2, 10))
    night(date(2023, 2, 4))
    ballot = index.ballots.get()

    vote_all(ballot, "b", at=after(date(2023, 2, 5)))
    night(date(2023, 2, 10))

    assert ballot.cutoff_day == date(2023, 2, 9)
    assert index.rebalances.get().holdings.get().asset_id == "b"
    state = IndexState.load(index=index, first=date(2023, 2, 11), end=date(2023, 2, 11))
    open_ballot(index=index, state=state, at=after(date(2023, 2, 22)))
    assert index.ballots.latest("cutoff_day").cutoff_day == date(2023, 2, 28)


def test_a_version_that_starts_later_has_its_ballot_at_its_own_first_cutoff(index):
    index.methodologies.filter(version=2).update(effective_from=date(2023, 2, 15))

    night(date(2023, 1, 26))
    none_yet = index.ballots.exists()
    night(date(2023, 2, 21))

    assert not none_yet
    assert index.ballots.get().cutoff_day == date(2023, 2, 28)


def test_an_index_whose_first_ballot_failed_has_the_next_on_schedule(db):
    price_flat({make_coin("a"): "3", make_coin("b"): "2"}, EVE, date(2023, 2, 23))
    index = make_index(make_rules(**VOTES), base_date=date(2023, 2, 10))
    night(date(2023, 2, 10))

    night(date(2023, 2, 21))

    assert index.reviews.get().status == "needs_review"
    assert index.ballots.get().cutoff_day == date(2023, 2, 28)


def test_a_vote_may_be_changed_until_the_close(ballot, alice):
    vote(ballot, alice, "a")
    vote(ballot, alice, "c", at=CLOSES - timedelta(microseconds=1))

    assert list(Vote.objects.values_list("user", "asset")) == [(alice.pk, "c")]


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (OPENS - timedelta(microseconds=1), "opens on 2023-01-25 at 00:00 UTC"),
        (CLOSES, "closed on 2023-02-01 at 00:00 UTC"),
    ],
)
def test_before_and_after_its_days_a_ballot_takes_no_vote(ballot, alice, at, words):
    with pytest.raises(CannotVoteError, match=words):
        vote(ballot, alice, "a", at=at)

    assert not Vote.objects.exists()


@pytest.mark.parametrize(
    "asset_id", ["stable", "unadmitted", "gone", "unclassified", "sim", "usd", "no-such", "\0", ""]
)
def test_only_candidates_are_voted_for(ballot, alice, asset_id):
    make_coin("stable", sector="stablecoin", token_type="stablecoin")
    make_coin("unadmitted", is_eligible=False)
    make_coin("gone", valid_to=date(2023, 1, 25))
    make_coin("sim", simulated=True)
    make_asset("unclassified")
    Classification.objects.create(
        asset=Asset.objects.get_or_create(id="usd", defaults={"symbol": "USD", "name": "Dollar", "kind": "fiat"})[0],
        valid_from=FIRST,
        sector="payments",
        token_type="currency",
    )

    with pytest.raises(CannotVoteError, match="no candidate"):
        vote(ballot, alice, asset_id)

    assert [asset.pk for asset in get_candidates(ballot=ballot, day=OPENS.date())] == ["a", "b", "c"]


def test_the_rules_that_count_the_ballot_say_who_is_a_candidate(index, ballot, alice):
    make_coin("meme", sector="memecoin")
    make_coin("layer", sector="layer2")
    rules = make_rules(**VOTES, sectors=["layer1", "memecoin"], exclude=["meme"])
    index.methodologies.filter(version=2).update(params=rules.to_params())

    assert [asset.pk for asset in get_candidates(ballot=ballot, day=OPENS.date())] == ["a", "b", "c"]
    index.methodologies.filter(version=2).update(effective_from=date(2023, 3, 1))
    assert len(get_candidates(ballot=ballot, day=OPENS.date())) == 5
    index.methodologies.update(effective_from=date(2023, 3, 1), status="draft", approved_at=None)
    index.methodologies.filter(version=2).update(status="announced", approved_at=OPENS)
    assert len(get_candidates(ballot=ballot, day=OPENS.date())) == 3


def test_a_retired_index_takes_no_vote(ballot, alice):
    Index.objects.update(status="retired", retired_on=FIRST)

    with pytest.raises(CannotVoteError, match="no next review"):
        vote(ballot, alice, "a")


def test_the_database_holds_one_vote_a_user_and_one_ballot_a_cutoff(ballot, alice):
    vote(ballot, alice, "a")

    with pytest.raises(IntegrityError, match=r"(?i)unique"), transaction.atomic():
        Vote.objects.create(ballot=ballot, user=alice, asset_id="b", cast_at=OPENS)
    with pytest.raises(IntegrityError, match=r"(?i)unique"), transaction.atomic():
        Ballot.objects.create(index=ballot.index, cutoff_day=JANUARY_31, opens_at=OPENS, closes_at=CLOSES, quorum=1)


def test_the_standings_count_votes_and_tell_nobody_whose_they_are(index, ballot, alice, django_assert_num_queries):
    vote_all(ballot, "cac")
    vote(ballot, alice, "a")
    night(FEBRUARY)
    night(date(2023, 2, 22))

    with django_assert_num_queries(4):
        newest, counted = get_ballots(index=index, at=after(date(2023, 2, 22)), user=alice)

    assert (newest.state, newest.voters, newest.standings, newest.choice, newest.review_id) == (
        "open",
        0,
        [],
        None,
        None,
    )
    assert [(s.asset_id, s.symbol, s.votes) for s in counted.standings] == [("a", "A", 2), ("c", "C", 2)]
    assert (counted.state, counted.voters, counted.has_quorum, counted.choice) == ("closed", 4, True, "a")
    assert counted.review_id == Review.objects.get(cutoff_day=JANUARY_31).pk
    assert get_ballots(index=index, at=OPENS - HOUR, user=alice)[1].state == "upcoming"
    assert not newest.has_quorum


@pytest.mark.django_db(transaction=True)
def test_two_votes_of_one_user_at_once_are_one(ballot, alice):
    barrier, refusals = Barrier(4), []

    def work(asset_id: str) -> None:
        barrier.wait()
        try:
            vote(ballot, alice, asset_id)
        except Exception as error:  # noqa: BLE001 - a thread's error would be lost
            refusals.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=work, args=(asset_id,)) for asset_id in "abca"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert refusals == []
    assert Vote.objects.get().user == alice


def test_a_later_vote_is_no_earlier_one(ballot, alice):
    assert vote(ballot, alice, "a").cast_at == OPENS + HOUR
    assert vote(ballot, alice, "a", at=OPENS + 2 * HOUR).cast_at == OPENS + 2 * HOUR
