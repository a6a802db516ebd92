"""What is said when the server is ready: the logins of the demo, and what its investor holds."""

from collections.abc import Mapping
from decimal import Decimal

from accounts.models import User
from analytics.selectors.figures import Figures, get_figures
from analytics.services.demo import INVESTOR
from portfolios.models import Portfolio


def describe_demo(passwords: Mapping[str, str]) -> list[str]:
    """Return lines about the demo; none on an installation without it."""
    investor = User.objects.filter(email=INVESTOR).first()
    if investor is None:
        return []
    if investor.check_password(passwords[INVESTOR]):
        lines = [f"  {email:24}{passwords[email]}" for email in sorted(passwords)]
    else:
        lines = ["  The logins are those of the first start, or as changed since."]
    figures = get_figures(portfolios=list(Portfolio.objects.owned_by(investor).order_by("id")))
    return [*lines, *(line for each in figures for line in _describe(each))]


def _describe(figures: Figures) -> list[str]:
    row, risk = figures.valuation, figures.risk
    if row is None:
        return [f"{figures.portfolio.name}: not valued yet"]
    return [
        f"{figures.portfolio.name}, as of {row.day} (simulated market)",
        f"  value    {row.value:>14,.2f} USD",
        f"  day      {figures.gain or Decimal(0):>+14,.2f} USD  {_percent(figures.day_return, sign=True)}",
        f"  TWR      {_percent(risk.twr if risk else None, sign=True):>14}  since the first deposit",
        f"  VaR 95%  {_percent(risk.value_at_risk if risk else None):>14}  one day, historical"
        + (f" = {figures.loss_at_risk:,.2f} USD" if figures.loss_at_risk is not None else ""),
    ]


def _percent(share: Decimal | None, *, sign: bool = False) -> str:
    if share is None:
        return "unknown"
    return f"{share:+.2%}" if sign else f"{share:.2%}"
