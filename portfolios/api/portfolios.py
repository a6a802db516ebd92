"""Portfolios, their holdings, wallets and sleeves, and investing in an index."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.http import IDEMPOTENCY_KEY, idempotent, token_of, user_of
from indices.models import Index
from market.http import ExactField
from portfolios import selectors, services
from portfolios.api.fields import RatioField, SleeveField, WalletField
from portfolios.http import get_own_portfolio, last_closed_day, refusals_for_clients
from portfolios.models import Order, Portfolio, Sleeve


class PortfolioOut(serializers.Serializer[Portfolio]):
    """A portfolio; what it holds is at `holdings/`."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    fee_rate = RatioField(help_text="Fee of a trade, a fraction of 1 of the amount traded.")
    created_at = serializers.DateTimeField()


class SleeveIn(serializers.Serializer[Sleeve]):
    """The target of one sleeve; without a band a fifth of the target, at least one percentage point, each way."""

    index = serializers.SlugRelatedField(slug_field="slug", queryset=Index.objects.published())
    target_weight = RatioField(min_value=0, max_value=1)
    tier = serializers.ChoiceField(choices=Sleeve.Tier.choices, required=False)
    lower_band = RatioField(min_value=0, max_value=1, required=False)
    upper_band = RatioField(min_value=0, max_value=1, required=False)


class PortfolioIn(serializers.Serializer[Portfolio]):
    """A new portfolio; the targets of its sleeves sum to 1 at most, the rest is cash."""

    name = serializers.CharField(max_length=80)
    fee_rate = RatioField(min_value=0, max_value=1, required=False)
    sleeves = SleeveIn(many=True, required=False)


class RenameIn(serializers.Serializer[Portfolio]):
    """A new name."""

    name = serializers.CharField(max_length=80)


class DeleteQuery(serializers.Serializer[Portfolio]):
    """The portfolio's own name."""

    name = serializers.CharField(max_length=80)


class AssetPart(serializers.Serializer[Any]):
    """What is held of one asset; `value` and `weight` are null when no price is known."""

    asset = serializers.CharField(source="asset.id")
    symbol = serializers.CharField(source="asset.symbol")
    name = serializers.CharField(source="asset.name")
    simulated = serializers.BooleanField(source="asset.simulated")
    quantity = ExactField()
    close = ExactField(allow_null=True, help_text="USD a unit.")
    priced_on = serializers.DateField(allow_null=True)
    value = ExactField(allow_null=True, help_text="USD.")
    weight = RatioField(allow_null=True)
    state = serializers.ChoiceField(choices=["priced", "stale", "unpriced"])


class PlacePart(serializers.Serializer[Any]):
    """What is held of one asset in one wallet and sleeve."""

    wallet = serializers.IntegerField(source="wallet.id")
    sleeve = serializers.IntegerField(source="sleeve.id", allow_null=True, default=None)
    asset = serializers.CharField(source="asset.id")
    quantity = ExactField()
    value = ExactField(allow_null=True)


class HoldingsOut(serializers.Serializer[selectors.Holdings]):
    """Everything held, at the last closes; amounts in USD."""

    priced_on = serializers.DateField(allow_null=True, help_text="Day of the newest close used.")
    value = ExactField(help_text="Without what has no price.")
    cash = ExactField()
    stale = serializers.IntegerField(help_text="Assets valued at an older close.")
    unpriced = serializers.IntegerField(help_text="Assets without any price: unknown, not 0.")
    lines = AssetPart(many=True)
    places = PlacePart(many=True)


class SleeveOut(serializers.Serializer[selectors.DriftLine]):
    """A sleeve, its target and band, and where it stands at the last closes."""

    id = serializers.IntegerField(source="sleeve.id")
    index = serializers.CharField(source="sleeve.index.slug")
    tier = serializers.ChoiceField(source="sleeve.tier", choices=Sleeve.Tier.choices)
    target_weight = RatioField(source="sleeve.target_weight")
    lower_band = RatioField(source="sleeve.lower_band")
    upper_band = RatioField(source="sleeve.upper_band")
    value = ExactField(help_text="USD.")
    weight = RatioField(allow_null=True)
    difference = ExactField(help_text="USD missing to the target; negative when there is more.")
    state = serializers.ChoiceField(choices=["inside", "near", "below", "above", "empty"])


class InvestIn(serializers.Serializer[Order]):
    """Buy the whole basket of a sleeve's index; without a day at the last closes, now."""

    sleeve = SleeveField()
    amount = ExactField(help_text="USD, fees included; at most 2 decimals, at least 50.")
    day = serializers.DateField(required=False, allow_null=True, default=None)
    wallet = WalletField(required=False, allow_null=True, default=None)


