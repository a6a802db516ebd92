"""Prices whose revisions are kept."""

from datetime import UTC, date, datetime, time, timedelta

from django.db import models
from django.db.models import F, Q

from market.models.assets import Asset
from market.money import AmountField

SOURCE_LAG = timedelta(hours=24)
FIRST_DAY = date(2009, 1, 3)
"""The first block of the first chain: no market day is older."""


def close_of(day: date) -> datetime:
    """Return the instant at which a market day closes: 00:00 UTC of the next day."""
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=UTC)


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
