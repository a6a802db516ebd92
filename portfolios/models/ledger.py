"""What happened: transactions, whose entries are the only truth, orders that became several, and cached sums."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from market.money import AmountField
from portfolios.models.keys import SamePortfolio
from portfolios.models.portfolios import Portfolio, Sleeve, Wallet


class Order(models.Model):
    """One decision that became several transactions, such as investing an amount in a whole index."""

    class Kind(models.TextChoices):
        """What was decided."""

        INVEST = "invest", _("Invest in an index")

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, related_name="orders")
    sleeve = models.ForeignKey(Sleeve, models.RESTRICT, related_name="orders")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.INVEST)
    amount = AmountField(help_text=_("USD spent, fees included."))
    fees = AmountField(help_text=_("USD of fees inside the amount."))
    priced_on = models.DateField(help_text=_("Day whose closes and basket were used."))
    token = models.CharField(max_length=64, help_text=_("The same token twice is one order."))
    fingerprint = models.CharField(max_length=64, help_text=_("SHA-256 of what was asked: the token's other content."))
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["portfolio_id", "-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["portfolio", "token"], name="order_token_once_a_portfolio"),
            models.UniqueConstraint(fields=["id", "portfolio"], name="order_of_a_portfolio"),
            SamePortfolio(field="sleeve", name="order_in_a_sleeve_of_its_portfolio"),
            models.CheckConstraint(condition=Q(amount__gt=0, fees__gte=0), name="order_amount_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} USD"


class TransactionQuerySet(models.QuerySet["Transaction"]):
    """Reads of the ledger."""

    def in_force(self) -> "TransactionQuerySet":
        """Those that count: neither superseded by a correction nor voided."""
        return self.filter(voided_at__isnull=True)


class Transaction(models.Model):
    """What happened; its entries are the signed quantities that moved. Never edited: voided and written anew."""

    class Kind(models.TextChoices):
        """The kind fixes which entries there must be."""

        BUY = "buy", _("Buy")
        SELL = "sell", _("Sell")
        SWAP = "swap", _("Swap")
        DEPOSIT = "deposit", _("Deposit")
        WITHDRAWAL = "withdrawal", _("Withdrawal")
        TRANSFER = "transfer", _("Transfer")
        FEE = "fee", _("Fee")
        INCOME = "income", _("Income")
        AIRDROP = "airdrop", _("Airdrop")
        FORK = "fork", _("Fork")
        GIFT_IN = "gift_in", _("Gift received")
        GIFT_OUT = "gift_out", _("Gift given")
        LOSS = "loss", _("Loss")

    # Value that crosses the portfolio's border; everything else is performance.
    EXTERNAL_KINDS = (Kind.DEPOSIT, Kind.WITHDRAWAL, Kind.GIFT_IN, Kind.GIFT_OUT)

    # A key that is held with its portfolio, below, is not checked a second time; indexes begin with the portfolio.
    portfolio = models.ForeignKey(Portfolio, models.CASCADE, db_index=False, related_name="transactions")
    order = models.ForeignKey(
        Order, models.CASCADE, null=True, blank=True, db_constraint=False, db_index=False, related_name="transactions"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField()
    sequence = models.PositiveIntegerField(default=0, help_text=_("Order of entry within one instant."))
    source = models.CharField(max_length=20, help_text=_("web, api, import, exchange or demo."))
    token = models.CharField(max_length=80, help_text=_("The same token twice is one transaction."))
    fingerprint = models.CharField(max_length=64, help_text=_("SHA-256 of what was asked: the token's other content."))
    note = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    acquired_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When a deposit or a gift was first acquired, if that is known.")
    )
    is_implied = models.BooleanField(
        default=False, help_text=_("A deposit that an import put before a payment whose money came from nowhere.")
    )
    batch = models.ForeignKey(
        "ImportBatch",
        models.RESTRICT,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="transactions",
        help_text=_("Its import."),
    )
    external_id = models.CharField(max_length=200, blank=True, help_text=_("The id that the source gave it."))
    row_key = models.CharField(
        max_length=64, blank=True, help_text=_("What makes a row of a file the same row in the next file.")
    )
    supersedes = models.OneToOneField(
        "self",
        models.RESTRICT,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="superseded_by",
        help_text=_("What this corrects."),
    )
    voided_at = models.DateTimeField(null=True, blank=True)

    objects = TransactionQuerySet.as_manager()

    class Meta:
        ordering = ["portfolio_id", "-at", "-sequence", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["portfolio", "token"], name="transaction_token_once_a_portfolio"),
            models.UniqueConstraint(fields=["id", "portfolio"], name="transaction_of_a_portfolio"),
            SamePortfolio(field="order", name="transaction_of_an_order_of_its_portfolio"),
            SamePortfolio(field="supersedes", name="correction_within_its_portfolio"),
            SamePortfolio(field="batch", name="transaction_of_a_batch_of_its_portfolio"),
            models.UniqueConstraint(
                fields=["portfolio", "row_key"],
                condition=~Q(row_key="") & Q(voided_at__isnull=True),
                name="a_row_of_a_file_counts_once",
            ),
            models.CheckConstraint(condition=~Q(token=""), name="transaction_has_a_token"),
            models.CheckConstraint(
                condition=Q(acquired_at__isnull=True)
                | Q(kind__in=["deposit", "gift_in"], acquired_at__lte=models.F("at")),
                name="acquired_no_later_than_received",
            ),
            models.CheckConstraint(condition=Q(is_implied=False) | Q(kind="deposit"), name="only_a_deposit_is_implied"),
        ]
        indexes = [
            models.Index(fields=["portfolio", "at", "sequence", "id"], name="ledger_in_time"),
            models.Index(fields=["order"], condition=Q(order__isnull=False), name="transactions_of_an_order"),
            models.Index(fields=["portfolio", "kind", "at", "sequence", "id"], name="ledger_of_a_kind_in_time"),
            models.Index(
                fields=["portfolio", "external_id"], condition=~Q(external_id=""), name="ledger_by_external_id"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d}"


class Entry(models.Model):
    """A signed quantity of one asset in one wallet; holdings are sums of entries and nothing else."""

    class Role(models.TextChoices):
        """What the quantity is in its transaction."""

        PRINCIPAL = "principal", _("Principal")
        PAYMENT = "payment", _("Payment")
        FEE = "fee", _("Fee")

    # A key that is held with its portfolio, below, is not checked a second time; indexes begin with the portfolio.
    portfolio = models.ForeignKey(Portfolio, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    transaction = models.ForeignKey(Transaction, models.CASCADE, db_constraint=False, related_name="entries")
    wallet = models.ForeignKey(Wallet, models.RESTRICT, db_constraint=False, db_index=False, related_name="+")
    asset = models.ForeignKey("market.Asset", models.PROTECT, db_index=False, related_name="+")
    sleeve = models.ForeignKey(
        Sleeve, models.RESTRICT, null=True, blank=True, db_constraint=False, db_index=False, related_name="+"
    )
    role = models.CharField(max_length=10, choices=Role)
    at = models.DateTimeField(help_text=_("The instant of its transaction, kept here so that an asset has an order."))
    quantity = AmountField(help_text=_("Positive comes in, negative goes out."))
    price = AmountField(null=True, help_text=_("USD a unit as traded; empty: unknown."))

    class Meta:
        ordering = ["transaction_id", "id"]
        verbose_name_plural = "entries"
        constraints = [
            SamePortfolio(field="transaction", name="entry_of_a_transaction_of_its_portfolio"),
            SamePortfolio(field="wallet", name="entry_in_a_wallet_of_its_portfolio"),
            SamePortfolio(field="sleeve", name="entry_in_a_sleeve_of_its_portfolio"),
            models.CheckConstraint(condition=~Q(quantity=0), name="an_entry_moves_something"),
            models.CheckConstraint(condition=~Q(role="fee") | Q(quantity__lt=0), name="a_fee_goes_out"),
            models.CheckConstraint(condition=Q(price__gte=0), name="price_is_not_negative"),
        ]
        indexes = [
            models.Index(fields=["portfolio", "asset", "at", "transaction"], name="entries_of_an_asset_in_time"),
            models.Index(fields=["portfolio", "wallet", "at", "transaction"], name="entries_of_a_wallet_in_time"),
            models.Index(fields=["sleeve"], condition=Q(sleeve__isnull=False), name="entries_of_a_sleeve"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} {self.asset_id}"


class Position(models.Model):
    """The sum of the entries of one asset in one wallet and sleeve: a cache, written with the entries."""

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, related_name="positions")
    wallet = models.ForeignKey(Wallet, models.CASCADE, related_name="+")
    asset = models.ForeignKey("market.Asset", models.PROTECT, related_name="+")
    sleeve = models.ForeignKey(Sleeve, models.CASCADE, null=True, blank=True, related_name="+")
    quantity = AmountField()

    class Meta:
        ordering = ["portfolio_id", "asset_id", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["wallet", "asset", "sleeve"],
                condition=Q(sleeve__isnull=False),
                name="one_position_a_wallet_asset_sleeve",
            ),
            models.UniqueConstraint(
                fields=["wallet", "asset"],
                condition=Q(sleeve__isnull=True),
                name="one_untagged_position_a_wallet",
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="a_position_is_never_below_zero"),
            SamePortfolio(field="wallet", name="position_in_a_wallet_of_its_portfolio"),
            SamePortfolio(field="sleeve", name="position_in_a_sleeve_of_its_portfolio"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} {self.asset_id}"
