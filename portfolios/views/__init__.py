"""The pages of an investor's portfolios. Every one of them belongs to its owner; to others it does not exist."""

from portfolios.views.connections import change_connection, connection_list
from portfolios.views.portfolios import create, detail, invest, portfolio_list, rename, targets
from portfolios.views.transactions import record, transactions, void, void_order
from portfolios.views.wallets import add_wallet

__all__ = [
    "add_wallet",
    "change_connection",
    "connection_list",
    "create",
    "detail",
    "invest",
    "portfolio_list",
    "record",
    "rename",
    "targets",
    "transactions",
    "void",
    "void_order",
]
