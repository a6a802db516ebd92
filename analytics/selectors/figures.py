"""What pages and the API show of portfolios: the latest figures, their histories, and the totals of an investor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import OuterRef, QuerySet, Subquery

from analytics.models import RiskReport, Valuation
from portfolios.models import Portfolio

ZERO = Decimal(0)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Figures:
    """The latest figures of a portfolio; all None before its first night."""

    portfolio: Portfolio
    valuation: Valuation | None = None
    before: Valuation | None = None
    risk: RiskReport | None = None

    @property
    def value(self) -> Decimal | None:
        """Return the value in USD."""
        return self.valuation.value if self.valuation else None

    @property
    def twr(self) -> Decimal | None:
        """Return the time-weighted return since the first day, a fraction of 1."""
        return self.risk.twr if self.risk else None

    @property
    def gain(self) -> Decimal | None:
        """Return what the last day brought in USD, apart from what was paid in or out."""
        if self.valuation is None:
            return None
        return self.valuation.value - self.valuation.flow - (self.before.value if self.before else ZERO)

    @property
    def day_return(self) -> Decimal | None:
        """Return the last day's return, a fraction of 1; None on the first day and after a total loss."""
        if self.valuation is None or self.before is None or not self.before.growth:
            return None
        return self.valuation.growth / self.before.growth - 1

    @property
    def loss_at_risk(self) -> Decimal | None:
        """Return the value at risk in USD: one day, 95%."""
        return self._in_money(self.risk.value_at_risk if self.risk else None)

    @property
    def expected_loss(self) -> Decimal | None:
        """Return the expected shortfall in USD: one day, 95%."""
        return self._in_money(self.risk.expected_shortfall if self.risk else None)

    def _in_money(self, share: Decimal | None) -> Decimal | None:
        return None if share is None or self.valuation is None else share * self.valuation.value


@dataclass(frozen=True, slots=True)
class Totals:
    """All portfolios of an investor that have been valued, in USD as of `day`, the oldest of their days."""

    day: date
    value: Decimal
    gain: Decimal

    @property
    def day_return(self) -> Decimal | None:
        """Return the gain over what there was before it, a fraction of 1."""
        before = self.value - self.gain
        return self.gain / before if before > 0 else None


def get_figures(*, portfolios: Sequence[Portfolio]) -> list[Figures]:
    """Return the latest figures of each portfolio, in the same order; three queries."""
    newest = Valuation.objects.filter(portfolio=OuterRef("id")).order_by("-day").values("day")[:1]
    ids = [portfolio.pk for portfolio in portfolios]
    lasts = dict(Portfolio.objects.filter(id__in=ids).annotate(day=Subquery(newest)).values_list("id", "day"))
    days = {day for day in lasts.values() if day}
    rows = Valuation.objects.filter(portfolio_id__in=ids, day__in=days | {day - ONE_DAY for day in days})
    valuations = {(row.portfolio_id, row.day): row for row in rows}
    reports = RiskReport.objects.filter(portfolio_id__in=ids, day__in=days)
    risks = {(row.portfolio_id, row.day): row for row in reports}
    return [_figures(portfolio, lasts.get(portfolio.pk), valuations, risks) for portfolio in portfolios]


def _figures(
    portfolio: Portfolio,
    day: date | None,
    valuations: dict[tuple[int, date], Valuation],
    risks: dict[tuple[int, date], RiskReport],
) -> Figures:
    if day is None:
        return Figures(portfolio)
    key, before = (portfolio.pk, day), (portfolio.pk, day - ONE_DAY)
    return Figures(portfolio, valuations[key], valuations.get(before), risks.get(key))


def get_totals(*, figures: Sequence[Figures]) -> Totals | None:
    """Add portfolios up; None when none has been valued."""
    valued = [each.valuation for each in figures if each.valuation]
    if not valued:
        return None
    return Totals(
        day=min(row.day for row in valued),
        value=sum((row.value for row in valued), ZERO),
        gain=sum((each.gain for each in figures if each.gain is not None), ZERO),
    )


def get_valuations(*, portfolio: Portfolio, start: date | None = None, end: date | None = None) -> QuerySet[Valuation]:
    """Return a portfolio's valuations from a day to a day, both included, oldest first."""
    rows = Valuation.objects.filter(portfolio=portfolio)
    if start:
        rows = rows.filter(day__gte=start)
    return (rows.filter(day__lte=end) if end else rows).order_by("day")


def get_total_series(*, portfolios: Sequence[Portfolio], end: date) -> list[tuple[date, Decimal, Decimal]]:
    """Return (day, value, net deposits) in USD of all portfolios together, oldest day first; one query."""
    rows = Valuation.objects.filter(portfolio__in=portfolios, day__lte=end).order_by("day")
    sums: dict[date, tuple[Decimal, Decimal]] = {}
    for day, value, paid_in in rows.values_list("day", "value", "net_deposits"):
        before = sums.get(day, (ZERO, ZERO))
        sums[day] = before[0] + value, before[1] + paid_in
    return [(day, value, paid_in) for day, (value, paid_in) in sums.items()]


def get_risk(*, portfolio: Portfolio, start: date | None = None, end: date | None = None) -> QuerySet[RiskReport]:
    """Return a portfolio's risk reports from a day to a day, both included, oldest first."""
    rows = RiskReport.objects.filter(portfolio=portfolio)
    if start:
        rows = rows.filter(day__gte=start)
    return (rows.filter(day__lte=end) if end else rows).order_by("day")
