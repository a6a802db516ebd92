"""Lots, gains and income of a portfolio in the API, as the worker has last worked them out."""

from typing import Any, Generic, TypeVar

from django.db.models import Model
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.http import user_of
from market.http import ExactField
from portfolios.http import get_own_portfolio, last_closed_day, refusals_for_clients
from portfolios.models import Disposal, DisposalMatch, Lot, LotMethod, Method, Portfolio, Receipt, Term, Transaction
from portfolios.selectors import lots as selectors
from portfolios.selectors.tax import ALONE, get_lot_methods, get_rules
from portfolios.services import lots as services

Row = TypeVar("Row", bound=Model)
PORTFOLIO_ID = OpenApiParameter("portfolio_id", int, OpenApiParameter.PATH)


class CostField(ExactField):
    """An amount of the currency of the settings, up to 36 decimals."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"max_digits": 60, "decimal_places": 36} | options))


class PageQuery(serializers.Serializer[Any]):
    """Which page."""

    page = serializers.IntegerField(required=False, min_value=1)
    page_size = serializers.IntegerField(required=False, min_value=1)


class LotQuery(PageQuery):
    """Which lots."""

    asset = serializers.CharField(max_length=80, required=False)


class YearQuery(PageQuery):
    """Which tax year, by the year in which it starts; without it all."""

    year = serializers.IntegerField(required=False, min_value=2000, max_value=9999)


class GainQuery(YearQuery):
    """Which gains; without a method those of the owner's choices."""

    method = serializers.ChoiceField(choices=list(ALONE), required=False)


class HarvestQuery(serializers.Serializer[Any]):
    """Which rule of replacement; without it the one that goes with the settings."""

    rule = serializers.ChoiceField(choices=["none", "us", "ca", "uk"], required=False)


class LotOut(serializers.Serializer[Any]):
    """What is left of an acquisition, at the last close; null: unknown, or a pool, which has no date."""

    asset = serializers.CharField(source="lot.asset_id")
    wallet = serializers.IntegerField(source="lot.wallet_id", allow_null=True, help_text="null: all together.")
    transaction = serializers.IntegerField(source="lot.transaction_id", allow_null=True)
    acquired_at = serializers.DateTimeField(source="lot.at", allow_null=True)
    quantity = ExactField(source="lot.quantity")
    cost = CostField(source="lot.cost")
    unit_cost = CostField()
    value = CostField(allow_null=True)
    gain = CostField(allow_null=True, help_text="Unrealised.")
    term = serializers.ChoiceField(choices=Term.values, help_text="If it left today.")
    long_from = serializers.DateField(allow_null=True, help_text="First day on which it is long.")
    is_unpriced = serializers.BooleanField(source="lot.is_unpriced", help_text="Its cost is unknown and counts as 0.")
    is_estimated = serializers.BooleanField(source="lot.is_estimated", help_text="Its cost is the close of its day.")


class MethodOut(serializers.Serializer[LotMethod]):
    """A method and the day from which it holds; before the first one FIFO by wallet."""

    valid_from = serializers.DateField()
    method = serializers.ChoiceField(choices=Method.choices)
    scope = serializers.ChoiceField(choices=LotMethod.Scope.values)
    chosen_at = serializers.DateTimeField()


class MethodIn(serializers.Serializer[LotMethod]):
    """A method and a scope for what leaves on a day or later; `confirm` once years that are over may change."""

    valid_from = serializers.DateField()
    method = serializers.ChoiceField(choices=Method.choices)
    scope = serializers.ChoiceField(choices=LotMethod.Scope.values)
    confirm = serializers.BooleanField(required=False, default=False)


class MethodChosen(serializers.Serializer[Any]):
    """The methods that hold now, and the tax years that are over and may have changed."""

    changed_years = serializers.ListField(child=serializers.IntegerField())
    methods = MethodOut(many=True)


class MatchOut(serializers.Serializer[DisposalMatch]):
    """A part of a disposal and what it came from; without a transaction from a pool."""

    acquired = serializers.IntegerField(source="acquired_id", allow_null=True)
    acquired_at = serializers.DateTimeField(allow_null=True)
    rule = serializers.ChoiceField(choices=DisposalMatch.Rule.values)
    term = serializers.ChoiceField(choices=Term.values)
    quantity = ExactField()
    proceeds = CostField(allow_null=True)
    cost = CostField()
    gain = CostField(allow_null=True)


