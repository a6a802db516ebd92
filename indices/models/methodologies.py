"""Versions of an index's rules, from the draft to the day when the next version takes their place."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from indices.models.catalogue import Index


class MethodologyQuerySet(models.QuerySet["Methodology"]):
    """Reads of methodologies."""

    def announced(self) -> "MethodologyQuerySet":
        """Those that are, were or will be in force, in the order in which they come into force."""
        start = F("effective_from").asc(nulls_first=True)
        return self.filter(status__in=Methodology.PUBLIC).order_by(start, "version")

    def for_day(self, effective_day: date) -> "Methodology | None":
        """Return the version for a review that takes effect on a day: the latest announced from then or before.

        Before the first of them it is the first; None where none is announced.
        """
        started = [version for version in self.announced() if version.starts_by(effective_day)]
        return started[-1] if started else self.announced().first()


class Methodology(models.Model):
    """One version of an index's rules: edited as a draft, replayed, approved by a second person, announced, in force.

    Any edit takes it back to the draft. Once announced it never changes.
    """

    class Status(models.TextChoices):
        """How far it has come; the night makes an announced version effective and the one before superseded."""

        DRAFT = "draft", _("Draft")
        COMPUTED = "computed", _("Computed")
        APPROVED = "approved", _("Approved")
        ANNOUNCED = "announced", _("Announced")
        EFFECTIVE = "effective", _("In effect")
        SUPERSEDED = "superseded", _("Superseded")

    OPEN = (Status.DRAFT, Status.COMPUTED, Status.APPROVED)
    PUBLIC = (Status.ANNOUNCED, Status.EFFECTIVE, Status.SUPERSEDED)

    index = models.ForeignKey(Index, models.CASCADE, related_name="methodologies")
    version = models.PositiveIntegerField()
    params = models.JSONField(help_text=_("The rules; see indices.calc.rules.Rules."))
    effective_from = models.DateField(
        null=True, blank=True, help_text=_("First effective day of a review under these rules; empty: from the start.")
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Who edited it last; empty: a preset."),
    )
    computed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Who asked for the replay of exactly these rules."),
    )
    computed_at = models.DateTimeField(null=True, blank=True)
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    second_approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    emergency_reason = models.CharField(
        max_length=300, blank=True, help_text=_("Why it cannot wait for its notice; it then needs two approvers.")
    )
    created_at = models.DateTimeField(auto_now_add=True)
    announced_at = models.DateTimeField(null=True, blank=True)

    objects = MethodologyQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["index_id", "version"]
        verbose_name_plural = "methodologies"
        permissions = [("approve_methodology", "Can approve a methodology")]
        constraints = [
            models.UniqueConstraint(fields=["index", "version"], name="methodology_version_once"),
            models.UniqueConstraint(
                fields=["index", "effective_from"],
                condition=Q(status__in=["announced", "effective", "superseded"]),
                name="one_public_methodology_a_day",
            ),
            # Two empty days are no duplicate to a database.
            models.UniqueConstraint(
                fields=["index"],
                condition=Q(status__in=["announced", "effective", "superseded"], effective_from__isnull=True),
                name="one_public_methodology_from_the_start",
            ),
            models.UniqueConstraint(
                fields=["index"], condition=Q(status="effective"), name="one_effective_methodology"
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="methodology_version_from_one"),
            models.CheckConstraint(
                condition=Q(approver__isnull=True) | Q(author__isnull=True) | ~Q(approver=F("author")),
                name="the_approver_is_not_the_author",
            ),
            models.CheckConstraint(
                condition=Q(approver__isnull=True) | Q(computed_by__isnull=True) | ~Q(approver=F("computed_by")),
                name="the_approver_did_not_compute",
            ),
            models.CheckConstraint(
                condition=Q(second_approver__isnull=True)
                | (
                    Q(approver__isnull=False)
                    & ~Q(second_approver=F("approver"))
                    & (Q(author__isnull=True) | ~Q(second_approver=F("author")))
                    & (Q(computed_by__isnull=True) | ~Q(second_approver=F("computed_by")))
                ),
                name="the_second_approver_is_a_third_person",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "computed"], approved_at__isnull=True)
                | Q(status__in=["approved", "announced", "effective", "superseded"], approved_at__isnull=False),
                name="approved_has_its_instant",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "computed", "approved"])
                | Q(emergency_reason="")
                | Q(second_approver__isnull=False),
                name="an_emergency_has_two_approvers",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "computed", "approved"]) | Q(announced_at__isnull=False),
                name="announced_has_its_instant",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.index.slug} v{self.version}"

    def starts_by(self, day: date) -> bool:
        """Tell whether a review that takes effect on a day is under this version or a later one."""
        return self.effective_from is None or self.effective_from <= day
