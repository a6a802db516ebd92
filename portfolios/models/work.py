"""What a person asks for and a worker does: a row with a status, a progress and a heartbeat."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Work(models.Model):
    """A row that a scheduled task claims by compare-and-set; the instant of the claim is the token of its owner."""

    class Status(models.TextChoices):
        """Where it stands for the worker; what it means for a person is the business of the row."""

        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    status = models.CharField(max_length=8, choices=Status, default=Status.WAITING)
    progress = models.PositiveSmallIntegerField(default=0, help_text=_("Per cent."))
    message = models.CharField(max_length=500, blank=True, help_text=_("What came of it, in words."))
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
