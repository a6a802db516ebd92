"""Template filters behind the chart component: the same figures as a table, and the path of a sparkline.

The shapes of chart data are described in docs/design-system.md; fractions of 1 in, words out.
"""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, TypedDict

from django import template

from market.templatetags import figures

register = template.Library()

ALL_DAYS = 62
WRITERS: dict[str, Callable[[float | None], str]] = {
    "usd": figures.usd,
    "percent": figures.percent,
    "level": figures.number,
    "number": figures.number,
}


class Table(TypedDict):
    """What components/chart_table.html draws."""

    columns: list[str]
    rows: list[list[str]]
    note: str


@register.filter
def chart_table(data: dict[str, Any]) -> Table:
    """Return the figures of a chart as a table of text, newest day first.

    Above 62 days the table keeps the last day of each month and says so.
    """
    write = WRITERS[data.get("unit", "number")]
    if "dates" in data:
        return _days_table(data, write)
    if "items" in data:
        rows = [[item["name"], write(item["value"])] for item in data["items"]]
        return Table(columns=["Name", "Share"], rows=rows, note="")
    if "matrix" in data:
        rows = [[name, *map(write, line)] for name, line in zip(data["names"], data["matrix"], strict=True)]
        return Table(columns=["", *data["names"]], rows=rows, note="")
    if "steps" in data:
        rows = [[step["name"], write(step["value"])] for step in data["steps"]]
        return Table(columns=["Step", "Value"], rows=rows, note="")
    columns = ["", *(series["name"] for series in data["series"])]
    lines = zip(data["categories"], *(series["values"] for series in data["series"]), strict=True)
    return Table(columns=columns, rows=[[name, *map(write, values)] for name, *values in lines], note="")


def _days_table(data: dict[str, Any], write: Callable[[float | None], str]) -> Table:
    lines = list(zip(data["dates"], *(series["values"] for series in data["series"]), strict=True))
    note = ""
    if len(lines) > ALL_DAYS:
        months = groupby(lines, key=lambda line: str(line[0])[:7])
        lines = [list(month)[-1] for _, month in months]
        note = "The last day of each month; the drawing holds every day."
    columns = ["Day", *(series["name"] for series in data["series"])]
    rows = [[str(day), *map(write, values)] for day, *values in reversed(lines)]
    return Table(columns=columns, rows=rows, note=note)


@register.filter
def spark_path(values: Sequence[float | None]) -> str:
    """Return the SVG path of a series in a box of 100 by 30; an unknown value leaves a gap."""
    known = [float(value) for value in values if value is not None]
    if len(known) < 2:
        return ""
    low, span = min(known), (max(known) - min(known)) or 1.0
    step = 100 / (len(values) - 1)
    parts: list[str] = []
    pen = "M"
    for place, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        parts.append(f"{pen}{place * step:.2f} {28 - 26 * (float(value) - low) / span:.2f}")
        pen = "L"
    return "".join(parts)
