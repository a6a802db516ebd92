"""The API of indices: readable without a login, as the catalogue pages are; decimals are strings."""

from indices.api.indices import IndexViewSet
from indices.api.rebalances import RebalanceViewSet
from indices.api.reviews import ReviewViewSet

__all__ = ["IndexViewSet", "RebalanceViewSet", "ReviewViewSet"]
