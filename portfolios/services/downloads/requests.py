"""What an owner may ask for: everything, or the tax report of a year under a method."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction as database

from accounts.models import User
from portfolios.calc.lots import SCOPES
from portfolios.models import Download, Portfolio
from portfolios.services.errors import RefusedError, TokenReusedError
from portfolios.services.ledger import check_token, lock
from portfolios.services.tax_report import ASKED_METHODS, OWN

FORMATS = ("csv", "xlsx", "json")
YEARS = range(2009, 2200)
# Each is worked out from the whole ledger: more than these at once is no use of the page.
UNFINISHED = 5
Kind, Status = Download.Kind, Download.Status


class CannotDownloadError(RefusedError):
    """What was asked for is no file that is made here, or too many are being made."""


@database.atomic
def request_download(
    *, portfolio: Portfolio, kind: str, params: Mapping[str, Any], by: User, token: str, at: datetime
) -> Download:
    """Ask for a file; the same token with the same wishes again returns the first one.

    A tax report takes `format` (csv, xlsx, json), `method` (one that is reported on, or `own`), `scope` (empty: the
    owner's) and `year` (None: all). Raises CannotDownloadError with the field that is wrong, TokenReusedError.
    """
    check_token(token)
    locked = lock(portfolio.pk)
    asked = _checked(kind, params)
    known = Download.objects.filter(portfolio=locked, token=token).first()
    if known is not None:
        if (known.kind, known.params) != (kind, asked):
            raise TokenReusedError
        return known
    waiting = Download.objects.filter(portfolio=locked, status__in=[Status.WAITING, Status.RUNNING])
    if waiting.count() >= UNFINISHED:
        raise CannotDownloadError(f"{UNFINISHED} files of this portfolio are being made; wait for one of them.")
    return Download.objects.create(
        portfolio=locked, kind=kind, params=asked, token=token, requested_by=by, requested_at=at
    )


def _checked(kind: str, params: Mapping[str, Any]) -> dict[str, Any]:
    if kind == Kind.EXPORT:
        return {}
    if kind != Kind.TAX_REPORT:
        raise CannotDownloadError(f"kind: {str(kind)[:40]!r} is none of {', '.join(Kind.values)}.", field="kind")
    year = params.get("year")
    if year is not None and (not isinstance(year, int) or year not in YEARS):
        raise CannotDownloadError(f"year: a year from {YEARS[0]} on is needed, or none for all.", field="year")
    return {
        "format": _one_of("format", params.get("format") or "csv", FORMATS),
        "method": _one_of("method", params.get("method") or OWN, (OWN, *ASKED_METHODS)),
        "scope": _one_of("scope", params.get("scope") or "", ("", *SCOPES)),
        "year": year,
    }


def _one_of(name: str, value: Any, values: tuple[str, ...]) -> str:
    if value not in values:
        words = ", ".join(one for one in values if one)
        raise CannotDownloadError(f"{name}: {str(value)[:40]!r} is none of {words}.", field=name)
    return str(value)
