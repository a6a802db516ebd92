"""One figure is the same wherever it shows: pages, panels, API, the lines of the start (pitfall T50)."""

from decimal import Decimal

import numpy as np
import pytest

from analytics import services
from analytics.management.ready import describe_demo
from analytics.models import RiskReport, Valuation
from analytics.services.demo import INVESTOR
from tests.analytics.factories import NOW, day, price
from tests.factories import PASSWORD, make_asset, make_user
from tests.portfolios.factories import make_portfolio, record

pytestmark = pytest.mark.django_db

LAST = day("03-09")


@pytest.fixture
def investor():
    return make_user(email=INVESTOR)


@pytest.fixture
def portfolio(investor):
    """Hold a coin that moves every day, and cash; valued up to the ninth of March."""
    steps = np.random.default_rng(5).normal(0.002, 0.03, 60)
    price(make_asset("coin"), day("01-10"), *(f"{close:.8f}" for close in 100 * np.cumprod(1 + steps)))
    portfolio = make_portfolio(investor)
    record(portfolio, "deposit", "1000", at="2024-02-01 08:00")
    record(portfolio, "buy", "5.123456789", "coin", price="101.5", fee="1.25", at="2024-02-01 09:00")
    services.run_nights(start=day("02-01"), end=LAST, at=NOW)
    return portfolio


def percent(share: Decimal | None) -> str:
    """Return a share as pages write it."""
    assert share is not None
    return f"{abs(share) * 100:,.2f}%"


def test_a_figure_is_the_same_on_every_page_and_panel_and_at_the_start(investor, portfolio, as_user):
    row = Valuation.objects.get(portfolio=portfolio, day=LAST)
    risk = RiskReport.objects.get(portfolio=portfolio, day=LAST)
    value, twr, at_risk = f"{row.value:,.2f}", percent(risk.twr), percent(risk.value_at_risk)
    client, root = as_user(investor), f"/portfolios/{portfolio.pk}/"
    places = {
        "overview": (client.get("/"), (value, twr, at_risk)),
        "list": (client.get("/portfolios/"), (value,)),
        "portfolio": (client.get(root), (value,)),
        "performance": (client.get(f"{root}performance/"), (value, twr)),
        "performance panel": (client.get(f"{root}performance/", headers={"HX-Request": "true"}), (value, twr)),
        "risk": (client.get(f"{root}risk/"), (value, at_risk)),
        "risk panel": (client.get(f"{root}risk/", headers={"HX-Request": "true"}), (value, at_risk)),
    }
    at_the_start = "\n".join(describe_demo({INVESTOR: PASSWORD}))

    shown = {
        (name, figure): figure in page.content.decode()
        for name, (page, figures) in places.items()
        for figure in figures
    }
    shown |= {("start", figure): figure in at_the_start for figure in (value, twr, at_risk)}

    assert [place for place, is_there in shown.items() if not is_there] == []


def test_the_api_gives_the_digits_that_the_night_stored(investor, portfolio, api_as):
    row = Valuation.objects.get(portfolio=portfolio, day=LAST)
    risk = RiskReport.objects.get(portfolio=portfolio, day=LAST)
    client, root = api_as(investor), f"/api/v1/portfolios/{portfolio.pk}/"

    (valuation,) = client.get(f"{root}valuations/", {"from": LAST}).json()["results"]
    (measured,) = client.get(f"{root}risk/", {"from": LAST}).json()["results"]
    held = client.get(f"{root}holdings/").json()

    assert Decimal(valuation["value"]) == Decimal(held["value"]) == row.value
    for name in ("twr", "span_return", "simple_return", "volatility", "max_drawdown", "value_at_risk"):
        assert Decimal(measured[name]) == getattr(risk, name)
    assert Decimal(valuation["growth"]) - 1 == pytest.approx(risk.twr, abs=Decimal("1e-12"))


def test_what_is_held_adds_up_to_the_value_and_its_weights_to_one(investor, portfolio, api_as):
    held = api_as(investor).get(f"/api/v1/portfolios/{portfolio.pk}/holdings/").json()

    assert sum(Decimal(line["value"]) for line in held["lines"]) == Decimal(held["value"])
    assert sum(Decimal(line["weight"]) for line in held["lines"]) == 1
