"""Files of a portfolio in the API: ask for one, look how far it is, fetch it for a week."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.http import IDEMPOTENCY_KEY, idempotent, token_of, user_of
from portfolios.calc.lots import SCOPES
from portfolios.http import file_answer, get_own_portfolio, refusals_for_clients
from portfolios.models import Download
from portfolios.selectors.downloads import get_downloads, get_file
from portfolios.services.downloads import FORMATS, request_download
from portfolios.services.tax_report import ASKED_METHODS, OWN

PORTFOLIO_ID = OpenApiParameter("portfolio_id", int, OpenApiParameter.PATH)
DOWNLOAD_ID = OpenApiParameter("download_id", int, OpenApiParameter.PATH)


class DownloadIn(serializers.Serializer[Download]):
    """Everything (`export`), or a tax report; what stands beside `kind` is for the report alone."""

    kind = serializers.ChoiceField(choices=Download.Kind.choices)
    year = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="By the year in which it starts; null: all."
    )
    method = serializers.ChoiceField(choices=[OWN, *ASKED_METHODS], default=OWN)
    scope = serializers.ChoiceField(choices=list(SCOPES), required=False, default="", help_text="Absent: the owner's.")
    format = serializers.ChoiceField(choices=list(FORMATS), default="csv")


class DownloadOut(serializers.Serializer[Download]):
    """A file; it can be fetched at `file/` once its status is `done`."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Download.Kind.choices)
    params = serializers.DictField(child=serializers.CharField(allow_null=True))
    status = serializers.ChoiceField(choices=Download.Status.choices)
    progress = serializers.IntegerField(help_text="Per cent.")
    message = serializers.CharField(help_text="What there is to say about it, or why it failed.")
    file_name = serializers.CharField()
    media_type = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    requested_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)


class DownloadViewSet(viewsets.GenericViewSet[Download]):
    """The files of one of the caller's portfolios."""

    queryset = Download.objects.none()
    serializer_class = DownloadOut
    filter_backends = ()
    lookup_url_kwarg = "download_id"
    lookup_value_regex = "[0-9]+"

    @extend_schema(parameters=[PORTFOLIO_ID], responses=DownloadOut(many=True))
    def list(self, request: Request, portfolio_id: str, **_: Any) -> Response:
        """List the files, newest first."""
        portfolio = get_own_portfolio(request, int(portfolio_id))
        page = self.paginate_queryset(get_downloads(portfolio=portfolio, at=timezone.now())) or []
        return self.get_paginated_response([DownloadOut(row).data for row in page])

    @extend_schema(request=DownloadIn, responses={202: DownloadOut}, parameters=[PORTFOLIO_ID, IDEMPOTENCY_KEY])
    @idempotent
    def create(self, request: Request, portfolio_id: str, **_: Any) -> Response:
        """Ask for a file; it is made within seconds."""
        portfolio = get_own_portfolio(request, int(portfolio_id))
        form = DownloadIn(data=request.data)
        form.is_valid(raise_exception=True)
        params = dict(form.validated_data)
        with refusals_for_clients():
            made = request_download(
                portfolio=portfolio, kind=params.pop("kind"), params=params, by=user_of(request),
                token=token_of(request), at=timezone.now(),
            )  # fmt: skip
        return Response(DownloadOut(made).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(parameters=[PORTFOLIO_ID, DOWNLOAD_ID])
    def retrieve(self, request: Request, portfolio_id: str, download_id: str, **_: Any) -> Response:
        """Return how far a file is."""
        return Response(DownloadOut(_get(request, portfolio_id, download_id)).data)

    @extend_schema(
        parameters=[PORTFOLIO_ID, DOWNLOAD_ID], responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}
    )
    @action(detail=True)
    def file(self, request: Request, portfolio_id: str, download_id: str, **_: Any) -> HttpResponse:
        """Fetch a file that is made; 404 before that, and after its week."""
        row = _get(request, portfolio_id, download_id)
        content = get_file(download=row, at=timezone.now())
        if content is None:
            raise Http404
        return file_answer(name=row.file_name, media_type=row.media_type, content=content)


def _get(request: Request, portfolio_id: str, download_id: str) -> Download:
    portfolio = get_own_portfolio(request, int(portfolio_id))
    return get_object_or_404(portfolio.downloads, id=int(download_id))
