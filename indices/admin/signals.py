"""Recorded signals, which nobody changes afterwards, and ballots."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.http import ReadOnly, user_of
from indices.forms.signals import SignalForm
from indices.models import Ballot, Signal


class AboutFilter(admin.SimpleListFilter):
    """Signals about one asset, or about a market as a whole."""

    title = _("about")
    parameter_name = "about"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("market", _("The market")), ("asset", _("An asset"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Signal]) -> QuerySet[Signal]:
        if self.value() in {"market", "asset"}:
            return queryset.filter(asset__isnull=self.value() == "market")
        return queryset


@admin.register(Signal)
class SignalAdmin(ReadOnly, admin.ModelAdmin[Signal]):
    """Bull, neutral or bear for a day; who wrote it and when is the server's to say."""

    form = SignalForm
    fields = ("universe", "asset", "day", "value", "source")
    list_display = ("day", "about", "value", "source", "recorded_at", "recorded_by")
    list_filter = ("value", AboutFilter, "universe", "source")
    list_select_related = ("asset", "recorded_by")
    search_fields = ("asset__id", "asset__symbol", "asset__name", "source")
    autocomplete_fields = ("asset",)
    date_hierarchy = "day"
    ordering = ("-day", "-recorded_at", "-id")

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return bool(request.user.has_perm("indices.add_signal"))

    @admin.display(description=_("About"), ordering="asset")
    def about(self, obj: Signal) -> str:
        """Return the asset, or the market that the signal is about."""
        return str(obj.asset or obj.get_universe_display())

    def save_model(self, request: HttpRequest, obj: Signal, form: forms.ModelForm[Signal], change: bool) -> None:  # noqa: FBT001 - Django's signature
        obj.recorded_at = timezone.now()
        obj.recorded_by = user_of(request)
        super().save_model(request, obj, form, change)


@admin.register(Ballot)
class BallotAdmin(ReadOnly, admin.ModelAdmin[Ballot]):
    """Ballots with the number of their voters; what one person voted is nobody else's business."""

    list_display = ("index", "cutoff_day", "opens_at", "closes_at", "quorum", "voters")
    list_filter = ("index",)
    list_select_related = ("index",)
    date_hierarchy = "cutoff_day"
    ordering = ("-cutoff_day", "index")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ballot]:
        return super().get_queryset(request).annotate(voters=Count("votes"))

    @admin.display(description=_("Voters"))
    def voters(self, obj: Any) -> int:
        """Return how many have voted so far."""
        return int(obj.voters)
