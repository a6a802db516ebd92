"""Indices, their levels, what they hold, their rules and their corrections."""

from typing import Any, cast

from django.db.models import OuterRef, QuerySet, Subquery
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from indices import selectors
from indices.api.fields import SLUG, DayQuery, IndexQuery, LevelsQuery, asked
from indices.api.serializers import BasketOut, IndexOut, LevelOut, MethodologiesOut, RestatementOut
from indices.models import Index, Level, Methodology


@extend_schema_view(list=extend_schema(parameters=[IndexQuery]))
class IndexViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Index]):
    """Indices that anybody may see; drafts are 404."""

    serializer_class = IndexOut
    permission_classes = (AllowAny,)
    lookup_field = "slug"
    lookup_value_regex = SLUG

    def get_queryset(self) -> QuerySet[Index]:
        indices = Index.objects.published()
        if self.action == "list":
            wanted = asked(IndexQuery, self.request)
            indices = indices.mentioning(wanted.pop("q", "")).filter(**wanted)
        newest = Level.objects.current().filter(index=OuterRef("pk")).order_by("-day")
        return (
            indices.select_related("record")
            .annotate(
                as_of=Subquery(newest.values("day")[:1]),
                level=Subquery(newest.values("gross")[:1]),
                net=Subquery(newest.values("net")[:1]),
                level_status=Subquery(newest.values("status")[:1]),
            )
            .order_by("slug")
        )

    @extend_schema(parameters=[LevelsQuery], responses=LevelOut(many=True))
    @action(detail=True)
    def levels(self, request: Request, **_: Any) -> Response:
        """Return daily levels, oldest first: those in force, or all versions."""
        wanted = asked(LevelsQuery, request)
        levels = Level.objects.filter(index=self.get_object()).order_by("day", "version")
        if wanted["versions"] == "current":
            levels = levels.current()
        if "from" in wanted:
            levels = levels.filter(day__gte=wanted["from"])
        if "to" in wanted:
            levels = levels.filter(day__lte=wanted["to"])
        page: Any = self.paginate_queryset(cast("Any", levels))
        return self.get_paginated_response(LevelOut(page, many=True).data)

    @extend_schema(parameters=[DayQuery], responses=BasketOut)
    @action(detail=True)
    def constituents(self, request: Request, **_: Any) -> Response:
        """Return the basket in force after the close of a day, heaviest first; no constituents before the first."""
        index = self.get_object()
        day = asked(DayQuery, request).get("at") or selectors.last_day(index=index)
        found = selectors.get_composition(index=index, day=day) if day else None
        empty: dict[str, Any] = {"day": day, "effective_day": None, "held": []}
        return Response(BasketOut(found or empty).data)

    @extend_schema(responses=MethodologiesOut)
    @action(detail=True, pagination_class=None)
    def methodology(self, request: Request, **_: Any) -> Response:
        """Return every announced version of the rules, as parameters and as prose."""
        versions = list(self.get_object().methodologies.announced())
        by_status = {version.status: version.version for version in reversed(versions)}
        answer = {
            "current": by_status.get(Methodology.Status.EFFECTIVE),
            "next": by_status.get(Methodology.Status.ANNOUNCED),
            "versions": versions,
        }
        return Response(MethodologiesOut(answer).data)

    @extend_schema(responses=RestatementOut(many=True))
    @action(detail=True)
    def restatements(self, request: Request, **_: Any) -> Response:
        """Return the corrections of published levels that are approved or done, the newest first."""
        told = selectors.get_restatements(index=self.get_object())
        page: Any = self.paginate_queryset(cast("Any", told))
        return self.get_paginated_response(RestatementOut(page, many=True).data)
