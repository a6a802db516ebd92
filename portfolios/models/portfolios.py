"""Portfolios, their wallets and their sleeves."""

from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from indices.models import Index
from market.money import RatioField

if TYPE_CHECKING:
    from accounts.models import User


class PortfolioQuerySet(models.QuerySet["Portfolio"]):
    """Portfolios by owner."""

    def owned_by(self, user: "User") -> "PortfolioQuerySet":
        """Only what this user owns; everything else does not exist for them."""
        return self.filter(owner=user)

    def labelled(self) -> "PortfolioQuerySet":
        """Say of each as `is_simulated` whether anything of the simulated market was ever in it."""
        simulated = Portfolio.objects.filter(pk=models.OuterRef("pk"), positions__asset__simulated=True)
        return self.annotate(is_simulated=models.Exists(simulated))


class Portfolio(models.Model):
    """One investor's portfolio, valued in USD."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    fee_rate = RatioField(default=Decimal("0.0025"), help_text=_("Fee a trade, a fraction of 1 of the amount traded."))
    revalue_from = models.DateField(
        null=True, blank=True, help_text=_("First day whose valuation the ledger has changed since it was made.")
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = PortfolioQuerySet.as_manager()

    class Meta:
        ordering = ["owner_id", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="portfolio_name_once_an_owner"),
            models.CheckConstraint(condition=Q(fee_rate__gte=0, fee_rate__lt=1), name="fee_rate_in_zero_one"),
        ]
        indexes = [
            models.Index(fields=["revalue_from"], condition=Q(revalue_from__isnull=False), name="portfolio_to_revalue")
        ]

    def __str__(self) -> str:
        return self.name


class Wallet(models.Model):
    """A place where assets are kept."""

    class Kind(models.TextChoices):
        """Who holds the keys."""

        EXCHANGE = "exchange", _("Exchange")
        SOFTWARE = "software", _("Software wallet")
        HARDWARE = "hardware", _("Hardware wallet")
        MULTISIG = "multisig", _("Multisignature wallet")
        CUSTODIAN = "custodian", _("Insured custodian")

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, related_name="wallets")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.EXCHANGE)

    class Meta:
        ordering = ["portfolio_id", "name"]
        constraints = [
            models.UniqueConstraint(fields=["portfolio", "name"], name="wallet_name_once_a_portfolio"),
            models.UniqueConstraint(fields=["id", "portfolio"], name="wallet_of_a_portfolio"),
        ]

    def __str__(self) -> str:
        return self.name


class Sleeve(models.Model):
    """A part of a portfolio that follows one index in one tier, with its target and its band."""

    Tier = Index.Tier

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, related_name="sleeves")
    index = models.ForeignKey("indices.Index", models.PROTECT, related_name="+")
    tier = models.CharField(max_length=12, choices=Tier)
    target_weight = RatioField(help_text=_("Share of the portfolio, a fraction of 1; what is left over is cash."))
    lower_band = RatioField(help_text=_("Below this weight the sleeve is outside its band."))
    upper_band = RatioField(help_text=_("Above this weight the sleeve is outside its band."))

    class Meta:
        ordering = ["portfolio_id", "tier", "id"]
        constraints = [
            models.UniqueConstraint(fields=["portfolio", "index"], name="index_once_a_portfolio"),
            models.UniqueConstraint(fields=["id", "portfolio"], name="sleeve_of_a_portfolio"),
            models.CheckConstraint(
                condition=Q(
                    lower_band__gte=0,
                    lower_band__lte=F("target_weight"),
                    upper_band__gte=F("target_weight"),
                    upper_band__lte=1,
                ),
                name="the_band_holds_its_target",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.portfolio_id}: {self.index_id}"
