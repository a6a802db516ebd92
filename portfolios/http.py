"""What a request means here: whose portfolio it names, and how a refusal of the ledger is answered."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from accounts.http import KeyReusedError, user_of
from portfolios.importers.files import FILE_BYTES
from portfolios.models import Portfolio
from portfolios.services import RefusedError, TokenReusedError

if TYPE_CHECKING:
    from django.http import HttpRequest
    from rest_framework.request import Request

# A file, and the rest of the form that it comes in.
LARGEST_UPLOAD = FILE_BYTES + 100_000


def get_own_portfolio(request: "HttpRequest | Request", portfolio_id: int) -> Portfolio:
    """Return a portfolio of the caller; any other one does not exist for them: 404."""
    return get_object_or_404(Portfolio.objects.owned_by(user_of(request)).labelled(), id=portfolio_id)


def last_closed_day() -> date:
    """Return the last UTC day that has closed."""
    return timezone.now().date() - timedelta(days=1)


@contextmanager
def refusals_for_clients() -> Iterator[None]:
    """Answer a refusal with 400 and the field it is about, a token used for something else with 422."""
    try:
        yield
    except TokenReusedError as refusal:
        raise KeyReusedError(refusal.message) from refusal
    except RefusedError as refusal:
        raise ValidationError({refusal.field or "non_field_errors": [refusal.message]}) from refusal


def show_refusal(form: forms.Form, refusal: RefusedError) -> None:
    """Put a refusal beside the field that it is about, or above the form when that has no such field."""
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)


def file_answer(*, name: str, media_type: str, content: bytes) -> HttpResponse:
    """Answer with a file to be kept: never shown in the browser, taken for nothing else, left in no cache."""
    return HttpResponse(
        content,
        content_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
