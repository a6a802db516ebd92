"""Baskets that took effect, with what it takes to verify them."""

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.permissions import AllowAny

from indices.api.fields import VersionsQuery, asked, get_published_index
from indices.api.serializers import RebalanceDetailOut, RebalanceOut
from indices.models import Holding, Rebalance


@extend_schema_view(list=extend_schema(parameters=[VersionsQuery]))
class RebalanceViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Rebalance]):
    """The baskets of an index, the newest first; a corrected one is a new version, its id shows the old one still."""

    queryset = Rebalance.objects.none()
    permission_classes = (AllowAny,)
    lookup_url_kwarg = "rebalance_id"
    lookup_value_regex = "[0-9]+"

    def get_serializer_class(self) -> type[RebalanceOut]:
        return RebalanceOut if self.action == "list" else RebalanceDetailOut

    def get_queryset(self) -> QuerySet[Rebalance]:
        rebalances = Rebalance.objects.filter(index=get_published_index(self.kwargs["slug"]))
        if self.action == "list":
            if asked(VersionsQuery, self.request)["versions"] == "current":
                rebalances = rebalances.current()
            newest_first = ("-effective_day", "-sequence", "-version")
            return rebalances.select_related("event").defer("inputs").order_by(*newest_first)
        holdings = Holding.objects.select_related("asset").order_by("-weight", "asset_id")
        return rebalances.select_related("event", "review").prefetch_related(Prefetch("holdings", holdings))
