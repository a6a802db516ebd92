"""The ledger: what happened, newest first, one page at a time; a transaction with its entries and its versions."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, render

from portfolios import forms, selectors
from portfolios.http import get_own_portfolio
from portfolios.models import Portfolio, Transaction
from portfolios.views.pages import reads

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@reads
@login_required
def transactions(request: "HttpRequest", portfolio_id: int) -> "HttpResponse":
    """List the ledger, newest first; nothing is counted, so that a page costs the same however long it is."""
    portfolio = get_own_portfolio(request, portfolio_id)
    form = forms.TransactionFilter(request.GET or None, portfolio=portfolio)
    form.is_valid()
    page = selectors.get_ledger_page(
        portfolio=portfolio,
        narrow=form.narrow(),
        older_than=selectors.read_place(request.GET.get("older", "")),
        newer_than=selectors.read_place(request.GET.get("newer", "")),
    )
    context = {
        "portfolio": portfolio, "form": form, "page": page, "deleted": _deleted(request, portfolio),
        "is_narrowed": any(request.GET.get(name) for name in form.fields),
    }  # fmt: skip
    return render(request, "portfolios/transactions.html", context)


def _deleted(request: "HttpRequest", portfolio: Portfolio) -> Transaction | None:
    """Return what was deleted just now, and is not undone yet: the page offers to undo it."""
    asked = request.GET.get("deleted", "")
    if not asked.isascii() or not asked.isdigit() or len(asked) > 18:
        return None
    return portfolio.transactions.filter(id=int(asked), voided_at__isnull=False, superseded_by__isnull=True).first()


@reads
@login_required
def transaction(request: "HttpRequest", portfolio_id: int, transaction_id: int) -> "HttpResponse":
    """Show one transaction: its entries, the lots that were named for it, and all its versions."""
    portfolio = get_own_portfolio(request, portfolio_id)
    shown = get_object_or_404(selectors.get_transactions(portfolio=portfolio), id=transaction_id)
    versions = selectors.get_versions(transaction=shown)
    context: dict[str, Any] = {
        "portfolio": portfolio,
        "transaction": shown,
        "versions": versions if len(versions) > 1 else [],
        "newest": versions[-1],
        "choices": shown.lot_choices.select_related("acquired"),
    }
    return render(request, "portfolios/transaction.html", context)
