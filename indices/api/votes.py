"""The ballot of a community-governed index, and the caller's vote in it."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import IDEMPOTENCY_KEY, idempotent, user_of
from indices.api.fields import get_published_index
from indices.models import Index
from indices.selectors import get_ballots, get_candidates
from indices.services import CannotVoteError, NoCandidateError, cast_vote


class StandingPart(serializers.Serializer[Any]):
    """The votes for one asset."""

    asset = serializers.CharField(source="asset_id")
    symbol = serializers.CharField()
    name = serializers.CharField()
    votes = serializers.IntegerField()


class CandidatePart(serializers.Serializer[Any]):
    """An asset that may be voted for."""

    asset = serializers.CharField(source="pk")
    symbol = serializers.CharField()
    name = serializers.CharField()


class BallotOut(serializers.Serializer[Any]):
    """The newest ballot of an index; nobody learns what others have voted."""

    cutoff_day = serializers.DateField(source="ballot.cutoff_day", help_text="Cut-off of the review that counts it.")
    opens_at = serializers.DateTimeField(source="ballot.opens_at")
    closes_at = serializers.DateTimeField(source="ballot.closes_at")
    state = serializers.ChoiceField(["upcoming", "open", "closed"])
    quorum = serializers.IntegerField(source="ballot.quorum")
    voters = serializers.IntegerField()
    has_quorum = serializers.BooleanField()
    standings = StandingPart(many=True)
    vote = serializers.CharField(source="choice", allow_null=True, help_text="The caller's own choice.")
    candidates = CandidatePart(many=True, help_text="Empty unless the ballot is open.")


class VoteIn(serializers.Serializer[Any]):
    """The asset that the caller votes for; a later vote takes the place of an earlier one."""

    asset = serializers.CharField(max_length=80)


class BallotView(APIView):
    """The newest ballot of an index, its standings and the caller's vote; 404 where no ballot was held."""

    @extend_schema(operation_id="indices_ballot_retrieve", responses=BallotOut)
    def get(self, request: Request, slug: str, **_: Any) -> Response:
        """Return the newest ballot as it stands."""
        return Response(_ballot_of(get_published_index(slug), request))


class VoteView(APIView):
    """The caller's vote in the newest ballot of an index."""

    @extend_schema(
        operation_id="indices_vote_create", request=VoteIn, responses={200: BallotOut}, parameters=[IDEMPOTENCY_KEY]
    )
    @idempotent
    def post(self, request: Request, slug: str, **_: Any) -> Response:
        """Vote, or vote anew, while the ballot is open."""
        form = VoteIn(data=request.data)
        form.is_valid(raise_exception=True)
        index = get_published_index(slug)
        ballot = index.ballots.order_by("-cutoff_day").first()
        if ballot is None:
            raise Http404
        try:
            cast_vote(
                ballot_id=ballot.pk,
                user=user_of(request),
                asset_id=form.validated_data["asset"],
                at=timezone.now(),
            )
        except CannotVoteError as refusal:
            field = "asset" if isinstance(refusal, NoCandidateError) else "non_field_errors"
            raise ValidationError({field: [str(refusal)]}) from refusal
        return Response(_ballot_of(index, request))


def _ballot_of(index: Index, request: Request) -> dict[str, Any]:
    now = timezone.now()
    ballots = get_ballots(index=index, at=now, user=user_of(request))
    if not ballots:
        raise Http404
    newest = ballots[0]
    candidates = get_candidates(ballot=newest.ballot, day=now.date()) if newest.state == "open" else []
    shown = {name: getattr(newest, name) for name in ("ballot", "state", "voters", "has_quorum", "standings", "choice")}
    return dict(BallotOut(shown | {"candidates": candidates}).data)
