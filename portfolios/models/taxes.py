"""How an investor's lots are counted, and what came of it: lots, disposals and totals are derived, never written."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from market.money import AmountField, CostField
from portfolios.models.keys import SamePortfolio
from portfolios.models.ledger import Transaction
from portfolios.models.portfolios import Portfolio, Wallet


class Method(models.TextChoices):
    """Which lots leave first."""

    FIFO = "fifo", _("First in, first out")
    LIFO = "lifo", _("Last in, first out")
    HIFO = "hifo", _("Highest cost first")
    AVERAGE = "average", _("Average cost")
    SPECIFIC = "specific", _("Lots chosen one by one")
    S104 = "s104", _("UK share pooling")


class Term(models.TextChoices):
    """`short` and `long` by the rule of the settings."""

    SHORT = "short", _("Short term")
    LONG = "long", _("Long term")
    NONE = "none", _("No term")


class TaxSettings(models.Model):
    """What holds for all lots of a portfolio; the method itself is dated, see `LotMethod`. No row: the defaults."""

    class TermRule(models.TextChoices):
        """When a gain is long."""

        US = "us", _("US: after the first anniversary")
        DE = "de", _("Germany: more than one year")
        DAYS = "days", _("After a number of days")
        NONE = "none", _("No terms")

    class BuyFee(models.TextChoices):
        """What becomes of the fee of a purchase."""

        BASIS = "basis", _("Part of the cost")
        IGNORE = "ignore", _("Left out")

    class SellFee(models.TextChoices):
        """What becomes of the fee of a sale."""

        PROCEEDS = "proceeds", _("Taken off the proceeds")
        IGNORE = "ignore", _("Left out")

    class TransferFee(models.TextChoices):
        """What becomes of the fee of a transfer."""

        DISPOSAL = "disposal", _("A disposal at market value")
        BASIS = "basis", _("Added to the cost of what arrives")

    portfolio = models.OneToOneField(Portfolio, models.CASCADE, related_name="tax_settings")
    currency = models.CharField(
        max_length=3, default="USD", help_text=_("Fiat currency in which cost, proceeds and gains are counted.")
    )
    zone = models.CharField(max_length=60, default="UTC", help_text=_("Time zone of days, anniversaries and years."))
    year_starts = models.CharField(
        max_length=5, default="01-01", help_text=_("First day of the tax year, month and day: 04-06 in the UK.")
    )
    term_rule = models.CharField(max_length=4, choices=TermRule, default=TermRule.US)
    term_days = models.PositiveIntegerField(null=True, blank=True)
    buy_fee = models.CharField(max_length=6, choices=BuyFee, default=BuyFee.BASIS)
    sell_fee = models.CharField(max_length=8, choices=SellFee, default=SellFee.PROCEEDS)
    transfer_fee = models.CharField(max_length=8, choices=TransferFee, default=TransferFee.DISPOSAL)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(term_rule="days", term_days__isnull=False)
                | ~Q(term_rule="days") & Q(term_days__isnull=True),
                name="days_where_days_count",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.portfolio_id}: {self.currency}"


class LotMethod(models.Model):
    """A method and a scope for what leaves on `valid_from` or later; before the first one FIFO by wallet holds."""

    class Scope(models.TextChoices):
        """Whose lots a disposal may draw from."""

        WALLET = "wallet", _("Each wallet by itself")
        PORTFOLIO = "portfolio", _("All wallets together")

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, related_name="lot_methods")
    valid_from = models.DateField()
    method = models.CharField(max_length=8, choices=Method)
    scope = models.CharField(max_length=9, choices=Scope)
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    chosen_at = models.DateTimeField()

    class Meta:
        ordering = ["portfolio_id", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["portfolio", "valid_from"], name="one_lot_method_from_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.method} by {self.scope} from {self.valid_from}"


class LotChoice(models.Model):
    """A lot that its owner named for what leaves; never edited, and `chosen_at` says whether in time."""

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, related_name="+")
    transaction = models.ForeignKey(Transaction, models.CASCADE, related_name="lot_choices")
    place = models.PositiveIntegerField(help_text=_("Order in which the named lots are drawn."))
    acquired = models.ForeignKey(Transaction, models.RESTRICT, related_name="+", help_text=_("What brought the lot."))
    quantity = AmountField()
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    chosen_at = models.DateTimeField()

    class Meta:
        ordering = ["transaction_id", "place"]
        constraints = [
            SamePortfolio(field="transaction", name="choice_for_a_transaction_of_its_portfolio"),
            SamePortfolio(field="acquired", name="choice_of_a_lot_of_its_portfolio"),
            models.UniqueConstraint(fields=["transaction", "place"], name="one_choice_a_place"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="a_choice_draws_something"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.acquired_id}"


class LotMark(models.Model):
    """An asset whose lots no longer follow from the ledger; `version` tells a builder that more has come."""

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, related_name="lot_marks")
    asset = models.ForeignKey("market.Asset", models.CASCADE, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["portfolio", "asset"], name="one_lot_mark_an_asset")]

    def __str__(self) -> str:
        return f"{self.portfolio_id}: {self.asset_id}"


class DerivedRow(models.Model):
    """What came of transactions for one asset, in the currency of the settings."""

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, related_name="+")
    asset = models.ForeignKey("market.Asset", models.PROTECT, related_name="+")
    wallet = models.ForeignKey(Wallet, models.CASCADE, null=True, related_name="+")
    quantity = AmountField()

    class Meta:
        abstract = True


class Lot(DerivedRow):
    """What is left of an acquisition; `at` is when it was acquired, `wallet` is empty where all wallets count as one.

    `transaction` is what brought it, empty for what is left in a UK pool. `is_unpriced`: its cost was unknown and
    counts as 0. `is_estimated`: its cost is the close of its day.
    """

    transaction = models.ForeignKey(Transaction, models.CASCADE, null=True, related_name="+")
    at = models.DateTimeField(null=True)
    place = models.PositiveIntegerField(help_text=_("Order of the asset's lots."))
    cost = CostField()
    is_unpriced = models.BooleanField(default=False)
    is_estimated = models.BooleanField(default=False)

    class Meta:
        ordering = ["portfolio_id", "asset_id", "place"]
        constraints = [
            SamePortfolio(field="transaction", name="lot_of_a_transaction_of_its_portfolio"),
            SamePortfolio(field="wallet", name="lot_in_a_wallet_of_its_portfolio"),
            models.UniqueConstraint(fields=["portfolio", "asset", "place"], name="one_lot_a_place"),
            models.CheckConstraint(condition=Q(quantity__gt=0, cost__gte=0), name="no_lot_below_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} {self.asset_id}"


class Disposal(DerivedRow):
    """What left: for something (sell, swap, fee, loss), or for nothing (withdrawal, gift_out: no gain, no proceeds).

    `uncovered` of the quantity had no lot; proceeds, cost and gain are of the covered part alone. Proceeds and gain
    are empty when unknown. `year` is the tax year by the year in which it starts.
    """

    transaction = models.ForeignKey(Transaction, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=Transaction.Kind)
    method = models.CharField(max_length=8, choices=Method)
    year = models.PositiveSmallIntegerField()
    place = models.PositiveIntegerField(help_text=_("Order of the asset's disposals."))
    is_taxable = models.BooleanField(default=True)
    uncovered = AmountField()
    proceeds = CostField(null=True)
    cost = CostField()
    gain = CostField(null=True)
    is_estimated = models.BooleanField(default=False)

    class Meta:
        ordering = ["portfolio_id", "asset_id", "place"]
        constraints = [
            SamePortfolio(field="transaction", name="disposal_of_a_transaction_of_its_portfolio"),
            SamePortfolio(field="wallet", name="disposal_in_a_wallet_of_its_portfolio"),
            models.UniqueConstraint(fields=["id", "portfolio"], name="disposal_of_a_portfolio"),
            models.UniqueConstraint(fields=["portfolio", "asset", "place"], name="one_disposal_a_place"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, uncovered__gte=0, uncovered__lte=F("quantity"), cost__gte=0),
                name="no_disposal_beyond_its_size",
            ),
        ]
        indexes = [models.Index(fields=["portfolio", "year", "at"], name="disposals_of_a_year")]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity} {self.asset_id}"


class DisposalMatch(models.Model):
    """A part of a disposal and the lot that it came from; without a lot it came from a pool."""

    class Rule(models.TextChoices):
        """Why this lot."""

        LOT = "lot", _("Lot")
        SAME_DAY = "same_day", _("Bought on the same day")
        THIRTY_DAYS = "thirty_days", _("Bought within 30 days after")
        POOL = "pool", _("Pool")

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, related_name="+")
    disposal = models.ForeignKey(Disposal, models.CASCADE, related_name="matches")
    place = models.PositiveIntegerField()
    acquired = models.ForeignKey(Transaction, models.CASCADE, null=True, related_name="+")
    acquired_at = models.DateTimeField(null=True)
    rule = models.CharField(max_length=11, choices=Rule)
    term = models.CharField(max_length=5, choices=Term)
    quantity = AmountField()
    proceeds = CostField(null=True)
    cost = CostField()
    gain = CostField(null=True)

    class Meta:
        ordering = ["disposal_id", "place"]
        constraints = [
            SamePortfolio(field="disposal", name="match_of_a_disposal_of_its_portfolio"),
            SamePortfolio(field="acquired", name="match_of_a_lot_of_its_portfolio"),
            models.UniqueConstraint(fields=["disposal", "place"], name="one_match_a_place"),
            models.CheckConstraint(condition=Q(quantity__gt=0, cost__gte=0), name="a_match_draws_something"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.acquired_id}"


class Receipt(DerivedRow):
    """What came in as income (staking, interest, rewards, airdrops, forks) and its value then; empty: unknown."""

    transaction = models.ForeignKey(Transaction, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=Transaction.Kind)
    year = models.PositiveSmallIntegerField()
    value = CostField(null=True)
    is_estimated = models.BooleanField(default=False)

    class Meta:
        ordering = ["portfolio_id", "asset_id", "at", "id"]
        constraints = [
            SamePortfolio(field="transaction", name="receipt_of_a_transaction_of_its_portfolio"),
            SamePortfolio(field="wallet", name="receipt_in_a_wallet_of_its_portfolio"),
            models.UniqueConstraint(fields=["transaction", "asset"], name="one_receipt_a_transaction_and_asset"),
        ]
        indexes = [models.Index(fields=["portfolio", "year"], name="receipts_of_a_year")]

    def __str__(self) -> str:
        return f"{self.quantity} {self.asset_id}"


class GainSummary(models.Model):
    """Gains of a year, asset and term: under the owner's own choices (`method` is empty), and under each method alone.

    `disposals` counts those that have a part in it, `incomplete` those whose gain is not fully known.
    """

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, related_name="+")
    method = models.CharField(max_length=8, choices=Method, blank=True)
    asset = models.ForeignKey("market.Asset", models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    term = models.CharField(max_length=5, choices=Term)
    proceeds = CostField()
    cost = CostField()
    gain = CostField()
    disposals = models.PositiveIntegerField()
    incomplete = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["portfolio_id", "method", "year", "asset_id", "term"]
        constraints = [
            models.UniqueConstraint(
                fields=["portfolio", "method", "asset", "year", "term"], name="one_sum_of_gains_a_year"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method or 'own'} {self.year} {self.asset_id}: {self.gain}"
