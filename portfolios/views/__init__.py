"""The pages of an investor's portfolios. Every one of them belongs to its owner; to others it does not exist."""

from portfolios.views.connections import change_connection, connection_list
from portfolios.views.downloads import download, downloads
from portfolios.views.imports import (
    delete_template,
    discard_import,
    import_columns,
    import_formats,
    import_list,
    import_page,
    undo_import,
)
from portfolios.views.lots import gain_methods, gains, harvest, income, lots
from portfolios.views.portfolios import create, delete, detail, invest, portfolio_list, rename, targets
from portfolios.views.recording import correct, record, restore, transfers, void, void_order
from portfolios.views.taxes import choose_method, tax_settings
from portfolios.views.transactions import transaction, transactions
from portfolios.views.wallets import add_wallet, change_wallet, delete_wallet, wallets

__all__ = [
    "add_wallet",
    "change_connection",
    "change_wallet",
    "choose_method",
    "connection_list",
    "correct",
    "create",
    "delete",
    "delete_template",
    "delete_wallet",
    "detail",
    "discard_import",
    "download",
    "downloads",
    "gain_methods",
    "gains",
    "harvest",
    "import_columns",
    "import_formats",
    "import_list",
    "import_page",
    "income",
    "invest",
    "lots",
    "portfolio_list",
    "record",
    "rename",
    "restore",
    "targets",
    "tax_settings",
    "transaction",
    "transactions",
    "transfers",
    "undo_import",
    "void",
    "void_order",
    "wallets",
]
