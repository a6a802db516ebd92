"""Imports by the API: a file comes in, is asked about, looked at, written, and taken back if need be."""

import base64
import binascii
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from accounts.http import IDEMPOTENCY_KEY, idempotent, takes_files, token_of, user_of
from portfolios.api.fields import WalletField
from portfolios.http import LARGEST_UPLOAD, get_own_portfolio, refusals_for_clients
from portfolios.importers import mapper
from portfolios.models import ImportBatch, ImportRow
from portfolios.selectors.imports import get_import_rows, get_imports, words_of
from portfolios.services import imports
from portfolios.services.imports.requests import ANSWERS, has_many_errors

PORTFOLIO_ID = OpenApiParameter("portfolio_id", int, OpenApiParameter.PATH)
IMPORT_ID = OpenApiParameter("import_id", int, OpenApiParameter.PATH)
IDS = [PORTFOLIO_ID, IMPORT_ID]
JSON_ONLY: list[Any] = list(api_settings.DEFAULT_PARSER_CLASSES)
MOST_CHARACTERS = 10_000
ROWS_A_PAGE, MOST_ROWS_A_PAGE = 100, 1_000


class ImportOut(serializers.Serializer[ImportBatch]):
    """One file on its way; while `status` is waiting or running the worker has it."""

    id = serializers.IntegerField()
    file_name = serializers.CharField()
    format = serializers.CharField(help_text="Key of the format; empty: none is known, or columns were said.")
    wallet = serializers.IntegerField(source="wallet_id")
    connection = serializers.IntegerField(source="connection_id", allow_null=True)
    status = serializers.ChoiceField(choices=ImportBatch.Status.choices)
    step = serializers.ChoiceField(choices=ImportBatch.Step.choices, help_text="What is done, or is reached.")
    progress = serializers.IntegerField(help_text="Per cent of the step.")
    message = serializers.CharField(help_text="Why a step failed.")
    imply_deposits = serializers.BooleanField()
    counts = serializers.DictField(
        help_text="`rows` and those of each verdict, `implied` deposits, `imported`; `wallets` that are made."
    )
    needs_accept_errors = serializers.SerializerMethodField(help_text="More than one row in five is an error.")
    requested_at = serializers.DateTimeField()

    def get_needs_accept_errors(self, batch: ImportBatch) -> bool:
        """Tell whether a commit needs `accept_errors`."""
        return has_many_errors(batch.counts)


class ImportDetailOut(ImportOut):
    """An import with what it asks and what was answered."""

    questions = serializers.SerializerMethodField(
        help_text="Each has a `key`: `zone` and `date_order` with `examples`; `asset` with `code`, `rows` and "
        "`candidates`; `mapping` with `columns`, `examples` and a `suggested` mapping."
    )
    answers = serializers.SerializerMethodField()
    mapping = serializers.DictField(allow_null=True)

    def get_questions(self, batch: ImportBatch) -> list[dict[str, Any]]:
        """Return the questions, one about columns with what their titles suggest."""
        return [
            one | {"suggested": mapper.suggest(one["columns"])} if one["key"] == "mapping" else one
            for one in batch.questions
        ]

    def get_answers(self, batch: ImportBatch) -> dict[str, str]:
        """Return the answers that were given."""
        return {key: value for key, value in batch.answers.items() if key in ANSWERS}


class ImportAbout(serializers.Serializer[ImportBatch]):
    """What can be said of a file before it is read."""

    wallet = WalletField(help_text="For rows that name no account of their own.")
    imply_deposits = serializers.BooleanField(
        default=False, help_text="Put a deposit before each payment whose money came from nowhere."
    )
    zone = serializers.CharField(max_length=80, required=False, help_text="IANA name, for times that name no zone.")


class UploadIn(ImportAbout):
    """A file as multipart/form-data, up to 32 MB."""

    file = serializers.FileField()

    def content(self) -> tuple[str, bytes]:
        """Return name and bytes of the file."""
        file: UploadedFile[Any] = self.validated_data["file"]
        return file.name or "file", file.read()


