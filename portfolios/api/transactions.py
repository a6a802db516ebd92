"""The ledger of a portfolio, newest first; what is written stays, corrections and voids are marked."""

from datetime import UTC, datetime, time
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.http import IDEMPOTENCY_KEY, idempotent, token_of
from market.http import ExactField
from portfolios import selectors, services
from portfolios.api.fields import SleeveField, WalletField
from portfolios.http import get_own_portfolio, refusals_for_clients
from portfolios.models import Entry, Transaction

PORTFOLIO_ID = OpenApiParameter("portfolio_id", int, OpenApiParameter.PATH)
TRANSACTION_ID = OpenApiParameter("transaction_id", int, OpenApiParameter.PATH)


class EntryOut(serializers.Serializer[Entry]):
    """A signed quantity that moved."""

    wallet = serializers.IntegerField(source="wallet_id")
    asset = serializers.CharField(source="asset_id")
    symbol = serializers.CharField(source="asset.symbol")
    sleeve = serializers.IntegerField(source="sleeve_id", allow_null=True)
    role = serializers.ChoiceField(choices=Entry.Role.choices)
    quantity = ExactField(help_text="Positive comes in, negative goes out.")
    price = ExactField(allow_null=True, help_text="USD a unit as traded; null: unknown.")


class TransactionOut(serializers.Serializer[Transaction]):
    """What happened; with `voided_at` it no longer counts."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Transaction.Kind.choices)
    at = serializers.DateTimeField()
    note = serializers.CharField()
    via = serializers.CharField(source="source", help_text="web, api, import or demo.")
    order = serializers.IntegerField(source="order_id", allow_null=True)
    supersedes = serializers.IntegerField(source="supersedes_id", allow_null=True)
    created_at = serializers.DateTimeField()
    voided_at = serializers.DateTimeField(allow_null=True)
    entries = EntryOut(many=True)


class TransactionIn(serializers.Serializer[Transaction]):
    """One transaction, in the shape of the canonical CSV.

    A buy or a sell gives `price` or `amount` (USD without the fee), or neither: then the close of the day counts. In
    a transfer `quantity` leaves `wallet` and `received_quantity` arrives in `to_wallet`, the rest is the network fee.
    """

    kind = serializers.ChoiceField(choices=Transaction.Kind.choices)
    at = serializers.DateTimeField(default_timezone=UTC)
    asset = serializers.CharField(max_length=80)
    quantity = ExactField()
    wallet = WalletField(required=False, allow_null=True)
    sleeve = SleeveField(required=False, allow_null=True)
    price = ExactField(required=False, allow_null=True, help_text="USD a unit.")
    amount = ExactField(required=False, allow_null=True, help_text="USD in total, without the fee.")
    to_wallet = WalletField(required=False, allow_null=True)
    received_asset = serializers.CharField(max_length=80, required=False, allow_null=True)
    received_quantity = ExactField(required=False, allow_null=True)
    fee = ExactField(required=False, allow_null=True)
    fee_asset = serializers.CharField(max_length=80, required=False, allow_null=True)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class TransactionQuery(serializers.Serializer[Any]):
    """Which transactions to list."""

    kind = serializers.ChoiceField(choices=Transaction.Kind.choices, required=False)
    asset = serializers.CharField(max_length=80, required=False)
    to = serializers.DateField(required=False, help_text="Last UTC day.")
    in_force = serializers.BooleanField(required=False, help_text="true: only those that count.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add `from`, which is no name for an attribute."""
        first = serializers.DateField(required=False, help_text="First UTC day.")
        return super().get_fields() | {"from": first}


@extend_schema_view(
    retrieve=extend_schema(parameters=[PORTFOLIO_ID, TRANSACTION_ID]),
    destroy=extend_schema(parameters=[PORTFOLIO_ID, TRANSACTION_ID]),
)
class TransactionViewSet(viewsets.GenericViewSet[Transaction]):
    """The transactions of one of the caller's portfolios."""

    queryset = Transaction.objects.none()
    serializer_class = TransactionOut
    filter_backends = ()
    lookup_url_kwarg = "transaction_id"
    lookup_value_regex = "[0-9]+"

    @extend_schema(parameters=[PORTFOLIO_ID, TransactionQuery], responses=TransactionOut(many=True))
    def list(self, request: Request, portfolio_id: str, **_: Any) -> Response:
        """List the ledger, newest first."""
        form = TransactionQuery(data=request.query_params)
        form.is_valid(raise_exception=True)
        portfolio = get_own_portfolio(request, int(portfolio_id))
        rows = _narrow(selectors.get_transactions(portfolio=portfolio), form.validated_data)
        page = self.paginate_queryset(rows) or []
        return self.get_paginated_response([TransactionOut(row).data for row in page])

    @extend_schema(request=TransactionIn, responses={201: TransactionOut}, parameters=[PORTFOLIO_ID, IDEMPOTENCY_KEY])
    @idempotent
    def create(self, request: Request, portfolio_id: str, **_: Any) -> Response:
        """Record what happened; send an Idempotency-Key so that a repetition is not a second transaction."""
        portfolio = get_own_portfolio(request, int(portfolio_id))
        form = TransactionIn(data=request.data, context={"portfolio": portfolio})
        form.is_valid(raise_exception=True)
        with refusals_for_clients():
            made = services.record_transaction(
                portfolio=portfolio, token=token_of(request), source="api", now=timezone.now(), **form.validated_data
            )
        return Response(TransactionOut(made).data, status=status.HTTP_201_CREATED)

    def retrieve(self, request: Request, portfolio_id: str, transaction_id: str, **_: Any) -> Response:
        """Return one transaction."""
        return Response(TransactionOut(_get(request, portfolio_id, transaction_id)).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, portfolio_id: str, transaction_id: str, **_: Any) -> Response:
        """Void a transaction: it stays on record and counts no longer."""
        with refusals_for_clients():
            services.void_transaction(voided=_get(request, portfolio_id, transaction_id), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


def _get(request: Request, portfolio_id: str, transaction_id: str) -> Transaction:
    portfolio = get_own_portfolio(request, int(portfolio_id))
    return get_object_or_404(selectors.get_transactions(portfolio=portfolio), id=int(transaction_id))


def _narrow(rows: QuerySet[Transaction], asked: dict[str, Any]) -> QuerySet[Transaction]:
    if "kind" in asked:
        rows = rows.filter(kind=asked["kind"])
    if "asset" in asked:
        rows = rows.filter(Exists(Entry.objects.filter(transaction=OuterRef("id"), asset=asked["asset"])))
    if "from" in asked:
        rows = rows.filter(at__gte=datetime.combine(asked["from"], time.min, tzinfo=UTC))
    if "to" in asked:
        rows = rows.filter(at__lte=datetime.combine(asked["to"], time.max, tzinfo=UTC))
    return rows.filter(voided_at__isnull=True) if asked.get("in_force") else rows
