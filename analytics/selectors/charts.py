"""The charts of a portfolio, in the shape of docs/design-system.md. Here money becomes float64, for drawing alone."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from analytics.models import Valuation


def value_chart(rows: Sequence[tuple[date, Decimal, Decimal]]) -> dict[str, Any]:
    """Return the value in USD beside what was paid in, from rows of day, value and net deposits."""
    return {
        "dates": [day.isoformat() for day, _, _ in rows],
        "series": [
            {"name": "Value", "values": [float(value) for _, value, _ in rows], "role": "main"},
            {"name": "Net deposits", "values": [float(paid_in) for _, _, paid_in in rows], "role": "flow"},
        ],
        "unit": "usd",
    }


def growth_chart(rows: Sequence[Valuation]) -> dict[str, Any]:
    """Return the time-weighted growth of 1 paid in on the first day."""
    return {
        "dates": [row.day.isoformat() for row in rows],
        "series": [{"name": "Growth of 1", "values": [float(row.growth) for row in rows], "role": "main"}],
        "unit": "level",
    }


def drawdown_chart(rows: Sequence[Valuation]) -> dict[str, Any]:
    """Return how far growth is below its peak, as negative fractions of 1."""
    return {
        "dates": [row.day.isoformat() for row in rows],
        "series": [
            {"name": "Below the peak", "values": [float(row.growth / row.peak) - 1.0 for row in rows], "role": "loss"}
        ],
        "unit": "percent",
    }
