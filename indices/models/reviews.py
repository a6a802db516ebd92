"""Reviews: proposals of a basket, with the inputs frozen and a reason for every asset."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from indices.models.catalogue import Index
from indices.models.methodologies import Methodology
from market.money import AmountField, RatioField


class ReviewQuerySet(models.QuerySet["Review"]):
    """Reads of reviews."""

    def public(self) -> "ReviewQuerySet":
        """Those that everybody may see: announced, in effect or superseded, and those that came to nothing."""
        return self.exclude(status__in=Review.HIDDEN)


class Review(models.Model):
    """One proposal for an index: what was known at the cut-off, and what becomes of each asset.

    `inputs` is canonical JSON, see indices.calc.inputs: the verdicts follow from it alone.
    """

    class Kind(models.TextChoices):
        """What is set anew: the constituents and weights, the weights, or only what breaks a limit."""

        RECONSTITUTION = "reconstitution", _("Reconstitution")
        REBALANCE = "rebalance", _("Rebalance")
        RECAP = "recap", _("Re-cap")
        TRIGGER = "trigger", _("Trigger")
        EXTRAORDINARY = "extraordinary", _("Extraordinary")

    class Status(models.TextChoices):
        """How far it has come; `needs_review` keeps the old basket, and so does `rejected`."""

        DRAFT = "draft", _("To be computed")
        COMPUTED = "computed", _("Waits for approval")
        APPROVED = "approved", _("Approved")
        ANNOUNCED = "announced", _("Takes effect at its close")
        EFFECTIVE = "effective", _("In effect")
        SUPERSEDED = "superseded", _("Superseded")
        NEEDS_REVIEW = "needs_review", _("Needs a curator")
        REJECTED = "rejected", _("Rejected")

    WAITING = (Status.COMPUTED, Status.APPROVED, Status.ANNOUNCED)
    TAKEN = (Status.EFFECTIVE, Status.SUPERSEDED)
    HIDDEN = (Status.DRAFT, Status.COMPUTED, Status.APPROVED, Status.REJECTED)

    index = models.ForeignKey(Index, models.CASCADE, related_name="reviews")
    methodology = models.ForeignKey(Methodology, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=14, choices=Kind, default=Kind.RECONSTITUTION)
    cutoff_day = models.DateField()
    cutoff_at = models.DateTimeField()
    announce_day = models.DateField()
    effective_day = models.DateField()
    status = models.CharField(max_length=12, choices=Status)
    reason = models.CharField(
        max_length=300, blank=True, help_text=_("What fired it, what it waits for, or why it was asked for.")
    )
    computed_at = models.DateTimeField(null=True, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Who had it computed; empty: the night."),
    )
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    second_approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    exposure = RatioField(
        null=True, help_text=_("What gate and volatility leave of the base weights, a fraction of 1.")
    )
    volatility_exposure = RatioField(null=True, help_text=_("The part of the exposure that volatility sets."))
    inputs = models.TextField(blank=True)
    snapshot_hash = models.CharField(max_length=64, blank=True, help_text=_("SHA-256 of the inputs."))

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["index_id", "-cutoff_day"]
        permissions = [("approve_review", "Can approve or reject a review")]
        constraints = [
            models.UniqueConstraint(
                fields=["index", "cutoff_day"], condition=~Q(kind="extraordinary"), name="one_review_a_cutoff"
            ),
            models.UniqueConstraint(
                fields=["index"],
                condition=Q(status__in=["computed", "approved", "announced"]),
                name="one_waiting_review_an_index",
            ),
            models.CheckConstraint(
                condition=Q(announce_day__gt=F("cutoff_day"), effective_day__gte=F("announce_day")),
                name="cutoff_then_announcement_then_effect",
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(computed_at__isnull=False), name="computed_has_its_instant"
            ),
            models.CheckConstraint(
                condition=Q(approver__isnull=True) | Q(requested_by__isnull=True) | ~Q(approver=F("requested_by")),
                name="review_approver_did_not_compute",
            ),
            models.CheckConstraint(
                condition=Q(second_approver__isnull=True)
                | (
                    Q(approver__isnull=False)
                    & ~Q(second_approver=F("approver"))
                    & (Q(requested_by__isnull=True) | ~Q(second_approver=F("requested_by")))
                ),
                name="second_review_approver_is_a_third_person",
            ),
            models.CheckConstraint(
                condition=~Q(kind="extraordinary")
                | Q(status__in=["draft", "computed", "needs_review", "rejected"])
                | (Q(second_approver__isnull=False) & ~Q(reason="")),
                name="extraordinary_needs_two_approvers_and_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.index.slug} {self.effective_day}"


class ReviewLine(models.Model):
    """One asset at one review: its figures, the verdict and the reason; a sleeve line is no constituent."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="lines")
    asset = models.ForeignKey("market.Asset", models.PROTECT, related_name="+")
    rank = models.PositiveIntegerField(null=True)
    market_cap = AmountField(null=True)
    median_volume = AmountField(null=True)
    age_days = models.PositiveIntegerField(null=True)
    metrics = models.JSONField(default=dict, help_text=_("Further figures that the rules looked at, as text."))
    is_incumbent = models.BooleanField(default=False)
    is_selected = models.BooleanField(default=False)
    is_sleeve = models.BooleanField(default=False, help_text=_("Holds the residual: a stablecoin, or bitcoin."))
    reason = models.CharField(max_length=40)
    detail = models.CharField(max_length=200, blank=True)
    raw_weight = RatioField(null=True, help_text=_("By score alone."))
    base_weight = RatioField(null=True, help_text=_("After limits and its own signal, before the exposure."))
    weight = RatioField(null=True, help_text=_("Of the index; 0 where a signal or the exposure leaves nothing."))

    class Meta:
        ordering = ["review_id", F("rank").asc(nulls_last=True), "asset_id"]
        constraints = [
            models.UniqueConstraint(fields=["review", "asset"], name="asset_once_a_review"),
            models.CheckConstraint(condition=Q(weight__gte=0, weight__lte=1), name="line_weight_in_zero_one"),
            models.CheckConstraint(
                condition=Q(is_selected=False) | Q(weight__isnull=False), name="a_selected_asset_has_a_weight"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id}: {self.reason}"
