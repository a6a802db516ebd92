"""Indices as objects, and what the night worked out about each for the catalogue."""

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from market.models import MAIN_ASSETS
from market.money import AmountField


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

        @classmethod
        def of(cls, *, simulated: bool) -> "Index.Universe":
            """Return the universe of simulated or of real assets."""
            return cls.SIMULATED if simulated else cls.REAL

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
    auto_approve = models.BooleanField(
        default=False, help_text=_("Reviews take effect as computed; without it a person approves each.")
    )
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

    @property
    def is_simulated(self) -> bool:
        """Tell whether its assets are invented."""
        return self.universe == Index.Universe.SIMULATED

    @property
    def main_assets(self) -> tuple[str, str]:
        """The ids of the two largest assets of its universe; the first one stands for its market."""
        return MAIN_ASSETS[self.is_simulated]


class IndexRecord(models.Model):
    """How an index has done up to its newest level, as the night stores it for the pages.

    `figures` are floats and labels for reading: returns by window, risk, correlations, the safety card. Exact levels
    are in `Level`.
    """

    index = models.OneToOneField(Index, models.CASCADE, related_name="record")
    day = models.DateField(help_text=_("Day of the newest level that counted."))
    computed_at = models.DateTimeField()
    figures = models.JSONField()

    class Meta:
        ordering = ["index_id"]

    def __str__(self) -> str:
        return f"{self.index_id} {self.day}"
