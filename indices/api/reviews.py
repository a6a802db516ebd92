"""Reviews that were announced, or that came to nothing: what was known, and what became of every asset."""

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from rest_framework import mixins, viewsets
from rest_framework.permissions import AllowAny

from indices.api.fields import get_published_index
from indices.api.serializers import ReviewDetailOut, ReviewOut
from indices.models import Rebalance, Review, ReviewLine


class ReviewViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Review]):
    """The reviews of an index, the newest cut-off first; one that is not announced yet is 404."""

    queryset = Review.objects.none()
    permission_classes = (AllowAny,)
    lookup_url_kwarg = "review_id"
    lookup_value_regex = "[0-9]+"

    def get_serializer_class(self) -> type[ReviewOut]:
        return ReviewOut if self.action == "list" else ReviewDetailOut

    def get_queryset(self) -> QuerySet[Review]:
        index = get_published_index(self.kwargs["slug"])
        came_of_it = Rebalance.objects.current().filter(review=OuterRef("pk"))
        reviews = (
            Review.objects.public()
            .filter(index=index)
            .select_related("methodology")
            .defer("inputs")
            .annotate(rebalance_id=Subquery(came_of_it.values("pk")[:1]))
            .order_by("-cutoff_day", "-id")
        )
        if self.action == "list":
            return reviews
        return reviews.prefetch_related(Prefetch("lines", ReviewLine.objects.select_related("asset")))
