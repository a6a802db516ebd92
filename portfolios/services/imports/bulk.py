"""Many rows at once, past the models: COPY on PostgreSQL, executemany on SQLite.

Django's bulk_create takes several times as long. The database still holds every constraint.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, models

from market.money import AMOUNT_PLACES, OFFSET

Values = Sequence[Any]


def insert_rows(*, model: type[models.Model], columns: Sequence[str], rows: Iterable[Values]) -> None:
    """Insert rows of values as `amount_encoder` and `instant_encoder` give them; the others are text, numbers, None."""
    quote = connection.ops.quote_name
    table, names = quote(model._meta.db_table), ", ".join(quote(column) for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join("?" for _ in columns)
            # The driver itself: Django's cursor would build a list of all rows first.
            raw = connection.connection.cursor()
            raw.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608 - names of columns
            raw.close()


def reserve_ids(*, model: type[models.Model], count: int) -> Sequence[int]:
    """Take the next ids of a table, in order; on SQLite the caller's transaction holds them."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
            )
            return [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = cursor.fetchone()
    first = (last[0] if last else 0) + 1
    return range(first, first + count)


def count_anew(*models_written: type[models.Model]) -> None:
    """Have PostgreSQL count the rows of tables that have just grown by many: until then it plans for few."""
    if connection.vendor == "postgresql":
        tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in models_written)
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {tables}")


def amount_encoder() -> Callable[[Decimal | None], Any]:
    """Return what writes a quantity or a price as an `AmountField` keeps it."""
    return _same if connection.vendor == "postgresql" else _offset_text


def instant_encoder() -> Callable[[datetime], Any]:
    """Return what writes an instant as the database keeps it."""
    return _same if connection.vendor == "postgresql" else _utc_text


def _same(value: Any) -> Any:
    return value


def _offset_text(value: Decimal | None) -> str | None:
    """Raise ValueError for more than 18 decimals."""
    if value is None:
        return None
    scaled = value.scaleb(AMOUNT_PLACES)
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"{value} has more than {AMOUNT_PLACES} decimals.")
    return f"{whole + OFFSET:039d}"


def _utc_text(at: datetime) -> str:
    return str(at.astimezone(UTC).replace(tzinfo=None))
