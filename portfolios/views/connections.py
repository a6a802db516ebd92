"""Exchanges that are read with a key: connect, read now or from the beginning, disconnect."""

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import user_of
from portfolios.forms.connections import ConnectionForm
from portfolios.http import get_own_portfolio, show_refusal
from portfolios.services import RefusedError, connections
from portfolios.sources.client import is_available
from portfolios.sources.registry import EXCHANGES
from portfolios.views.pages import posted, posts, reads_and_posts, show_form

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@reads_and_posts
@login_required
def connection_list(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """Show the connected exchanges, and take the key of one more."""
    portfolio = get_own_portfolio(request, portfolio_id)
    form = ConnectionForm(posted(request), portfolio=portfolio)
    if request.method == "POST" and form.is_valid():
        try:
            connections.connect_exchange(portfolio=portfolio, by=user_of(request), at=timezone.now(), **form.facts())
        except RefusedError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Connected. What the key may do is looked at first; then it is read."))
            return redirect("portfolios:connections", portfolio.pk)
    rows = portfolio.connections.select_related("wallet").order_by("label")
    return show_form(
        request, "portfolios/connections.html", form, portfolio=portfolio, rows=rows, exchanges=EXCHANGES.values(),
        is_available=is_available(),
    )  # fmt: skip


@posts
@login_required
def change_connection(request: "HttpRequest", portfolio_id: int, connection_id: int) -> "HttpResponse":
    """Do what the button says: `pull`, `anew` or `end`."""
    portfolio = get_own_portfolio(request, portfolio_id)
    connection = get_object_or_404(portfolio.connections, id=connection_id)
    asked = request.POST.get("do")
    try:
        if asked == "pull":
            connections.request_pull(connection=connection, at=timezone.now())
        elif asked == "anew":
            connections.read_anew(connection=connection, at=timezone.now())
        elif asked == "end":
            connections.disconnect_exchange(connection=connection)
            messages.success(request, _("Disconnected; its key is gone. What came through it stays."))
    except RefusedError as refusal:
        messages.error(request, refusal.message)
    return redirect("portfolios:connections", portfolio.pk)
