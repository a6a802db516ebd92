"""Template filters that write figures the way every page writes them.

Input is a Decimal, int or float, money in USD, shares as fractions of 1. ``None`` is an unknown figure and is written
as "unknown", never as 0. Minus is the true minus sign. The exact digits stay in the database and the API.
"""

from decimal import ROUND_HALF_UP, Decimal

from django import template

register = template.Library()
Figure = Decimal | float | None

UNKNOWN = "unknown"
MINUS = "\N{MINUS SIGN}"
SHORT = ((Decimal(10) ** 12, "T"), (Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "K"))


def _decimal(value: Decimal | float) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _write(value: Decimal | float, decimals: int, *, before: str = "", after: str = "", signed: bool = False) -> str:
    rounded = _decimal(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    return f"{sign}{before}{abs(rounded):,f}{after}"


@register.filter
def usd(value: Figure, decimals: int = 2) -> str:
    """Write an amount of US dollars: ``$48,214.07``."""
    return UNKNOWN if value is None else _write(value, decimals, before="$")


@register.filter
def signed_usd(value: Figure, decimals: int = 2) -> str:
    """Write a change in US dollars with its sign: ``+$12.00``."""
    return UNKNOWN if value is None else _write(value, decimals, before="$", signed=True)


@register.filter
def money(value: Figure, currency: str) -> str:
    """Write an amount of any currency by its code: ``$48,214.07``, ``1,250.00 EUR``."""
    if value is None or currency == "USD":
        return usd(value)
    return _write(value, 2, after=f" {currency}")


@register.filter
def signed_money(value: Figure, currency: str) -> str:
    """Write a change in any currency with its sign: ``+$12.00``, ``−3.10 EUR``."""
    if value is None or currency == "USD":
        return signed_usd(value)
    return _write(value, 2, after=f" {currency}", signed=True)


@register.filter
def unit_price(value: Figure, currency: str) -> str:
    """Write a price in any currency, below 1 with four significant digits: ``$0.00001234``, ``2.50 EUR``."""
    if value is None or currency == "USD":
        return price(value)
    amount = _decimal(value)
    return _write(amount, 2 if not amount or abs(amount) >= 1 else 3 - amount.adjusted(), after=f" {currency}")


@register.filter
def short_usd(value: Figure) -> str:
    """Write a large amount with three or more digits and a letter: ``$1.24B``; below 1,000 as `usd` does."""
    if value is None:
        return UNKNOWN
    amount = _decimal(value)
    for size, letter in SHORT:
        if abs(amount) >= size:
            return _write(amount / size, 2, before="$", after=letter)
    return _write(amount, 2, before="$")


@register.filter
def price(value: Figure) -> str:
    """Write a price with cents from 1 USD up and with four significant digits below: ``$0.00001234``."""
    if value is None:
        return UNKNOWN
    amount = _decimal(value)
    if not amount or abs(amount) >= 1:
        return _write(amount, 2, before="$")
    return _write(amount, 3 - amount.adjusted(), before="$")


@register.filter
def percent(value: Figure, decimals: int = 2) -> str:
    """Write a fraction of 1 as a percentage: 0.312 is ``31.20%``."""
    return UNKNOWN if value is None else _write(_decimal(value) * 100, decimals, after="%")


@register.filter
def fall(value: Figure) -> str:
    """Write a fall from a peak, kept at 0 or below, as a loss without a sign: -0.316 is ``31.60%``."""
    return UNKNOWN if value is None else percent(abs(_decimal(value)))


@register.filter
def signed_percent(value: Figure, decimals: int = 2) -> str:
    """Write a change, a fraction of 1, with its sign: ``+1.84%``."""
    return UNKNOWN if value is None else _write(_decimal(value) * 100, decimals, after="%", signed=True)


@register.filter
def number(value: Figure, decimals: int = 2) -> str:
    """Write an index level or a ratio: ``1,234.50``."""
    return UNKNOWN if value is None else _write(value, decimals)


@register.filter
def quantity(value: Figure, decimals: int = 8) -> str:
    """Write units of an asset with at most `decimals` places, or all when fewer show nothing: ``0.5``, ``1,200``."""
    if value is None:
        return UNKNOWN
    is_crumb = value and abs(_decimal(value)) < Decimal(1).scaleb(-decimals)
    text = _write(value, 18 if is_crumb else decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


@register.filter
def digits(value: Figure) -> str:
    """Write units of an asset with every digit: ``0.000000000000000001``."""
    if value is None:
        return UNKNOWN
    text = _write(value, 18)
    return text.rstrip("0").rstrip(".")


@register.filter
def tone(value: Figure) -> str:
    """Return the tone of a change: ``up``, ``down``, or nothing for zero and unknown."""
    if not value:
        return ""
    return "up" if value > 0 else "down"
