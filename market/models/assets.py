"""Assets under immutable ids, what other sources call them, and what they were, and when."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

MAIN_ASSETS = {False: ("bitcoin", "ethereum"), True: ("sim-aurum", "sim-meridian")}
"""The two largest assets of the real market and of the simulated one, by which others are measured."""


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
