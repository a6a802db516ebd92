"""What happens to assets, written by one person and approved by another."""

from collections.abc import Mapping
from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext, gettext_lazy as _
from simple_history.models import HistoricalRecords

from market.models.assets import Asset
from market.money import AmountField


class AssetEvent(models.Model):
    """What happened to an asset, and how baskets that hold it are carried over at the effective close.

    `ratio` is units of the new asset for one of the old; `price` is USD, for a delisting at a price of one's own or
    for a fork that is sold. One person writes it, another approves it; only approved events count.
    """

    class Kind(models.TextChoices):
        """What happened."""

        DELISTING = "delisting", _("Delisting")
        FORK = "fork", _("Fork")
        AIRDROP = "airdrop", _("Airdrop")
        MIGRATION = "migration", _("Migration")
        REDENOMINATION = "redenomination", _("Redenomination")
        MERGER = "merger", _("Merger")

    class Treatment(models.TextChoices):
        """How a basket takes it."""

        LAST = "last", _("Leaves at its last close")
        ZERO = "zero", _("Leaves at nothing")
        MANUAL = "manual", _("Leaves at the price given")
        IGNORE = "ignore", _("Ignored")
        SPLIT = "split", _("The new units are kept to the next review")
        LIQUIDATE = "liquidate", _("The new units are sold and reinvested")
        CONVERT = "convert", _("Old units become new ones at the ratio")

    class Status(models.TextChoices):
        """Only approved events count."""

        DRAFT = "draft", _("Draft")
        APPROVED = "approved", _("Approved")

    TREATMENTS: ClassVar[Mapping[str, tuple[Treatment, ...]]] = {
        Kind.DELISTING: (Treatment.LAST, Treatment.ZERO, Treatment.MANUAL),
        Kind.FORK: (Treatment.IGNORE, Treatment.SPLIT, Treatment.LIQUIDATE),
        Kind.AIRDROP: (Treatment.IGNORE, Treatment.SPLIT, Treatment.LIQUIDATE),
        Kind.MIGRATION: (Treatment.CONVERT,),
        Kind.REDENOMINATION: (Treatment.CONVERT,),
        Kind.MERGER: (Treatment.CONVERT,),
    }
    NEED_A_RATIO = (Treatment.SPLIT, Treatment.LIQUIDATE, Treatment.CONVERT)
    NEED_A_PRICE = (Treatment.MANUAL, Treatment.LIQUIDATE)

    asset = models.ForeignKey(Asset, models.PROTECT, related_name="events")
    kind = models.CharField(max_length=14, choices=Kind)
    treatment = models.CharField(max_length=10, choices=Treatment)
    effective_day = models.DateField(help_text=_("Baskets change at the close of this day."))
    new_asset = models.ForeignKey(Asset, models.PROTECT, null=True, blank=True, related_name="+")
    ratio = AmountField(null=True, blank=True)
    price = AmountField(null=True, blank=True)
    note = models.CharField(max_length=300, help_text=_("What happened, and where it is written."))
    status = models.CharField(max_length=8, choices=Status, default=Status.DRAFT)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["-effective_day", "asset_id"]
        permissions = [("approve_assetevent", "Can approve an event")]
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "kind", "effective_day"],
                condition=Q(status="approved"),
                name="one_approved_event_of_a_kind_a_day",
            ),
            models.CheckConstraint(
                condition=Q(approver__isnull=True) | ~Q(approver=F("author")),
                name="event_approver_is_another_person",
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(approver__isnull=False, approved_at__isnull=False),
                name="an_approved_event_has_its_approver",
            ),
            models.CheckConstraint(
                condition=Q(kind="delisting", treatment__in=["last", "zero", "manual"])
                | Q(kind__in=["fork", "airdrop"], treatment__in=["ignore", "split", "liquidate"])
                | Q(kind__in=["migration", "redenomination", "merger"], treatment="convert"),
                name="treatment_fits_the_kind",
            ),
            models.CheckConstraint(condition=Q(ratio__gt=0), name="event_ratio_is_positive"),
            models.CheckConstraint(condition=Q(price__gte=0), name="event_price_is_not_negative"),
            models.CheckConstraint(
                condition=~Q(treatment="manual") | Q(price__isnull=False), name="a_manual_delisting_has_its_price"
            ),
            models.CheckConstraint(
                condition=~Q(treatment="liquidate") | Q(price__isnull=False, price__gt=0),
                name="what_is_sold_has_its_price",
            ),
            models.CheckConstraint(
                condition=~Q(treatment__in=["split", "liquidate", "convert"]) | Q(ratio__isnull=False),
                name="new_units_have_their_ratio",
            ),
            models.CheckConstraint(
                condition=~Q(treatment="split") & ~Q(kind__in=["migration", "merger"]) | Q(new_asset__isnull=False),
                name="new_units_have_their_asset",
            ),
            models.CheckConstraint(
                condition=Q(kind="redenomination") | Q(new_asset__isnull=True) | ~Q(new_asset=F("asset")),
                name="the_new_asset_is_another_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} {self.kind} {self.effective_day}"

    @property
    def takes_away(self) -> bool:
        """Tell whether nobody holds the asset after it: it was delisted, or has become another one."""
        if self.treatment == self.Treatment.CONVERT:
            return self.new_asset_id not in {None, self.asset_id}
        return self.kind == self.Kind.DELISTING

    def clean(self) -> None:
        """Refuse terms that do not fit each other, each beside its field; reads the assets."""
        problems = {
            "treatment": self._problem_of_treatment(),
            "ratio": self._problem_of_ratio(),
            "price": self._problem_of_price(),
            "new_asset": self._problem_of_new_asset(),
        }
        found = {name: words for name, words in problems.items() if words}
        if found:
            raise ValidationError(found)

    def _problem_of_treatment(self) -> str:
        fitting = self.TREATMENTS.get(self.kind, ())
        if not self.treatment or not fitting or self.treatment in fitting:
            return ""
        words = ", ".join(str(each.label) for each in fitting)
        return gettext("This kind of event has other treatments: %(treatments)s.") % {"treatments": words}

    def _problem_of_ratio(self) -> str:
        if self.ratio is not None and self.ratio <= 0:
            return gettext("A ratio is above 0.")
        if self.treatment in self.NEED_A_RATIO and self.ratio is None:
            return gettext("Say how many new units come for one old one.")
        if self.kind == self.Kind.DELISTING and self.ratio is not None:
            return gettext("A delisting has no ratio; leave it empty.")
        return ""

    def _problem_of_price(self) -> str:
        if self.price is not None and self.price < 0:
            return gettext("A price is not below 0.")
        if self.treatment in self.NEED_A_PRICE and self.price is None:
            return gettext("Give the price in USD at which it is sold.")
        if self.treatment == self.Treatment.LIQUIDATE and self.price == 0:
            return gettext("Nothing is sold at 0; choose another treatment.")
        if self.treatment not in self.NEED_A_PRICE and self.price is not None:
            return gettext("This treatment looks at the closes; leave the price empty.")
        return ""

    def _problem_of_new_asset(self) -> str:
        new = self.new_asset
        if new is None:
            is_needed = self.treatment == self.Treatment.SPLIT or self.kind in {self.Kind.MIGRATION, self.Kind.MERGER}
            return gettext("Choose the asset of the new units.") if is_needed else ""
        if self.kind == self.Kind.DELISTING:
            return gettext("Nothing comes of a delisting; leave it empty.")
        if new.pk == self.asset_id:
            return "" if self.kind == self.Kind.REDENOMINATION else gettext("The new asset is another one.")
        if self.asset_id and new.simulated != self.asset.simulated:
            return gettext("Real and simulated assets do not mix.")
        return ""
