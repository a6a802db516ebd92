"""Votes of a community: counted once the quorum is reached."""

from collections import Counter
from collections.abc import Collection, Mapping


class QuorumError(ValueError):
    """Fewer people voted than must; `voters` and `quorum` are the two numbers."""

    def __init__(self, voters: int, quorum: int) -> None:
        """Keep both numbers beside the words."""
        super().__init__(f"{voters} voted; the quorum is {quorum}.")
        self.voters = voters
        self.quorum = quorum


def tally(votes: Mapping[int, str] | Collection[str], *, quorum: int) -> dict[str, int]:
    """Count the votes for each asset.

    Parameters
    ----------
    votes : the id of the asset that each voter chose, by voter or in any order
    quorum : voters needed, at least 1

    Returns
    -------
    votes by asset id, most first, equal ones by id; only assets that somebody chose

    Raises
    ------
    QuorumError
        If fewer voted than needed.
    ValueError
        If the quorum is below 1.

    Source: `spec/indices.md` 2.5.

    """
    if quorum < 1:
        raise ValueError(f"The quorum is {quorum}; it is at least 1.")
    if len(votes) < quorum:
        raise QuorumError(len(votes), quorum)
    counts = Counter(votes.values() if isinstance(votes, Mapping) else votes)
    return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))
