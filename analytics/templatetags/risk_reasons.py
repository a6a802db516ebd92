"""Says in words why a figure is missing."""

from collections.abc import Mapping

from django import template
from django.utils.translation import gettext_lazy as _

register = template.Library()

WORDS = {
    "benchmark_too_short": _("Bitcoin has fewer than 30 days in common with these holdings."),
    "first_day": _("The portfolio began on this day."),
    "history_too_short": _("What is held has fewer than 30 days of prices in common."),
    "multiple_roots": _("More than one rate fits these deposits and withdrawals; the one nearest to 0 is shown."),
    "no_benchmark": _("There are no prices of Bitcoin to compare with."),
    "no_dispersion": _("The prices compared do not move."),
    "no_net_deposits": _("As much or more was taken out than paid in."),
    "no_root": _("No rate fits these deposits and withdrawals."),
    "no_value": _("Nothing with a price is held."),
    "out_of_range": _("The figure is beyond what can be shown."),
    "short_span": _("A rate a year is given after 365 days."),
    "total_loss": _("Everything paid in was lost."),
}


@register.filter
def reason(reasons: Mapping[str, str] | None, figure: str) -> str:
    """Return why a figure is missing; nothing if it is there."""
    code = (reasons or {}).get(figure, "")
    return str(WORDS.get(code, code))
