"""Reads of imports: their list, the rows of one page by page, and what is known of codes and columns."""

from portfolios.selectors.imports.assets import describe_candidates, find_assets
from portfolios.selectors.imports.rows import RowPage, get_import_rows, get_imports
from portfolios.selectors.imports.words import words_of

__all__ = ["RowPage", "describe_candidates", "find_assets", "get_import_rows", "get_imports", "words_of"]
