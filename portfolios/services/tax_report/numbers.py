"""Numbers as a report writes them: all digits, no exponent, no idle zeros; rounded only where people read them."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal

# A quantity of 38 digits times a price of 38 digits is exact in this.
EXACT = Context(prec=120, rounding=ROUND_HALF_EVEN)
CENT = Decimal("0.01")
MONEY_STEP = Decimal(1).scaleb(-36)


def plain(number: Decimal) -> str:
    """Write a number with every digit that it has; unlike `normalize`, this rounds nothing, whatever the context."""
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def plain_or_none(number: Decimal | None) -> str | None:
    """Write a number, None where it is unknown."""
    return None if number is None else plain(number)


def cents(number: Decimal | None) -> str:
    """Write an amount of money for people: to the cent, half up (away from zero), thousands apart."""
    if number is None:
        return "unknown"
    rounded = number.quantize(CENT, rounding=ROUND_HALF_UP, context=EXACT)
    return f"{rounded + 0:,.2f}" if rounded else "0.00"


def product(quantity: Decimal, price: Decimal) -> Decimal:
    """Return what a quantity costs at a price a unit, exactly."""
    return EXACT.multiply(quantity, price)


def worth(quantity: Decimal, *, value: Decimal, of: Decimal) -> Decimal:
    """Return what a quantity is worth where `of` units are worth `value`, rounded once, to 36 decimals; `of` is not 0.

    A price a unit in between would round first: 3 units, of which 6 are worth 35, would not be worth 17.5.
    """
    return EXACT.divide(EXACT.multiply(quantity, value), of).quantize(MONEY_STEP, context=EXACT)


def total(numbers: list[Decimal]) -> Decimal:
    """Return an exact sum."""
    result = Decimal(0)
    for number in numbers:
        result = EXACT.add(result, number)
    return result
