"""Reads of portfolios: holdings at the last close, drift against targets, the ledger and its invariants."""

from portfolios.selectors.facts import get_facts
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
from portfolios.selectors.invariants import check_invariants
from portfolios.selectors.ledger import get_cash, get_ledger_assets, get_transactions, get_versions
from portfolios.selectors.pages import LedgerFilter, LedgerPage, Place, get_ledger_page, read_place
from portfolios.selectors.suggestions import TransferSuggestion, get_transfer_suggestions
from portfolios.selectors.templates import TargetTemplate, get_followable_indices, get_target_templates
from portfolios.selectors.wallets import Balance, WalletRow, custody_of, get_wallet_rows

__all__ = [
    "Balance",
    "DriftLine",
    "HoldingLine",
    "Holdings",
    "LedgerFilter",
    "LedgerPage",
    "Place",
    "PlaceLine",
    "PortfolioRow",
    "TargetTemplate",
    "TransferSuggestion",
    "WalletRow",
    "check_invariants",
    "custody_of",
    "get_cash",
    "get_drift",
    "get_drifts",
    "get_facts",
    "get_followable_indices",
    "get_holdings",
    "get_ledger_assets",
    "get_ledger_page",
    "get_portfolio_rows",
    "get_target_templates",
    "get_transactions",
    "get_transfer_suggestions",
    "get_versions",
    "get_wallet_rows",
    "read_place",
]