class DisposalOut(serializers.Serializer[Disposal]):
    """What left for something; proceeds, cost and gain are of what lots covered."""

    transaction = serializers.IntegerField(source="transaction_id")
    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=Transaction.Kind.choices)
    asset = serializers.CharField(source="asset_id")
    wallet = serializers.IntegerField(source="wallet_id", allow_null=True)
    method = serializers.ChoiceField(choices=Method.choices)
    quantity = ExactField()
    uncovered = ExactField(help_text="Of the quantity, what no lot covered.")
    proceeds = CostField(allow_null=True)
    cost = CostField()
    gain = CostField(allow_null=True)
    is_estimated = serializers.BooleanField()
    matches = MatchOut(many=True)


class TotalsOut(serializers.Serializer[Any]):
    """Sums; `short`, `long` and `none` are gains by term. What is of unknown proceeds is in none of them."""

    proceeds = CostField()
    cost = CostField()
    gain = CostField()
    short = CostField()
    long = CostField()
    none = CostField()
    is_incomplete = serializers.BooleanField()


class AssetGainsOut(serializers.Serializer[Any]):
    """The gains of one asset."""

    asset = serializers.CharField(source="asset.pk")
    totals = TotalsOut()


@extend_schema_serializer(many=False)
class GainsOut(serializers.Serializer[Any]):
    """Sums, and pages of disposals: those of the owner's choices alone are kept one by one."""

    year = serializers.IntegerField(allow_null=True)
    method = serializers.ChoiceField(choices=list(ALONE), allow_null=True, help_text="null: the owner's choices.")
    currency = serializers.CharField()
    waiting = serializers.ListField(child=serializers.CharField(), help_text="Assets that are being worked out.")
    totals = TotalsOut()
    assets = AssetGainsOut(many=True)
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = DisposalOut(many=True)


class MethodLineOut(serializers.Serializer[Any]):
    """What one method alone would have come to."""

    method = serializers.SerializerMethodField(help_text="null: the owner's choices.")
    totals = TotalsOut()
    difference = CostField(help_text="Its gain less that of the owner's choices.")

    def get_method(self, line: selectors.MethodLine) -> str | None:
        """Return the key of the method."""
        return line.method or None


class ReceiptOut(serializers.Serializer[Receipt]):
    """What came in as income; a value of null is unknown."""

    transaction = serializers.IntegerField(source="transaction_id")
    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=Transaction.Kind.choices)
    asset = serializers.CharField(source="asset_id")
    wallet = serializers.IntegerField(source="wallet_id", allow_null=True)
    quantity = ExactField()
    value = CostField(allow_null=True)
    is_estimated = serializers.BooleanField()


class UnderWaterOut(serializers.Serializer[Any]):
    """The lots of an asset that cost more than they are worth; losses are positive."""

    asset = serializers.CharField(source="asset.pk")
    lots = serializers.IntegerField()
    quantity = ExactField()
    cost = CostField()
    value = CostField()
    loss = CostField()
    short_loss = CostField()
    long_loss = CostField()
    none_loss = CostField()
    bought = ExactField(help_text="In the last 30 days.")
    set_aside = CostField(help_text="Of the loss, by the rule, if all were sold today.")
    clear_on = serializers.DateField(allow_null=True, help_text="First day on which those purchases count no more.")


@extend_schema_serializer(many=False)
class HarvestOut(serializers.Serializer[Any]):
    """What selling every lot under water would realise."""

    rule = serializers.ChoiceField(choices=["none", "us", "ca", "uk"])
    loss = CostField()
    unpriced = serializers.ListField(child=serializers.CharField(), help_text="Symbols without a price.")
    lines = UnderWaterOut(many=True)


class TaxViewSet(viewsets.GenericViewSet[Row], Generic[Row]):
    """What the resources of lots share: the portfolio is the caller's own, or it does not exist."""

    filter_backends = ()

    @staticmethod
    def asked(form: serializers.Serializer[Any]) -> dict[str, Any]:
        """Return what was asked for; raises ValidationError."""
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)


