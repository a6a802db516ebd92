"""What an investor owns and intends: wallets, sleeves, a ledger whose entries are the only truth, lots that follow."""

from portfolios.models.downloads import Download, DownloadFile
from portfolios.models.imports import (
    AssetChoice,
    ColumnTemplate,
    ExchangeConnection,
    ImportBatch,
    ImportFile,
    ImportRow,
)
from portfolios.models.keys import SamePortfolio
from portfolios.models.ledger import Entry, Order, Position, Transaction
from portfolios.models.portfolios import Portfolio, Sleeve, Wallet
from portfolios.models.taxes import (
    Disposal,
    DisposalMatch,
    GainSummary,
    Lot,
    LotChoice,
    LotMark,
    LotMethod,
    Method,
    Receipt,
    TaxSettings,
    Term,
)
from portfolios.models.work import Work

__all__ = [
    "AssetChoice",
    "ColumnTemplate",
    "Disposal",
    "DisposalMatch",
    "Download",
    "DownloadFile",
    "Entry",
    "ExchangeConnection",
    "GainSummary",
    "ImportBatch",
    "ImportFile",
    "ImportRow",
    "Lot",
    "LotChoice",
    "LotMark",
    "LotMethod",
    "Method",
    "Order",
    "Portfolio",
    "Position",
    "Receipt",
    "SamePortfolio",
    "Sleeve",
    "TaxSettings",
    "Term",
    "Transaction",
    "Wallet",
    "Work",
]
