"""Public pages: the catalogue, an index's factsheet, a review with every asset's reason."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from indices import selectors
from indices.forms import CatalogueForm
from indices.models import Index

REVIEWS_A_PAGE = 12


def catalogue(request: HttpRequest) -> HttpResponse:
    """List the indices that may be followed or have been."""
    form = CatalogueForm(request.GET)
    indices = form.narrow(Index.objects.published().order_by("universe", "tier", "slug"))
    rows = selectors.get_catalogue(list(indices))
    return render(
        request,
        "indices/list.html",
        {"form": form, "rows": rows, "is_filtered": any(request.GET.get(name) for name in form.fields)},
        status=200 if form.is_valid() else 422,
    )


def detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the factsheet of an index."""
    index = get_object_or_404(Index.objects.published(), slug=slug)
    row = selectors.get_catalogue([index])[0]
    day = row.record.as_of or timezone.now().date()
    return render(
        request,
        "indices/detail.html",
        {
            "index": index,
            "record": row.record,
            "windows": selectors.WINDOWS,
            "comparison": selectors.get_comparison(index=index),
            "constituents": selectors.get_constituents(index=index, day=day),
            "near_misses": selectors.get_near_misses(index=index, day=day),
            "rulebook": selectors.get_rulebook(index=index, day=day),
            "reviews": Paginator(selectors.get_reviews(index=index), REVIEWS_A_PAGE).get_page(request.GET.get("page")),
        },
    )


def review(request: HttpRequest, slug: str, review_id: int) -> HttpResponse:
    """Show one review: what was known at its cut-off, and what became of every asset."""
    index = get_object_or_404(Index.objects.published(), slug=slug)
    found = get_object_or_404(selectors.get_reviews(index=index), pk=review_id)
    lines = selectors.get_review_lines(review=found)
    return render(request, "indices/review.html", {"index": index, "review": found, "lines": lines})
