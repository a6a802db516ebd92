"""Where people vote: the page and the API, while the ballot is open, before and after."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from indices.models import Ballot, Index, Vote
from market.models import Classification
from tests.factories import make_user
from tests.indices.factories import make_coin, make_index, make_rules
from tests.indices.reviewing import EVE

pytestmark = pytest.mark.django_db

VOTES = {"rank_by": "votes", "scheme": "votes", "quorum": 3, "count": 2, "enter": 2, "keep": 2, "min_count": 1}
CUTOFF = date(2023, 1, 31)
OPENS = datetime(2023, 1, 25, tzinfo=UTC)
CLOSES = datetime(2023, 2, 1, tzinfo=UTC)
PAGE = "/indices/ours/vote/"
BALLOT = "/api/v1/indices/ours/ballot/"
VOTE = "/api/v1/indices/ours/vote/"


@pytest.fixture(autouse=True)
def now():
    """Stand in the open ballot."""
    with time_machine.travel(OPENS + timedelta(hours=1), tick=False) as traveller:
        yield traveller


@pytest.fixture
def ballot(db):
    for name in "abc":
        make_coin(name)
    index = make_index(make_rules(**VOTES), slug="ours", name="Ours", kind="community")
    return Ballot.objects.create(index=index, cutoff_day=CUTOFF, opens_at=OPENS, closes_at=CLOSES, quorum=3)


def cast(ballot: Ballot, choices: str) -> None:
    """Cast one vote a letter, each of a new user."""
    for number, asset_id in enumerate(choices):
        user = make_user(email=f"{number}@example.com")
        Vote.objects.create(ballot=ballot, user=user, asset_id=asset_id, cast_at=OPENS)


def text(response) -> str:
    return " ".join(response.content.decode().split())


def test_the_page_shows_the_ballot_and_takes_a_vote(as_user, alice, ballot):
    cast(ballot, "aab")
    client = as_user(alice)
    before = text(client.get(PAGE))

    after = text(client.post(PAGE, {"asset": "c"}, follow=True))

    assert "<dt>Open until, UTC</dt><dd>1 Feb 2023, 00:00</dd>" in before
    assert "<dt>Voters so far</dt><dd>3</dd>" in before
    assert "<dt>Quorum</dt><dd>3</dd>" in before
    assert '<option value="b">B (B)</option>' in before
    assert "Your vote is counted." in after
    assert '<option value="c" selected>' in after
    assert "<dt>Voters so far</dt><dd>4</dd>" in after
    assert Vote.objects.get(user=alice).asset_id == "c"


def test_a_vote_is_changed_on_the_page(as_user, alice, ballot):
    client = as_user(alice)
    client.post(PAGE, {"asset": "c"})

    client.post(PAGE, {"asset": "a"})

    assert list(Vote.objects.values_list("asset", flat=True)) == ["a"]


@pytest.mark.parametrize("asset_id", ["", "no-such", "x" * 10_000, "\0"])
def test_what_is_no_candidate_is_refused_beside_its_field(as_user, alice, ballot, asset_id):
    response = as_user(alice).post(PAGE, {"asset": asset_id})

    assert response.status_code == 422
    assert response.context["form"].errors["asset"]
    assert not Vote.objects.exists()


def test_a_candidate_that_was_taken_out_meanwhile_is_refused(as_user, alice, ballot):
    client = as_user(alice)
    listed = text(client.get(PAGE))
    Classification.objects.filter(asset="a").update(is_eligible=False)

    response = client.post(PAGE, {"asset": "a"})

    assert '<option value="a">' in listed
    assert response.status_code == 422
    assert response.context["form"].errors["asset"] == ["This asset is no candidate: choose one of those listed."]


@pytest.mark.parametrize(
    ("moment", "words"),
    [(OPENS - timedelta(hours=1), "opens on 2023-01-25"), (CLOSES + timedelta(hours=1), "closed on 2023-02-01")],
)
def test_before_and_after_its_days_the_page_has_no_form(as_user, alice, ballot, now, moment, words):
    cast(ballot, "ab")
    now.move_to(moment)
    client = as_user(alice)

    html = text(client.get(PAGE))
    refused = client.post(PAGE, {"asset": "a"})

    assert "<select" not in html
    assert "basket before stays in force" in html
    assert refused.status_code == 422
    assert words in text(refused)
    assert Vote.objects.count() == 2


def test_ballots_before_show_their_results(as_user, alice, ballot, django_assert_max_num_queries):
    cast(ballot, "aab")
    Vote.objects.create(ballot=ballot, user=alice, asset_id="b", cast_at=OPENS)
    review = ballot.index.reviews.create(
        methodology=ballot.index.methodologies.get(),
        kind="reconstitution",
        cutoff_day=CUTOFF,
        cutoff_at=CLOSES,
        announce_day=CUTOFF + timedelta(days=1),
        effective_day=CUTOFF + timedelta(days=1),
        status="needs_review",
        computed_at=CLOSES,
    )
    for days in (28, 56):
        later = timedelta(days=days)
        Ballot.objects.create(
            index=ballot.index, cutoff_day=CUTOFF + later, opens_at=OPENS + later, closes_at=CLOSES + later, quorum=1
        )
    client = as_user(alice)

    with django_assert_max_num_queries(16):
        html = text(client.get(PAGE))

    assert f'<a href="/indices/ours/reviews/{review.pk}/">31 Jan 2023</a>' in html
    assert "A 2, B 2<span" in html
    assert "You voted for B" in html
    assert "Below the quorum" in html


def test_a_retired_index_shows_its_ballots_and_takes_no_vote(as_user, alice, ballot):
    Index.objects.update(status="retired", retired_on=EVE)
    client = as_user(alice)

    assert "<select" not in text(client.get(PAGE))
    assert client.post(PAGE, {"asset": "a"}).status_code == 422


def test_an_index_without_a_ballot_and_a_draft_have_no_page(as_user, alice, ballot):
    client = as_user(alice)
    make_index(slug="other")

    assert client.get("/indices/other/vote/").status_code == 404
    assert client.get("/indices/none/vote/").status_code == 404
    Index.objects.filter(slug="ours").update(status="draft")
    assert client.get(PAGE).status_code == 404
    assert client.post(PAGE, {"asset": "a"}).status_code == 404


def test_voting_needs_a_login_and_its_token(client, alice, ballot):
    assert client.get(PAGE)["Location"].startswith("/account/login/")
    assert client.post(PAGE, {"asset": "a"})["Location"].startswith("/account/login/")
    guarded = Client(enforce_csrf_checks=True)
    guarded.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert guarded.post(PAGE, {"asset": "a"}).status_code == 403
    assert not Vote.objects.exists()


def test_the_api_tells_the_ballot_as_the_caller_sees_it(api_as, alice, bob, ballot):
    cast(ballot, "aab")
    Vote.objects.create(ballot=ballot, user=alice, asset_id="b", cast_at=OPENS)

    mine, bobs = (api_as(user).get(BALLOT).json() for user in (alice, bob))

    assert mine == {
        "cutoff_day": "2023-01-31",
        "opens_at": "2023-01-25T00:00:00Z",
        "closes_at": "2023-02-01T00:00:00Z",
        "state": "open",
        "quorum": 3,
        "voters": 4,
        "has_quorum": True,
        "standings": [
            {"asset": "a", "symbol": "A", "name": "A", "votes": 2},
            {"asset": "b", "symbol": "B", "name": "B", "votes": 2},
        ],
        "vote": "b",
        "candidates": [{"asset": name, "symbol": name.upper(), "name": name.upper()} for name in "abc"],
    }
    assert bobs == mine | {"vote": None}


def test_the_api_takes_a_vote_and_a_later_one_in_its_place(api_as, alice, ballot):
    client = api_as(alice)

    first = client.post(VOTE, {"asset": "a"}, format="json", headers={"Idempotency-Key": "one"})
    second = client.post(VOTE, {"asset": "c"}, format="json")
    again = client.post(VOTE, {"asset": "a"}, format="json", headers={"Idempotency-Key": "one"})

    assert (first.status_code, first.json()["vote"], second.json()["vote"]) == (200, "a", "c")
    assert (again.json(), again["Idempotent-Replayed"]) == (first.json(), "true")
    assert Vote.objects.get().asset_id == "c"


@pytest.mark.parametrize(
    ("body", "attr"),
    [
        ({"asset": "no-such"}, "asset"),
        ({"asset": "\0"}, "asset"),
        ({"asset": "x" * 81}, "asset"),
        ({"asset": None}, "asset"),
        ({}, "asset"),
        ([], "non_field_errors"),
    ],
)
def test_the_api_refuses_what_is_no_candidate(api_as, alice, ballot, body, attr):
    response = api_as(alice).post(VOTE, body, format="json")

    assert response.status_code == 400
    assert response.json()["errors"][0]["attr"] == attr
    assert not Vote.objects.exists()


def test_the_api_refuses_votes_after_the_close(api_as, alice, ballot, now):
    now.move_to(CLOSES)
    client = api_as(alice)

    response = client.post(VOTE, {"asset": "a"}, format="json")

    assert response.status_code == 400
    assert response.json()["errors"][0]["detail"] == "This ballot closed on 2023-02-01 at 00:00 UTC."
    assert (client.get(BALLOT).json()["state"], client.get(BALLOT).json()["candidates"]) == ("closed", [])


def test_the_api_has_no_ballot_where_there_is_none(api_as, alice, client, ballot):
    make_index(slug="other")

    assert client.get(BALLOT).status_code == 403
    assert client.post(VOTE, {"asset": "a"}, content_type="application/json").status_code == 403
    for slug in ("other", "none"):
        assert api_as(alice).get(f"/api/v1/indices/{slug}/ballot/").status_code == 404
        assert api_as(alice).post(f"/api/v1/indices/{slug}/vote/", {"asset": "a"}, format="json").status_code == 404
