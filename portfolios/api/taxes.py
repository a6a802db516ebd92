"""The settings that hold for all lots of a portfolio."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portfolios.http import get_own_portfolio, refusals_for_clients
from portfolios.models import TaxSettings
from portfolios.selectors.tax import get_tax_settings
from portfolios.services import lots


class SettingsOut(serializers.Serializer[TaxSettings]):
    """What holds for all lots; the method is dated, see `lots/methods/`."""

    currency = serializers.CharField()
    zone = serializers.CharField()
    year_starts = serializers.CharField(help_text="Month and day: 04-06 in the UK.")
    term_rule = serializers.ChoiceField(choices=TaxSettings.TermRule.values)
    term_days = serializers.IntegerField(allow_null=True)
    buy_fee = serializers.ChoiceField(choices=TaxSettings.BuyFee.values)
    sell_fee = serializers.ChoiceField(choices=TaxSettings.SellFee.values)
    transfer_fee = serializers.ChoiceField(choices=TaxSettings.TransferFee.values)


class SettingsIn(serializers.Serializer[TaxSettings]):
    """What is not given stays; `confirm` once years that are over may change."""

    currency = serializers.CharField(max_length=3, required=False)
    zone = serializers.CharField(max_length=60, required=False)
    year_starts = serializers.CharField(max_length=5, required=False)
    term_rule = serializers.ChoiceField(choices=TaxSettings.TermRule.values, required=False)
    term_days = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=36_500)
    buy_fee = serializers.ChoiceField(choices=TaxSettings.BuyFee.values, required=False)
    sell_fee = serializers.ChoiceField(choices=TaxSettings.SellFee.values, required=False)
    transfer_fee = serializers.ChoiceField(choices=TaxSettings.TransferFee.values, required=False)
    confirm = serializers.BooleanField(required=False, default=False)


class TaxSettingsView(APIView):
    """The tax settings of one of the caller's portfolios."""

    @extend_schema(responses=SettingsOut)
    def get(self, request: Request, portfolio_id: int, **_: Any) -> Response:
        """Return the settings; what nobody has set has its default."""
        portfolio = get_own_portfolio(request, portfolio_id)
        return Response(SettingsOut(get_tax_settings(portfolio=portfolio)).data)

    @extend_schema(request=SettingsIn, responses=SettingsOut)
    def patch(self, request: Request, portfolio_id: int, **_: Any) -> Response:
        """Change settings; all lots are then worked out anew."""
        portfolio = get_own_portfolio(request, portfolio_id)
        form = SettingsIn(data=request.data)
        form.is_valid(raise_exception=True)
        with refusals_for_clients():
            lots.keep_tax_settings(portfolio=portfolio, at=timezone.now(), **form.validated_data)
        return Response(SettingsOut(get_tax_settings(portfolio=portfolio)).data)
