"""The API of portfolios: everything that belongs to the caller, nothing else."""

from portfolios.api.downloads import DownloadViewSet
from portfolios.api.imports import ImportViewSet
from portfolios.api.lots import GainViewSet, HarvestViewSet, IncomeViewSet, LotViewSet
from portfolios.api.portfolios import PortfolioViewSet
from portfolios.api.taxes import TaxSettingsView
from portfolios.api.transactions import TransactionViewSet
from portfolios.api.wallets import WalletViewSet

__all__ = [
    "DownloadViewSet",
    "GainViewSet",
    "HarvestViewSet",
    "ImportViewSet",
    "IncomeViewSet",
    "LotViewSet",
    "PortfolioViewSet",
    "TaxSettingsView",
    "TransactionViewSet",
    "WalletViewSet",
]
