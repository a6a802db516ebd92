"""Rules-based indices: versioned methodologies, reviews with a reason an asset, baskets in units, daily levels."""

from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from market.money import AmountField, ExactDecimalField, RatioField


class IndexQuerySet(models.QuerySet["Index"]):
    """Indices by what may be done with them."""

    def published(self) -> "IndexQuerySet":
        """Those that everybody may see: active or retired."""
        return self.exclude(status=Index.Status.DRAFT)

    def active(self) -> "IndexQuerySet":
        """Those that the night runs and portfolios may follow."""
        return self.filter(status=Index.Status.ACTIVE)

    def mentioning(self, words: str) -> "IndexQuerySet":
        """Those whose name, slug or summary has these words."""
        return self.filter(Q(name__icontains=words) | Q(slug__icontains=words) | Q(summary__icontains=words))


class Index(models.Model):
    """An index as an object: its identity; its rules are in its methodologies."""

    class Kind(models.TextChoices):
        """What kind of rules it follows."""

        MARKET_CAP = "market_cap", _("Market cap")
        THEMATIC = "thematic", _("Thematic")
        EQUAL = "equal", _("Equal weight")
        RISK = "risk", _("Risk weighted")
        SIGNAL = "signal", _("Signal driven")
        COMMUNITY = "community", _("Community voted")

    class Tier(models.TextChoices):
        """Where in a portfolio it usually stands."""

        CORE = "core", _("Core")
        SATELLITE = "satellite", _("Satellite")
        SPECULATIVE = "speculative", _("Speculative")

    class Status(models.TextChoices):
        """Only active indices are run and followed; a retired one keeps its record."""

        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("Active")
        RETIRED = "retired", _("Retired")

    class Universe(models.TextChoices):
        """Real and simulated assets never mix."""

        REAL = "real", _("Real market")
        SIMULATED = "simulated", _("Simulated market")

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    summary = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=12, choices=Kind)
    tier = models.CharField(max_length=12, choices=Tier)
    universe = models.CharField(max_length=10, choices=Universe, default=Universe.REAL)
    status = models.CharField(max_length=8, choices=Status, default=Status.DRAFT)
    base_value = AmountField(default=Decimal(1000))
    base_date = models.DateField(
        null=True, blank=True, help_text=_("Empty: the first night on which enough assets are eligible.")
    )
    live_since = models.DateField(
        null=True, blank=True, help_text=_("First day computed as it happened; levels before it are reconstructed.")
    )
    retired_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = IndexQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["slug"]
        verbose_name_plural = "indices"
        constraints = [
            models.CheckConstraint(condition=Q(base_value__gt=0), name="base_value_is_positive"),
            models.CheckConstraint(
                condition=~Q(status="retired") | Q(retired_on__isnull=False), name="a_retired_index_has_its_day"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MethodologyQuerySet(models.QuerySet["Methodology"]):
    """Reads of methodologies."""

    def published(self) -> "MethodologyQuerySet":
        """Those that are, were or will be in force, in the order in which they come into force."""
        start = F("effective_from").asc(nulls_first=True)
        return self.filter(status=Methodology.Status.PUBLISHED).order_by(start, "version")


class Methodology(models.Model):
    """One version of an index's rules, frozen by publishing; the approver is not the author."""

    class Status(models.TextChoices):
        """A draft may change; a published version never does."""

        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")

    index = models.ForeignKey(Index, models.CASCADE, related_name="methodologies")
    version = models.PositiveIntegerField()
    params = models.JSONField(help_text=_("The rules; see indices.calc.rules.Rules."))
    effective_from = models.DateField(
        null=True, blank=True, help_text=_("First effective day of a review under these rules; empty: from the start.")
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Empty: a preset."),
    )
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True)

    objects = MethodologyQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["index_id", "version"]
        verbose_name_plural = "methodologies"
        permissions = [("publish_methodology", "Can publish a methodology")]
        constraints = [
            models.UniqueConstraint(fields=["index", "version"], name="methodology_version_once"),
            models.UniqueConstraint(
                fields=["index", "effective_from"],
                condition=Q(status="published"),
                name="one_published_methodology_a_day",
            ),
            # Two empty days are no duplicate to a database.
            models.UniqueConstraint(
                fields=["index"],
                condition=Q(status="published", effective_from__isnull=True),
                name="one_published_methodology_from_the_start",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="methodology_version_from_one"),
            models.CheckConstraint(
                condition=Q(approver__isnull=True) | Q(author__isnull=True) | ~Q(approver=F("author")),
                name="the_approver_is_not_the_author",
            ),
            models.CheckConstraint(
                condition=~Q(status="published") | Q(published_at__isnull=False), name="published_has_its_instant"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.index.slug} v{self.version}"

    def starts_by(self, day: date) -> bool:
        """Tell whether a review that takes effect on a day is under this version or a later one."""
        return self.effective_from is None or self.effective_from <= day


class Review(models.Model):
    """One reconstitution of an index: what was known at the cut-off, and what became of each asset."""

    class Status(models.TextChoices):
        """`pending` until its close, put off while a price is missing; `needs_review` keeps the old basket."""

        PENDING = "pending", _("Takes effect at its close")
        EFFECTIVE = "effective", _("In effect")
        NEEDS_REVIEW = "needs_review", _("Needs a curator")

    index = models.ForeignKey(Index, models.CASCADE, related_name="reviews")
    methodology = models.ForeignKey(Methodology, models.PROTECT, related_name="+")
    cutoff_day = models.DateField()
    cutoff_at = models.DateTimeField()
    effective_day = models.DateField()
    status = models.CharField(max_length=12, choices=Status)
    reason = models.CharField(max_length=300, blank=True)
    computed_at = models.DateTimeField()
    snapshot_hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["index_id", "-cutoff_day"]
        constraints = [
            models.UniqueConstraint(fields=["index", "cutoff_day"], name="one_review_a_cutoff"),
            models.CheckConstraint(condition=Q(effective_day__gt=F("cutoff_day")), name="effective_after_the_cutoff"),
        ]

    def __str__(self) -> str:
        return f"{self.index.slug} {self.effective_day}"


class ReviewLine(models.Model):
    """One asset at one review: its figures, the verdict and the reason."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="lines")
    asset = models.ForeignKey("market.Asset", models.PROTECT, related_name="+")
    rank = models.PositiveIntegerField(null=True)
    market_cap = AmountField(null=True)
    median_volume = AmountField(null=True)
    age_days = models.PositiveIntegerField(null=True)
    is_incumbent = models.BooleanField(default=False)
    is_selected = models.BooleanField(default=False)
    reason = models.CharField(max_length=40)
    detail = models.CharField(max_length=200, blank=True)
    raw_weight = RatioField(null=True)
    weight = RatioField(null=True)

    class Meta:
        ordering = ["review_id", F("rank").asc(nulls_last=True), "asset_id"]
        constraints = [
            models.UniqueConstraint(fields=["review", "asset"], name="asset_once_a_review"),
            models.CheckConstraint(condition=Q(weight__gt=0, weight__lte=1), name="line_weight_in_zero_one"),
            models.CheckConstraint(
                condition=Q(is_selected=False) | Q(weight__isnull=False), name="a_selected_asset_has_a_weight"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id}: {self.reason}"


class Rebalance(models.Model):
    """A basket that took effect at the close of a day; its holdings in units are the truth."""

    index = models.ForeignKey(Index, models.CASCADE, related_name="rebalances")
    review = models.OneToOneField(Review, models.PROTECT, related_name="rebalance")
    effective_day = models.DateField()
    level = AmountField(help_text=_("Level at the effective close, the same before and after."))
    divisor = AmountField(help_text=_("Basket value at the effective close divided by the level."))
    turnover = RatioField(help_text=_("One-way, a fraction of 1; 0 for the first basket."))

    class Meta:
        ordering = ["index_id", "-effective_day"]
        constraints = [
            models.UniqueConstraint(fields=["index", "effective_day"], name="one_rebalance_a_day"),
            models.CheckConstraint(condition=Q(level__gt=0, divisor__gt=0), name="level_and_divisor_positive"),
            models.CheckConstraint(condition=Q(turnover__gte=0, turnover__lte=1), name="turnover_in_zero_one"),
        ]

    def __str__(self) -> str:
        return f"{self.index.slug} {self.effective_day}"


class Holding(models.Model):
    """Units of one constituent a unit of index; weight and price are those of the effective close."""

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
                condition=Q(units__gt=0, price__gt=0, capped_supply__gt=0), name="units_price_and_supply_positive"
            ),
            models.CheckConstraint(condition=Q(weight__gt=0, weight__lte=1), name="holding_weight_in_zero_one"),
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
                condition=Q(status="suspended", gross__isnull=True) | (~Q(status="suspended") & Q(gross__isnull=False)),
                name="only_a_suspended_level_has_no_number",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.index_id} {self.day}: {self.gross}"
