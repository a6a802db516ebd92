"""Signals that people or providers record: bull, neutral or bear, for an asset or for the market."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from indices.models.catalogue import Index


class Signal(models.Model):
    """What was said of an asset, or of a whole universe, for the close of a day; a later record corrects it."""

    class Value(models.TextChoices):
        """The three states that a rule can act on."""

        BULL = "bull", _("Bull")
        NEUTRAL = "neutral", _("Neutral")
        BEAR = "bear", _("Bear")

    universe = models.CharField(max_length=10, choices=Index.Universe, default=Index.Universe.REAL)
    asset = models.ForeignKey(
        "market.Asset", models.CASCADE, null=True, blank=True, related_name="+", help_text=_("Empty: the market.")
    )
    day = models.DateField(help_text=_("The close from which it holds."))
    value = models.CharField(max_length=8, choices=Value)
    source = models.CharField(max_length=40)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-day", "asset_id", "-recorded_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "day", "recorded_at"],
                condition=Q(asset__isnull=False),
                name="one_asset_signal_an_instant",
            ),
            models.UniqueConstraint(
                fields=["universe", "day", "recorded_at"],
                condition=Q(asset__isnull=True),
                name="one_market_signal_an_instant",
            ),
            models.CheckConstraint(condition=~Q(source=""), name="a_signal_has_its_source"),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id or self.universe} {self.day}: {self.value}"
