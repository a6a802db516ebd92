"""What a ballot is about: who may be voted for, and how the votes stand."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q

from accounts.models import User
from indices.calc.inputs import Candidate
from indices.calc.rules import Rules
from indices.calc.screens import failed_kind
from indices.models import Ballot, Index, Review, Vote
from indices.selectors.kinds import flags_of
from market.models import Asset, Classification

BALLOTS_SHOWN = 13


@dataclass(frozen=True, slots=True)
class Standing:
    """The votes for one asset."""

    asset_id: str
    symbol: str
    name: str
    votes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotState:
    """A ballot at an instant: `state` is "upcoming", "open" or "closed"; most votes first.

    `choice` is the asset id that one user has voted for. `review_id` is the public review that counted it.
    """

    ballot: Ballot
    state: str
    voters: int
    standings: list[Standing]
    choice: str | None = None
    review_id: int | None = None

    @property
    def choice_name(self) -> str:
        """The name of the asset that the user has voted for; empty without a vote."""
        return next((standing.name for standing in self.standings if standing.asset_id == self.choice), "")

    @property
    def has_quorum(self) -> bool:
        """Tell whether as many have voted as the ballot needs."""
        return self.voters >= self.ballot.quorum


def get_ballots(*, index: Index, at: datetime, user: User) -> list[BallotState]:
    """Return the ballots of an index at an instant, the newest cut-off first, as one user sees them.

    Four queries, whatever the number of votes; nobody learns what others have voted.
    """
    ballots = list(index.ballots.order_by("-cutoff_day")[:BALLOTS_SHOWN])
    standings = _standings(ballots)
    choices = dict(Vote.objects.filter(ballot__in=ballots, user=user).values_list("ballot_id", "asset_id"))
    counted = Review.objects.public().filter(index=index, kind=Review.Kind.RECONSTITUTION)
    reviews = dict(counted.filter(cutoff_day__in=[b.cutoff_day for b in ballots]).values_list("cutoff_day", "pk"))
    return [
        BallotState(
            ballot=ballot,
            state=_state(ballot, at),
            voters=sum(standing.votes for standing in standings[ballot.pk]),
            standings=standings[ballot.pk],
            choice=choices.get(ballot.pk),
            review_id=reviews.get(ballot.cutoff_day),
        )
        for ballot in ballots
    ]


def get_candidates(*, ballot: Ballot, day: date) -> list[Asset]:
    """Return the assets that may be voted for on a day, by name.

    They are crypto assets of the index's universe, classified and admitted on that day, that the rules do not keep
    out for what they are; their figures count at the cut-off.
    """
    rules = get_ballot_rules(ballot=ballot)
    classified = Classification.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=day),
        asset__kind=Asset.Kind.CRYPTO,
        asset__simulated=ballot.index.is_simulated,
        valid_from__lte=day,
    )
    rows = classified.select_related("asset").order_by("asset__name", "asset_id")
    return [row.asset for row in rows if failed_kind(_as_candidate(row, day), rules) is None]


def get_ballot_rules(*, ballot: Ballot) -> Rules:
    """Return the rules of the review that counts a ballot."""
    announced = [(each, Rules.from_params(each.params)) for each in ballot.index.methodologies.announced()]
    for methodology, rules in reversed(announced):
        if methodology.starts_by(ballot.cutoff_day + timedelta(days=rules.cutoff_lead_days)):
            return rules
    return announced[0][1]


def _standings(ballots: Collection[Ballot]) -> dict[int, list[Standing]]:
    rows = Vote.objects.filter(ballot__in=ballots).values_list("ballot", "asset", "asset__symbol", "asset__name")
    standings: dict[int, list[Standing]] = defaultdict(list)
    for ballot_id, *shown in rows.annotate(votes=Count("id")).order_by("ballot", "-votes", "asset"):
        standings[ballot_id].append(Standing(*shown))
    return standings


def _state(ballot: Ballot, at: datetime) -> str:
    if at < ballot.opens_at:
        return "upcoming"
    return "open" if at < ballot.closes_at else "closed"


def _as_candidate(row: Classification, day: date) -> Candidate:
    """Return what an asset is; figures are left out, since a ballot is held before they are known."""
    return Candidate(
        asset_id=row.asset_id,
        sector=row.sector,
        token_type=row.token_type,
        jurisdiction=row.jurisdiction,
        flags=flags_of(row),
        admitted=row.is_eligible,
        close=None,
        market_cap=None,
        median_volume=None,
        age_days=0,
        last_priced_day=day,
    )
