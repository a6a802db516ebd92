"""Imports and fetches, and what was odd in what they brought."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from market.models.assets import Asset


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
