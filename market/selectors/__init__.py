"""Reads of the market: closes as they are known now or were known at an instant, and whole windows for the night.

Prices are USD closes; the close of day D is the price at 00:00 UTC of D+1.
"""

from market.selectors.prices import (
    USD,
    LastClose,
    first_and_last_day,
    get_close_frame,
    get_closes,
    get_last_closes,
)
from market.selectors.window import LOOKBACK, MarketWindow, SnapshotRow, load_market_window

__all__ = [
    "LOOKBACK",
    "USD",
    "LastClose",
    "MarketWindow",
    "SnapshotRow",
    "first_and_last_day",
    "get_close_frame",
    "get_closes",
    "get_last_closes",
    "load_market_window",
]
