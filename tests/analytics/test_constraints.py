"""What the database itself refuses of the night's rows, whatever code writes them."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from analytics.models import NightlyRun, RiskReport, StageRun, Valuation
from tests.analytics.factories import NOW, day, make_night
from tests.portfolios.factories import make_portfolio

D = Decimal


def refuses(model, fields, **wrong):
    """Insert past every service, and want a refusal."""
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.create(**fields | wrong)


def test_a_night_stands_once_and_so_does_each_of_its_stages(db):
    night = make_night(day("03-01"))
    StageRun.objects.create(run=night, stage="1_market")

    refuses(NightlyRun, {"day": day("03-01")})
    refuses(StageRun, {"run": night, "stage": "1_market"})


def test_a_portfolio_is_valued_once_a_day(alice):
    fields = {
        "portfolio": make_portfolio(alice),
        "day": day("03-01"),
        "value": D(1),
        "flow": D(1),
        "fees": D(0),
        "net_deposits": D(1),
        "growth": D(1),
        "peak": D(1),
        "max_drawdown": D(0),
        "computed_at": NOW,
    }
    Valuation.objects.create(**fields)

    refuses(Valuation, fields)


def test_a_portfolio_has_one_risk_report_a_day_whose_signs_are_right(alice):
    fields = {"portfolio": make_portfolio(alice), "day": day("03-01"), "inputs_hash": "0" * 64, "computed_at": NOW}
    RiskReport.objects.create(**fields)

    refuses(RiskReport, fields)
    refuses(RiskReport, fields, day=day("03-02"), max_drawdown=D("0.1"))
    refuses(RiskReport, fields, day=day("03-02"), volatility=D("-0.1"))
