"""A report on the ledger of a portfolio, by its owner's own choices or under one method from the first day on."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import cast

from portfolios.calc.lots import Method, Policy, Scope, Span, work_out
from portfolios.models import Portfolio, Transaction
from portfolios.selectors.happenings import get_happenings
from portfolios.selectors.tax import Rules, get_rules
from portfolios.services.tax_report.choices import POOLS_ALL
from portfolios.services.tax_report.report import TaxReport, Words, YearAsked, make_report

OWN = "own"
NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAsked:
    """What an owner asks for: a method or `own`, a scope (empty: the owner's), a tax year or all of them."""

    method: str = OWN
    scope: str = ""
    year: int | None = None


def report_on_portfolio(*, portfolio: Portfolio, asked: ReportAsked) -> TaxReport:
    """Return the report of a portfolio in the currency of its tax settings; assets are called by their ids."""
    rules = get_rules(portfolio=portfolio)
    told = get_happenings(portfolio=portfolio, currency=rules.currency)
    policy = _policy(rules, asked)
    # A choice from a day on counts for the lots that are left on that day, whether anything happened since or not.
    until = max((rules.start_of(span.first) for span in policy.spans[1:]), default=None)
    outcome = work_out(told.happenings, policy, until=until)
    wallets = dict(portfolio.wallets.values_list("id", "name"))
    rows = Transaction.objects.in_force().filter(portfolio=portfolio)
    labels = {key: own_id or f"transaction {key}" for key, own_id in rows.values_list("id", "external_id")}

    def place_of(key: Hashable) -> str:
        return wallets[cast("int", key)]

    return make_report(
        outcome=outcome,
        words=Words(key=lambda key: labels[cast("int", key)], asset=str, place=place_of),
        currency=rules.currency,
        asked=_year(rules, asked),
        warnings=_estimates([labels[key] for key in sorted(told.estimated)]),
        notes=[_said(asked), *([POOLS_ALL] if (asked.method, asked.scope) == ("s104", "wallet") else [])],
    )


def _policy(rules: Rules, asked: ReportAsked) -> Policy:
    if asked.method == OWN:
        return rules.policy
    method = cast("Method", asked.method)
    if not asked.scope:
        return rules.policy_of(method)
    scope: Scope = "portfolio" if method == "s104" else cast("Scope", asked.scope)
    return replace(rules.policy, spans=[Span(first=date.min, method=method, scope=scope)])


def _year(rules: Rules, asked: ReportAsked) -> YearAsked | None:
    if asked.year is None:
        return None
    return YearAsked(year=asked.year, year_of=lambda at: rules.year_of(rules.day_of(at)))


def _said(asked: ReportAsked) -> str:
    if asked.method == OWN:
        return "By the methods that the portfolio's owner has chosen, each from its day on."
    scopes = {"": "with the scopes that its owner has chosen", "wallet": "wallet by wallet"}
    scope = scopes.get(asked.scope, "all wallets together")
    return f"As it would be under {asked.method} from the first day on, {scope}."


def _estimates(labels: Sequence[str]) -> list[str]:
    if not labels:
        return []
    named, more = ", ".join(labels[:NAMED]), len(labels) - NAMED
    return [f"Estimated, at the close of the day: {named}{f' and {more} more' if more > 0 else ''}."]
