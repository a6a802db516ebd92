"""Builders for tests of replays: a curator, a draft over a month of prices, asking and running."""

from datetime import date, datetime, timedelta

from django.contrib.auth.models import Group

from accounts.models import User
from analytics.models import Backtest
from analytics.selectors.backtests import BacktestReport, get_report
from analytics.services import request_backtest, run_requested_backtests
from indices.models import Methodology
from indices.services import save_draft
from tests.factories import make_user
from tests.indices.factories import AT, FIRST, NEXT, make_coin, make_index, make_rules, price_days, price_flat

EVE = FIRST - timedelta(days=1)
SPAN = (FIRST, NEXT)


def make_staff(name: str, group: str | None = None) -> User:
    """Make somebody of the staff, of a group or of none."""
    user = make_user(email=f"{name}@example.com", is_staff=True)
    if group:
        user.groups.add(Group.objects.get(name=group))
    return user


def make_draft(author: User, **prices: bool) -> Methodology:
    """Price three coins over a month and draft a second version that weighs them equally."""
    price_days(make_coin("bitcoin"), EVE, ["100"] * 2 + ["110"] * 31, **prices)
    price_flat({make_coin("b"): "50", make_coin("c"): "50"}, EVE, NEXT)
    index = make_index()
    return save_draft(index_id=index.pk, rules=make_rules(alpha="0"), effective_from=None, author=author)


def edit(draft: Methodology, author: User, **overrides: object) -> None:
    """Write other rules into a draft."""
    save_draft(
        index_id=draft.index_id,
        rules=make_rules(**overrides),
        effective_from=None,
        author=author,
        methodology_id=draft.pk,
    )


def ask(methodology: Methodology, by: User, *, span: int | tuple[date, date] = SPAN, at: datetime = AT) -> Backtest:
    """Ask for a replay."""
    return request_backtest(methodology_id=methodology.pk, span=span, by=by, at=at)


def run(at: datetime = AT) -> int:
    """Let a worker take its turn."""
    return run_requested_backtests(at=at)


def report_of(asked: Backtest) -> BacktestReport:
    """Run what waits and return the report of a replay that is done then."""
    run()
    asked.refresh_from_db()
    report = get_report(asked)
    assert report is not None, asked.message
    return report
