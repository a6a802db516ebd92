"""What curators found about assets."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from market.models.assets import Asset

ASPECTS = ("team", "technology", "demand", "regulation", "security", "liquidity")
SCORE = [MinValueValidator(1), MaxValueValidator(5)]


class DueDiligence(models.Model):
    """What a curator found about an asset on a day, 1 (poor) to 5 (good); the newest before a cut-off counts."""

    ASPECTS = ASPECTS

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
                for aspect in ASPECTS
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} {self.reviewed_on}"

    @property
    def score(self) -> Decimal:
        """The mean of the six scores, from 1 to 5, to 4 decimals."""
        total = sum(getattr(self, aspect) for aspect in self.ASPECTS)
        return (Decimal(total) / len(self.ASPECTS)).quantize(Decimal("0.0001"))
