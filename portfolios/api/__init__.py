"""The API of portfolios: everything that belongs to the caller, nothing else."""

from portfolios.api.portfolios import PortfolioViewSet
from portfolios.api.transactions import TransactionViewSet

__all__ = ["PortfolioViewSet", "TransactionViewSet"]
