"""Where people vote on what a community-governed index holds."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import user_of
from indices.forms.ballots import VoteForm
from indices.models import Index
from indices.selectors import get_ballots, get_candidates
from indices.services import CannotVoteError, NoCandidateError, cast_vote


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def vote(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the ballot of the next review and those before it; take a vote while it is open."""
    index = get_object_or_404(Index.objects.published(), slug=slug)
    now = timezone.now()
    ballots = get_ballots(index=index, at=now, user=user_of(request))
    if not ballots:
        raise Http404
    newest = ballots[0]
    is_open = newest.state == "open" and index.status == Index.Status.ACTIVE
    candidates = get_candidates(ballot=newest.ballot, day=now.date()) if is_open else []
    posted = request.POST if request.method == "POST" else None
    form = VoteForm(posted, candidates=candidates, initial={"asset": newest.choice})
    if posted is not None and form.is_valid():
        try:
            cast_vote(ballot_id=newest.ballot.pk, user=user_of(request), asset_id=form.cleaned_data["asset"], at=now)
        except CannotVoteError as error:
            form.add_error("asset" if isinstance(error, NoCandidateError) else None, str(error))
        else:
            messages.success(request, _("Your vote is counted. It may be changed until the ballot closes."))
            return redirect("indices:vote", index.slug)
    context = {"index": index, "newest": newest, "before": ballots[1:], "form": form, "is_open": is_open}
    return render(request, "indices/vote.html", context, status=422 if form.errors else 200)
