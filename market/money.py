"""Exact decimal columns on SQLite and PostgreSQL.

Django keeps decimals on SQLite as REAL and loses digits after the fifteenth. These columns hold every digit:
`numeric` on PostgreSQL, a fixed-width offset text on SQLite whose text order is the numeric order.
"""

import decimal
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import NotSupportedError, models
from django.db.models import Aggregate, Func, TextField
from django.db.models.expressions import Combinable, CombinedExpression

if TYPE_CHECKING:
    import sqlite3

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.expressions import Expression
    from django.db.models.sql.compiler import SQLCompiler, _AsSqlType

CONTEXT = decimal.Context(prec=80, rounding=decimal.ROUND_HALF_EVEN)
PRECISION = 60


def use_exact_context() -> None:
    """Give this and every later thread 60 digits: Python's default of 28 drops digits in silence."""
    decimal.DefaultContext.prec = PRECISION
    decimal.getcontext().prec = PRECISION


_ST = TypeVar("_ST", contravariant=True)
_GT = TypeVar("_GT", covariant=True)


class ExactDecimalField(models.DecimalField[_ST, _GT]):
    """A decimal that comes back digit for digit on every database; floats are refused.

    SQLite stores ``value * 10**decimal_places + 10**max_digits`` as text of ``max_digits + 1`` digits. Filters,
    ordering, Min and Max are exact; the only sum is `ExactSum`. Arithmetic in SQL is refused.
    """

    _pyi_private_set_type: Decimal | str | int | Combinable
    _pyi_private_get_type: Decimal
    _pyi_lookup_exact_type: Decimal | str | int

    def get_internal_type(self) -> str:
        """Keep Django's own SQLite converter, which goes through REAL, away."""
        return "ExactDecimalField"

    def db_type(self, connection: "BaseDatabaseWrapper") -> str:
        """Return the column type."""
        if connection.vendor == "sqlite":
            return "text"
        return f"numeric({self.max_digits}, {self.decimal_places})"

    rel_db_type = db_type
    cast_db_type = db_type

    def db_check(self, connection: "BaseDatabaseWrapper") -> str | None:
        """Let SQLite itself refuse what is not our encoding, such as a raw float."""
        if connection.vendor != "sqlite":
            return None
        column = connection.ops.quote_name(str(self.column))
        width = (self.max_digits or 0) + 1
        return f"{column} IS NULL OR (length({column}) = {width} AND {column} NOT GLOB '*[^0-9]*')"

    def to_python(self, value: Any) -> Decimal | None:
        """Return a Decimal; a float has already lost digits and is refused."""
        if isinstance(value, float):
            msg = f"{self.name}: float refused, pass a Decimal or a string."
            raise TypeError(msg)
        number: Decimal | None = super().to_python(value)
        return number

    def get_db_prep_value(self, value: Any, connection: "BaseDatabaseWrapper", prepared: bool = False) -> Any:  # noqa: ARG002, FBT001, FBT002 - Django's signature
        """Encode for the database; raises ValueError for more digits than the column holds."""
        if value is None or hasattr(value, "resolve_expression"):
            return value
        exact = self._exact(self.to_python(value) or Decimal(0))
        return self._encode(exact) if connection.vendor == "sqlite" else exact

    def get_db_prep_save(self, value: Any, connection: "BaseDatabaseWrapper") -> Any:
        """Refuse SQL arithmetic on SQLite, where the text would be read as a number."""
        if isinstance(value, CombinedExpression) and connection.vendor == "sqlite":
            msg = f"{self.name}: no SQL arithmetic on money."
            raise NotSupportedError(msg)
        if hasattr(value, "as_sql"):
            return value
        return self.get_db_prep_value(value, connection)

    def from_db_value(self, value: Any, _expression: "Expression", connection: "BaseDatabaseWrapper") -> Decimal | None:
        """Decode; a number here means that an inexact SQL aggregate ran."""
        if value is None:
            return None
        if connection.vendor != "sqlite":
            return Decimal(value)
        if not isinstance(value, str):
            msg = f"{self.name}: inexact SQL aggregate; use ExactSum."
            raise NotSupportedError(msg)
        return self._decode(value)

    def _exact(self, value: Decimal) -> Decimal:
        places = self.decimal_places or 0
        if value and value.adjusted() >= (self.max_digits or 0) - places:
            msg = f"{self.name}: {value:.6e} has more than {(self.max_digits or 0) - places} digits before the point."
            raise ValueError(msg)
        exact = CONTEXT.quantize(value, Decimal(1).scaleb(-places))
        if exact != value:
            msg = f"{self.name}: {value} has more than {places} decimals; round explicitly."
            raise ValueError(msg)
        return exact

    def _encode(self, value: Decimal) -> str:
        digits = self.max_digits or 0
        return f"{int(value.scaleb(self.decimal_places or 0, CONTEXT)) + 10**digits:0{digits + 1}d}"

    def _decode(self, text: str) -> Decimal:
        return decode_offset(text, digits=self.max_digits or 0, places=self.decimal_places or 0)


