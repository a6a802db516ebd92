"""What the market is: assets under immutable ids, dated classifications, events, prices whose revisions are kept."""

from market.models.assets import MAIN_ASSETS, Asset, AssetAlias, Classification
from market.models.diligence import DueDiligence
from market.models.events import AssetEvent
from market.models.prices import FIRST_DAY, SOURCE_LAG, DailyPrice, DailyPriceQuerySet, close_of
from market.models.runs import DataFinding, SourceRun

__all__ = [
    "FIRST_DAY",
    "MAIN_ASSETS",
    "SOURCE_LAG",
    "Asset",
    "AssetAlias",
    "AssetEvent",
    "Classification",
    "DailyPrice",
    "DailyPriceQuerySet",
    "DataFinding",
    "DueDiligence",
    "SourceRun",
    "close_of",
]
