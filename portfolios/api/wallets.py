"""The wallets of a portfolio: who holds their keys, and what is in them."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.http import IDEMPOTENCY_KEY, idempotent
from market.http import ExactField
from portfolios import selectors, services
from portfolios.http import get_own_portfolio, last_closed_day, refusals_for_clients
from portfolios.models import Portfolio, Wallet

PORTFOLIO_ID = OpenApiParameter("portfolio_id", int, OpenApiParameter.PATH)
WALLET_ID = OpenApiParameter("wallet_id", int, OpenApiParameter.PATH)


class BalanceOut(serializers.Serializer[selectors.Balance]):
    """One asset in a wallet."""

    asset = serializers.CharField(source="asset.id")
    symbol = serializers.CharField(source="asset.symbol")
    quantity = ExactField()
    value = ExactField(allow_null=True, help_text="USD at the last close; null: no price is known.")


class WalletOut(serializers.Serializer[selectors.WalletRow]):
    """A place where assets are kept, and what is in it."""

    id = serializers.IntegerField(source="wallet.id")
    name = serializers.CharField(source="wallet.name")
    kind = serializers.ChoiceField(source="wallet.kind", choices=Wallet.Kind.choices)
    custody = serializers.ChoiceField(choices=["own", "third_party"], help_text="Who holds the keys.")
    value = ExactField(help_text="USD, without what has no price.")
    unpriced = serializers.IntegerField(help_text="Assets without any price.")
    balances = BalanceOut(many=True)


class WalletIn(serializers.Serializer[Wallet]):
    """A new wallet."""

    name = serializers.CharField(max_length=80)
    kind = serializers.ChoiceField(choices=Wallet.Kind.choices)


class WalletPatch(serializers.Serializer[Wallet]):
    """Another name, another kind, or both."""

    name = serializers.CharField(max_length=80, required=False)
    kind = serializers.ChoiceField(choices=Wallet.Kind.choices, required=False)


class WalletViewSet(viewsets.GenericViewSet[Wallet]):
    """The wallets of one of the caller's portfolios."""

    queryset = Wallet.objects.none()
    serializer_class = WalletIn
    filter_backends = ()
    pagination_class = None
    lookup_url_kwarg = "wallet_id"
    lookup_value_regex = "[0-9]+"

    @extend_schema(parameters=[PORTFOLIO_ID], responses=WalletOut(many=True))
    def list(self, request: Request, portfolio_id: str, **_: Any) -> Response:
        """Return the wallets with their balances at the last closes."""
        return Response([WalletOut(row).data for row in _rows(get_own_portfolio(request, int(portfolio_id)))])

    @extend_schema(request=WalletIn, responses={201: WalletOut}, parameters=[PORTFOLIO_ID, IDEMPOTENCY_KEY])
    @idempotent
    def create(self, request: Request, portfolio_id: str, **_: Any) -> Response:
        """Add a wallet."""
        portfolio = get_own_portfolio(request, int(portfolio_id))
        form = WalletIn(data=request.data)
        form.is_valid(raise_exception=True)
        with refusals_for_clients():
            wallet = services.add_wallet(portfolio=portfolio, **form.validated_data)
        return Response(_one(portfolio, wallet), status=status.HTTP_201_CREATED)

    @extend_schema(request=WalletPatch, responses=WalletOut, parameters=[PORTFOLIO_ID, WALLET_ID])
    def partial_update(self, request: Request, portfolio_id: str, wallet_id: str, **_: Any) -> Response:
        """Give a wallet another name or kind."""
        portfolio = get_own_portfolio(request, int(portfolio_id))
        wallet = get_object_or_404(portfolio.wallets, id=int(wallet_id))
        form = WalletPatch(data=request.data)
        form.is_valid(raise_exception=True)
        with refusals_for_clients():
            services.change_wallet(wallet=wallet, **form.validated_data)
        return Response(_one(portfolio, wallet))

    @extend_schema(responses={204: None}, parameters=[PORTFOLIO_ID, WALLET_ID])
    def destroy(self, request: Request, portfolio_id: str, wallet_id: str, **_: Any) -> Response:
        """Take away a wallet in which nothing was ever recorded."""
        portfolio = get_own_portfolio(request, int(portfolio_id))
        wallet = get_object_or_404(portfolio.wallets, id=int(wallet_id))
        with refusals_for_clients():
            services.delete_wallet(wallet=wallet)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _rows(portfolio: Portfolio) -> list[selectors.WalletRow]:
    return selectors.get_wallet_rows(portfolio=portfolio, day=last_closed_day())


def _one(portfolio: Portfolio, wallet: Wallet) -> Any:
    return WalletOut(next(row for row in _rows(portfolio) if row.wallet.pk == wallet.pk)).data
