"""Files that are made, being made, or not any more."""

from datetime import datetime

from django.db.models import Q

from portfolios.models import Download, DownloadFile, Portfolio


def get_downloads(*, portfolio: Portfolio, at: datetime) -> list[Download]:
    """Return the files of a portfolio, newest first, those aside whose time is over; the bytes are not read."""
    kept = Download.objects.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=at), portfolio=portfolio)
    return list(kept.order_by("-requested_at", "-id"))


def get_file(*, download: Download, at: datetime) -> bytes | None:
    """Return the bytes of a file; None when it is not made yet, or its time is over."""
    if download.status != Download.Status.DONE or download.expires_at is None or download.expires_at <= at:
        return None
    content = DownloadFile.objects.filter(download=download).values_list("content", flat=True).first()
    return None if content is None else bytes(content)
