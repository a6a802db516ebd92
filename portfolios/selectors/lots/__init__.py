"""Lots, gains and income of a portfolio: what follows from its ledger, and what was stored of it."""

from portfolios.selectors.lots.derive import Derived, derive
from portfolios.selectors.lots.gains import (
    OWN,
    AssetGains,
    DisposalLine,
    Gains,
    MethodLine,
    Totals,
    get_closed_years,
    get_disposal_lines,
    get_disposals,
    get_gain_years,
    get_gains,
    get_method_lines,
)
from portfolios.selectors.lots.harvest import (
    Harvest,
    RealisedLoss,
    ReplacementRule,
    UnderWater,
    default_rule,
    get_harvest,
)
from portfolios.selectors.lots.held import (
    AssetLots,
    Closes,
    LotLine,
    get_asset_lots,
    get_lot_closes,
    get_lot_lines,
    get_lots,
    get_marked,
)
from portfolios.selectors.lots.income import IncomeLine, get_income, get_income_years, get_receipts
from portfolios.selectors.lots.proofs import check_lots

__all__ = [
    "OWN",
    "AssetGains",
    "AssetLots",
    "Closes",
    "Derived",
    "DisposalLine",
    "Gains",
    "Harvest",
    "IncomeLine",
    "LotLine",
    "MethodLine",
    "RealisedLoss",
    "ReplacementRule",
    "Totals",
    "UnderWater",
    "check_lots",
    "default_rule",
    "derive",
    "get_asset_lots",
    "get_closed_years",
    "get_disposal_lines",
    "get_disposals",
    "get_gain_years",
    "get_gains",
    "get_harvest",
    "get_income",
    "get_income_years",
    "get_lot_closes",
    "get_lot_lines",
    "get_lots",
    "get_marked",
    "get_method_lines",
    "get_receipts",
]
