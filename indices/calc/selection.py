"""Which of the ranked assets an index holds, with a buffer against needless change."""

from collections.abc import Hashable, Sequence, Set as AbstractSet
from enum import StrEnum
from itertools import islice
from typing import TypeVar

AssetId = TypeVar("AssetId", bound=Hashable)


class RankReason(StrEnum):
    """Why a ranked asset is in or out."""

    AUTO_IN = "auto_in"
    KEPT_BY_BUFFER = "kept_by_buffer"
    TOPPED_UP = "topped_up"
    BELOW_BUFFER = "below_buffer"


def select_by_rank(
    ranked: Sequence[AssetId],
    incumbents: AbstractSet[AssetId],
    *,
    count: int,
    enter: int,
    keep: int,
) -> list[AssetId]:
    """Return the ids that are in, in rank order.

    The best `enter` ranks are in. Then incumbents down to rank `keep` stay while there is room
    for `count`. What room is left goes to the best of the others.

    Parameters
    ----------
    ranked : ids of the eligible assets, best first
    incumbents : ids held now; those no longer ranked are ignored
    count, enter, keep : numbers of ranks with 0 <= enter <= count <= keep and count >= 1

    Returns
    -------
    `count` ids; fewer only if fewer are ranked

    Raises
    ------
    ValueError
        If an id is ranked twice, or the three numbers are out of order.

    Source: `spec/indices.md` 2.3.

    """
    reasons = _reasons_inside(ranked, incumbents, count=count, enter=enter, keep=keep)
    # Nobody is topped up beyond `keep`: the ranks above it are at least `count`.
    return [asset for asset in ranked[:keep] if asset in reasons]


def explain_ranks(
    ranked: Sequence[AssetId],
    incumbents: AbstractSet[AssetId],
    *,
    count: int,
    enter: int,
    keep: int,
) -> dict[AssetId, RankReason]:
    """Give every ranked asset its reason, in rank order; those of `select_by_rank` have another than `BELOW_BUFFER`.

    Parameters and errors are those of `select_by_rank`.
    """
    reasons = _reasons_inside(ranked, incumbents, count=count, enter=enter, keep=keep)
    return dict.fromkeys(ranked, RankReason.BELOW_BUFFER) | reasons


def _reasons_inside(
    ranked: Sequence[AssetId], incumbents: AbstractSet[AssetId], *, count: int, enter: int, keep: int
) -> dict[AssetId, RankReason]:
    """Return the reason of each asset that is in."""
    if not 0 <= enter <= count <= keep or count < 1:
        raise ValueError(f"Enter {enter}, count {count} and keep {keep} are in ascending order, count from 1.")
    if len(set(ranked)) < len(ranked):
        raise ValueError("An asset is ranked twice.")

    reasons = dict.fromkeys(ranked[:enter], RankReason.AUTO_IN)
    stayers = (asset for asset in ranked[enter:keep] if asset in incumbents)
    reasons.update(dict.fromkeys(islice(stayers, count - enter), RankReason.KEPT_BY_BUFFER))
    others = [asset for asset in ranked[enter:keep] if asset not in reasons]
    reasons.update(dict.fromkeys(others[: count - len(reasons)], RankReason.TOPPED_UP))
    return reasons
