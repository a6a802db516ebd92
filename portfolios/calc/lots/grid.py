"""Exact numbers inside the engine: whole numbers of 1e-18 of a coin and of 1e-36 of the currency of account.

The product of two numbers of 18 decimals is exact on the finer grid. Decimals are read and written here alone, in a
context of 80 digits that refuses to lose one, whatever the precision of the process.
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, InvalidOperation

COIN_PLACES = 18
MONEY_PLACES = 36
SMALLEST_COIN = Decimal(1).scaleb(-COIN_PLACES)
SMALLEST_MONEY = Decimal(1).scaleb(-MONEY_PLACES)
EXACT = Context(prec=80, traps=[Inexact, InvalidOperation])
ROUNDING = Context(prec=80, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation])


def to_units(quantity: Decimal) -> int:
    """Return a quantity in units of 1e-18.

    Raises ValueError for less than 0, more than 18 decimals, more than 62 digits before the point, or no number.
    """
    try:
        units = int(quantity.quantize(SMALLEST_COIN, context=EXACT).scaleb(COIN_PLACES, EXACT))
    except (Inexact, InvalidOperation, ValueError) as error:
        raise ValueError(f"{quantity} is not a quantity of at most 18 decimals.") from error
    if units < 0:
        raise ValueError(f"{quantity} is below 0; quantities are positive.")
    return units


def to_money(value: Decimal) -> int:
    """Return a value in units of 1e-36, rounded half to even where it is finer.

    Raises ValueError for less than 0, more than 44 digits before the point, or no number.
    """
    try:
        money = int(value.quantize(SMALLEST_MONEY, context=ROUNDING).scaleb(MONEY_PLACES, EXACT))
    except (InvalidOperation, ValueError) as error:
        raise ValueError(f"{value} is not a value.") from error
    if money < 0:
        raise ValueError(f"{value} is below 0; values are positive.")
    return money


def quantity_of(units: int) -> Decimal:
    """Return units of 1e-18 as an exact Decimal without needless zeros."""
    return _decimal_of(units, COIN_PLACES)


def amount_of(money: int) -> Decimal:
    """Return units of 1e-36 as an exact Decimal without needless zeros."""
    return _decimal_of(money, MONEY_PLACES)


def _decimal_of(number: int, places: int) -> Decimal:
    whole, rest = divmod(number, 10**places)
    return Decimal(f"{number}E-{places}").normalize(EXACT) if rest else Decimal(whole)


def portion(total: int, part: int, whole: int) -> int:
    """Return total * part / whole, rounded half to even; the whole part is the whole total.

    `total` may be below 0; 0 < part <= whole.
    """
    result, rest = divmod(total * part, whole)
    rest *= 2
    return result + 1 if rest > whole or (rest == whole and result & 1) else result


def spread(total: int, parts: list[int]) -> list[int]:
    """Share a total out by size, one after the other from what is left, so that the shares sum to it exactly."""
    shares, left = [], sum(parts)
    for part in parts:
        share = portion(total, part, left)
        shares.append(share)
        total -= share
        left -= part
    return shares
