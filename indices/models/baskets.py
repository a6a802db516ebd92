"""What an index holds, in units, and the levels that follow; corrections are new versions on a public ledger."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from indices.models.catalogue import Index
from indices.models.reviews import Review
from market.money import AmountField, ExactDecimalField, RatioField


class RebalanceQuerySet(models.QuerySet["Rebalance"]):
    """Reads of baskets."""

    def current(self) -> "RebalanceQuerySet":
        """Only the versions in force, in the order in which they took effect."""
        return self.filter(superseded_at__isnull=True).order_by("effective_day", "sequence")


class Rebalance(models.Model):
    """A basket that took effect at the close of a day; its holdings in units are the truth.

    `inputs` is canonical JSON, see indices.calc.execution: the basket follows from it alone. `prev_hash` is the
    `result_hash` of the basket before, so that the record is a chain.
    """

    class Kind(models.TextChoices):
        """What changed the basket."""

        REVIEW = "review", _("Review")
        EVENT = "event", _("Event")

    index = models.ForeignKey(Index, models.CASCADE, related_name="rebalances")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.REVIEW)
    review = models.ForeignKey(Review, models.PROTECT, null=True, related_name="rebalances")
    event = models.ForeignKey("market.AssetEvent", models.PROTECT, null=True, related_name="+")
    effective_day = models.DateField()
    sequence = models.PositiveSmallIntegerField(default=0, help_text=_("Order of two baskets of one day."))
    version = models.PositiveIntegerField(default=1)
    superseded_at = models.DateTimeField(null=True, blank=True)
    level = AmountField(help_text=_("Level at the effective close, the same before and after."))
    divisor = AmountField(help_text=_("Basket value at the effective close divided by the level."))
    turnover = RatioField(help_text=_("One-way, a fraction of 1; 0 for the first basket."))
    cost = RatioField(default=0, help_text=_("Share of the level that the trades would cost, a fraction of 1."))
    net_factor = AmountField(default=1, help_text=_("Net level divided by gross level after this rebalance."))
    theta = RatioField(
        null=True, help_text=_("Share of the way to the target that the turnover limit allowed; empty: all of it.")
    )
    inputs = models.TextField(blank=True)
    run_hash = models.CharField(max_length=64, blank=True, help_text=_("SHA-256 of the inputs."))
    result_hash = models.CharField(max_length=64, blank=True, help_text=_("SHA-256 of the result as canonical JSON."))
    prev_hash = models.CharField(max_length=64, blank=True)

    objects = RebalanceQuerySet.as_manager()

    class Meta:
        ordering = ["index_id", "-effective_day", "-sequence", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["index", "effective_day", "sequence", "version"], name="rebalance_version_once"
            ),
            models.UniqueConstraint(
                fields=["index", "effective_day", "sequence"],
                condition=Q(superseded_at__isnull=True),
                name="one_current_rebalance_a_turn",
            ),
            models.UniqueConstraint(
                fields=["review"],
                condition=Q(superseded_at__isnull=True, review__isnull=False),
                name="a_review_takes_effect_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="review", review__isnull=False, event__isnull=True)
                | Q(kind="event", review__isnull=True, event__isnull=False),
                name="a_rebalance_has_one_origin",
            ),
            models.CheckConstraint(
                condition=Q(level__gt=0, divisor__gt=0, net_factor__gt=0), name="level_and_divisor_positive"
            ),
            models.CheckConstraint(condition=Q(turnover__gte=0, turnover__lte=1), name="turnover_in_zero_one"),
            models.CheckConstraint(condition=Q(cost__gte=0, cost__lt=1), name="cost_in_zero_one"),
            models.CheckConstraint(condition=Q(theta__gte=0, theta__lte=1), name="theta_in_zero_one"),
        ]

    def __str__(self) -> str:
        return f"{self.index.slug} {self.effective_day}"


class Holding(models.Model):
    """Units of one constituent a unit of index; weight and price are those of the effective close.

    Price and weight are 0 for the child of a fork until it has its first close.
    """

    rebalance = models.ForeignKey(Rebalance, models.CASCADE, related_name="holdings")
    asset = models.ForeignKey("market.Asset", models.PROTECT, related_name="+")
    units = AmountField()
    weight = RatioField()
    price = AmountField()
    capped_supply = ExactDecimalField(
        max_digits=38,
        decimal_places=14,
        help_text=_("Supply times capping factor: with the divisor it gives the level, too."),
    )

    class Meta:
        ordering = ["rebalance_id", "-weight", "asset_id"]
        constraints = [
            models.UniqueConstraint(fields=["rebalance", "asset"], name="asset_once_a_rebalance"),
            models.CheckConstraint(
                condition=Q(units__gt=0, capped_supply__gt=0) & (Q(price__gt=0, weight__gt=0) | Q(price=0, weight=0)),
                name="units_price_and_supply_positive",
            ),
            models.CheckConstraint(condition=Q(weight__gte=0, weight__lte=1), name="holding_weight_in_zero_one"),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id}: {self.units}"


class LevelQuerySet(models.QuerySet["Level"]):
    """Reads of levels."""

    def current(self) -> "LevelQuerySet":
        """Only the versions in force: one row a day."""
        return self.filter(superseded_at__isnull=True)


class Level(models.Model):
    """The level of an index at the close of a day; a correction is a new version."""

    class Status(models.TextChoices):
        """`provisional` carries a price of at most two nights; `suspended` publishes no number."""

        FINAL = "final", _("Final")
        PROVISIONAL = "provisional", _("Provisional")
        SUSPENDED = "suspended", _("Suspended")
        RESTATED = "restated", _("Restated")

    index = models.ForeignKey(Index, models.CASCADE, related_name="levels")
    day = models.DateField()
    version = models.PositiveIntegerField(default=1)
    gross = AmountField(null=True)
    net = AmountField(
        null=True, blank=True, help_text=_("After the estimated costs of all rebalances; empty: not worked out.")
    )
    status = models.CharField(max_length=12, choices=Status)
    cause = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True, blank=True)

    objects = LevelQuerySet.as_manager()

    class Meta:
        ordering = ["index_id", "day", "version"]
        constraints = [
            models.UniqueConstraint(fields=["index", "day", "version"], name="level_version_once"),
            models.UniqueConstraint(
                fields=["index", "day"], condition=Q(superseded_at__isnull=True), name="one_current_level_a_day"
            ),
            models.CheckConstraint(condition=Q(gross__gt=0), name="level_is_positive"),
            models.CheckConstraint(
                condition=Q(net__isnull=True) | Q(net__gt=0, net__lte=F("gross")), name="net_is_at_most_gross"
            ),
            models.CheckConstraint(
                condition=Q(status="suspended", gross__isnull=True) | (~Q(status="suspended") & Q(gross__isnull=False)),
                name="only_a_suspended_level_has_no_number",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.index_id} {self.day}: {self.gross}"


class Restatement(models.Model):
    """A correction of published levels, asked for by one person and approved by another; it only appends.

    Weights stay as they were decided; units and levels are computed again from the prices in force.
    """

    class Status(models.TextChoices):
        """A worker carries out what is approved."""

        REQUESTED = "requested", _("Waits for approval")
        APPROVED = "approved", _("Approved")
        DONE = "done", _("Done")
        REJECTED = "rejected", _("Rejected")
        FAILED = "failed", _("Failed")

    index = models.ForeignKey(Index, models.CASCADE, related_name="restatements")
    first_day = models.DateField()
    last_day = models.DateField(null=True, blank=True)
    cause = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status, default=Status.REQUESTED)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    levels_changed = models.PositiveIntegerField(default=0)
    largest_change = RatioField(null=True, blank=True, help_text=_("Largest relative change of a level, unsigned."))
    message = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-requested_at", "-id"]
        permissions = [("approve_restatement", "Can approve a restatement")]
        constraints = [
            models.CheckConstraint(
                condition=Q(approver__isnull=True) | ~Q(approver=F("requested_by")),
                name="restatement_approver_is_another_person",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["requested", "rejected"]) | Q(approver__isnull=False),
                name="a_restatement_is_approved_first",
            ),
            models.CheckConstraint(condition=~Q(cause=""), name="a_restatement_has_its_cause"),
        ]

    def __str__(self) -> str:
        return f"{self.index.slug} from {self.first_day}"
