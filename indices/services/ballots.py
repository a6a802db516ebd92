"""Ballots of community-governed indices: the night opens them, people vote, a review counts what was cast in time."""

from datetime import date, datetime, timedelta

from django.db import transaction

from accounts.models import User
from indices.calc.rules import Rules
from indices.calc.schedules import next_effective_day
from indices.models import Ballot, Index, Vote
from indices.selectors.ballots import get_candidates
from indices.services.state import IndexState
from market.models import close_of

ONE_DAY = timedelta(days=1)


class CannotVoteError(Exception):
    """The vote does not count; the message says why in a voter's words."""


class NoCandidateError(CannotVoteError):
    """The asset is not one of those that may be voted for."""


def open_ballot(*, index: Index, state: IndexState, at: datetime) -> Ballot | None:
    """Make the ballot of the next reconstitution that is still to be cut off; None where it opens a day later or more.

    It opens the rules' `ballot_days` before the close of the cut-off day and closes with it. Twice is the same as
    once; the caller holds the lock on the index.
    """
    cutoff_day, rules = _next_cutoff(index, state, at.date())
    closes_at = close_of(cutoff_day)
    opens_at = closes_at - timedelta(days=rules.ballot_days)
    # Nights are a day apart: the ballot is there at its first instant.
    if not rules.counts_votes or opens_at > at + ONE_DAY:
        return None
    ballot, _ = Ballot.objects.get_or_create(
        index=index,
        cutoff_day=cutoff_day,
        defaults={"opens_at": opens_at, "closes_at": closes_at, "quorum": rules.quorum},
    )
    return ballot


@transaction.atomic
def cast_vote(*, ballot_id: int, user: User, asset_id: str, at: datetime) -> Vote:
    """Vote, or vote anew: a user has one vote a ballot, and the last one counts.

    Raises CannotVoteError before the ballot opens and from its close on, NoCandidateError for another asset.
    """
    ballot = Ballot.objects.select_related("index").get(pk=ballot_id)
    if ballot.index.status != Index.Status.ACTIVE:
        raise CannotVoteError(f"{ballot.index.name} is not active; it has no next review.")
    if at < ballot.opens_at:
        raise CannotVoteError(f"This ballot opens on {ballot.opens_at:%Y-%m-%d at %H:%M} UTC.")
    if at >= ballot.closes_at:
        raise CannotVoteError(f"This ballot closed on {ballot.closes_at:%Y-%m-%d at %H:%M} UTC.")
    if asset_id not in {asset.pk for asset in get_candidates(ballot=ballot, day=at.date())}:
        raise NoCandidateError("This asset is no candidate: choose one of those listed.")
    vote, _ = Vote.objects.update_or_create(ballot=ballot, user=user, defaults={"asset_id": asset_id, "cast_at": at})
    return vote


def _next_cutoff(index: Index, state: IndexState, today: date) -> tuple[date, Rules]:
    """Return the next cut-off of a reconstitution that has not closed, with its rules."""
    if index.base_date and not state.baskets:
        _, rules = state.methodology_for(index.base_date)
        first = index.base_date - timedelta(days=rules.cutoff_lead_days)
        if first >= today:
            return first, rules
    found = []
    for methodology, rules in state.methodologies:
        lead = timedelta(days=rules.cutoff_lead_days)
        after = [today + lead - ONE_DAY]
        after += [index.base_date] if index.base_date else []
        after += [methodology.effective_from - ONE_DAY] if methodology.effective_from else []
        effective_day = next_effective_day(rules.schedule, max(after), roll=rules.roll)
        if state.methodology_for(effective_day)[0] == methodology:
            found.append((effective_day - lead, rules))
    # The last version has a day of its own from its start on, so one is always found.
    return min(found, key=lambda pair: pair[0])
