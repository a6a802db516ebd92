"""The charts of a portfolio, in the shape of docs/design-system.md. Here money becomes float64, for drawing alone."""

from collections.abc import Sequence
from typing import Any

from analytics.models import Valuation


def value_chart(rows: Sequence[Valuation]) -> dict[str, Any]:
    """Return the value in USD beside what was paid in."""
    return {
        "dates": [row.day.isoformat() for row in rows],
        "series": [
            {"name": "Value", "values": [float(row.value) for row in rows], "role": "main"},
            {"name": "Net deposits", "values": [float(row.net_deposits) for row in rows], "role": "flow"},
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
