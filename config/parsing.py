"""How the API reads a body: exact numbers, and no body that makes it fall over."""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

LARGEST_EXPONENT = 1000
OUT_OF_RANGE = f"a number beyond 1E±{LARGEST_EXPONENT}."


class ExactJSONParser(JSONParser):
    """JSON whose numbers with a point become Decimals, digit for digit."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002 - the framework's signature
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:  # JSON may be anything
        """Return the parsed body; whatever is wrong with it is the client's error, never a crash."""
        encoding = (parser_context or {}).get("encoding", "utf-8")
        limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise RequestDataTooBig
        try:
            return json.loads(body.decode(encoding), parse_float=_number, parse_constant=_refuse)
        except RecursionError:
            raise ParseError("JSON parse error - nested too deeply.") from None
        except (ValueError, LookupError) as error:
            raise ParseError(f"JSON parse error - {error}") from None


def _number(text: str) -> Decimal:
    """Read a number; one of a million digits is quick to write and slow to turn into an integer."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(OUT_OF_RANGE) from None
    if abs(number.adjusted()) > LARGEST_EXPONENT:
        raise ValueError(OUT_OF_RANGE)
    return number


def _refuse(name: str) -> None:
    """JSON itself has neither NaN nor Infinity."""
    raise ValueError(f"{name} is not JSON.")
