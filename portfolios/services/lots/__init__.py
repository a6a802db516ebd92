"""Writes of lots: rebuilding what no longer follows from the ledger, and the choices that lots depend on."""

from portfolios.services.lots.late_prices import mark_repriced
from portfolios.services.lots.methods import (
    CannotChooseError,
    ClosedYearsError,
    choose_lot_method,
    keep_tax_settings,
)
from portfolios.services.lots.rebuilding import mark_all, rebuild, rebuild_all, rebuild_marked

__all__ = [
    "CannotChooseError",
    "ClosedYearsError",
    "choose_lot_method",
    "keep_tax_settings",
    "mark_all",
    "mark_repriced",
    "rebuild",
    "rebuild_all",
    "rebuild_marked",
]
