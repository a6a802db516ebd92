"""Which of the ranked assets an index holds, with a buffer against needless change."""

from collections.abc import Hashable, Sequence, Set as AbstractSet
from enum import StrEnum
from itertools import chain
from typing import TypeVar

AssetId = TypeVar("AssetId", bound=Hashable)


class RankReason(StrEnum):
    """Why a ranked asset is in or out."""

    AUTO_IN = "auto_in"
    KEPT_BY_BUFFER = "kept_by_buffer"
    TOPPED_UP = "topped_up"
    BELOW_BUFFER = "below_buffer"


def explain_ranks(
    ranked: Sequence[AssetId],
    incumbents: AbstractSet[AssetId],
    *,
    count: int,
    enter: int,
    keep: int,
) -> dict[AssetId, RankReason]:
    """Give every ranked asset its reason; all but `BELOW_BUFFER` are in.

    The best `enter` ranks are in. Then incumbents down to rank `keep` stay while there is room
    for `count`. What room is left goes to the best of the others.

    Parameters
    ----------
    ranked : ids of the eligible assets, best first
    incumbents : ids held now; those no longer ranked are ignored
    count, enter, keep : numbers of ranks with 0 <= enter <= count <= keep and count >= 1

    Returns
    -------
    A reason for each id, in rank order; fewer than `count` are in only if fewer are ranked

    Raises
    ------
    ValueError
        If an id is ranked twice, or the three numbers are out of order.

    Source: `spec/indices.md` 2.3.

    """
    if not 0 <= enter <= count <= keep or count < 1:
        raise ValueError(f"Enter {enter}, count {count} and keep {keep} are in ascending order, count from 1.")
    reasons = dict.fromkeys(ranked, RankReason.BELOW_BUFFER)
    if len(reasons) < len(ranked):
        raise ValueError("An asset is ranked twice.")

    automatic = list(ranked[:enter])
    kept = [asset for asset in ranked[enter:keep] if asset in incumbents][: count - enter]
    inside = set(chain(automatic, kept))
    room = count - len(inside)
    topped_up = [asset for asset in ranked if asset not in inside][:room]

    reasons.update(dict.fromkeys(automatic, RankReason.AUTO_IN))
    reasons.update(dict.fromkeys(kept, RankReason.KEPT_BY_BUFFER))
    reasons.update(dict.fromkeys(topped_up, RankReason.TOPPED_UP))
    return reasons
