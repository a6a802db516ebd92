"""Files that an owner asks for: made by a worker, kept for a week, fetched as often as they like."""

from portfolios.services.downloads.making import KEPT_FOR, delete_expired_downloads, make_requested_downloads
from portfolios.services.downloads.requests import FORMATS, CannotDownloadError, request_download

__all__ = [
    "FORMATS",
    "KEPT_FOR",
    "CannotDownloadError",
    "delete_expired_downloads",
    "make_requested_downloads",
    "request_download",
]
