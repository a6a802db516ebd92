"""What the market is: assets under immutable ids, dated classifications, and prices whose revisions are kept."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
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


class AssetEvent(models.Model):
    """What happened to an asset, and how baskets that hold it are carried over at the effective close.

    `ratio` is units of the new asset for one of the old; `price` is USD, for a delisting at a price of one's own or
    for a fork that is sold. One person writes it, another approves it; only approved events count.
    """

    class Kind(models.TextChoices):
        """What happened."""

        DELISTING = "delisting", _("Delisting")
        FORK = "fork", _("Fork")
        AIRDROP = "airdrop", _("Airdrop")
        MIGRATION = "migration", _("Migration")
        REDENOMINATION = "redenomination", _("Redenomination")
        MERGER = "merger", _("Merger")

    class Treatment(models.TextChoices):
        """How a basket takes it."""

        LAST = "last", _("Leaves at its last close")
        ZERO = "zero", _("Leaves at nothing")
        MANUAL = "manual", _("Leaves at the price given")
        IGNORE = "ignore", _("Ignored")
        SPLIT = "split", _("The new units are kept to the next review")
        LIQUIDATE = "liquidate", _("The new units are sold and reinvested")
        CONVERT = "convert", _("Old units become new ones at the ratio")

    class Status(models.TextChoices):
        """Only approved events count."""

        DRAFT = "draft", _("Draft")
        APPROVED = "approved", _("Approved")

    TREATMENTS = {
        Kind.DELISTING: (Treatment.LAST, Treatment.ZERO, Treatment.MANUAL),
        Kind.FORK: (Treatment.IGNORE, Treatment.SPLIT, Treatment.LIQUIDATE),
        Kind.AIRDROP: (Treatment.IGNORE, Treatment.SPLIT, Treatment.LIQUIDATE),
        Kind.MIGRATION: (Treatment.CONVERT,),
        Kind.REDENOMINATION: (Treatment.CONVERT,),
        Kind.MERGER: (Treatment.CONVERT,),
    }

    asset = models.ForeignKey(Asset, models.PROTECT, related_name="events")
    kind = models.CharField(max_length=14, choices=Kind)
    treatment = models.CharField(max_length=10, choices=Treatment)
    effective_day = models.DateField(help_text=_("Baskets change at the close of this day."))
    new_asset = models.ForeignKey(Asset, models.PROTECT, null=True, blank=True, related_name="+")
    ratio = AmountField(null=True, blank=True)
    price = AmountField(null=True, blank=True)
    note = models.CharField(max_length=300, help_text=_("What happened, and where it is written."))
    status = models.CharField(max_length=8, choices=Status, default=Status.DRAFT)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["-effective_day", "asset_id"]
        permissions = [("approve_assetevent", "Can approve an event")]
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "kind", "effective_day"],
                condition=Q(status="approved"),
                name="one_approved_event_of_a_kind_a_day",
            ),
            models.CheckConstraint(
                condition=Q(approver__isnull=True) | ~Q(approver=F("author")),
                name="event_approver_is_another_person",
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(approver__isnull=False, approved_at__isnull=False),
                name="an_approved_event_has_its_approver",
            ),
            models.CheckConstraint(
                condition=Q(kind="delisting", treatment__in=["last", "zero", "manual"])
                | Q(kind__in=["fork", "airdrop"], treatment__in=["ignore", "split", "liquidate"])
                | Q(kind__in=["migration", "redenomination", "merger"], treatment="convert"),
                name="treatment_fits_the_kind",
            ),
            models.CheckConstraint(condition=Q(ratio__gt=0), name="event_ratio_is_positive"),
            models.CheckConstraint(
                condition=~Q(treatment="manual") | Q(price__gte=0), name="a_manual_delisting_has_its_price"
            ),
            models.CheckConstraint(
                condition=~Q(treatment__in=["split", "liquidate", "convert"]) | Q(ratio__isnull=False),
                name="new_units_have_their_ratio",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} {self.kind} {self.effective_day}"


SCORE = [MinValueValidator(1), MaxValueValidator(5)]


class DueDiligence(models.Model):
    """What a curator found about an asset on a day, 1 (poor) to 5 (good); the newest before a cut-off counts."""

    ASPECTS = ("team", "technology", "demand", "regulation", "security", "liquidity")

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="diligence")
    reviewed_on = models.DateField()
    team = models.PositiveSmallIntegerField(validators=SCORE)
    technology = models.PositiveSmallIntegerField(validators=SCORE)
    demand = models.PositiveSmallIntegerField(validators=SCORE)
    regulation = models.PositiveSmallIntegerField(validators=SCORE)
    security = models.PositiveSmallIntegerField(validators=SCORE)
    liquidity = models.PositiveSmallIntegerField(validators=SCORE)
    evidence = models.TextField(help_text=_("Sources for each score."))
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    history = HistoricalRecords()

    class Meta:
        ordering = ["asset_id", "-reviewed_on"]
        verbose_name_plural = "due diligence"
        constraints = [
            models.UniqueConstraint(fields=["asset", "reviewed_on"], name="one_diligence_a_day"),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{aspect}__gte": 1, f"{aspect}__lte": 5}), name=f"{aspect}_score_from_one_to_five"
                )
                for aspect in ("team", "technology", "demand", "regulation", "security", "liquidity")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} {self.reviewed_on}"

    @property
    def score(self) -> Decimal:
        """The mean of the six scores, from 1 to 5, to 4 decimals."""
        total = sum(getattr(self, aspect) for aspect in self.ASPECTS)
        return (Decimal(total) / len(self.ASPECTS)).quantize(Decimal("0.0001"))


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
