"""One import: how far it is, what it asks, what it would write, what it wrote; and taking it back."""

from typing import TYPE_CHECKING, Any

from django import forms as django_forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import user_of
from portfolios.forms.imports import AnswersForm, CommitForm
from portfolios.http import last_closed_day, show_refusal
from portfolios.models import AssetChoice, ColumnTemplate, ImportBatch, ImportRow, Portfolio
from portfolios.selectors.imports import describe_candidates, get_import_rows, words_of
from portfolios.services import RefusedError, imports
from portfolios.services.imports.requests import has_many_errors, source_of
from portfolios.views.imports.shared import FORMAT_NAMES, get_import, number_of, state_of
from portfolios.views.pages import posted, reads_and_posts, show_form

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

CHOICES = 200
Status, Step, Verdict = ImportBatch.Status, ImportBatch.Step, ImportRow.Verdict


@reads_and_posts
@login_required
def import_page(request: "HttpRequest", portfolio_id: int, import_id: int) -> "HttpResponse":
    """Show an import where it stands; do what the button says: `answer`, `again` or `commit`."""
    portfolio, batch = get_import(request, portfolio_id, import_id)
    asked = request.POST.get("do")
    answers = _answers_form(request, batch) if _may_be_answered(batch) else None
    commit = CommitForm(request.POST if asked == "commit" else None)
    try:
        if asked == "answer" and answers is not None and answers.is_valid():
            imports.answer_import(batch=batch, by=user_of(request), at=timezone.now(), **answers.facts())
            return redirect("portfolios:import", portfolio.pk, batch.pk)
        if asked == "again":
            imports.answer_import(batch=batch, by=user_of(request), at=timezone.now())
            return redirect("portfolios:import", portfolio.pk, batch.pk)
        if asked == "commit" and commit.is_valid():
            imports.request_commit(batch=batch, at=timezone.now(), **commit.cleaned_data)
            return redirect("portfolios:import", portfolio.pk, batch.pk)
    except RefusedError as refusal:
        show_refusal(commit if asked == "commit" or answers is None else answers, refusal)
    return _show(request, portfolio, batch, answers=answers, commit=commit)


def _show(
    request: "HttpRequest", portfolio: Portfolio, batch: ImportBatch, *, answers: AnswersForm | None, commit: CommitForm
) -> "HttpResponse":
    state = state_of(batch)
    context: dict[str, Any] = {
        "portfolio": portfolio, "batch": batch, "state": state, "answers": answers, "commit": commit,
        "format": FORMAT_NAMES.get(batch.format, ""), "has_many_errors": has_many_errors(batch.counts),
    }  # fmt: skip
    if state == "columns":
        context["question"] = batch.questions[0]
        context["templates"] = ColumnTemplate.objects.filter(
            owner=user_of(request), id__in=batch.questions[0].get("templates", ())
        ).order_by("name")
    if state in {"preview", "written", "undone"}:
        context |= _rows(request, batch)
    invalid = commit.errors or (answers is not None and answers.errors)
    return render(request, "portfolios/imports/import.html", context, status=422 if invalid else 200)


def _may_be_answered(batch: ImportBatch) -> bool:
    return batch.status == Status.DONE and state_of(batch) in {"questions", "preview"}


def _answers_form(request: "HttpRequest", batch: ImportBatch) -> AnswersForm:
    user = user_of(request)
    choices = AssetChoice.objects.filter(owner=user, source=source_of(batch)).select_related("asset").order_by("code")
    return AnswersForm(
        request.POST if request.POST.get("do") == "answer" else None,
        questions=batch.questions,
        known=batch.answers,
        described=describe_candidates(questions=batch.questions, day=last_closed_day()),
        choices=choices[:CHOICES] if batch.step == Step.PREVIEW else (),
        imply=batch.imply_deposits if batch.step == Step.PREVIEW else None,
    )


def _rows(request: "HttpRequest", batch: ImportBatch) -> dict[str, Any]:
    """Return a page of the rows, narrowed by their verdict, and how many there are of each."""
    is_preview = batch.step in {Step.PREVIEW, Step.COMMIT}
    names = {one.value: str(one.label) for one in ImportRow.FOR_PEOPLE}
    if not is_preview:
        names[Verdict.NEW.value] = str(Verdict.IMPORTED.label) if batch.step == Step.COMMITTED else _("Taken back")
    verdict = request.GET.get("verdict", "")
    verdict = verdict if verdict in names else ""
    page = get_import_rows(
        batch=batch,
        verdict=verdict,
        after=number_of(request.GET.get("after")),
        before=number_of(request.GET.get("before")),
    )
    return {
        "page": page,
        "all_rows": _("of %(count)s rows") % {"count": f"{batch.counts.get('rows', 0):,}"},
        "verdict": verdict,
        "rows": [(row, names.get(row.verdict, row.verdict), words_of(row.facts, page.symbols)) for row in page.rows],
        "verdicts": [(value, label, batch.counts.get(value, 0)) for value, label in names.items()],
    }


@reads_and_posts
@login_required
def undo_import(request: "HttpRequest", portfolio_id: int, import_id: int) -> "HttpResponse":
    """Ask, then have everything that an import wrote taken back."""
    portfolio, batch = get_import(request, portfolio_id, import_id)
    form = django_forms.Form(posted(request))
    if request.method == "POST":
        try:
            imports.request_undo(batch=batch, at=timezone.now())
        except RefusedError as refusal:
            show_refusal(form, refusal)
        else:
            return redirect("portfolios:import", portfolio.pk, batch.pk)
    return show_form(request, "portfolios/imports/undo.html", form, portfolio=portfolio, batch=batch)


@reads_and_posts
@login_required
def discard_import(request: "HttpRequest", portfolio_id: int, import_id: int) -> "HttpResponse":
    """Ask, then forget an import with its file; nothing of it is in the ledger."""
    portfolio, batch = get_import(request, portfolio_id, import_id)
    form = django_forms.Form(posted(request))
    if request.method == "POST":
        try:
            imports.discard_import(batch=batch)
        except RefusedError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Discarded: the file and its rows are gone, the ledger is as it was."))
            return redirect("portfolios:imports", portfolio.pk)
    return show_form(request, "portfolios/imports/discard.html", form, portfolio=portfolio, batch=batch)