class OrderOut(serializers.Serializer[Order]):
    """What an order came to, in USD; what it does not spend stays cash."""

    id = serializers.IntegerField()
    sleeve = serializers.IntegerField(source="sleeve_id")
    amount = ExactField(help_text="Spent, fees included.")
    fees = ExactField()
    priced_on = serializers.DateField()
    created_at = serializers.DateTimeField()
    transactions = serializers.SerializerMethodField(help_text="Ids of the buys.")

    def get_transactions(self, order: Order) -> list[int]:
        """Return the ids of the buys, in the order of the basket."""
        return list(order.transactions.order_by("sequence", "id").values_list("id", flat=True))


class PortfolioViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Portfolio]):
    """The caller's own portfolios; another user's is 404, never 403."""

    queryset = Portfolio.objects.none()
    serializer_class = PortfolioOut
    lookup_url_kwarg = "portfolio_id"
    lookup_value_regex = "[0-9]+"

    def get_queryset(self) -> QuerySet[Portfolio]:
        return Portfolio.objects.owned_by(user_of(self.request)).order_by("id")

    @extend_schema(request=PortfolioIn, responses={201: PortfolioOut}, parameters=[IDEMPOTENCY_KEY])
    @idempotent
    def create(self, request: Request, **_: Any) -> Response:
        """Open a portfolio with one wallet, and sleeves if you like."""
        asked = self._asked(PortfolioIn(data=request.data))
        targets = [services.SleeveTarget(**sleeve) for sleeve in asked.pop("sleeves", [])]
        with refusals_for_clients():
            portfolio = services.open_portfolio(owner=user_of(request), at=timezone.now(), targets=targets, **asked)
        return Response(PortfolioOut(portfolio).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=RenameIn, responses=PortfolioOut)
    def partial_update(self, request: Request, portfolio_id: str, **_: Any) -> Response:
        """Give a portfolio another name."""
        portfolio = get_own_portfolio(request, int(portfolio_id))
        asked = self._asked(RenameIn(data=request.data))
        with refusals_for_clients():
            renamed = services.rename_portfolio(portfolio=portfolio, **asked)
        return Response(PortfolioOut(renamed).data)

    @extend_schema(parameters=[DeleteQuery], responses={204: None})
    def destroy(self, request: Request, portfolio_id: str, **_: Any) -> Response:
        """Delete a portfolio with everything in it, for good; `name` is its own, as a confirmation."""
        portfolio = get_own_portfolio(request, int(portfolio_id))
        asked = self._asked(DeleteQuery(data=request.query_params))
        with refusals_for_clients():
            services.delete_portfolio(portfolio=portfolio, **asked)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=HoldingsOut)
    @action(detail=True)
    def holdings(self, request: Request, portfolio_id: str, **_: Any) -> Response:
        """Return what is held, at the last closes."""
        return Response(HoldingsOut(self._holdings(get_own_portfolio(request, int(portfolio_id)))).data)

    @extend_schema(responses=SleeveOut(many=True))
    @action(detail=True, pagination_class=None)
    def sleeves(self, request: Request, portfolio_id: str, **_: Any) -> Response:
        """Return the sleeves and how far each has drifted from its target."""
        return Response(self._sleeves(get_own_portfolio(request, int(portfolio_id))))

    @extend_schema(request=SleeveIn(many=True), responses=SleeveOut(many=True))
    @sleeves.mapping.put
    def set_sleeves(self, request: Request, portfolio_id: str, **_: Any) -> Response:
        """Make these the sleeves; one left out goes, or keeps its history with a target of 0."""
        portfolio = get_own_portfolio(request, int(portfolio_id))
        form = SleeveIn(data=request.data, many=True)
        form.is_valid(raise_exception=True)
        with refusals_for_clients():
            targets = [services.SleeveTarget(**sleeve) for sleeve in form.validated_data]
            services.set_sleeves(portfolio=portfolio, targets=targets)
        return Response(self._sleeves(portfolio))

    @extend_schema(request=InvestIn, responses={201: OrderOut}, parameters=[IDEMPOTENCY_KEY])
    @action(detail=True, methods=["post"])
    @idempotent
    def invest(self, request: Request, portfolio_id: str, **_: Any) -> Response:
        """Invest an amount in the index of a sleeve, in proportion to its weights."""
        portfolio = get_own_portfolio(request, int(portfolio_id))
        asked = self._asked(InvestIn(data=request.data, context={"portfolio": portfolio}))
        with refusals_for_clients():
            order = services.invest(
                portfolio=portfolio, token=token_of(request), source="api", at=timezone.now(), **asked
            )
        return Response(OrderOut(order).data, status=status.HTTP_201_CREATED)

    @staticmethod
    def _asked(form: serializers.Serializer[Any]) -> dict[str, Any]:
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)

    @staticmethod
    def _holdings(portfolio: Portfolio) -> selectors.Holdings:
        return selectors.get_holdings(portfolio=portfolio, day=last_closed_day())

    def _sleeves(self, portfolio: Portfolio) -> list[Any]:
        drift = selectors.get_drift(portfolio=portfolio, holdings=self._holdings(portfolio))
        return [SleeveOut(line).data for line in drift]
