"""What the tests of importers share: a file in, rows out."""

from datetime import UTC, datetime

import pytest

from portfolios.importers.formats import read_file
from portfolios.importers.rows import ParsedRow, UnansweredError


def readings(content, **options):
    """Read a text or bytes, with no answers unless some are given."""
    data = content if isinstance(content, bytes) else content.encode()
    return list(read_file(name="a file.csv", content=data, answers=options.pop("answers", {}), **options))


def rows(content, **options):
    """Read a file whose every record becomes a transaction."""
    found = readings(content, **options)
    assert [one for one in found if not isinstance(one, ParsedRow)] == []
    return found


def told(row):
    """Return what a row tells, without the fields that say nothing."""
    fields = {name: getattr(row, name) for name in ParsedRow.__dataclass_fields__}
    return {name: value for name, value in fields.items() if value not in {"", None}}


def at(text):
    """Return an instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def questions(content, **options):
    """Return the keys and examples of what a file asks."""
    with pytest.raises(UnansweredError) as error:
        readings(content, **options)
    return {question.key: list(question.examples) for question in error.value.questions}
