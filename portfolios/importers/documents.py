"""JSON, read into memory with exact numbers; size, number of values and depth are bounded before and while reading."""

import json
from decimal import Decimal
from typing import Any

from portfolios.importers import texts
from portfolios.importers.rows import UnreadableError

VALUES = 2_000_000  # 100,000 activities of some fifteen values


def is_document(content: bytes) -> bool:
    """Tell whether a file begins as JSON does."""
    return content[:64].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"["}


def read(content: bytes) -> Any:
    """Return the document: objects, lists, strings, Decimals, booleans and None. Raises UnreadableError."""
    if content.count(b",") + content.count(b"[") + content.count(b"{") > VALUES:
        raise UnreadableError(f"The file has more than {VALUES:,} values. Split it into parts, and bring each.")
    try:
        text = content.decode(texts.encoding_of(content))
        return json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse)
    except UnicodeDecodeError:
        raise UnreadableError("The file is not text in UTF-8. Save it in UTF-8.") from None
    except RecursionError:
        raise UnreadableError("The file is nested too deeply to be a record of transactions.") from None
    except json.JSONDecodeError as error:
        raise UnreadableError(
            f"The file begins as JSON and is none: line {error.lineno}, column {error.colno}, {error.msg.lower()}."
        ) from None
    except ArithmeticError:
        raise UnreadableError("The file holds a number beyond all bounds.") from None


def _refuse(constant: str) -> None:
    raise UnreadableError(f"The file holds “{constant}”, which is not a number.")
