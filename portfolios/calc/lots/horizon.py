"""When a lot becomes long, and which lots are long today: the rule of terms read the other way round."""

from datetime import date, timedelta

from portfolios.calc.lots.policy import Term
from portfolios.calc.lots.terms import term_of

ONE_DAY = timedelta(days=1)


def first_long_day(acquired: date, term: Term) -> date | None:
    """Return the first day on which a sale of what was acquired on a day is long; None: there are no terms."""
    if term.rule == "none":
        return None
    day = acquired + timedelta(days=term.days if term.rule == "days" and term.days is not None else 365)
    while term_of(acquired, day, term) != "long":
        day += ONE_DAY
    return day


def first_short_day(sold: date, term: Term) -> date | None:
    """Return the first day of acquisition that is still short when sold on a day; None: there are no terms."""
    if term.rule == "none":
        return None
    day = sold - timedelta(days=term.days + 1 if term.rule == "days" and term.days is not None else 368)
    while term_of(day, sold, term) != "short":
        day += ONE_DAY
    return day
