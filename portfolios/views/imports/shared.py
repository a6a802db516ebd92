"""What the pages of imports share: which import an address names, and where it stands."""

from typing import TYPE_CHECKING

from django.shortcuts import get_object_or_404

from portfolios.http import get_own_portfolio
from portfolios.importers.formats import FORMATS
from portfolios.models import ImportBatch, Portfolio

if TYPE_CHECKING:
    from django.http import HttpRequest

FORMAT_NAMES = {one.key: one.name for one in FORMATS}
Status, Step = ImportBatch.Status, ImportBatch.Step


def get_import(request: "HttpRequest", portfolio_id: int, import_id: int) -> tuple[Portfolio, ImportBatch]:
    """Return a portfolio of the caller and one of its imports; any other one does not exist for them: 404."""
    portfolio = get_own_portfolio(request, portfolio_id)
    return portfolio, get_object_or_404(portfolio.imports.select_related("wallet", "connection"), id=import_id)


def state_of(batch: ImportBatch) -> str:
    """Return what its page is about: at_work, failed, columns, questions, preview, written or undone."""
    if batch.status in {Status.WAITING, Status.RUNNING}:
        return "at_work"
    if batch.step == Step.QUESTIONS:
        return "columns" if batch.questions and batch.questions[0]["key"] == "mapping" else "questions"
    states = {Step.READ: "failed", Step.PREVIEW: "preview", Step.COMMIT: "preview", Step.UNDONE: "undone"}
    return states.get(Step(batch.step), "written")


def number_of(text: str | None) -> int | None:
    """Return the number that a part of an address names; None for any other text."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 9 else None
