"""Everything of a portfolio in one zip, and the way back: into an empty portfolio, with the same holdings and gains."""

from portfolios.services.exports.archive import is_archive
from portfolios.services.exports.make import make_export
from portfolios.services.exports.restore import Restored, import_export

__all__ = ["Restored", "import_export", "is_archive", "make_export"]
