"""What an investor owns and intends: wallets, sleeves, and a ledger whose entries are the only truth."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from indices.models import Index
from market.money import AmountField, RatioField

if TYPE_CHECKING:
    from accounts.models import User


class SamePortfolio(models.BaseConstraint):
    """What a row points to belongs to the row's own portfolio; a key that is null points to nothing.

    This is a foreign key of two columns, which SQLite and PostgreSQL hold themselves, at the commit like all others.
    The other side needs a unique constraint on id and portfolio.
    """

    def __init__(self, *, field: str, name: str) -> None:
        super().__init__(name=name)
        self.field = field

    def constraint_sql(self, model: Any, schema_editor: Any) -> str:
        """Return what stands in CREATE TABLE."""
        quote = schema_editor.quote_name
        key = model._meta.get_field(self.field)
        other, portfolio = key.related_model._meta, quote("portfolio_id")
        return (
            f"CONSTRAINT {quote(self.name)} FOREIGN KEY ({quote(key.column)}, {portfolio}) "
            f"REFERENCES {quote(other.db_table)} ({quote(other.pk.column)}, {portfolio}) DEFERRABLE INITIALLY DEFERRED"
        )

    def create_sql(self, model: Any, schema_editor: Any) -> str:
        """Return what adds it to a table; SQLite makes the table anew instead."""
        table = schema_editor.quote_name(model._meta.db_table)
        return f"ALTER TABLE {table} ADD {self.constraint_sql(model, schema_editor)}"

    def remove_sql(self, model: Any, schema_editor: Any) -> str:
        """Return what takes it away."""
        quote = schema_editor.quote_name
        return f"ALTER TABLE {quote(model._meta.db_table)} DROP CONSTRAINT {quote(self.name)}"

    def validate(self, *_: Any, **__: Any) -> None:
        """Ask nothing before a write: services have, and the database will."""

    def deconstruct(self) -> Any:
        path, args, options = super().deconstruct()
        return path, args, {**options, "field": self.field}

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, SamePortfolio) and (self.name, self.field) == (other.name, other.field)
        return same or NotImplemented

    def __hash__(self) -> int:
        return hash((self.name, self.field))


class PortfolioQuerySet(models.QuerySet["Portfolio"]):
    """Portfolios by owner."""

    def owned_by(self, user: "User") -> "PortfolioQuerySet":
        """Only what this user owns; everything else does not exist for them."""
        return self.filter(owner=user)

    def labelled(self) -> "PortfolioQuerySet":
        """Say of each as `is_simulated` whether anything of the simulated market was ever in it."""
        simulated = Position.objects.filter(portfolio=models.OuterRef("pk"), asset__simulated=True)
        return self.annotate(is_simulated=models.Exists(simulated))


class Portfolio(models.Model):
    """One investor's portfolio, valued in USD."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    fee_rate = RatioField(default=Decimal("0.0025"), help_text=_("Fee a trade, a fraction of 1 of the amount traded."))
    revalue_from = models.DateField(
        null=True, blank=True, help_text=_("First day whose valuation the ledger has changed since it was made.")
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = PortfolioQuerySet.as_manager()

    class Meta:
        ordering = ["owner_id", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="portfolio_name_once_an_owner"),
            models.CheckConstraint(condition=Q(fee_rate__gte=0, fee_rate__lt=1), name="fee_rate_in_zero_one"),
        ]
        indexes = [
            models.Index(fields=["revalue_from"], condition=Q(revalue_from__isnull=False), name="portfolio_to_revalue")
        ]

    def __str__(self) -> str:
        return self.name


class Wallet(models.Model):
    """A place where assets are kept."""

    class Kind(models.TextChoices):
        """Who holds the keys."""

        EXCHANGE = "exchange", _("Exchange")
        SOFTWARE = "software", _("Software wallet")
        HARDWARE = "hardware", _("Hardware wallet")
        MULTISIG = "multisig", _("Multisignature wallet")
        CUSTODIAN = "custodian", _("Insured custodian")

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, related_name="wallets")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.EXCHANGE)

    class Meta:
        ordering = ["portfolio_id", "name"]
        constraints = [
            models.UniqueConstraint(fields=["portfolio", "name"], name="wallet_name_once_a_portfolio"),
            models.UniqueConstraint(fields=["id", "portfolio"], name="wallet_of_a_portfolio"),
        ]

    def __str__(self) -> str:
        return self.name


class Sleeve(models.Model):
    """A part of a portfolio that follows one index in one tier, with its target and its band."""

    Tier = Index.Tier

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, related_name="sleeves")
    index = models.ForeignKey("indices.Index", models.PROTECT, related_name="+")
    tier = models.CharField(max_length=12, choices=Tier)
    target_weight = RatioField(help_text=_("Share of the portfolio, a fraction of 1; what is left over is cash."))
    lower_band = RatioField(help_text=_("Below this weight the sleeve is outside its band."))
    upper_band = RatioField(help_text=_("Above this weight the sleeve is outside its band."))

    class Meta:
        ordering = ["portfolio_id", "tier", "id"]
        constraints = [
            models.UniqueConstraint(fields=["portfolio", "index"], name="index_once_a_portfolio"),
            models.UniqueConstraint(fields=["id", "portfolio"], name="sleeve_of_a_portfolio"),
            models.CheckConstraint(
                condition=Q(
                    lower_band__gte=0,
                    lower_band__lte=F("target_weight"),
                    upper_band__gte=F("target_weight"),
                    upper_band__lte=1,
                ),
                name="the_band_holds_its_target",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.portfolio_id}: {self.index_id}"


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

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, related_name="transactions")
    order = models.ForeignKey(Order, models.CASCADE, null=True, blank=True, related_name="transactions")
    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField()
    sequence = models.PositiveIntegerField(default=0, help_text=_("Order of entry within one instant."))
    source = models.CharField(max_length=20, help_text=_("web, api, import or demo."))
    token = models.CharField(max_length=80, help_text=_("The same token twice is one transaction."))
    fingerprint = models.CharField(max_length=64, help_text=_("SHA-256 of what was asked: the token's other content."))
    note = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    supersedes = models.OneToOneField(
        "self", models.RESTRICT, null=True, blank=True, related_name="superseded_by", help_text=_("What this corrects.")
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
            models.CheckConstraint(condition=~Q(token=""), name="transaction_has_a_token"),
        ]
        indexes = [models.Index(fields=["portfolio", "at", "sequence", "id"], name="ledger_in_time")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d}"


class Entry(models.Model):
    """A signed quantity of one asset in one wallet; holdings are sums of entries and nothing else."""

    class Role(models.TextChoices):
        """What the quantity is in its transaction."""

        PRINCIPAL = "principal", _("Principal")
        PAYMENT = "payment", _("Payment")
        FEE = "fee", _("Fee")

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, related_name="+")
    transaction = models.ForeignKey(Transaction, models.CASCADE, related_name="entries")
    wallet = models.ForeignKey(Wallet, models.RESTRICT, related_name="+")
    asset = models.ForeignKey("market.Asset", models.PROTECT, related_name="+")
    sleeve = models.ForeignKey(Sleeve, models.RESTRICT, null=True, blank=True, related_name="+")
    role = models.CharField(max_length=10, choices=Role)
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
