"""The factsheet of an index, its reviews, and the corrections of its levels."""

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from indices import selectors
from indices.calc.safety import Item, Topic
from indices.models import Index, Rebalance, Review

BASKETS_A_PAGE = 12
DAYS_A_PAGE = 20
TOPICS = {
    Topic.COMPLETENESS: "Methodology",
    Topic.CONCENTRATION: "Concentration",
    Topic.LIQUIDITY: "Liquidity",
    Topic.SECTORS: "Sectors",
    Topic.COVERAGE: "Data",
    Topic.RECORD: "Record",
}


def detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the factsheet of an index, all of it as of the close that its record is of."""
    index = get_object_or_404(Index.objects.published().select_related("record"), slug=slug)
    record = selectors.get_record(index)
    day = record.as_of or timezone.now().date()
    versions = list(index.methodologies.announced())
    composition = selectors.get_composition(index=index, day=day) if record.as_of else None
    likeness = selectors.get_likeness(index=index, record=record)
    history = Paginator(selectors.get_history(index=index), BASKETS_A_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "indices/detail.html",
        {
            "index": index,
            "record": record,
            "labels": selectors.labels_of(index, record),
            "comparison": selectors.get_comparison(index=index, end=day) if record.as_of else None,
            "composition": composition,
            "allocation": _allocation(composition),
            "near_misses": selectors.get_near_misses(review=composition.chosen_by if composition else None),
            "coming": _coming(index, day),
            "topics": _by_topic(record.safety),
            "likeness": [like for like in likeness if like.correlation is not None],
            "unlike": [like for like in likeness if like.correlation is None],
            "rulebook": selectors.get_rulebook(versions=versions, day=day),
            "versions": selectors.get_rules_versions(versions),
            "history": history,
            "failed": selectors.get_failed_reviews(index=index),
            "restatements": selectors.get_restatements(index=index),
        },
    )


def review(request: HttpRequest, slug: str, review_id: int) -> HttpResponse:
    """Show one public review: what was known at its cut-off, what becomes of every asset, and what that changes."""
    index = get_object_or_404(Index.objects.published().select_related("record"), slug=slug)
    public = Review.objects.public().filter(index=index).select_related("methodology").defer("inputs")
    found = get_object_or_404(public, pk=review_id)
    record = selectors.get_record(index)
    rebalance = Rebalance.objects.current().filter(review=found).first()
    if rebalance:
        changes = selectors.get_made_changes(rebalance)
    elif found.status == Review.Status.ANNOUNCED:
        day = record.as_of or found.cutoff_day
        changes = selectors.get_coming_changes(index=index, review=found, day=day)
    else:
        changes = None
    return render(
        request,
        "indices/review.html",
        {
            "index": index,
            "labels": [label for label in selectors.labels_of(index, record) if label in {"simulated", "retired"}],
            "review": found,
            "rebalance": rebalance,
            "changes": changes,
            "lines": selectors.get_review_lines(review=found),
        },
    )


def corrections(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the ledger of corrections, and every version of each level that has more than one."""
    index = get_object_or_404(Index.objects.published().select_related("record"), slug=slug)
    days = Paginator(selectors.get_revised_days(index=index), DAYS_A_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "indices/corrections.html",
        {
            "index": index,
            "labels": selectors.labels_of(index, selectors.get_record(index)),
            "restatements": selectors.get_restatements(index=index),
            "days": days,
            "revised": selectors.get_level_versions(index=index, days=list(days)),
        },
    )


def _coming(index: Index, day: date) -> dict[str, Any] | None:
    """Return the announced review and what it changes against the weights of the newest close."""
    announced = selectors.get_announced_review(index=index)
    if announced is None:
        return None
    changes = selectors.get_coming_changes(index=index, review=announced, day=day)
    return {"review": announced, "changes": changes}


def _allocation(composition: selectors.Composition | None) -> dict[str, Any]:
    """Return the live weights as a treemap; what holds freed weight is drawn grey."""
    constituents = composition.constituents if composition else ()
    items = [
        {"name": line.symbol, "value": float(line.weight)} | ({"group": "cash"} if line.is_sleeve else {})
        for line in constituents
        if line.weight
    ]
    return {"items": items, "unit": "percent"}


def _by_topic(items: Any) -> list[tuple[str, list[Item]]]:
    """Return the items of the safety card under their topics, in the card's order."""
    found = [(title, [item for item in items if item.topic == topic]) for topic, title in TOPICS.items()]
    return [(title, of_topic) for title, of_topic in found if of_topic]
