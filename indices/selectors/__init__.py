"""Reads of indices for pages, the API and the apps above."""

from indices.selectors.ballots import BallotState, get_ballots, get_candidates
from indices.selectors.baskets import Basket, BasketLine, LevelPoint, get_basket, get_level_series, last_day
from indices.selectors.factsheets import (
    get_constituents,
    get_near_misses,
    get_review_lines,
    get_reviews,
    get_rulebook,
    reason_in_words,
)
from indices.selectors.records import WINDOWS, CatalogueRow, Record, get_catalogue, get_comparison

__all__ = [
    "WINDOWS",
    "BallotState",
    "Basket",
    "BasketLine",
    "CatalogueRow",
    "LevelPoint",
    "Record",
    "get_ballots",
    "get_basket",
    "get_candidates",
    "get_catalogue",
    "get_comparison",
    "get_constituents",
    "get_level_series",
    "get_near_misses",
    "get_review_lines",
    "get_reviews",
    "get_rulebook",
    "last_day",
    "reason_in_words",
]
