"""Numbers as files write them, read exactly: a Decimal or an error that says why, never a float and never a guess."""

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Literal

from market.calc.currencies import FIAT

# `plain` is what programs write (1234.5, 1e-7). `point` and `comma` are the decimal signs that people read, with
# thousands, spaces and currency signs. `unclear`: the file shows no sign that settles it.
Style = Literal["plain", "point", "comma", "unclear"]

PLACES = 18
LARGEST = Decimal(10) ** 20  # what a column of 38 digits with 18 decimals holds
EXACT = Context(prec=120, rounding=ROUND_HALF_EVEN)  # the default of 28 digits would round a sign away

_PLAIN = re.compile(r"[+-]?(?:\d{1,60}(?:\.\d{0,60})?|\.\d{1,60})(?:[eE][+-]?\d{1,3})?", re.ASCII)
_NUMBER = re.compile(r"[+-]?[\d.,]{1,80}(?:[eE][+-]?\d{1,3})?", re.ASCII)
_GROUPED = {
    "point": re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d*)?", re.ASCII),
    "comma": re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d*)?", re.ASCII),
}
_SIGNS = "$€£¥₹₩₽₺₴₪₫₱₦₿฿"  # currency signs that may stand before or after a number
_NOISE = re.compile(rf"[{re.escape(_SIGNS)}\s'\u2019\u00a0\u202f\u2009]")
_CODES = re.compile(rf"^([+-]?)(?:{'|'.join(FIAT)})|(?:{'|'.join(FIAT)})$")
_UNSETTLED = re.compile(r"[1-9]\d{0,2},\d{3}", re.ASCII)
_SETTLES = {
    "point": re.compile(r"\d*\.\d*|\d{1,3}(?:,\d{3})+\.\d*|\d{1,3}(?:,\d{3}){2,}", re.ASCII),
    "comma": re.compile(r"\d*,\d*|\d{1,3}(?:\.\d{3})+,\d*|\d{1,3}(?:\.\d{3}){2,}", re.ASCII),
}
_GROUP_OR_DECIMALS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}", re.ASCII)


def number(text: str, style: Style = "plain") -> Decimal:
    """Read one number exactly, with at most 18 decimals and 20 digits before them.

    Raises ValueError with words fit for the owner of the file.
    """
    if not _PLAIN.fullmatch(text) or style == "comma":
        text = _as_plain(text, style)
    value = Decimal(text)
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -PLACES:
        value = _without_trailing_zeros(value, text)
    if not -LARGEST < value < LARGEST:
        raise ValueError(f"“{text}” is too large: at most 20 digits before the decimal sign are kept.")
    return value


def style_of(texts: Iterable[str]) -> Style:
    """Find the decimal sign that a column or a file uses; `unclear` when nothing settles it, or two signs disagree."""
    found: set[Style] = set()
    for text in texts:
        bare = _bare(text).lstrip("+-")
        if _GROUP_OR_DECIMALS.fullmatch(bare):
            continue
        if _SETTLES["point"].fullmatch(bare):
            found.add("point")
        elif _SETTLES["comma"].fullmatch(bare):
            found.add("comma")
    return found.pop() if len(found) == 1 else "unclear"


def product(one: Decimal, other: Decimal) -> Decimal:
    """Return what a quantity at a price comes to, to 18 decimals."""
    return EXACT.quantize(EXACT.multiply(one, other), Decimal(1).scaleb(-PLACES))


def _without_trailing_zeros(value: Decimal, text: str) -> Decimal:
    """Return the same number with at most 18 decimals, if it has no more."""
    shorter = value.normalize(EXACT)
    exponent = shorter.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -PLACES:
        raise ValueError(f"“{text}” has more than 18 decimals, which cannot be kept exactly.")
    return shorter


def _bare(text: str) -> str:
    """Drop currency signs, codes and spaces, and write a minus as a hyphen."""
    bare = _NOISE.sub("", text).replace("−", "-")
    return _CODES.sub(r"\1", bare)


def _as_plain(text: str, style: Style) -> str:
    """Write a number of people as a program would; raise ValueError when it is none, or may be two."""
    bare = text if style == "plain" else _bare(text)
    if style == "plain" or not _NUMBER.fullmatch(bare):
        raise ValueError(f"“{text[:40]}” is not a number.")
    sign, digits = (bare[0], bare[1:]) if bare[0] in "+-" else ("", bare)
    if style == "unclear":
        style = _own_style(digits, text)
    group, decimal = (",", ".") if style == "point" else (".", ",")
    if group in digits and not _GROUPED[style].fullmatch(digits):
        raise ValueError(f"“{text[:40]}” does not fit numbers with a decimal {style}, which this file has.")
    plain = sign + digits.replace(group, "").replace(decimal, ".")
    if not _PLAIN.fullmatch(plain):
        raise ValueError(f"“{text[:40]}” is not a number.")
    return plain


def _own_style(digits: str, text: str) -> Style:
    """Return the decimal sign that a number shows by itself."""
    if _UNSETTLED.fullmatch(digits):
        raise ValueError(
            f"“{text[:40]}” can be read with a decimal comma or with a comma between thousands, and nothing else in "
            "the file settles it. Write it without the comma."
        )
    return "comma" if _SETTLES["comma"].fullmatch(digits) else "point"
