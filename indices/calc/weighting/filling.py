"""Caps and floors by water-filling: for each asset, for groups of assets, and by dropping what is too small.

Lists of floats, not arrays: a basket has tens of assets, where numpy takes longer to be called than to add. Every
sum is correctly rounded, so the order of assets does not change a single bit.
"""

from collections.abc import Hashable, Mapping, Sequence
from math import fsum, inf
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indices.calc.weighting.checks import (
    SUM_TOLERANCE,
    InfeasibleLimitsError,
    check_feasible,
    limit_figures,
    positive_figures,
)


def water_fill(
    scores: ArrayLike, *, cap: ArrayLike | None = None, floor: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Share 1 in proportion to scores, within a floor and a cap for each.

    The result is `clip(lam * scores, floor, cap)` for the only lam that makes the sum 1. What a
    cap cuts off goes to those still free in proportion to their scores, until nobody is outside.

    Parameters
    ----------
    scores : shape (n,), finite, above 0; only their ratios matter
    cap, floor : a number for all, or shape (n,); fractions of 1

    Returns
    -------
    shape (n,), summing to 1 within rounding

    Raises
    ------
    InfeasibleLimitsError
        If the caps cannot reach 1, the floors exceed 1, or a floor lies above its cap.
    ValueError
        If there are no scores, a score is not positive, or a limit is negative or NaN.

    Source: `spec/indices.md` 2.4; at most n + 1 passes.

    """
    figures, caps, floors = _checked(scores, cap, floor)
    return np.array(_fill(figures, caps, floors, mass=1.0))


def water_fill_groups(
    scores: ArrayLike,
    groups: Sequence[Hashable] | NDArray[Any],
    *,
    group_caps: Mapping[Any, float] | ArrayLike,
    cap: ArrayLike | None = None,
    floor: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Share 1 in proportion to scores, within limits for each asset and a cap for each group of them.

    A group above its cap is held at exactly the cap and water-filled inside with that mass; the others are filled
    again with the rest, until no group is above. So `w = clip(min(lam, lam_g) * scores, floor, cap)`, where lam_g
    makes the group's sum its cap: the order in which groups are held does not matter.

    Parameters
    ----------
    scores : shape (n,), finite, above 0; only their ratios matter
    groups : n labels, such as sectors
    group_caps : a cap by label (a label without one is not capped), one number for every group, or shape (G,)
        when labels are the positions 0 to G - 1; fractions of 1
    cap, floor : for each asset, as in `water_fill`

    Returns
    -------
    shape (n,), summing to 1 within rounding

    Raises
    ------
    InfeasibleLimitsError
        "group_cap", naming the groups, if `sum_g min(cap of g, sum of the caps in g)` is below 1, or the floors in
        a group exceed its cap; "cap" and "floor" as `water_fill`.
    ValueError
        As `water_fill`, or if there is not one label for each score.

    Source: `spec/indices.md` 2.4.

    """
    figures, caps, floors = _checked(scores, cap, floor)
    members = _members(groups, len(figures))
    room = _group_room(members, group_caps)
    _check_groups(members, room, caps, floors)

    weights = _fill(figures, caps, floors, mass=1.0)
    is_open = dict.fromkeys(members, True)
    while over := [g for g in members if is_open[g] and fsum([weights[i] for i in members[g]]) > room[g]]:
        for group in over:
            is_open[group] = False
            _refill(weights, members[group], figures, caps, floors, mass=room[group])
        rest = 1.0 - fsum([room[g] for g in members if not is_open[g]])
        _refill(weights, [i for g in members if is_open[g] for i in members[g]], figures, caps, floors, mass=rest)
    return np.array(weights)


def drop_below(
    scores: ArrayLike, *, least: float, cap: ArrayLike | None = None, floor: ArrayLike | None = None
) -> NDArray[np.bool_]:
    """Tell which assets stay when those that would weigh less than `least` are dropped.

    All that are below are dropped at once, and the others are water-filled from the top, until none is below. When
    all are below, only the smallest goes (of equals the last), so that something always stays.

    Parameters
    ----------
    scores : shape (n,), finite, above 0
    least : the smallest weight worth holding, in [0, 1]
    cap, floor : as in `water_fill`

    Returns
    -------
    shape (n,), True for what stays; at least one does

    Raises
    ------
    InfeasibleLimitsError
        If those that stay cannot obey the limits: too few are left for the cap.
    ValueError
        If `least` is outside [0, 1], or as `water_fill`.

    Source: `spec/indices.md` 2.4, floors by dropping.

    """
    if not 0 <= least <= 1:
        raise ValueError(f"The least weight is {least}; it lies in [0, 1].")
    figures, caps, floors = _checked(scores, cap, floor)

    stay = list(range(len(figures)))
    while True:
        own = [[values[i] for i in stay] for values in (figures, caps, floors)]
        check_feasible(own[1], own[2])
        weights = dict(zip(stay, _fill(*own, mass=1.0), strict=True))
        low = [i for i in stay if weights[i] < least - SUM_TOLERANCE]
        if not low or len(stay) == 1:
            break
        if len(low) == len(stay):
            low = [min(low, key=lambda i: (weights[i], figures[i], -i))]
        stay = [i for i in stay if i not in low]
    mask = np.zeros(len(figures), dtype=np.bool_)
    mask[stay] = True
    return mask


def _checked(
    scores: ArrayLike, cap: ArrayLike | None, floor: ArrayLike | None
) -> tuple[list[float], list[float], list[float]]:
    """Return scores, caps and floors, each a float for each asset, after refusing what cannot be filled."""
    figures = positive_figures(scores, "score")
    caps = limit_figures(inf if cap is None else cap, "cap", len(figures))
    floors = limit_figures(0.0 if floor is None else floor, "floor", len(figures))
    check_feasible(caps, floors)
    return figures, caps, floors


def _fill(scores: list[float], caps: list[float], floors: list[float], *, mass: float) -> list[float]:
    """Share the mass; of those outside their limits, the side that is further out is held at its limits first."""
    weights = [0.0] * len(scores)
    held: dict[int, float] = {}
    free = list(range(len(scores)))
    while free:
        # Relative to the largest free score: tiny scores neither vanish nor overflow.
        largest = max([scores[i] for i in free])
        shares = [scores[i] / largest for i in free]
        unit = (mass - fsum(held.values())) / fsum(shares)
        over, under = [], []
        for i, share in zip(free, shares, strict=True):
            weight = weights[i] = share * unit
            if weight > caps[i]:
                over.append(i)
            elif weight < floors[i]:
                under.append(i)
        excess = fsum([weights[i] - caps[i] for i in over])
        shortage = fsum([floors[i] - weights[i] for i in under])
        if not excess and not shortage:
            break
        if excess >= shortage:
            held.update([(i, caps[i]) for i in over])
        if shortage >= excess:
            held.update([(i, floors[i]) for i in under])
        free = [i for i in free if i not in held]
    return [held.get(i, weight) for i, weight in enumerate(weights)]


def _refill(
    weights: list[float], places: list[int], scores: list[float], caps: list[float], floors: list[float], *, mass: float
) -> None:
    """Share the mass among the assets at these places, in place."""
    own = [[values[i] for i in places] for values in (scores, caps, floors)]
    for i, weight in zip(places, _fill(*own, mass=mass), strict=True):
        weights[i] = weight


def _members(groups: Sequence[Hashable] | NDArray[Any], count: int) -> dict[Hashable, list[int]]:
    """Return the positions of each group, groups in order of appearance."""
    labels = groups.tolist() if isinstance(groups, np.ndarray) else list(groups)
    if len(labels) != count:
        raise ValueError(f"There are {len(labels)} group labels for {count} scores.")
    members: dict[Hashable, list[int]] = {}
    for place, label in enumerate(labels):
        members.setdefault(label, []).append(place)
    return members


def _group_room(
    members: Mapping[Hashable, list[int]], group_caps: Mapping[Any, float] | ArrayLike
) -> dict[Hashable, float]:
    """Return the cap of every group, infinite for one without."""
    if isinstance(group_caps, Mapping):
        caps = [group_caps.get(label, inf) for label in members]
        return dict(zip(members, limit_figures(caps, "group cap", len(members)), strict=True))
    by_position = np.asarray(group_caps, dtype=np.float64)
    if by_position.ndim == 0:
        return dict(zip(members, limit_figures(by_position, "group cap", len(members)), strict=True))
    figures = limit_figures(by_position, "group cap", by_position.size)
    room: dict[Hashable, float] = {
        label: figures[label] for label in members if isinstance(label, int) and 0 <= label < len(figures)
    }
    if len(room) < len(members):
        raise ValueError(f"With {len(figures)} group caps, labels are whole numbers from 0 to {len(figures) - 1}.")
    return room


def _check_groups(
    members: Mapping[Hashable, list[int]], room: Mapping[Hashable, float], caps: list[float], floors: list[float]
) -> None:
    """Refuse group caps that no weights summing to 1 can obey."""
    for group, places in members.items():
        if (needed := fsum([floors[i] for i in places])) > room[group] + SUM_TOLERANCE:
            raise InfeasibleLimitsError(
                "group_cap", f"The floors in group {group} sum to {needed:.12g}, above its cap {room[group]:.12g}."
            )
    reach = {group: min(room[group], fsum([caps[i] for i in places])) for group, places in members.items()}
    if (total := fsum(reach.values())) < 1 - SUM_TOLERANCE:
        each = ", ".join(f"{group} {most:.12g}" for group, most in reach.items())
        raise InfeasibleLimitsError(
            "group_cap", f"The groups can hold at most {total:.12g}, which is less than 1: {each}."
        )
