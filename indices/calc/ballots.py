"""Votes counted."""

from collections import Counter
from collections.abc import Iterable


class QuorumError(ValueError):
    """Fewer people have voted than the ballot needs."""


def tally(votes: Iterable[str], *, quorum: int) -> dict[str, int]:
    """Count votes by asset id, the most first, equal counts by id; one entry is one voter's choice."""
    counts = Counter(votes)
    voters = counts.total()
    if voters < quorum:
        raise QuorumError(f"{voters} have voted; {quorum} are needed.")
    return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))
