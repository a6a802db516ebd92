"""The safety card of an index: what of it is thin, concentrated, unknown or young, with the arithmetic of each figure.

It describes and grades nothing: an item is within its threshold (ok), beyond it (watch), or not known. Thresholds are
constants of the modules; none depends on another index.
"""

from indices.calc.safety.baskets import (
    EFFECTIVE_LEAST,
    LARGEST_MOST,
    NOTIONAL,
    PARTICIPATION,
    SALE_DAYS_MOST,
    SECTOR_MOST,
    TOP_THREE_MOST,
    concentration,
    liquidity,
    sector_exposure,
)
from indices.calc.safety.completeness import COMPLETE_LEAST, POINTS, completeness
from indices.calc.safety.items import Item, SafetyInputError, State, Topic
from indices.calc.safety.records import (
    COVERAGE_DAYS,
    COVERAGE_LEAST,
    LIVE_LEAST,
    data_coverage,
    live_record,
)

__all__ = [
    "COMPLETE_LEAST",
    "COVERAGE_DAYS",
    "COVERAGE_LEAST",
    "EFFECTIVE_LEAST",
    "LARGEST_MOST",
    "LIVE_LEAST",
    "NOTIONAL",
    "PARTICIPATION",
    "POINTS",
    "SALE_DAYS_MOST",
    "SECTOR_MOST",
    "TOP_THREE_MOST",
    "Item",
    "SafetyInputError",
    "State",
    "Topic",
    "completeness",
    "concentration",
    "data_coverage",
    "liquidity",
    "live_record",
    "sector_exposure",
]
