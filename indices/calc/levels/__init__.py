"""Index levels: exact units and divisors for the night, a fast chain for replays, turnover and cost."""

from indices.calc.levels.chain import Rebalance, chain_levels
from indices.calc.levels.costs import HIGHEST_RATE, cost_rates, net_level, one_way_turnover
from indices.calc.levels.units import (
    EXACT,
    STORED,
    SUPPLY_STEP,
    MissingPriceError,
    base_divisor,
    capped_supplies,
    drifted_weights,
    level_of,
    rescale_units,
    units_for,
)

__all__ = [
    "EXACT",
    "HIGHEST_RATE",
    "STORED",
    "SUPPLY_STEP",
    "MissingPriceError",
    "Rebalance",
    "base_divisor",
    "capped_supplies",
    "chain_levels",
    "cost_rates",
    "drifted_weights",
    "level_of",
    "net_level",
    "one_way_turnover",
    "rescale_units",
    "units_for",
]
