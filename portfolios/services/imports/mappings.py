"""What is asked when no format knows a file: which column means what."""

from itertools import islice
from typing import Any

from portfolios.importers import files
from portfolios.importers.tables import Row
from portfolios.models import ColumnTemplate, ImportBatch

EXAMPLES = 5


def mapping_question(batch: ImportBatch, content: bytes) -> dict[str, Any]:
    """Return the columns of a file with its first rows, and the templates of its owner that were made for them.

    Raises UnreadableError when the file has no table.
    """
    table = files.likely(batch.file_name, content)
    titles = [title.strip() for title in table.titles]
    rows = (row for row in table.rows() if isinstance(row, Row))
    templates = ColumnTemplate.objects.filter(owner=batch.requested_by).order_by("name", "id")
    return {
        "key": "mapping",
        "columns": titles,
        "examples": [[str(cell)[:80] for cell in row.cells] for row in islice(rows, EXAMPLES)],
        "templates": [one.pk for one in templates if one.header == titles],
    }
