"""Fields that keep every digit, and keys that reach no further than the portfolio in hand."""

from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from rest_framework import serializers

from market.http import ExactField
from portfolios.models import Sleeve, Wallet

if TYPE_CHECKING:
    from portfolios.models import Portfolio


class RatioField(ExactField):
    """A fraction of 1 with at most 12 decimals, as a string."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"max_digits": 20, "decimal_places": 12} | options))


class WalletField(serializers.PrimaryKeyRelatedField[Wallet]):
    """The id of a wallet of the portfolio in the context; others do not exist."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"queryset": Wallet.objects.none()} | options))

    def get_queryset(self) -> QuerySet[Wallet]:
        portfolio: Portfolio | None = self.context.get("portfolio")
        return Wallet.objects.none() if portfolio is None else portfolio.wallets.all()


class SleeveField(serializers.PrimaryKeyRelatedField[Sleeve]):
    """The id of a sleeve of the portfolio in the context; others do not exist."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"queryset": Sleeve.objects.none()} | options))

    def get_queryset(self) -> QuerySet[Sleeve]:
        portfolio: Portfolio | None = self.context.get("portfolio")
        return Sleeve.objects.none() if portfolio is None else portfolio.sleeves.select_related("index")
