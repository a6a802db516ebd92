"""Everything of a portfolio in one zip, and the way back: into an empty portfolio, with the same holdings and gains."""

from portfolios.services.exports.batches import commit_export, holds_export, preview_export
from portfolios.services.exports.make import make_export
from portfolios.services.exports.restore import Restored, import_export

__all__ = ["Restored", "commit_export", "holds_export", "import_export", "make_export", "preview_export"]