class ContentIn(ImportAbout):
    """The same in JSON, up to 5 MB: the text itself, or any file in base64."""

    file_name = serializers.CharField(max_length=200)
    text = serializers.CharField(required=False, trim_whitespace=False)
    base64 = serializers.CharField(required=False)

    def validate_base64(self, text: str) -> bytes:
        """Decode it."""
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise serializers.ValidationError("This is not base64.") from None

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Want one of the two."""
        if ("text" in attrs) == ("base64" in attrs):
            raise serializers.ValidationError({"text": ["Give either `text` or `base64`."]})
        return attrs

    def content(self) -> tuple[str, bytes]:
        """Return name and bytes of the file."""
        data = self.validated_data
        return data["file_name"], data["base64"] if "base64" in data else data["text"].encode()


class Texts(serializers.DictField):
    """Pairs of texts; a database keeps neither null characters nor halves of characters."""

    child = serializers.CharField(max_length=MOST_CHARACTERS)

    def run_child_validation(self, data: Any) -> Any:
        """Look at the keys too."""
        for key in data:
            self.child.run_validation(str(key))
        return super().run_child_validation(data)


class MappingIn(serializers.Serializer[Any]):
    """Which column means what in a file of no known format."""

    columns = Texts(required=False, help_text="The title of a column by the field of ours.")
    constants = Texts(required=False, help_text="A value for all rows by the field of ours.")
    kinds = Texts(required=False, help_text="One of our kinds, or `skip`, by the word of the file.")
    positive = serializers.CharField(required=False, allow_blank=True, help_text="Kind of quantities above 0.")
    negative = serializers.CharField(required=False, allow_blank=True, help_text="Kind of quantities below 0.")
    dates = serializers.ChoiceField(choices=mapper.DATES, required=False)
    decimal = serializers.ChoiceField(choices=mapper.DECIMALS, required=False)
    zone = serializers.CharField(required=False, allow_blank=True, help_text="IANA name; empty: asked for.")


class AnswersIn(serializers.Serializer[ImportBatch]):
    """Answers to what a file leaves open; the file is then read anew. What is not given stays as it is."""

    zone = serializers.CharField(max_length=80, required=False, help_text="IANA name.")
    zone_instead = serializers.CharField(
        max_length=80, required=False, help_text="IANA name that goes before the one that a file of Binance names."
    )
    date_order = serializers.ChoiceField(choices=["day_first", "month_first"], required=False)
    assets = serializers.DictField(
        child=serializers.CharField(max_length=80, allow_null=True),
        required=False,
        help_text="Ids of assets by the code of the file; null leaves its rows out.",
    )
    mapping = MappingIn(required=False)
    imply_deposits = serializers.BooleanField(required=False)


class CommitIn(serializers.Serializer[ImportBatch]):
    """The word that errors are left behind."""

    accept_errors = serializers.BooleanField(default=False)


class RowQuery(serializers.Serializer[Any]):
    """Which rows to list."""

    verdict = serializers.ChoiceField(choices=ImportRow.Verdict.choices, required=False)
    after = serializers.IntegerField(min_value=0, max_value=10**9, required=False, help_text="Number of a row.")
    page_size = serializers.IntegerField(min_value=1, max_value=MOST_ROWS_A_PAGE, default=ROWS_A_PAGE)


class RowOut(serializers.Serializer[Any]):
    """One record of the file; `facts` are in the shape of the canonical CSV, `becomes` is the same in words."""

    number = serializers.IntegerField()
    line = serializers.IntegerField()
    verdict = serializers.ChoiceField(choices=ImportRow.Verdict.choices)
    column = serializers.CharField(help_text="What an error is about.")
    reason = serializers.CharField()
    facts = serializers.DictField(child=serializers.CharField())
    becomes = serializers.CharField()


class RowsOut(serializers.Serializer[Any]):
    """Some rows in the order of the file; `next_after` begins the next page."""

    next_after = serializers.IntegerField(allow_null=True)
    results = RowOut(many=True)


@takes_files(LARGEST_UPLOAD)
class ImportViewSet(viewsets.GenericViewSet[ImportBatch]):
    """The imports of one of the caller's portfolios."""

    queryset = ImportBatch.objects.none()
    serializer_class = ImportOut
    filter_backends = ()
    parser_classes = [*JSON_ONLY, MultiPartParser]
    lookup_url_kwarg = "import_id"
    lookup_value_regex = "[0-9]+"

    @extend_schema(parameters=[PORTFOLIO_ID], responses=ImportOut(many=True))
    def list(self, request: Request, portfolio_id: str, **_: Any) -> Response:
        """List the imports, newest first."""
        rows = get_imports(portfolio=get_own_portfolio(request, int(portfolio_id)))
        page = self.paginate_queryset(rows) or []
        return self.get_paginated_response([ImportOut(row).data for row in page])

    @extend_schema(
        request={"multipart/form-data": UploadIn, "application/json": ContentIn},
        responses={201: ImportDetailOut}, parameters=[PORTFOLIO_ID, IDEMPOTENCY_KEY],
    )  # fmt: skip
    @idempotent
    def create(self, request: Request, portfolio_id: str, **_: Any) -> Response:
        """Take a file in; the worker reads it within seconds."""
        portfolio = get_own_portfolio(request, int(portfolio_id))
        is_file = (request.content_type or "").startswith("multipart/")
        form = (UploadIn if is_file else ContentIn)(data=request.data, context={"portfolio": portfolio})
        form.is_valid(raise_exception=True)
        name, content = form.content()
        zone = form.validated_data.get("zone")
        with refusals_for_clients():
            batch = imports.start_import(
                portfolio=portfolio, wallet=form.validated_data["wallet"], by=user_of(request), file_name=name,
                content=content, token=token_of(request), at=timezone.now(), answers={"zone": zone} if zone else {},
                imply_deposits=form.validated_data["imply_deposits"],
            )  # fmt: skip
        return Response(ImportDetailOut(batch).data, status=status.HTTP_201_CREATED)

    @extend_schema(parameters=IDS, responses=ImportDetailOut)
    def retrieve(self, request: Request, portfolio_id: str, import_id: str, **_: Any) -> Response:
        """Return how far an import is, what it asks, and how many rows are what."""
        return Response(ImportDetailOut(_get(request, portfolio_id, import_id)).data)

    @extend_schema(parameters=IDS, responses={204: None})
    def destroy(self, request: Request, portfolio_id: str, import_id: str, **_: Any) -> Response:
        """Forget an import with its file; one whose transactions are on record is taken back instead."""
        with refusals_for_clients():
            imports.discard_import(batch=_get(request, portfolio_id, import_id))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(parameters=IDS, request=AnswersIn, responses={202: ImportDetailOut})
    @action(detail=True, methods=["post"], parser_classes=JSON_ONLY)
    def answers(self, request: Request, portfolio_id: str, import_id: str, **_: Any) -> Response:
        """Answer what a file leaves open, or answer otherwise while it is looked at; the file is read anew."""
        batch = _get(request, portfolio_id, import_id)
        said = _asked(AnswersIn(data=request.data))
        with refusals_for_clients():
            batch = imports.answer_import(
                batch=batch, by=user_of(request), at=timezone.now(), asset_choices=said.get("assets"),
                answers={key: said[key] for key in ANSWERS if key in said}, mapping=said.get("mapping"),
                imply_deposits=said.get("imply_deposits"),
            )  # fmt: skip
        return Response(ImportDetailOut(batch).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(parameters=IDS, request=CommitIn, responses={202: ImportDetailOut})
    @action(detail=True, methods=["post"], parser_classes=JSON_ONLY)
    def commit(self, request: Request, portfolio_id: str, import_id: str, **_: Any) -> Response:
        """Have the new rows written; asked for twice it is done once."""
        batch = _get(request, portfolio_id, import_id)
        said = _asked(CommitIn(data=request.data))
        with refusals_for_clients():
            batch = imports.request_commit(batch=batch, at=timezone.now(), **said)
        return Response(ImportDetailOut(batch).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(parameters=IDS, request=None, responses={202: ImportDetailOut})
    @action(detail=True, methods=["post"], parser_classes=JSON_ONLY)
    def undo(self, request: Request, portfolio_id: str, import_id: str, **_: Any) -> Response:
        """Have everything that an import wrote taken back; asked for twice it is done once."""
        batch = _get(request, portfolio_id, import_id)
        with refusals_for_clients():
            batch = imports.request_undo(batch=batch, at=timezone.now())
        return Response(ImportDetailOut(batch).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(parameters=[*IDS, RowQuery], responses=RowsOut)
    @action(detail=True, pagination_class=None)
    def rows(self, request: Request, portfolio_id: str, import_id: str, **_: Any) -> Response:
        """Return rows with what becomes of each, in the order of the file."""
        said = _asked(RowQuery(data=request.query_params))
        page = get_import_rows(
            batch=_get(request, portfolio_id, import_id), verdict=said.get("verdict", ""), after=said.get("after"),
            size=said["page_size"],
        )  # fmt: skip
        names = ("number", "line", "verdict", "column", "reason", "facts")
        rows = [
            {name: getattr(row, name) for name in names} | {"becomes": words_of(row.facts, page.symbols)}
            for row in page.rows
        ]
        return Response(RowsOut({"next_after": page.after, "results": rows}).data)


def _get(request: Request, portfolio_id: str, import_id: str) -> ImportBatch:
    found: QuerySet[ImportBatch] = get_own_portfolio(request, int(portfolio_id)).imports.all()
    return get_object_or_404(found, id=int(import_id))


def _asked(form: serializers.Serializer[Any]) -> dict[str, Any]:
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)
