"""Files that a portfolio's owner asks for: the tax report under any method, and everything in one zip."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portfolios.models.portfolios import Portfolio
from portfolios.models.work import Work


class Download(Work):
    """A file that is being made, or waits to be fetched."""

    class Kind(models.TextChoices):
        """What is in it."""

        EXPORT = "export", _("Everything")
        TAX_REPORT = "tax_report", _("Tax report")

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, related_name="downloads")
    kind = models.CharField(max_length=10, choices=Kind)
    token = models.CharField(max_length=80, help_text=_("The same token twice is one download."))
    params = models.JSONField(default=dict, blank=True, help_text=_("What was asked: year, method, scope, format."))
    file_name = models.CharField(max_length=120, blank=True)
    media_type = models.CharField(max_length=120, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    expires_at = models.DateTimeField(null=True, blank=True, help_text=_("When the file goes away."))

    class Meta:
        ordering = ["portfolio_id", "-requested_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["portfolio", "token"], name="download_token_once_a_portfolio"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="download_progress_is_a_percentage"),
        ]
        indexes = [
            models.Index(
                fields=["status", "requested_at"],
                condition=Q(status__in=["waiting", "running"]),
                name="downloads_to_do",
            )
        ]

    def __str__(self) -> str:
        return self.file_name or self.kind


class DownloadFile(models.Model):
    """The bytes, apart from the row that describes them."""

    download = models.OneToOneField(Download, models.CASCADE, related_name="file")
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"file of {self.download_id}"
