"""Reads of portfolios: holdings at the last close, drift against targets, the ledger and its invariants."""

from portfolios.selectors.holdings import (
    DriftLine,
    HoldingLine,
    Holdings,
    PlaceLine,
    PortfolioRow,
    get_drift,
    get_holdings,
    get_portfolio_rows,
)
from portfolios.selectors.ledger import check_invariants, get_cash, get_transactions

__all__ = [
    "DriftLine",
    "HoldingLine",
    "Holdings",
    "PlaceLine",
    "PortfolioRow",
    "check_invariants",
    "get_cash",
    "get_drift",
    "get_holdings",
    "get_portfolio_rows",
    "get_transactions",
]
