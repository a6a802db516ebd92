"""Reads of portfolios: holdings at the last close, drift against targets, the ledger and its invariants."""

from portfolios.selectors.holdings import (
    DriftLine,
    HoldingLine,
    Holdings,
    PlaceLine,
    PortfolioRow,
    get_drift,
    get_drifts,
    get_holdings,
    get_portfolio_rows,
)
from portfolios.selectors.ledger import check_invariants, get_cash, get_transactions
from portfolios.selectors.templates import TargetTemplate, get_followable_indices, get_target_templates

__all__ = [
    "DriftLine",
    "HoldingLine",
    "Holdings",
    "PlaceLine",
    "PortfolioRow",
    "TargetTemplate",
    "check_invariants",
    "get_cash",
    "get_drift",
    "get_drifts",
    "get_followable_indices",
    "get_holdings",
    "get_portfolio_rows",
    "get_target_templates",
    "get_transactions",
]
