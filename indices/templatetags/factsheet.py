"""Template filters that write the figures of a factsheet: items of the safety card, drawdowns, sectors, tiers."""

from datetime import date

from django import template
from django.utils.formats import date_format

from indices.calc.records import Tier
from indices.calc.safety import Item, State
from indices.selectors import Record
from market.models import Classification
from market.templatetags.figures import UNKNOWN, number, percent

register = template.Library()

STATES = {State.OK: ("", "within"), State.WATCH: ("warn", "to watch"), State.UNKNOWN: ("info", "unknown")}
TIERS = {
    Tier.LARGE: "Large, $10B and more",
    Tier.MID: "Mid, $1B to $10B",
    Tier.SMALL: "Small, below $1B",
    Tier.UNKNOWN: "Market cap unknown",
}
WINDOW_NAMES = {
    "1D": "1 day",
    "7D": "7 days",
    "1M": "1 month",
    "3M": "3 months",
    "YTD": "This year",
    "1Y": "1 year",
    "SI": "Inception",
}
LABEL_TONES = {
    "simulated": "info",
    "retired": "",
    "provisional": "warn",
    "suspended": "warn",
    "restated": "info",
    "reconstructed": "info",
    "partly reconstructed": "info",
}
LEAST_DAYS = 0.01


@register.filter
def item_value(item: Item) -> str:
    """Write the figure of an item in its unit."""
    if item.value is None:
        return UNKNOWN if item.state == State.UNKNOWN else "never"
    return _figure(item, item.value)


@register.filter
def item_threshold(item: Item) -> str:
    """Write the threshold of an item: ``at most 40.0%``."""
    return f"{'at least' if item.is_least else 'at most'} {_figure(item, item.threshold)}"


@register.filter
def item_tone(item: Item) -> str:
    """Return the tone of the chip that tells where an item stands."""
    return STATES[item.state][0]


@register.filter
def item_state(item: Item) -> str:
    """Return in a word or two where an item stands."""
    return STATES[item.state][1]


@register.filter
def deepest_fall(record: Record) -> str:
    """Write the deepest fall with its days, and when it was made good."""
    if record.worst_drawdown is None:
        return "Distance from the highest level so far"
    if record.worst_peak is None or record.worst_trough is None:
        return "It has never been below its highest level"
    fall = f"Deepest {percent(record.worst_drawdown)}, {_day(record.worst_peak)} to {_day(record.worst_trough)}"
    if record.worst_recovery is None:
        return f"{fall}; not made good"
    return f"{fall}; made good {_day(record.worst_recovery)}"


@register.filter
def window_name(window: str) -> str:
    """Return what a window of returns is."""
    return WINDOW_NAMES[window]


@register.filter
def label_tone(label: str) -> str:
    """Return the tone of the chip of a label."""
    return LABEL_TONES[label]


@register.filter
def sector_name(sector: str) -> str:
    """Return the name of a sector."""
    names = dict(Classification.Sector.choices)
    return str(names.get(sector, "Not classified"))


@register.filter
def tier_name(tier: str) -> str:
    """Return what a tier means."""
    return TIERS[Tier(tier)]


def _figure(item: Item, value: float) -> str:
    if item.unit == "share":
        return percent(value, 1)
    if item.unit == "days":
        if 0 < value < LEAST_DAYS:
            return f"< {LEAST_DAYS} days"
        return f"{number(value, 0 if value == round(value) else 2)} {'day' if value == 1 else 'days'}"
    return number(value, 0 if value == round(value) else 1)


def _day(day: date) -> str:
    return date_format(day, "j M Y")
