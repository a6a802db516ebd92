"""A basket to take away with all that is needed to work it out again."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404

from indices import services
from indices.models import Index, Rebalance, Review


def bundle(request: HttpRequest, slug: str, rebalance_id: int) -> HttpResponse:
    """Give the inputs, the result and the digests of one version of a basket as JSON."""
    index = get_object_or_404(Index.objects.published(), slug=slug)
    rebalances = Rebalance.objects.filter(index=index).exclude(review__status__in=Review.HIDDEN)
    related = rebalances.select_related("index", "review__methodology", "event").prefetch_related("holdings")
    rebalance = get_object_or_404(related, pk=rebalance_id)
    name = f"{index.slug}-{rebalance.effective_day}-{rebalance.pk}.json"
    return JsonResponse(
        services.bundle_of(rebalance),
        json_dumps_params={"ensure_ascii": False},
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