class LotViewSet(TaxViewSet[Lot]):
    """Lots that are left, and the methods by which they leave."""

    queryset = Lot.objects.none()
    serializer_class = LotOut

    @extend_schema(parameters=[PORTFOLIO_ID, LotQuery], responses=LotOut(many=True))
    def list(self, request: Request, portfolio_id: str, **_: Any) -> Response:
        """List the lots of a portfolio or of one asset, in their order."""
        asked = self.asked(LotQuery(data=request.query_params))
        portfolio = get_own_portfolio(request, int(portfolio_id))
        rules = get_rules(portfolio=portfolio)
        page = self.paginate_queryset(selectors.get_lots(portfolio=portfolio, asset_id=asked.get("asset"))) or []
        closes = selectors.get_lot_closes(asset_ids={lot.asset_id for lot in page}, rules=rules, day=last_closed_day())
        lines = selectors.get_lot_lines(lots=page, rules=rules, closes=closes, today=rules.day_of(timezone.now()))
        return self.get_paginated_response([LotOut(line).data for line in lines])

    @extend_schema(parameters=[PORTFOLIO_ID], responses=MethodOut(many=True))
    @action(detail=False, pagination_class=None)
    def methods(self, request: Request, portfolio_id: str, **_: Any) -> Response:
        """Return the methods that were chosen, by the day from which they hold."""
        portfolio = get_own_portfolio(request, int(portfolio_id))
        return Response(_methods(portfolio))

    @extend_schema(parameters=[PORTFOLIO_ID], request=MethodIn, responses={201: MethodChosen})
    @methods.mapping.post
    def choose(self, request: Request, portfolio_id: str, **_: Any) -> Response:
        """Let a method hold from a day on; chosen twice for a day, the second choice counts."""
        portfolio = get_own_portfolio(request, int(portfolio_id))
        asked = self.asked(MethodIn(data=request.data))
        with refusals_for_clients():
            years = services.choose_lot_method(portfolio=portfolio, by=user_of(request), at=timezone.now(), **asked)
        return Response({"changed_years": years, "methods": _methods(portfolio)}, status=status.HTTP_201_CREATED)


class GainViewSet(TaxViewSet[Disposal]):
    """Realised gains, and what each method alone would have come to."""

    queryset = Disposal.objects.none()
    serializer_class = GainsOut

    @extend_schema(parameters=[PORTFOLIO_ID, GainQuery], responses=GainsOut)
    def list(self, request: Request, portfolio_id: str, **_: Any) -> Response:
        """Return the gains of a tax year; under another method than the owner's without single disposals."""
        asked = self.asked(GainQuery(data=request.query_params))
        portfolio = get_own_portfolio(request, int(portfolio_id))
        year, method = asked.get("year"), asked.get("method", selectors.OWN)
        gains = selectors.get_gains(portfolio=portfolio, year=year, method=method)
        disposals = selectors.get_disposals(portfolio=portfolio, year=year)
        page = self.paginate_queryset(disposals.none() if method else disposals) or []
        paged = self.get_paginated_response([DisposalOut(row).data for row in page])
        head = {
            "year": year,
            "method": method or None,
            "currency": get_rules(portfolio=portfolio).currency,
            "waiting": [asset.pk for asset in selectors.get_marked(portfolio=portfolio)],
            "totals": TotalsOut(gains.totals).data,
            "assets": [AssetGainsOut(line).data for line in gains.assets],
        }
        return Response(head | paged.data)

    @extend_schema(parameters=[PORTFOLIO_ID, YearQuery], responses=MethodLineOut(many=True))
    @action(detail=False, pagination_class=None)
    def methods(self, request: Request, portfolio_id: str, **_: Any) -> Response:
        """Return the owner's choices and each method alone side by side."""
        asked = self.asked(YearQuery(data=request.query_params))
        portfolio = get_own_portfolio(request, int(portfolio_id))
        lines = selectors.get_method_lines(portfolio=portfolio, year=asked.get("year"))
        return Response([MethodLineOut(line).data for line in lines])


class IncomeViewSet(TaxViewSet[Receipt]):
    """What came in as income."""

    queryset = Receipt.objects.none()
    serializer_class = ReceiptOut

    @extend_schema(parameters=[PORTFOLIO_ID, YearQuery], responses=ReceiptOut(many=True))
    def list(self, request: Request, portfolio_id: str, **_: Any) -> Response:
        """List the income of a tax year, newest first."""
        asked = self.asked(YearQuery(data=request.query_params))
        portfolio = get_own_portfolio(request, int(portfolio_id))
        page = self.paginate_queryset(selectors.get_receipts(portfolio=portfolio, year=asked.get("year"))) or []
        return self.get_paginated_response([ReceiptOut(row).data for row in page])


class HarvestViewSet(TaxViewSet[Lot]):
    """Lots under water."""

    queryset = Lot.objects.none()
    serializer_class = HarvestOut
    pagination_class = None

    @extend_schema(parameters=[PORTFOLIO_ID, HarvestQuery], responses=HarvestOut)
    def list(self, request: Request, portfolio_id: str, **_: Any) -> Response:
        """Return what selling every lot under water at the last closes would realise."""
        asked = self.asked(HarvestQuery(data=request.query_params))
        portfolio = get_own_portfolio(request, int(portfolio_id))
        rules = get_rules(portfolio=portfolio)
        found = selectors.get_harvest(
            portfolio=portfolio, rules=rules, rule=asked.get("rule") or selectors.default_rule(rules),
            day=last_closed_day(), today=rules.day_of(timezone.now()),
        )  # fmt: skip
        return Response(HarvestOut(found).data)


def _methods(portfolio: Portfolio) -> list[Any]:
    return [MethodOut(row).data for row in get_lot_methods(portfolio=portfolio)]
