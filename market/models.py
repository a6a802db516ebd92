"""What the market is: assets under immutable ids, dated classifications, and prices whose revisions are kept."""

from datetime import UTC, date, datetime, time, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from market.money import AmountField

SOURCE_LAG = timedelta(hours=24)
FIRST_DAY = date(2009, 1, 3)
"""The first block of the first chain: no market day is older."""


def close_of(day: date) -> datetime:
    """Return the instant at which a market day closes: 00:00 UTC of the next day."""
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=UTC)


class Asset(models.Model):
    """A crypto asset or a fiat currency; the provider's id is the key, the symbol only a label."""

    class Kind(models.TextChoices):
        """Fiat currencies are assets too: their price is a rate."""

        CRYPTO = "crypto", _("Crypto asset")
        FIAT = "fiat", _("Fiat currency")

    id = models.CharField(primary_key=True, max_length=80)
    symbol = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.CRYPTO)
    simulated = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=~Q(id=""), name="asset_has_an_id")]

    def __str__(self) -> str:
        return f"{self.symbol} ({self.id})"


class AssetAlias(models.Model):
    """What another source calls an asset, and when: tickers are reused, ids are not."""

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="aliases")
    source = models.CharField(max_length=40)
    code = models.CharField(max_length=80)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["source", "code", "valid_from"]
        verbose_name_plural = "asset aliases"
        constraints = [
            models.UniqueConstraint(fields=["source", "code", "valid_from"], name="alias_starts_once"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="alias_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source}:{self.code}"


class Classification(models.Model):
    """What an asset was from `valid_from` to before `valid_to`; dated, so that history is not judged by today."""

    class Sector(models.TextChoices):
        """One primary sector an asset."""

        PAYMENTS = "payments", _("Payments")
        LAYER1 = "layer1", _("Layer 1")
        LAYER2 = "layer2", _("Layer 2")
        DEFI = "defi", _("DeFi")
        AI = "ai", _("AI")
        MEMECOIN = "memecoin", _("Memecoin")
        GAMING = "gaming", _("Gaming")
        NFT = "nft", _("NFT")
        RWA = "rwa", _("Real-world assets")
        PRIVACY = "privacy", _("Privacy")
        INFRASTRUCTURE = "infrastructure", _("Infrastructure")
        EXCHANGE = "exchange", _("Exchange")
        STABLECOIN = "stablecoin", _("Stablecoin")
        WRAPPED = "wrapped", _("Wrapped")

    class TokenType(models.TextChoices):
        """Orthogonal to the sector."""

        CURRENCY = "currency", _("Currency")
        UTILITY = "utility", _("Utility")
        SECURITY = "security", _("Security")
        STABLECOIN = "stablecoin", _("Stablecoin")

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="classifications")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    sector = models.CharField(max_length=16, choices=Sector)
    token_type = models.CharField(max_length=12, choices=TokenType)
    jurisdiction = models.CharField(max_length=60, blank=True)
    launch_year = models.PositiveSmallIntegerField(null=True, blank=True)
    is_stable = models.BooleanField(default=False)
    is_wrapped = models.BooleanField(default=False)
    is_pegged = models.BooleanField(default=False)
    is_eligible = models.BooleanField(default=True)
    note = models.CharField(max_length=200, blank=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["asset_id", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["asset", "valid_from"], name="classification_starts_once"),
            models.UniqueConstraint(
                fields=["asset"], condition=Q(valid_to__isnull=True), name="one_open_classification_per_asset"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="classification_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id}: {self.sector} from {self.valid_from}"


class DailyPriceQuerySet(models.QuerySet["DailyPrice"]):
    """Reads of prices as they are known now, or were known at an instant."""

    def current(self) -> "DailyPriceQuerySet":
        """Only the versions in force: one row a day."""
        return self.filter(superseded_at__isnull=True)

    def known_at(self, instant: datetime) -> "DailyPriceQuerySet":
        """Only the versions that were in force at an instant: one row a day, none recorded later."""
        not_yet_superseded = Q(superseded_at__isnull=True) | Q(superseded_at__gt=instant)
        return self.filter(not_yet_superseded, recorded_at__lte=instant)


class DailyPrice(models.Model):
    """An asset's close in USD at the end of a UTC day; a revision is a new row that supersedes the old one."""

    asset = models.ForeignKey(Asset, models.PROTECT, related_name="prices")
    day = models.DateField()
    close = AmountField()
    market_cap = AmountField(null=True, blank=True)
    volume = AmountField(null=True, blank=True)
    source = models.CharField(max_length=40)
    recorded_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True, blank=True)
    reconstructed = models.BooleanField(default=False)

    objects = DailyPriceQuerySet.as_manager()

    class Meta:
        ordering = ["day", "asset_id", "recorded_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "day"], condition=Q(superseded_at__isnull=True), name="one_current_price_a_day"
            ),
            models.UniqueConstraint(fields=["asset", "day", "recorded_at"], name="one_price_version_an_instant"),
            models.CheckConstraint(condition=Q(close__gt=0), name="close_is_positive"),
            models.CheckConstraint(condition=Q(market_cap__gt=0), name="market_cap_is_positive_or_unknown"),
            models.CheckConstraint(condition=Q(volume__gte=0), name="volume_is_not_negative"),
            models.CheckConstraint(
                condition=Q(superseded_at__isnull=True) | Q(superseded_at__gt=F("recorded_at")),
                name="superseded_after_recorded",
            ),
        ]
        indexes = [
            models.Index(fields=["day", "asset"], condition=Q(superseded_at__isnull=True), name="current_price_by_day")
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} {self.day}: {self.close.normalize():f}"


class DataFinding(models.Model):
    """Something odd in the data of one asset, listed so that nothing is dropped in silence."""

    class Kind(models.TextChoices):
        """What was seen."""

        GAP = "gap", _("Missing days")
        ZERO_CAP = "zero_cap", _("Market cap zero or unknown")
        JUMP = "jump", _("Moved more than 50% in a day")
        STALE = "stale", _("No new price")
        PEG_BREAK = "peg_break", _("Stablecoin off its peg")
        REJECTED = "rejected", _("Value refused")

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="findings")
    kind = models.CharField(max_length=12, choices=Kind)
    first_day = models.DateField()
    last_day = models.DateField()
    days = models.PositiveIntegerField(default=1)
    detail = models.CharField(max_length=200)
    found_at = models.DateTimeField()

    class Meta:
        ordering = ["-last_day", "asset_id", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["asset", "kind", "first_day"], name="finding_once"),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="finding_ends_after_it_starts"),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} {self.kind} {self.first_day}"


class SourceRun(models.Model):
    """One import or fetch: where from, what came in, what was refused."""

    class Status(models.TextChoices):
        """How it ended."""

        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    source = models.CharField(max_length=40)
    detail = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.RUNNING)
    first_day = models.DateField(null=True, blank=True)
    last_day = models.DateField(null=True, blank=True)
    rows_read = models.PositiveIntegerField(default=0)
    rows_new = models.PositiveIntegerField(default=0)
    rows_revised = models.PositiveIntegerField(default=0)
    rows_unchanged = models.PositiveIntegerField(default=0)
    message = models.TextField(blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]

    def __str__(self) -> str:
        return f"{self.source} {self.started_at:%Y-%m-%d %H:%M}"
