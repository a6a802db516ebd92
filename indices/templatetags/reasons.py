"""Template filter for the reason of a review's line."""

from django import template

from indices.selectors import reason_in_words

register = template.Library()


@register.filter
def reason(code: str) -> str:
    """Write a reason code in words."""
    return reason_in_words(code)
