"""How concentrated a basket is, how long it takes to sell, and how much of it is in one sector."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indices.calc.rules import SECTOR_NAMES
from indices.calc.safety.items import TOLERANCE, Item, State, Topic, check_basket, state_of

EFFECTIVE_LEAST = 4.0
"""Least effective number of constituents: a Herfindahl index of 0.25 at most."""
LARGEST_MOST = 0.4
TOP_THREE_MOST = 0.75
NOTIONAL = 1_000_000.0
"""USD that are sold."""
PARTICIPATION = 0.1
"""Share of the median daily value traded that a seller takes."""
SALE_DAYS_MOST = 1.0
FIRST_DAY_LEAST = 1.0
SECTOR_MOST = 0.6
SHOWN = 3


def concentration(names: Sequence[str], weights: NDArray[np.float64]) -> list[Item]:
    """Return the effective number of constituents, the largest weight and the three largest together.

    Parameters
    ----------
    names : one a constituent, those that hold what is set free included
    weights : shape (n,), fractions of 1 that sum to 1

    Returns
    -------
    The effective number is 1 over the Herfindahl index, the sum of squared weights.

    Raises
    ------
    SafetyInputError
        If the weights are not those of a whole basket, or the names are not as many.

    """
    check_basket(weights, names)
    order = np.argsort(-weights, kind="stable")
    ranked = [(names[place], float(weights[place])) for place in order]
    herfindahl = float(weights @ weights)
    effective = 1 / herfindahl
    squares = " + ".join(f"{weight:.4f}²" for _, weight in ranked[:SHOWN])
    rest = f" + {len(ranked) - SHOWN} more" if len(ranked) > SHOWN else ""
    return [
        _most_or_least(
            "effective_constituents", "Effective number of constituents", effective, "count", EFFECTIVE_LEAST,
            words=f"{len(ranked)} constituents spread the weight as {effective:.1f} equal ones would.",
            working=(
                f"Herfindahl index, the sum of squared weights: {squares}{rest} = {herfindahl:.4f}.",
                f"1 / {herfindahl:.4f} = {effective:.2f}.",
            ),
            is_least=True,
        ),
        _most_or_least(
            "largest_weight", "Largest weight", ranked[0][1], "share", LARGEST_MOST,
            words=f"{ranked[0][0]} weighs the most.",
            working=(f"{ranked[0][0]}: {ranked[0][1]:.2%}.",),
        ),
        _most_or_least(
            "top_three", "Three largest together", sum(weight for _, weight in ranked[:SHOWN]), "share",
            TOP_THREE_MOST,
            words=f"{', '.join(name for name, _ in ranked[:SHOWN])}.",
            working=(_sum_of(ranked[:SHOWN]),),
        ),
    ]  # fmt: skip


def liquidity(names: Sequence[str], weights: NDArray[np.float64], volumes: NDArray[np.float64]) -> list[Item]:
    """Return the days in which a million dollars of the basket are sold, and the share sold on the first day.

    Every constituent is sold side by side at a tenth of its median daily value traded, so the basket is sold when its
    slowest constituent is.

    Parameters
    ----------
    names, weights : as for `concentration`
    volumes : shape (n,), median value traded a day in USD; NaN where it is not known

    Returns
    -------
    Without the volume of a constituent both are unknown. A constituent that does not trade is never sold: then no
    number of days is given, and that is not the same as unknown.

    Raises
    ------
    SafetyInputError
        If the weights are not those of a whole basket, or rows are not as many.

    """
    check_basket(weights, names, volumes)
    unknown = [name for name, volume in zip(names, volumes, strict=True) if np.isnan(volume)]
    if unknown:
        words = f"The value traded of {', '.join(unknown)} is not known."
        return [_sale_days(None, State.UNKNOWN, words, ()), _first_day(None, words, ())]
    sold_a_day = PARTICIPATION * volumes
    with np.errstate(divide="ignore", invalid="ignore"):
        days = np.where(weights > 0, weights * NOTIONAL / sold_a_day, 0.0)
    order = np.argsort(-days, kind="stable")
    slowest, longest = names[order[0]], float(days[order[0]])
    working = tuple(_sale_of(names[p], weights[p], volumes[p], days[p]) for p in order[:SHOWN])
    share = min(1.0, float(np.minimum(weights, sold_a_day / NOTIONAL).sum()))
    first_day = _first_day(share, f"{share:.1%} of $1,000,000 is sold within a day.", _first_day_of(order, names, days))
    if np.isinf(longest):
        words = f"{slowest} does not trade on most days; it cannot be sold."
        return [_sale_days(None, State.WATCH, words, working), first_day]
    state = state_of(longest, SALE_DAYS_MOST, is_least=False)
    words = f"{slowest} is the slowest; the basket is sold when it is."
    return [_sale_days(longest, state, words, working), first_day]


def sector_exposure(
    weights: NDArray[np.float64], sectors: Sequence[str | None], *, admitted: Sequence[str] = ()
) -> Item:
    """Return the largest weight of one sector.

    Parameters
    ----------
    weights : as for `concentration`
    sectors : the sector of each constituent; None where it is not classified
    admitted : the sectors that the rules admit; empty admits all

    Returns
    -------
    Unknown where what is not classified could take a sector beyond the threshold.

    Raises
    ------
    SafetyInputError
        If the weights are not those of a whole basket, or the sectors are not as many.

    """
    check_basket(weights, sectors)
    sums: dict[str, float] = {}
    for sector, weight in zip(sectors, weights.tolist(), strict=True):
        sums[sector or ""] = sums.get(sector or "", 0.0) + weight
    unclassified = sums.pop("", 0.0)
    ranked = sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))
    named = [(SECTOR_NAMES.get(sector, sector), weight) for sector, weight in ranked]
    name, largest = named[0] if named else ("", 0.0)
    is_open = largest <= SECTOR_MOST + TOLERANCE < largest + unclassified
    by_rule = " Its rules admit one sector only." if len(admitted) == 1 else ""
    words = f"{unclassified:.1%} of the weight is not classified." if is_open else f"It is {name}.{by_rule}"
    working = tuple(f"{sector}: {weight:.2%}." for sector, weight in named)
    return _most_or_least(
        "largest_sector", "Largest sector", None if is_open else largest, "share", SECTOR_MOST,
        words=words,
        working=(*working, f"Not classified: {unclassified:.2%}.") if unclassified else working,
        topic=Topic.SECTORS,
    )  # fmt: skip


def _sum_of(ranked: Sequence[tuple[str, float]]) -> str:
    total = sum(weight for _, weight in ranked)
    return f"{' + '.join(f'{name} {weight:.2%}' for name, weight in ranked)} = {total:.2%}."


def _sale_of(name: str, weight: float, volume: float, days: float) -> str:
    value, room = weight * NOTIONAL, volume * PARTICIPATION
    length = "never" if np.isinf(days) else f"{days:.4f} days"
    return (
        f"{name}: {weight:.2%} of $1,000,000 is ${value:,.0f}; 10% of ${volume:,.0f} a day is ${room:,.0f}; {length}."
    )


def _first_day_of(order: NDArray[np.intp], names: Sequence[str], days: NDArray[np.float64]) -> tuple[str, ...]:
    left = [names[place] for place in order if days[place] > 1]
    if not left:
        return ("Every constituent is sold within a day.",)
    return (f"Not sold within a day: {', '.join(left)}; of each the part that a day takes counts.",)


def _sale_days(value: float | None, state: State, words: str, working: Sequence[str]) -> Item:
    return Item(
        key="sale_days",
        topic=Topic.LIQUIDITY,
        title="Days to sell $1,000,000",
        value=value,
        unit="days",
        threshold=SALE_DAYS_MOST,
        is_least=False,
        state=state,
        words=words,
        working=working,
    )


def _first_day(value: float | None, words: str, working: Sequence[str]) -> Item:
    return Item(
        key="first_day_share",
        topic=Topic.LIQUIDITY,
        title="Sold on the first day",
        value=value,
        unit="share",
        threshold=FIRST_DAY_LEAST,
        is_least=True,
        state=state_of(value, FIRST_DAY_LEAST, is_least=True),
        words=words,
        working=working,
    )


def _most_or_least(
    key: str,
    title: str,
    value: float | None,
    unit: str,
    threshold: float,
    *,
    words: str,
    working: Sequence[str],
    is_least: bool = False,
    topic: Topic = Topic.CONCENTRATION,
) -> Item:
    return Item(
        key=key,
        topic=topic,
        title=title,
        value=value,
        unit=unit,
        threshold=threshold,
        is_least=is_least,
        state=state_of(value, threshold, is_least=is_least),
        words=words,
        working=working,
    )
