"""How figures travel, which index an address means, and what its query may ask."""

from decimal import Decimal
from typing import Any, TypeVar

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request

from indices.models import Index
from market.http import ExactField

Query = TypeVar("Query", bound=serializers.Serializer[Any])
SLUG = "[-a-zA-Z0-9_]+"


class FigureField(ExactField):
    """A statistic as a string: stored as a float, written with its shortest digits."""

    def to_representation(self, value: Any) -> str:
        return super().to_representation(Decimal(repr(value)))


class DaysQuery(serializers.Serializer[Any]):
    """The days asked for, both included; without one the series is open on that side."""

    to = serializers.DateField(required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"from": serializers.DateField(required=False), **super().get_fields()}


class VersionsQuery(serializers.Serializer[Any]):
    """Which versions are asked for."""

    versions = serializers.ChoiceField(
        ["current", "all"], default="current", help_text="all: superseded versions too, beside those in force."
    )


class LevelsQuery(VersionsQuery, DaysQuery):
    """The days and the versions asked for."""


class DayQuery(serializers.Serializer[Any]):
    """The day after whose close the basket is asked for; the newest level's day when not given."""

    at = serializers.DateField(required=False)


class IndexQuery(serializers.Serializer[Any]):
    """What narrows the catalogue; everything given has to hold."""

    kind = serializers.ChoiceField(Index.Kind.choices, required=False)
    tier = serializers.ChoiceField(Index.Tier.choices, required=False)
    universe = serializers.ChoiceField(Index.Universe.choices, required=False)
    status = serializers.ChoiceField(["active", "retired"], required=False)
    q = serializers.CharField(required=False, max_length=80, help_text="Words of the name, the slug or the summary.")


def asked(query: type[Query], request: Request) -> dict[str, Any]:
    """Return what the address asks for; 400 that names the field where it makes no sense."""
    form = query(data=request.query_params)
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


def get_published_index(slug: str) -> Index:
    """Return an index that everybody may see; 404 for a draft."""
    return get_object_or_404(Index.objects.published(), slug=slug)
