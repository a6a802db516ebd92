"""The API of indices: readable without a login, as the catalogue pages are; decimals are strings."""

from datetime import date
from typing import Any, cast

from django.db.models import OuterRef, QuerySet, Subquery
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from indices import selectors
from indices.models import Index, Level
from market.http import ExactField


class IndexOut(serializers.Serializer[Index]):
    """An index; `level` is that of the close of `as_of`, null when suspended."""

    slug = serializers.SlugField()
    name = serializers.CharField()
    summary = serializers.CharField()
    kind = serializers.ChoiceField(choices=Index.Kind.choices)
    tier = serializers.ChoiceField(choices=Index.Tier.choices)
    universe = serializers.ChoiceField(choices=Index.Universe.choices)
    status = serializers.CharField(help_text="active or retired")
    base_value = ExactField()
    live_since = serializers.DateField(allow_null=True, help_text="Levels before this day are reconstructed.")
    as_of = serializers.DateField(allow_null=True)
    level = ExactField(allow_null=True)
    level_status = serializers.CharField(allow_null=True)


class LevelOut(serializers.Serializer[selectors.LevelPoint]):
    """The level at the close of a UTC day."""

    date = serializers.DateField(source="day")
    level = ExactField(source="gross", allow_null=True, help_text="Null when suspended.")
    status = serializers.CharField(help_text="final, provisional, suspended or restated")


class ConstituentOut(serializers.Serializer[selectors.BasketLine]):
    """An asset that is in: units an index unit, close in USD, live weight as a fraction of 1."""

    asset = serializers.CharField(source="asset_id")
    symbol = serializers.CharField()
    units = ExactField()
    price = ExactField()
    weight = ExactField()


class BasketOut(serializers.Serializer[Any]):
    """What is in force after the close of a day, at that day's closes."""

    day = serializers.DateField(allow_null=True)
    effective_day = serializers.DateField(allow_null=True, help_text="Close at which its units were fixed.")
    constituents = ConstituentOut(source="lines", many=True)


class LevelQuery(serializers.Serializer[Any]):
    """The days asked for, both included; without one the series is open on that side."""

    to = serializers.DateField(required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"from": serializers.DateField(required=False), **super().get_fields()}


class ConstituentQuery(serializers.Serializer[Any]):
    """The day after whose close the basket is asked for; the newest level's day when not given."""

    at = serializers.DateField(required=False)


class IndexViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Index]):
    """Indices that anybody may see; drafts are 404."""

    serializer_class = IndexOut
    permission_classes = (AllowAny,)
    lookup_field = "slug"
    lookup_value_regex = "[-a-zA-Z0-9_]+"

    def get_queryset(self) -> QuerySet[Index]:
        newest = Level.objects.current().filter(index=OuterRef("pk")).order_by("-day")
        return (
            Index.objects.published()
            .annotate(
                as_of=Subquery(newest.values("day")[:1]),
                level=Subquery(newest.values("gross")[:1]),
                level_status=Subquery(newest.values("status")[:1]),
            )
            .order_by("slug")
        )

    @extend_schema(parameters=[LevelQuery], responses=LevelOut(many=True))
    @action(detail=True)
    def levels(self, request: Request, **_: Any) -> Response:
        """Return daily levels in their current versions, oldest first."""
        asked = _asked(LevelQuery(data=request.query_params))
        points = selectors.get_level_series(index=self.get_object(), start=asked.get("from"), end=asked.get("to"))
        page = self.paginate_queryset(cast("Any", points)) or []
        return self.get_paginated_response([LevelOut(point).data for point in page])

    @extend_schema(parameters=[ConstituentQuery], responses=BasketOut)
    @action(detail=True)
    def constituents(self, request: Request, **_: Any) -> Response:
        """Return the basket in force after the close of a day, heaviest first; no constituents before the first."""
        asked = _asked(ConstituentQuery(data=request.query_params))
        index = self.get_object()
        day = asked.get("at") or selectors.last_day(index=index)
        basket = selectors.get_basket(index=index, day=day) if day else None
        empty: dict[str, Any] = {"day": day, "effective_day": None, "lines": []}
        return Response(BasketOut(basket or empty).data)


def _asked(query: serializers.Serializer[Any]) -> dict[str, date]:
    query.is_valid(raise_exception=True)
    asked: dict[str, date] = query.validated_data
    return asked
