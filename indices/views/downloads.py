"""Levels and constituents to take away, as CSV and as JSON: exact decimals, as the API has them."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404

from indices import selectors
from indices.forms.pages import DayForm, DaysForm
from indices.models import Index

LEVELS = ("date", "level", "net", "status", "version")
CONSTITUENTS = ("asset", "symbol", "name", "units", "price", "weight", "target_weight", "role", "reason")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def levels_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """Give the current levels, one row a day."""
    index, form = _index(slug), DaysForm(request.GET)
    if not form.is_valid():
        return _refused(form)
    return _csv(f"{slug}-levels.csv", LEVELS, _levels(index, form))


def levels_json(request: HttpRequest, slug: str) -> HttpResponse:
    """Give the current levels, one object a day."""
    index, form = _index(slug), DaysForm(request.GET)
    if not form.is_valid():
        return _refused_json(form)
    return _json(f"{slug}-levels.json", index, {"levels": _objects(LEVELS, _levels(index, form))})


def constituents_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """Give what is held after the close of a day, one row an asset."""
    index, form = _index(slug), DayForm(request.GET)
    if not form.is_valid():
        return _refused(form)
    day, rows = _constituents(index, form)
    return _csv(f"{slug}-constituents-{day or 'none'}.csv", CONSTITUENTS, rows)


def constituents_json(request: HttpRequest, slug: str) -> HttpResponse:
    """Give what is held after the close of a day, one object an asset."""
    index, form = _index(slug), DayForm(request.GET)
    if not form.is_valid():
        return _refused_json(form)
    day, rows = _constituents(index, form)
    held = {"day": day, "constituents": _objects(CONSTITUENTS, rows)}
    return _json(f"{slug}-constituents-{day or 'none'}.json", index, held)


def _index(slug: str) -> Index:
    return get_object_or_404(Index.objects.published(), slug=slug)


def _levels(index: Index, form: DaysForm) -> list[tuple[Any, ...]]:
    start, end = form.cleaned_data["from"], form.cleaned_data["to"]
    levels = selectors.get_levels(index=index, start=start, end=end)
    return [
        (level.day.isoformat(), _exact(level.gross), _exact(level.net), level.status, level.version) for level in levels
    ]


def _constituents(index: Index, form: DayForm) -> tuple[date | None, list[tuple[Any, ...]]]:
    day = form.day_or(selectors.last_day(index=index))
    found = selectors.get_constituents(index=index, day=day) if day else ()
    rows = [
        (
            line.asset_id,
            line.symbol,
            line.name,
            _exact(line.units),
            _exact(line.price),
            _exact(line.exact_weight),
            _exact(line.target),
            "sleeve" if line.is_sleeve else "resting" if line.is_resting else "constituent",
            line.reason,
        )
        for line in found
    ]
    return day, rows


def _exact(value: Decimal | None) -> str | None:
    """Write every digit and no idle zeros, as the API does."""
    return None if value is None else f"{value.normalize():f}"


def _csv(name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    writer = csv.writer(response)
    writer.writerow(head)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return response


def _cell(value: Any) -> Any:
    """Write nothing for what is not known, and keep a spreadsheet from running a name as a formula."""
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return "" if value is None else value


def _json(name: str, index: Index, body: dict[str, Any]) -> HttpResponse:
    about = {
        "index": index.slug,
        "name": index.name,
        "is_simulated": index.is_simulated,
        "base_value": _exact(index.base_value),
        "live_since": index.live_since,
    }
    response = JsonResponse(about | body)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _objects(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(head, row, strict=True)) for row in rows]


def _refused(form: forms.Form) -> HttpResponse:
    """Say in a line a field what is wrong with the address."""
    lines = [f"{name}: {message}" for name, messages in form.errors.items() for message in messages]
    return HttpResponse("\n".join(lines), status=400, content_type="text/plain; charset=utf-8")


def _refused_json(form: forms.Form) -> HttpResponse:
    return JsonResponse({"errors": form.errors}, status=400)
