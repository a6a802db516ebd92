"""How long a lot was held, by the dates on the calendar of the policy's zone."""

from datetime import date

from portfolios.calc.lots.policy import Term


def term_of(acquired: date, sold: date, term: Term) -> str:
    """Return `long`, `short` or `none`.

    A year is over at the end of its anniversary: bought on 1 March 2023, the 2nd of March 2024 is the first long day,
    for the US and for Germany alike. The anniversary of a 29 February is the 28th: the 1st of March is long.
    """
    if term.rule == "none":
        return "none"
    if term.rule == "days":
        is_long = (sold - acquired).days > (term.days or 0)
    else:
        is_leap_day = (acquired.month, acquired.day) == (2, 29)
        anniversary = acquired.replace(year=acquired.year + 1, day=28 if is_leap_day else acquired.day)
        is_long = sold > anniversary
    return "long" if is_long else "short"
