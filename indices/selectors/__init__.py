"""Reads of indices for pages, the API and the apps above."""

from indices.selectors.baskets import Basket, BasketLine, LevelPoint, get_basket, get_level_series

__all__ = ["Basket", "BasketLine", "LevelPoint", "get_basket", "get_level_series"]
