"""Stage 4: performance and risk of each portfolio at a close, from its flows and its holdings of that day."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from analytics.calc.batch import portfolio_measures
from analytics.calc.performance import XirrFlag, xirr
from analytics.models import RiskReport, Valuation
from analytics.selectors.prices import Returns, Trailing
from analytics.services.valuations import RATIO, Close
from market.calc.returns import DAYS_PER_YEAR

Floats = NDArray[np.float64]

MINIMUM_DAYS = 30
# Nine digits: beyond them the order in which a processor adds shows, and equal inputs give equal rows.
STATISTIC = Decimal(1).scaleb(-9)
LARGEST_RATIO = Decimal(10) ** 8
STATISTICS = ("volatility", "beta", "value_at_risk", "expected_shortfall")


@dataclass(slots=True)
class Flows:
    """The external flows of a portfolio up to a day: day numbers, and amounts in USD as the investor sees them."""

    days: list[int] = field(default_factory=list)
    amounts: list[float] = field(default_factory=list)
    digest: str = ""

    def add(self, day: date, flow: Decimal) -> None:
        """Take the net flow of one more day; a deposit is money that the investor gave."""
        if flow:
            self.days.append(day.toordinal())
            self.amounts.append(-float(flow))
            self.digest = sha256(f"{self.digest}|{day}|{flow.normalize()}".encode()).hexdigest()


def measure_close(
    *, closes: Sequence[Close], flows: dict[int, Flows], returns: Returns, at: datetime
) -> list[RiskReport]:
    """Measure many portfolios at the close of one day.

    `flows` holds each portfolio's flows up to that day, by its id. Holdings are kept at the weights of the day over
    the trailing 365 days; only days on which every one of them has a return count.
    """
    trailing = returns.trailing(closes[0].valuation.day)
    reports = [_performance(close.valuation, flows[close.valuation.portfolio_id], at) for close in closes]
    groups: dict[tuple[str | None, tuple[int, ...]], list[int]] = {}
    for place, close in enumerate(closes):
        if not close.valuation.value:
            _leave_out(reports[place], STATISTICS, "no_value")
            continue
        held = [line.asset_id for line in close.lines]
        gaps = tuple(sorted(column for asset in held if not trailing.whole[column := trailing.columns[asset]]))
        groups.setdefault((returns.benchmark(held), gaps), []).append(place)
    for (benchmark, gaps), places in groups.items():
        _measure_group(
            [closes[place] for place in places], [reports[place] for place in places], trailing, benchmark, gaps
        )
    for report, close in zip(reports, closes, strict=True):
        report.inputs_hash = _hash_inputs(close, flows[close.valuation.portfolio_id], trailing, returns)
    return reports


def _performance(row: Valuation, flows: Flows, at: datetime) -> RiskReport:
    """Start a report with what the investor earned."""
    report = RiskReport(
        portfolio_id=row.portfolio_id, day=row.day, computed_at=at, reasons={}, max_drawdown=row.max_drawdown
    )
    _set(report, "twr", row.growth - 1)
    if row.net_deposits > 0:
        _set(report, "simple_return", row.value / row.net_deposits - 1)
    else:
        _leave_out(report, ("simple_return",), "no_net_deposits")
    if not flows.days or flows.days[0] == row.day.toordinal():
        _leave_out(report, ("xirr", "span_return"), "first_day")
        return report
    result = xirr([*flows.days, row.day.toordinal()], [*flows.amounts, float(row.value)])
    _set_float(report, "span_return", result.span_return, result.flag.value)
    # Once all is withdrawn the days go on, the investment does not: its own span counts, which the flag knows.
    is_long = row.day.toordinal() - flows.days[0] >= DAYS_PER_YEAR and result.flag != XirrFlag.SHORT_SPAN
    _set_float(report, "xirr", result.rate if is_long else None, result.flag.value if is_long else "short_span")
    if result.flag == "multiple_roots":
        report.reasons["several_rates_fit"] = result.flag.value
    return report


def _measure_group(
    closes: list[Close], reports: list[RiskReport], trailing: Trailing, benchmark: str | None, gaps: tuple[int, ...]
) -> None:
    """Measure portfolios that share their days; sets the statistics on their reports."""
    days = np.logical_and.reduce(np.isfinite(trailing.returns[:, list(gaps)]), axis=1)
    for report in reports:
        report.observations = int(days.sum())
    if days.sum() < MINIMUM_DAYS:
        for report in reports:
            _leave_out(report, STATISTICS, "history_too_short")
        return

    weights, columns = _weights(closes, trailing)
    measures = portfolio_measures(weights, trailing.returns[days][:, columns], np.zeros(days.sum()))
    measures["beta"], reason = _beta(weights, trailing.returns[:, columns], days, trailing.column(benchmark))
    for place, report in enumerate(reports):
        for name in STATISTICS:
            _set_float(report, name, float(measures[name][place]), reason)


def _beta(weights: Floats, returns: Floats, days: NDArray[np.bool_], market: Floats | None) -> tuple[Floats, str]:
    """Return betas to the market on the days that both have, NaN where there are none, and the reason for NaN."""
    if market is None:
        return np.full(len(weights), np.nan), "no_benchmark"
    paired = days & ~np.isnan(market)
    if paired.sum() < MINIMUM_DAYS:
        return np.full(len(weights), np.nan), "benchmark_too_short"
    return portfolio_measures(weights, returns[paired], market[paired])["beta"], "no_dispersion"


def _weights(closes: list[Close], trailing: Trailing) -> tuple[Floats, list[int]]:
    """Return weights of shape (portfolios, assets), and which columns of the returns those assets are."""
    columns = sorted({trailing.columns[line.asset_id] for close in closes for line in close.lines})
    position = {column: place for place, column in enumerate(columns)}
    weights = np.zeros((len(closes), len(columns)))
    for row, close in enumerate(closes):
        total = float(close.valuation.value)
        for line in close.lines:
            weights[row, position[trailing.columns[line.asset_id]]] = float(line.value) / total
    return weights, columns


def _hash_inputs(close: Close, flows: Flows, trailing: Trailing, returns: Returns) -> str:
    """Return the SHA-256 of everything that a report was computed from."""
    row = close.valuation
    held = [line.asset_id for line in close.lines]
    inputs = {
        "day": row.day.isoformat(),
        "valuation": [
            _digits(figure) for figure in (row.value, row.net_deposits, row.growth, row.peak, row.max_drawdown)
        ],
        "flows": flows.digest,
        "lines": [
            [line.asset_id, _digits(line.quantity), _digits(line.value), trailing.digest(line.asset_id)]
            for line in close.lines
        ],
        "benchmark": trailing.digest(benchmark) if (benchmark := returns.benchmark(held)) else None,
    }
    return sha256(json.dumps(inputs, separators=(",", ":")).encode()).hexdigest()


def _digits(value: Decimal) -> str:
    """Write equal numbers equally, whatever zeros they carry."""
    return str(value.normalize())


def _leave_out(report: RiskReport, names: Iterable[str], reason: str) -> None:
    """Say why figures are missing."""
    for name in names:
        report.reasons[name] = reason


def _set_float(report: RiskReport, name: str, value: float | None, reason: str, *, places: Decimal = STATISTIC) -> None:
    """Store a figure, or the reason why there is none."""
    if value is None or not math.isfinite(value):
        _leave_out(report, (name,), reason)
    else:
        _set(report, name, Decimal(value), places=places)


def _set(report: RiskReport, name: str, value: Decimal, *, places: Decimal = RATIO) -> None:
    if abs(value) >= LARGEST_RATIO:
        _leave_out(report, (name,), "out_of_range")
    else:
        setattr(report, name, value.quantize(places, ROUND_HALF_EVEN))
