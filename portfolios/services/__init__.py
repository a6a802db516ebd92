"""Writes of portfolios, one use case and one database transaction each."""

from portfolios.services.corrections import get_corrected_facts
from portfolios.services.drafts import Facts
from portfolios.services.errors import (
    CannotImportError,
    CannotInvestError,
    CannotKeepError,
    CannotLinkError,
    CannotRecordError,
    CannotVoidError,
    RefusedError,
    ShortfallError,
    TokenReusedError,
)
from portfolios.services.fiat import ensure_cash, ensure_fiat
from portfolios.services.invest import InvestPlan, PlannedBuy, SkippedBuy, invest, preview_invest
from portfolios.services.ledger import (
    correct_transaction,
    record_transaction,
    unvoid_transaction,
    void_order,
    void_transaction,
)
from portfolios.services.portfolios import (
    SleeveTarget,
    add_sleeve,
    delete_portfolio,
    open_portfolio,
    rename_portfolio,
    set_sleeves,
)
from portfolios.services.transfers import link_transfer
from portfolios.services.wallets import add_wallet, change_wallet, delete_wallet

__all__ = [
    "CannotImportError",
    "CannotInvestError",
    "CannotKeepError",
    "CannotLinkError",
    "CannotRecordError",
    "CannotVoidError",
    "Facts",
    "InvestPlan",
    "PlannedBuy",
    "RefusedError",
    "ShortfallError",
    "SkippedBuy",
    "SleeveTarget",
    "TokenReusedError",
    "add_sleeve",
    "add_wallet",
    "change_wallet",
    "correct_transaction",
    "delete_portfolio",
    "delete_wallet",
    "ensure_cash",
    "ensure_fiat",
    "get_corrected_facts",
    "invest",
    "link_transfer",
    "open_portfolio",
    "preview_invest",
    "record_transaction",
    "rename_portfolio",
    "set_sleeves",
    "unvoid_transaction",
    "void_order",
    "void_transaction",
]
