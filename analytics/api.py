"""The API of what the night computed: valuations, risk, nights."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request

from analytics.models import NightlyRun, RiskReport, Valuation
from analytics.selectors.figures import get_risk, get_valuations
from market.http import ExactField
from portfolios.http import get_own_portfolio


class DaysIn(serializers.Serializer[Any]):
    """The days asked for, both included; all without."""

    to = serializers.DateField(required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"from": serializers.DateField(required=False), **super().get_fields()}


class ValuationOut(serializers.Serializer[Valuation]):
    """A portfolio at the close of a day (UTC); money in USD, as strings with every digit."""

    date = serializers.DateField(source="day")
    value = ExactField()
    flow = ExactField(help_text="Deposits less withdrawals of the day.")
    fees = ExactField()
    net_deposits = ExactField()
    growth = ExactField(help_text="Time-weighted growth of 1 since the first day.")
    stale_assets = serializers.IntegerField(help_text="Held assets valued at an older close.")
    unpriced_assets = serializers.IntegerField(help_text="Held assets without any price: unknown, left out.")


class RiskOut(serializers.Serializer[RiskReport]):
    """Performance and risk as of the close of a day (UTC), fractions of 1; null has its reason in `reasons`."""

    date = serializers.DateField(source="day")
    twr = ExactField(allow_null=True)
    xirr = ExactField(allow_null=True)
    span_return = ExactField(allow_null=True)
    simple_return = ExactField(allow_null=True)
    volatility = ExactField(allow_null=True)
    max_drawdown = ExactField(allow_null=True)
    beta = ExactField(allow_null=True)
    value_at_risk = ExactField(allow_null=True, help_text="95%, one day; a positive loss.")
    expected_shortfall = ExactField(allow_null=True, help_text="95%, one day; a positive loss.")
    observations = serializers.IntegerField(help_text="Days behind volatility, beta and both losses.")
    reasons = serializers.DictField(child=serializers.CharField())
    inputs_hash = serializers.CharField()


class NightOut(serializers.Serializer[NightlyRun]):
    """One night: its market day and what became of it."""

    date = serializers.DateField(source="day")
    status = serializers.ChoiceField(NightlyRun.Status.choices)
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


def _days_of(request: Request) -> dict[str, date | None]:
    """Return the days asked for; 400 for what is no date."""
    form = DaysIn(data=request.query_params)
    form.is_valid(raise_exception=True)
    return {"start": form.validated_data.get("from"), "end": form.validated_data.get("to")}


@extend_schema(parameters=[DaysIn])
class ValuationViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Valuation]):
    """The daily valuations of one of the caller's portfolios, oldest first; another user's portfolio is 404."""

    queryset = Valuation.objects.none()
    serializer_class = ValuationOut

    def get_queryset(self) -> QuerySet[Valuation]:
        portfolio = get_own_portfolio(self.request, int(self.kwargs["portfolio_id"]))
        return get_valuations(portfolio=portfolio, **_days_of(self.request))


@extend_schema(parameters=[DaysIn])
class RiskViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[RiskReport]):
    """The daily risk reports of one of the caller's portfolios, oldest first; another user's portfolio is 404."""

    queryset = RiskReport.objects.none()
    serializer_class = RiskOut

    def get_queryset(self) -> QuerySet[RiskReport]:
        portfolio = get_own_portfolio(self.request, int(self.kwargs["portfolio_id"]))
        return get_risk(portfolio=portfolio, **_days_of(self.request))


class NightViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[NightlyRun]):
    """The nights, latest first: as of when figures hold."""

    queryset = NightlyRun.objects.order_by("-day")
    serializer_class = NightOut