def decode_offset(text: str, *, digits: int, places: int) -> Decimal:
    """Return the number behind SQLite's offset text."""
    return Decimal(int(text) - 10**digits).scaleb(-places, CONTEXT)


class ExactSum(Aggregate):
    """Sum of an `ExactDecimalField`, exact on every database; None for no rows."""

    function = "SUM"
    name = "ExactSum"

    def as_sqlite(self, compiler: "SQLCompiler", connection: "BaseDatabaseWrapper", **extra: Any) -> "_AsSqlType":
        """Call the aggregate that `register_exact_sum` puts on each connection."""
        return super().as_sql(compiler, connection, function="EXACT_SUM", **extra)


class _ExactSumStep:
    """SQLite's side of `ExactSum`: adds offset texts as integers."""

    def __init__(self) -> None:
        self.total = 0
        self.width = 0

    def step(self, text: str | None) -> None:
        """Take one row."""
        if text is None:
            return
        self.width = len(text)
        self.total += int(text) - 10 ** (self.width - 1)

    def finalize(self) -> str | None:
        """Return the encoded sum."""
        if not self.width:
            return None
        return f"{self.total + 10 ** (self.width - 1):0{self.width}d}"


def register_exact_sum(connection: "BaseDatabaseWrapper") -> None:
    """Register EXACT_SUM on a new SQLite connection."""
    if connection.vendor == "sqlite":
        raw: sqlite3.Connection = connection.connection
        raw.create_aggregate("EXACT_SUM", 1, _ExactSumStep)  # type: ignore[arg-type] # NULL in, NULL out


def register_exact_type(connection: "BaseDatabaseWrapper") -> None:
    """Tell PostgreSQL's backend the column type, without which Django does not insert many rows as arrays."""
    if connection.vendor == "postgresql":
        numeric = "numeric(%(max_digits)s, %(decimal_places)s)"
        connection.data_types = {**connection.data_types, "ExactDecimalField": numeric}


class AsStored(Func):
    """A column as the database keeps it, past all converters: they cost more than the rows when most go unread.

    SQLite gives its text, an amount's read by `amount_of` and `float_of`; PostgreSQL gives Python's own types.
    """

    template = "%(expressions)s"
    arity = 1
    output_field = TextField()

    def as_sqlite(self, compiler: "SQLCompiler", connection: "BaseDatabaseWrapper", **extra: Any) -> "_AsSqlType":
        """Put a plus before the column: it changes nothing, and the driver no longer sees a type to convert to."""
        return super().as_sql(compiler, connection, template="+%(expressions)s", **extra)


AMOUNT_DIGITS, AMOUNT_PLACES = 38, 18
OFFSET, SCALE = 10**AMOUNT_DIGITS, 10**AMOUNT_PLACES


def amount_of(stored: str | Decimal) -> Decimal:
    """Return the number of an `AmountField` that was read `AsStored`."""
    if isinstance(stored, Decimal):
        return stored
    return decode_offset(stored, digits=AMOUNT_DIGITS, places=AMOUNT_PLACES)


def float_of(stored: str | Decimal | None) -> float:
    """Return the float nearest to the number of an `AmountField` that was read `AsStored`; NaN for none."""
    if isinstance(stored, str):
        return float((int(stored) - OFFSET) / SCALE)
    return math.nan if stored is None else float(stored)


class AmountField(ExactDecimalField[_ST, _GT]):
    """Prices, quantities, units and money: 20 digits before the point, 18 after."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"max_digits": AMOUNT_DIGITS, "decimal_places": AMOUNT_PLACES} | options)


class RatioField(ExactDecimalField[_ST, _GT]):
    """Weights and ratios, fractions of 1: 8 digits before the point, 12 after."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"max_digits": 20, "decimal_places": 12} | options)


class CostField(ExactDecimalField[_ST, _GT]):
    """Costs, proceeds and gains of lots: 24 digits before the point, 36 after.

    A quantity times a price has 36 decimals: on this grid nothing is rounded but the share of a partial draw.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"max_digits": 60, "decimal_places": 36} | options)
