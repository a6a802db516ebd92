"""The pages of imports: from a file to transactions, and back."""

from portfolios.views.imports.columns import import_columns
from portfolios.views.imports.lists import delete_template, import_formats, import_list
from portfolios.views.imports.steps import discard_import, import_page, undo_import

__all__ = [
    "delete_template",
    "discard_import",
    "import_columns",
    "import_formats",
    "import_list",
    "import_page",
    "undo_import",
]
