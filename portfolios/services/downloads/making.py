"""The worker's side: makes what was asked for, and lets go of what nobody will fetch any more."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction as database
from django.utils.text import slugify

from portfolios.models import Download, DownloadFile
from portfolios.services import tax_report
from portfolios.services.exports import make_export
from portfolios.services.work import WorkClaim, run_waiting

KEPT_FOR = timedelta(days=7)
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}
WRITERS: Mapping[str, Callable[[tax_report.TaxReport], bytes]] = {
    "csv": lambda report: tax_report.as_csv(report).encode(),
    "json": lambda report: tax_report.as_json(report).encode(),
    "xlsx": tax_report.as_xlsx,
}
INCOMPLETE = "Incomplete: something left that was not there, or a value is unknown. The report says where."


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A file, and what there is to say about it."""

    content: bytes
    suffix: str
    about: str
    message: str = ""


def make_requested_downloads(*, at: datetime) -> int:
    """Make every file that waits, oldest first; return how many are done or have failed.

    Safe to run in many processes at once, and twice: a row has one owner at a time.
    """
    return run_waiting(model=Download, run=_make, at=at)


def delete_expired_downloads(*, at: datetime) -> int:
    """Delete files whose time is over, and requests that came to nothing as long ago; return how many."""
    expired = Download.objects.filter(expires_at__lte=at)
    failed = Download.objects.filter(status=Download.Status.FAILED, requested_at__lte=at - KEPT_FOR)
    count = 0
    for rows in (expired, failed):
        ids = list(rows.values_list("id", flat=True))
        Download.objects.filter(id__in=ids).delete()
        count += len(ids)
    return count


def _make(download: Download, claim: WorkClaim[Download]) -> None:
    made = _export(download, claim) if download.kind == Download.Kind.EXPORT else _report(download, claim)
    now = claim.time()
    name = slugify(download.portfolio.name)[:40] or "portfolio"
    with database.atomic():
        DownloadFile.objects.update_or_create(download=download, defaults={"content": made.content})
        claim.end(
            message=made.message,
            file_name=f"ballast-{name}-{made.about}.{made.suffix}",
            media_type=MEDIA_TYPES[made.suffix],
            size=len(made.content),
            expires_at=now + KEPT_FOR,
        )


def _export(download: Download, claim: WorkClaim[Download]) -> Made:
    made_at = claim.at
    content = make_export(portfolio=download.portfolio, at=made_at, tell=claim.tell)
    return Made(content=content, suffix="zip", about=f"export-{made_at:%Y-%m-%d}")


def _report(download: Download, claim: WorkClaim[Download]) -> Made:
    params: dict[str, Any] = download.params
    asked = tax_report.ReportAsked(method=params["method"], scope=params["scope"], year=params["year"])
    claim.tell(10)
    report = tax_report.report_on_portfolio(portfolio=download.portfolio, asked=asked)
    claim.tell(60)
    content = WRITERS[params["format"]](report)
    parts = ["tax", str(params["year"] or "all-years"), params["method"], params["scope"]]
    return Made(
        content=content,
        suffix=params["format"],
        about="-".join(part for part in parts if part),
        message="" if report.is_complete else INCOMPLETE,
    )
