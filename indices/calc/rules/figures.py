"""Figures of rules as people read them: exact, without trailing zeros."""

from collections.abc import Sequence
from decimal import Decimal


def plain(number: Decimal) -> str:
    """Return a decimal without trailing zeros or exponent, to its last digit whatever the precision of the caller."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: Decimal) -> str:
    """Return a fraction of 1 in percent."""
    return f"{plain(share.scaleb(2))}%"


def usd(amount: Decimal) -> str:
    """Return an amount of USD with its thousands apart."""
    whole, point, cents = plain(amount).partition(".")
    return f"${int(whole):,}{point}{cents}"


def count_of(number: int, thing: str) -> str:
    """Return a number of things: 1 day, 2 days."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def enumeration(names: Sequence[str], word: str = "and") -> str:
    """Return names with commas, the last one after a word; nothing of nothing."""
    *others, last = names or [""]
    return f"{', '.join(others)} {word} {last}" if others else last
