"""Keys of two columns: what a row points to belongs to the row's own portfolio."""

from typing import Any

from django.db import models


class SamePortfolio(models.BaseConstraint):
    """What a row points to belongs to the row's own portfolio; a key that is null points to nothing.

    This is a foreign key of two columns, which SQLite and PostgreSQL hold themselves, at the commit like all others.
    The other side needs a unique constraint on id and portfolio.
    """

    def __init__(self, *, field: str, name: str) -> None:
        super().__init__(name=name)
        self.field = field

    def constraint_sql(self, model: Any, schema_editor: Any) -> str:
        """Return what stands in CREATE TABLE."""
        quote = schema_editor.quote_name
        key = model._meta.get_field(self.field)
        other, portfolio = key.related_model._meta, quote("portfolio_id")
        return (
            f"CONSTRAINT {quote(self.name)} FOREIGN KEY ({quote(key.column)}, {portfolio}) "
            f"REFERENCES {quote(other.db_table)} ({quote(other.pk.column)}, {portfolio}) DEFERRABLE INITIALLY DEFERRED"
        )

    def create_sql(self, model: Any, schema_editor: Any) -> str:
        """Return what adds it to a table; SQLite makes the table anew instead."""
        table = schema_editor.quote_name(model._meta.db_table)
        return f"ALTER TABLE {table} ADD {self.constraint_sql(model, schema_editor)}"

    def remove_sql(self, model: Any, schema_editor: Any) -> str:
        """Return what takes it away."""
        quote = schema_editor.quote_name
        return f"ALTER TABLE {quote(model._meta.db_table)} DROP CONSTRAINT {quote(self.name)}"

    def validate(self, *_: Any, **__: Any) -> None:
        """Ask nothing before a write: services have, and the database will."""

    def deconstruct(self) -> Any:
        path, args, options = super().deconstruct()
        return path, args, {**options, "field": self.field}

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, SamePortfolio) and (self.name, self.field) == (other.name, other.field)
        return same or NotImplemented

    def __hash__(self) -> int:
        return hash((self.name, self.field))
