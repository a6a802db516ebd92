"""From the bytes of a file to the tables that it may hold."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

from portfolios.importers import documents, texts, workbooks
from portfolios.importers.rows import UnreadableError
from portfolios.importers.tables import Bad, Record, Table, TooWideError

# 100,000 rows of the longest kind, about 300 bytes each, are 30 MB.
FILE_BYTES = 32_000_000
PREAMBLE_ROWS = 30
SHEETS = 20

Records = Callable[[], Iterator[Record]]


def candidates(name: str, content: bytes) -> Iterator[Table]:
    """Yield what the file may be as a table: each of its first rows as the header, under each separator or sheet.

    Raises UnreadableError when the file cannot be read at all.
    """
    if len(content) > FILE_BYTES:
        size, most = len(content) / 1_000_000, FILE_BYTES // 1_000_000
        raise UnreadableError(f"“{name[:80]}” has {size:.0f} MB; {most} MB are read at most. Split it into parts.")
    if not content or content.isspace():
        raise UnreadableError(f"“{name[:80]}” is empty.")
    if workbooks.is_workbook(content):
        for sheet in workbooks.list_sheets(content)[:SHEETS]:
            yield from _headers(partial(workbooks.records, content, sheet))
    elif documents.is_document(content):
        document = documents.read(content)
        keys = tuple(map(str, document)) if isinstance(document, dict) else ()
        yield Table(titles=keys, records=lambda: iter(()), document=document)
    else:
        yield from _texts(content)


def likely(name: str, content: bytes) -> Table:
    """Return the table of a file of no known format: the row with the most titles that are no numbers is its header.

    Raises UnreadableError when the file cannot be read, or is JSON, whose parts have no order that could be guessed.
    """
    best, most = None, 1
    for table in candidates(name, content):
        if table.document is not None:
            raise UnreadableError("This JSON is of no program that is known here. Bring the same data as CSV.")
        titles = sum(1 for title in table.titles if title.strip() and title.strip()[0] not in "0123456789+-.,$€£")
        if titles > most:
            best, most = table, titles
    if best is None:
        raise UnreadableError("No row of the file looks like a header with at least two columns.")
    return best


def _texts(content: bytes) -> Iterator[Table]:
    """Yield the tables of a text; a separator under which it cannot be read is none, unless all are."""
    errors: list[UnreadableError] = []
    for delimiter in texts.DELIMITERS:
        try:
            yield from _headers(partial(texts.records, content, delimiter))
        except TooWideError:
            raise
        except UnreadableError as error:
            errors.append(error)
    if len(errors) == len(texts.DELIMITERS):
        raise errors[0]


def _headers(records: Records) -> Iterator[Table]:
    """Yield a table for each of the first rows, taken as the header of what follows."""
    above: list[tuple[str, ...]] = []
    for line, cells in islice(records(), PREAMBLE_ROWS):
        if isinstance(cells, Bad):
            continue
        titles = tuple(cells)
        yield Table(titles=titles, records=records, line=line, preamble=tuple(above))
        above.append(titles)
