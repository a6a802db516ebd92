"""How the owner of a portfolio counts: settings, methods by day, tax years, and the policy that these come to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Literal, cast
from zoneinfo import ZoneInfo

from portfolios.calc.lots import Method, Policy, Scope, Span, Term
from portfolios.calc.lots.years import parse_year_start, tax_year
from portfolios.models import LotMethod, Portfolio, TaxSettings

ALONE: tuple[Method, ...] = ("fifo", "lifo", "hifo", "average", "s104")
"""The methods that are compared; specific identification is the owner's own choice, lot by lot."""
FIRST_SPAN = Span(first=date.min, method="fifo", scope="wallet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What holds for all lots of a portfolio; `currency` is what cost, proceeds and gains are counted in."""

    currency: str
    zone: ZoneInfo
    year_starts: tuple[int, int]
    policy: Policy

    def day_of(self, at: datetime) -> date:
        """Return the day of an instant in the owner's zone."""
        return at.astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """Return the first instant of a day in the owner's zone."""
        return datetime.combine(day, time.min, tzinfo=self.zone).astimezone(UTC)

    def year_of(self, day: date) -> int:
        """Return the tax year of a day: the year in which it starts."""
        return tax_year(self.start_of(day), zone=self.zone, starts=self.year_starts)

    def name_of(self, year: int) -> str:
        """Return a tax year as people write it: `2024`, or `2024/25` where it ends in the next one."""
        return str(year) if self.year_starts == (1, 1) else f"{year}/{(year + 1) % 100:02}"

    def first_day_of(self, year: int) -> date:
        """Return the day on which a tax year starts."""
        return date(year, *self.year_starts)

    def span_of(self, day: date) -> Span:
        """Return the method and the scope that hold on a day."""
        return [self.policy.spans[0], *(span for span in self.policy.spans[1:] if span.first <= day)][-1]

    def policy_of(self, method: Method) -> Policy:
        """Return the policy as it would be under one method alone, with the scopes of the owner."""
        if method == "s104":
            return replace(self.policy, spans=[Span(first=date.min, method=method, scope="portfolio")])
        return replace(self.policy, spans=[replace(span, method=method) for span in self.policy.spans])


def get_tax_settings(*, portfolio: Portfolio) -> TaxSettings:
    """Return the settings of a portfolio; without a row the defaults, unsaved."""
    return TaxSettings.objects.filter(portfolio=portfolio).first() or TaxSettings(portfolio=portfolio)


def get_lot_methods(*, portfolio: Portfolio) -> list[LotMethod]:
    """Return the methods that were chosen, by the day from which they hold."""
    return list(LotMethod.objects.filter(portfolio=portfolio).select_related("chosen_by").order_by("valid_from"))


def get_rules(*, portfolio: Portfolio) -> Rules:
    """Return how lots are counted in a portfolio: two queries."""
    return make_rules(settings=get_tax_settings(portfolio=portfolio), methods=get_lot_methods(portfolio=portfolio))


def make_rules(*, settings: TaxSettings, methods: Iterable[LotMethod]) -> Rules:
    """Return the rules that settings and methods, in the order of their days, come to."""
    zone = ZoneInfo(settings.zone)
    policy = Policy(
        spans=spans_of(methods),
        term=Term(rule=cast("Literal['us', 'de', 'days', 'none']", settings.term_rule), days=settings.term_days),
        buy_fee=cast("Literal['basis', 'ignore']", settings.buy_fee),
        sell_fee=cast("Literal['proceeds', 'ignore']", settings.sell_fee),
        transfer_fee=cast("Literal['disposal', 'basis']", settings.transfer_fee),
        zone=zone,
    )
    return Rules(
        currency=settings.currency, zone=zone, year_starts=parse_year_start(settings.year_starts), policy=policy
    )


def spans_of(methods: Iterable[LotMethod]) -> Sequence[Span]:
    """Return the spans of methods; before the first of them FIFO by wallet holds."""
    rows = [
        Span(first=row.valid_from, method=cast("Method", row.method), scope=cast("Scope", row.scope)) for row in methods
    ]
    return [FIRST_SPAN, *rows]
