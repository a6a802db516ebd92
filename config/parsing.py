"""How the API reads a body: exact numbers, and no body that makes it fall over."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


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
            return json.loads(body.decode(encoding), parse_float=Decimal, parse_constant=_refuse)
        except RecursionError:
            raise ParseError("JSON parse error - nested too deeply.") from None
        except (ValueError, LookupError) as error:
            raise ParseError(f"JSON parse error - {error}") from None


def _refuse(name: str) -> None:
    """JSON itself has neither NaN nor Infinity."""
    raise ValueError(f"{name} is not JSON.")
