"""What the owner of a file of no known format looks at while saying which column means what."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from portfolios.importers import files
from portfolios.importers.rows import UnreadableError
from portfolios.importers.tables import Row, name_of
from portfolios.models import ImportBatch
from portfolios.services.errors import CannotImportError

EXAMPLES = 5
ROWS_LOOKED_AT = 50_000
WORDS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The titles of a file and its first rows; `words` are those of one column, the most frequent ones first."""

    titles: Sequence[str]
    examples: Sequence[Sequence[str]]
    words: Sequence[str] = ()


def read_columns(*, batch: ImportBatch, words_of: str = "") -> Columns:
    """Look at the columns of a file; of the column titled `words_of` at its words too, in its first 50,000 rows.

    Raises CannotImportError when the file has no table.
    """
    try:
        table = files.likely(batch.file_name, bytes(batch.file.content))
        rows = (row for row in islice(table.rows(), ROWS_LOOKED_AT) if isinstance(row, Row))
        examples = [[str(cell)[:80] for cell in row.cells] for row in islice(rows, EXAMPLES)]
        words: list[str] = []
        if words_of:
            column = name_of(words_of)
            again = (row for row in islice(table.rows(), ROWS_LOOKED_AT) if isinstance(row, Row))
            counted = Counter(text for row in again if 0 < len(text := row.text(column).lower()) <= 80)
            words = [word for word, _ in counted.most_common(WORDS)]
    except UnreadableError as error:
        raise CannotImportError(str(error), field="file") from error
    return Columns(titles=[title.strip() for title in table.titles], examples=examples, words=words)
