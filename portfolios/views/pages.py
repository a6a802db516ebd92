"""What every page of portfolios shares: its methods, what was posted, and how a form is shown again."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from portfolios.models import Portfolio

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, QueryDict

reads = require_http_methods(["GET", "HEAD"])
reads_and_posts = require_http_methods(["GET", "HEAD", "POST"])
posts = require_http_methods(["POST"])


def posted(request: "HttpRequest") -> "QueryDict | None":
    """Return what was posted; None for a form that is asked for."""
    return request.POST if request.method == "POST" else None


def show_form(
    request: "HttpRequest", template: str, form: forms.Form, *, portfolio: Portfolio | None = None, **more: Any
) -> "HttpResponse":
    """Show a form; an invalid one answers 422."""
    status = 422 if form.errors else 200
    return render(request, template, {"form": form, "portfolio": portfolio} | more, status=status)
