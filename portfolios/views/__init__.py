"""The pages of an investor's portfolios. Every one of them belongs to its owner; to others it does not exist."""

from portfolios.views.connections import change_connection, connection_list
from portfolios.views.lots import gain_methods, gains, harvest, income, lots
from portfolios.views.portfolios import create, detail, invest, portfolio_list, rename, targets
from portfolios.views.taxes import choose_method, tax_settings
from portfolios.views.transactions import record, transactions, void, void_order
from portfolios.views.wallets import add_wallet

__all__ = [
    "add_wallet",
    "change_connection",
    "choose_method",
    "connection_list",
    "create",
    "detail",
    "gain_methods",
    "gains",
    "harvest",
    "income",
    "invest",
    "lots",
    "portfolio_list",
    "record",
    "rename",
    "targets",
    "tax_settings",
    "transactions",
    "void",
    "void_order",
]
