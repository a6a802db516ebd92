"""Files that people bring, row by row with a verdict each, and what they answered so that the files could be read."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portfolios.models.keys import SamePortfolio
from portfolios.models.portfolios import Portfolio, Wallet
from portfolios.models.work import Work


class ImportBatch(Work):
    """One file, or one pull of an exchange, on its way into the ledger.

    `step` says what the worker does next or has done last; a batch waits for its owner when `status` is done and the
    step is `questions` or `preview`.
    """

    class Step(models.TextChoices):
        """The way of a file; `questions` and `preview` are where its owner has the word."""

        READ = "read", _("Being read")
        QUESTIONS = "questions", _("Answers are needed")
        PREVIEW = "preview", _("Ready to be looked at")
        COMMIT = "commit", _("Being written")
        COMMITTED = "committed", _("Imported")
        UNDO = "undo", _("Being taken back")
        UNDONE = "undone", _("Taken back")

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, related_name="imports")
    wallet = models.ForeignKey(
        Wallet, models.RESTRICT, related_name="+", help_text=_("Where rows belong that name no wallet.")
    )
    connection = models.ForeignKey("ExchangeConnection", models.SET_NULL, null=True, blank=True, related_name="imports")
    step = models.CharField(max_length=9, choices=Step, default=Step.READ)
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, help_text=_("SHA-256 of the file."))
    token = models.CharField(max_length=80, help_text=_("The same token twice is one import."))
    format = models.CharField(max_length=40, blank=True, help_text=_("Key of the format; empty: not recognised."))
    mapping = models.JSONField(null=True, blank=True, help_text=_("Which column is what, where no format fits."))
    questions = models.JSONField(default=list, blank=True)
    answers = models.JSONField(default=dict, blank=True)
    imply_deposits = models.BooleanField(
        default=False, help_text=_("Put a deposit before each payment whose money came from nowhere.")
    )
    counts = models.JSONField(default=dict, blank=True, help_text=_("Rows by verdict."))

    class Meta:
        ordering = ["portfolio_id", "-requested_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["portfolio", "token"], name="import_token_once_a_portfolio"),
            models.UniqueConstraint(fields=["id", "portfolio"], name="import_of_a_portfolio"),
            SamePortfolio(field="wallet", name="import_into_a_wallet_of_its_portfolio"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="import_progress_is_a_percentage"),
        ]
        indexes = [
            models.Index(
                fields=["status", "requested_at"], condition=Q(status__in=["waiting", "running"]), name="imports_to_do"
            )
        ]

    def __str__(self) -> str:
        return self.file_name


class ImportFile(models.Model):
    """The bytes as they came, apart from the batch: most readers do not want them."""

    batch = models.OneToOneField(ImportBatch, models.CASCADE, related_name="file")
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"file of {self.batch_id}"


class ImportRow(models.Model):
    """One record of a file and what is to become of it, or has.

    `facts` are the row in the shape of the canonical CSV, numbers as strings, assets by id once they are known.
    """

    class Verdict(models.TextChoices):
        """What a row is."""

        NEW = "new", _("New")
        DUPLICATE = "duplicate", _("Already there")
        SKIPPED = "skipped", _("Left out")
        ERROR = "error", _("Error")
        IMPORTED = "imported", _("Imported")

    FOR_PEOPLE: ClassVar = [Verdict.NEW, Verdict.DUPLICATE, Verdict.SKIPPED, Verdict.ERROR]

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(help_text=_("Order within the file, from 1."))
    line = models.PositiveIntegerField(help_text=_("Line of the file on which the record begins."))
    verdict = models.CharField(max_length=9, choices=Verdict)
    reason = models.CharField(max_length=500, blank=True)
    column = models.CharField(max_length=80, blank=True, help_text=_("Column that an error is about."))
    facts = models.JSONField(default=dict)
    row_key = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["batch_id", "number"]
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="one_row_a_number")]
        indexes = [models.Index(fields=["batch", "verdict", "number"], name="rows_by_verdict")]

    def __str__(self) -> str:
        return f"{self.batch_id}: {self.number}"


class ColumnTemplate(models.Model):
    """Which column is what in a file of no known format; saved under a name for the next file like it."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    header = models.JSONField(help_text=_("The columns of the file that it was made for."))
    mapping = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["owner_id", "name"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="template_name_once_an_owner")]

    def __str__(self) -> str:
        return self.name


class AssetChoice(models.Model):
    """What a code means in the files of a source, as its owner has said once; empty asset: rows of it are left out."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    source = models.CharField(max_length=40)
    code = models.CharField(max_length=80)
    asset = models.ForeignKey("market.Asset", models.CASCADE, null=True, blank=True, related_name="+")
    chosen_at = models.DateTimeField()

    class Meta:
        ordering = ["owner_id", "source", "code"]
        constraints = [models.UniqueConstraint(fields=["owner", "source", "code"], name="one_choice_a_code")]

    def __str__(self) -> str:
        return f"{self.source}:{self.code}"


class ExchangeConnection(Work):
    """A key to read an exchange with; the key itself is encrypted and never shown again.

    `cursor` is how far each kind of record has been read, advanced only with the records themselves. `scope` is what
    the exchange says that the key may do: `read`, or `unknown` where it does not say.
    """

    class Scope(models.TextChoices):
        """What a key may do, as far as the exchange tells."""

        READ = "read", _("Read only")
        UNKNOWN = "unknown", _("The exchange does not say")

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, related_name="connections")
    wallet = models.ForeignKey(Wallet, models.RESTRICT, related_name="+")
    exchange = models.CharField(max_length=40)
    label = models.CharField(max_length=80)
    secret = models.BinaryField()
    scope = models.CharField(max_length=7, choices=Scope, default=Scope.UNKNOWN)
    cursor = models.JSONField(default=dict, blank=True)
    synced_at = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["portfolio_id", "label"]
        constraints = [
            models.UniqueConstraint(fields=["portfolio", "label"], name="connection_label_once_a_portfolio"),
            SamePortfolio(field="wallet", name="connection_to_a_wallet_of_its_portfolio"),
        ]

    def __str__(self) -> str:
        return self.label
