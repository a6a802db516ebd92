"""Rules-based indices: versioned methodologies, reviews with a reason an asset, baskets in units, daily levels."""

from indices.models.ballots import Ballot, Vote
from indices.models.baskets import Holding, Level, LevelQuerySet, Rebalance, RebalanceQuerySet, Restatement
from indices.models.catalogue import Index, IndexQuerySet, IndexRecord
from indices.models.methodologies import Methodology, MethodologyQuerySet
from indices.models.reviews import Review, ReviewLine, ReviewQuerySet
from indices.models.signals import Signal

__all__ = [
    "Ballot",
    "Holding",
    "Index",
    "IndexQuerySet",
    "IndexRecord",
    "Level",
    "LevelQuerySet",
    "Methodology",
    "MethodologyQuerySet",
    "Rebalance",
    "RebalanceQuerySet",
    "Restatement",
    "Review",
    "ReviewLine",
    "ReviewQuerySet",
    "Signal",
    "Vote",
]
