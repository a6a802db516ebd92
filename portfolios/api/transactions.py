"""The ledger of a portfolio, newest first; what is written stays, corrections and deletes are marked."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from accounts.http import IDEMPOTENCY_KEY, idempotent, token_of, user_of
from portfolios import selectors, services
from portfolios.api.shapes import LedgerPageOut, TransactionIn, TransactionOut, TransactionPatch, TransactionQuery
from portfolios.http import get_own_portfolio, refusals_for_clients
from portfolios.models import Transaction

PORTFOLIO_ID = OpenApiParameter("portfolio_id", int, OpenApiParameter.PATH)
TRANSACTION_ID = OpenApiParameter("transaction_id", int, OpenApiParameter.PATH)
PATHS = [PORTFOLIO_ID, TRANSACTION_ID]
PAGE_SIZE = 100


@extend_schema_view(retrieve=extend_schema(parameters=PATHS), destroy=extend_schema(parameters=PATHS))
class TransactionViewSet(viewsets.GenericViewSet[Transaction]):
    """The transactions of one of the caller's portfolios."""

    queryset = Transaction.objects.none()
    serializer_class = TransactionOut
    filter_backends = ()
    pagination_class = None
    lookup_url_kwarg = "transaction_id"
    lookup_value_regex = "[0-9]+"

    @extend_schema(parameters=[PORTFOLIO_ID, TransactionQuery], responses=LedgerPageOut)
    def list(self, request: Request, portfolio_id: str, **_: Any) -> Response:
        """List the ledger, newest first. Pages are not counted: follow `next` until it is null."""
        portfolio = get_own_portfolio(request, int(portfolio_id))
        form = TransactionQuery(data=request.query_params, context={"portfolio": portfolio})
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        older, newer = _places(asked.get("cursor", ""))
        page = selectors.get_ledger_page(
            portfolio=portfolio, narrow=_narrow(asked), older_than=older, newer_than=newer,
            size=asked.get("page_size", PAGE_SIZE),
        )  # fmt: skip
        beside = {"next": _link(request, "older", page.older), "previous": _link(request, "newer", page.newer)}
        return Response(beside | {"results": [TransactionOut(row).data for row in page.rows]})

    @extend_schema(request=TransactionIn, responses={201: TransactionOut}, parameters=[PORTFOLIO_ID, IDEMPOTENCY_KEY])
    @idempotent
    def create(self, request: Request, portfolio_id: str, **_: Any) -> Response:
        """Record what happened; send an Idempotency-Key so that a repetition is not a second transaction."""
        portfolio = get_own_portfolio(request, int(portfolio_id))
        form = TransactionIn(data=request.data, context={"portfolio": portfolio})
        form.is_valid(raise_exception=True)
        with refusals_for_clients():
            made = services.record_transaction(
                portfolio=portfolio, token=token_of(request), source="api", now=timezone.now(), by=user_of(request),
                **form.validated_data,
            )  # fmt: skip
        return Response(TransactionOut(_fresh(made)).data, status=status.HTTP_201_CREATED)

    def retrieve(self, request: Request, portfolio_id: str, transaction_id: str, **_: Any) -> Response:
        """Return one transaction."""
        return Response(TransactionOut(_get(request, portfolio_id, transaction_id)).data)

    @extend_schema(request=TransactionIn, responses=TransactionOut, parameters=[*PATHS, IDEMPOTENCY_KEY])
    @idempotent
    def update(self, request: Request, portfolio_id: str, transaction_id: str, **_: Any) -> Response:
        """Correct a transaction by stating all of it anew; the answer is the new version, under an id of its own."""
        corrected = _get(request, portfolio_id, transaction_id)
        form = TransactionIn(data=request.data, context={"portfolio": corrected.portfolio})
        form.is_valid(raise_exception=True)
        return _correct(request, corrected, form.validated_data)

    @extend_schema(request=TransactionPatch, responses=TransactionOut, parameters=[*PATHS, IDEMPOTENCY_KEY])
    @idempotent
    def partial_update(self, request: Request, portfolio_id: str, transaction_id: str, **_: Any) -> Response:
        """Correct some fields of a transaction; the answer is the new version, under an id of its own."""
        corrected = _get(request, portfolio_id, transaction_id)
        form = TransactionPatch(data=request.data, context={"portfolio": corrected.portfolio})
        form.is_valid(raise_exception=True)
        return _correct(
            request, corrected, services.get_corrected_facts(transaction=corrected, changes=form.validated_data)
        )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, portfolio_id: str, transaction_id: str, **_: Any) -> Response:
        """Delete a transaction: it stays on record and no longer counts. Twice is once."""
        with refusals_for_clients():
            services.void_transaction(voided=_get(request, portfolio_id, transaction_id), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=TransactionOut, parameters=PATHS)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, portfolio_id: str, transaction_id: str, **_: Any) -> Response:
        """Undo a delete. Twice is once; refused when a correction took its place, or when it no longer fits."""
        with refusals_for_clients():
            restored = services.unvoid_transaction(voided=_get(request, portfolio_id, transaction_id))
        return Response(TransactionOut(_fresh(restored)).data)


def _correct(request: Request, corrected: Transaction, facts: dict[str, Any]) -> Response:
    with refusals_for_clients():
        made = services.correct_transaction(
            corrected=corrected, token=token_of(request), source="api", now=timezone.now(), by=user_of(request), **facts
        )
    return Response(TransactionOut(_fresh(made)).data)


def _get(request: Request, portfolio_id: str, transaction_id: str) -> Transaction:
    portfolio = get_own_portfolio(request, int(portfolio_id))
    return get_object_or_404(selectors.get_transactions(portfolio=portfolio), id=int(transaction_id))


def _fresh(made: Transaction) -> Transaction:
    return selectors.get_transactions(portfolio=made.portfolio).get(id=made.pk)


def _places(cursor: str) -> tuple[selectors.Place | None, selectors.Place | None]:
    """Return the place that a cursor goes on from on its older side, or on its newer one."""
    if not cursor:
        return None, None
    side, _, text = cursor.partition("-")
    place = selectors.read_place(text)
    if side not in {"older", "newer"} or place is None:
        raise serializers.ValidationError({"cursor": ["Take `next` or `previous` of a page as they are."]})
    return (place, None) if side == "older" else (None, place)


def _link(request: Request, side: str, place: selectors.Place | None) -> str | None:
    if place is None:
        return None
    address = remove_query_param(request.build_absolute_uri(), "cursor")
    return replace_query_param(address, "cursor", f"{side}-{place}")


def _narrow(asked: dict[str, Any]) -> selectors.LedgerFilter:
    first: date | None = asked.get("from")
    last: date | None = asked.get("to")
    ends = last is not None and last < date.max
    return selectors.LedgerFilter(
        kind=asked.get("kind"),
        asset=asked.get("asset"),
        wallet=asked["wallet"].pk if "wallet" in asked else None,
        batch=asked.get("batch"),
        since=_start_of(first) if first else None,
        until=_start_of(last + timedelta(days=1)) if last and ends else None,
        counting=True if asked.get("in_force") else None,
        text=asked.get("q", ""),
    )


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
