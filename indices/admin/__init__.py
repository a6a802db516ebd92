"""Curators define an index, draft its rules, look at what they would do, and have a second person approve them."""

from indices.admin import baskets, catalogue, events, methodologies, restatements, reviews, signals

__all__ = ["baskets", "catalogue", "events", "methodologies", "restatements", "reviews", "signals"]
