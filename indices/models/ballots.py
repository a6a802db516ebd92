"""Ballots of community-governed indices: one a review, one vote a user."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from indices.models.catalogue import Index


class Ballot(models.Model):
    """A vote on what an index holds from its next review on; it closes with the review's cut-off."""

    index = models.ForeignKey(Index, models.CASCADE, related_name="ballots")
    cutoff_day = models.DateField(help_text=_("Cut-off of the review that counts it."))
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    quorum = models.PositiveIntegerField(help_text=_("Fewest voters; with fewer the basket before stays."))

    class Meta:
        ordering = ["index_id", "-cutoff_day"]
        constraints = [
            models.UniqueConstraint(fields=["index", "cutoff_day"], name="one_ballot_a_review"),
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="a_ballot_closes_after_it_opens"),
            models.CheckConstraint(condition=Q(quorum__gte=1), name="a_quorum_is_one_or_more"),
        ]

    def __str__(self) -> str:
        return f"{self.index.slug} {self.cutoff_day}"


class Vote(models.Model):
    """One user's choice; it may be changed until the ballot closes."""

    ballot = models.ForeignKey(Ballot, models.CASCADE, related_name="votes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    asset = models.ForeignKey("market.Asset", models.PROTECT, related_name="+")
    cast_at = models.DateTimeField()

    class Meta:
        ordering = ["ballot_id", "id"]
        constraints = [models.UniqueConstraint(fields=["ballot", "user"], name="one_vote_a_user")]

    def __str__(self) -> str:
        return f"{self.ballot_id}: {self.asset_id}"
