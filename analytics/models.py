"""What the night computes: its runs, valuations and risk reports; and replays of rules on history."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from market.money import AmountField, RatioField


class NightlyRun(models.Model):
    """The night of one market day: the only truth about what has been done."""

    class Status(models.TextChoices):
        """`partial`: some portfolios failed and are listed; never silently green."""

        PENDING = "pending", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        PARTIAL = "partial", _("Partly done")
        FAILED = "failed", _("Failed")

    day = models.DateField(unique=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    message = models.TextField(blank=True)
    claim = models.CharField(max_length=160, blank=True, help_text=_("Which process runs it: host, process, token."))

    class Meta:
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"Night of {self.day}"


class StageRun(models.Model):
    """One stage of one night, with its progress."""

    class Stage(models.TextChoices):
        """In the order in which they run."""

        MARKET = "1_market", _("Market data")
        INDICES = "2_indices", _("Indices")
        PORTFOLIOS = "3_portfolios", _("Valuations")
        ANALYTICS = "4_analytics", _("Risk")

    run = models.ForeignKey(NightlyRun, models.CASCADE, related_name="stages")
    stage = models.CharField(max_length=14, choices=Stage)
    status = models.CharField(max_length=8, choices=NightlyRun.Status, default=NightlyRun.Status.PENDING)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    failures = models.JSONField(default=dict, blank=True, help_text=_("What failed and why, by portfolio id."))
    pending = models.JSONField(
        default=list, blank=True, help_text=_("Chunks that are not back yet: first and last portfolio id of each.")
    )
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    message = models.TextField(blank=True)

    class Meta:
        ordering = ["run_id", "stage"]
        constraints = [models.UniqueConstraint(fields=["run", "stage"], name="stage_once_a_night")]

    def __str__(self) -> str:
        return f"{self.stage} of night {self.run_id}"


class Valuation(models.Model):
    """A portfolio at the close of a day: value, flow and fees of the day, growth since its start.

    A row is all that the next day needs to know of the days before it.
    """

    portfolio = models.ForeignKey("portfolios.Portfolio", models.CASCADE, related_name="+")
    day = models.DateField()
    value = AmountField(help_text=_("USD at the close; unpriced assets are left out and counted."))
    flow = AmountField(help_text=_("External USD flow of the day: deposits less withdrawals, at market value."))
    fees = AmountField(help_text=_("USD of fees paid in the day."))
    net_deposits = AmountField(help_text=_("USD: the sum of all flows up to this day."))
    growth = AmountField(help_text=_("Time-weighted growth of 1 since the first day."))
    peak = AmountField(help_text=_("Highest growth up to this day, at least 1."))
    max_drawdown = RatioField(help_text=_("Deepest fall of growth below its peak up to this day, at most 0."))
    stale_assets = models.PositiveIntegerField(default=0, help_text=_("Held assets valued at an older close."))
    unpriced_assets = models.PositiveIntegerField(
        default=0, help_text=_("Held assets without a price: unknown, not 0.")
    )
    computed_at = models.DateTimeField()

    class Meta:
        ordering = ["portfolio_id", "day"]
        constraints = [models.UniqueConstraint(fields=["portfolio", "day"], name="one_valuation_a_day")]
        indexes = [
            models.Index(fields=["day", "portfolio"], name="valuation_by_day"),
            models.Index(fields=["portfolio", "day"], condition=~Q(flow=0), name="valuation_with_a_flow"),
        ]

    def __str__(self) -> str:
        return f"{self.portfolio_id} {self.day}: {self.value}"


class RiskReport(models.Model):
    """Performance and risk of a portfolio as of a day; a figure that cannot be given has a reason instead."""

    portfolio = models.ForeignKey("portfolios.Portfolio", models.CASCADE, related_name="+")
    day = models.DateField()
    twr = RatioField(null=True, help_text=_("Time-weighted return since the first day, a fraction of 1."))
    xirr = RatioField(null=True, help_text=_("Money-weighted return a year; only after a year."))
    span_return = RatioField(null=True, help_text=_("Money-weighted return over the whole span."))
    simple_return = RatioField(null=True, help_text=_("Gain over net deposits, a fraction of 1."))
    volatility = RatioField(null=True, help_text=_("Annualised by 365 days, holdings of the day held constant."))
    max_drawdown = RatioField(null=True, help_text=_("Of the time-weighted growth, a fraction of 1, at most 0."))
    beta = RatioField(null=True, help_text=_("To Bitcoin, holdings of the day held constant."))
    value_at_risk = RatioField(null=True, help_text=_("Historical, 95%, one day; a positive loss, a fraction of 1."))
    expected_shortfall = RatioField(null=True, help_text=_("Mean loss beyond it; a positive loss, a fraction of 1."))
    observations = models.PositiveIntegerField(default=0, help_text=_("Days behind volatility, beta, VaR and CVaR."))
    reasons = models.JSONField(default=dict, help_text=_("Why a figure is missing, by its name."))
    inputs_hash = models.CharField(max_length=64)
    computed_at = models.DateTimeField()

    class Meta:
        ordering = ["portfolio_id", "day"]
        constraints = [
            models.UniqueConstraint(fields=["portfolio", "day"], name="one_risk_report_a_day"),
            models.CheckConstraint(condition=Q(max_drawdown__lte=0), name="drawdown_is_not_positive"),
            models.CheckConstraint(condition=Q(volatility__gte=0), name="volatility_is_not_negative"),
        ]
        indexes = [models.Index(fields=["day", "portfolio"], name="risk_by_day")]

    def __str__(self) -> str:
        return f"{self.portfolio_id} {self.day}"


class Backtest(models.Model):
    """A replay of an index's rules on history that a curator asked for: frozen rules in, levels and baskets out.

    A worker claims it. Its levels are reconstructed: they say what these rules would have held, not what anybody did.
    """

    class Status(models.TextChoices):
        """A worker takes up what waits, and what a dead worker left."""

        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    methodology = models.ForeignKey("indices.Methodology", models.CASCADE, related_name="+")
    params = models.JSONField(help_text=_("The rules as they were when the replay was asked for."))
    first_day = models.DateField()
    last_day = models.DateField()
    status = models.CharField(max_length=8, choices=Status, default=Status.WAITING)
    progress = models.PositiveSmallIntegerField(default=0, help_text=_("Percent of the days."))
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    message = models.TextField(blank=True)
    result = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ["-requested_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gt=F("first_day")), name="backtest_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="backtest_progress_to_100"),
            models.CheckConstraint(
                condition=~Q(status="done") | Q(result__isnull=False), name="a_done_backtest_has_its_result"
            ),
        ]
        indexes = [
            models.Index(fields=["requested_at"], condition=Q(status__in=["waiting", "running"]), name="open_backtests")
        ]

    def __str__(self) -> str:
        return f"Replay {self.pk} from {self.first_day}"
