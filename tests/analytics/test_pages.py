"""Pages: what they show, to whom, and how many queries they need."""

from decimal import Decimal

import pytest
from django.test import Client

from analytics import services
from analytics.models import NightlyRun, RiskReport, StageRun, Valuation
from portfolios.models import Portfolio
from tests.analytics.factories import NOW, day, make_night, price
from tests.factories import make_asset, make_user
from tests.portfolios.factories import make_portfolio, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def portfolio(alice):
    """Hold a coin that rises by 1 a day, valued up to the ninth of March."""
    price(make_asset("coin"), day("01-10"), *(str(100 + number) for number in range(60)))
    portfolio = make_portfolio(alice)
    record(portfolio, "gift_in", "2", "coin", at="2024-03-01 08:00")
    services.run_nights(start=day("03-09"), end=day("03-09"), at=NOW)
    return portfolio


def test_a_visitor_goes_to_the_catalogue():
    answer = Client().get("/")

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/indices/"


def test_a_new_user_sees_one_next_step(alice, as_user):
    page = as_user(alice).get("/").content.decode()

    assert "No portfolio yet" in page
    assert "Create a portfolio" in page


def test_the_overview_shows_each_portfolio_as_of_its_day(alice, portfolio, as_user):
    page = as_user(alice).get("/").content.decode()

    assert "Long run" in page
    assert "$318.00" in page  # two coins at 159 on 9 March
    assert "+$2.00" in page
    assert "9 Mar 2024" in page


def test_the_overview_draws_all_portfolios_together(alice, portfolio, as_user):
    other = make_portfolio(alice, name="Other")
    record(other, "deposit", "100", at="2024-03-09 08:00")
    services.run_nights(start=day("03-08"), end=day("03-09"), at=NOW)

    chart = as_user(alice).get("/").context["value_chart"]

    assert chart["dates"][-2:] == ["2024-03-08", "2024-03-09"]
    assert chart["series"][0]["values"][-2:] == [316.0, 418.0]
    assert chart["series"][1]["values"][-1] - chart["series"][1]["values"][-2] == 100.0


@pytest.mark.parametrize("path", ["/", "/portfolios/{}/performance/", "/portfolios/{}/risk/"])
def test_simulated_holdings_are_labelled_beside_a_real_market(alice, as_user, portfolio, path):
    """Where both markets are, no banner says it for the whole page."""
    before = as_user(alice).get(path.format(portfolio.pk)).content.decode()
    make_asset("sim-coin", simulated=True)
    record(portfolio, "gift_in", "1", "sim-coin", at="2024-03-01 08:00")

    after = as_user(alice).get(path.format(portfolio.pk)).content.decode()

    chip = ">simulated<"
    assert chip not in before.replace(" ", "").replace("\n", "")
    assert chip in after.replace(" ", "").replace("\n", "")


def test_a_portfolio_before_its_first_night_is_unknown_not_zero(alice, as_user):
    make_portfolio(alice)

    page = as_user(alice).get("/").content.decode()

    assert "unknown" in page
    assert "not valued yet" in page
    assert "$0.00" not in page


def test_the_overview_needs_as_many_queries_for_many_portfolios(alice, portfolio, as_user, django_assert_num_queries):
    client = as_user(alice)

    def queries() -> int:
        with django_assert_num_queries(30, exact=False) as counted:
            client.get("/")
        return len(counted)

    queries()
    one = queries()
    for number in range(5):
        other = make_portfolio(alice, name=f"Number {number}")
        record(other, "gift_in", "1", "coin", at="2024-03-01 08:00")
    services.run_nights(start=day("03-09"), end=day("03-09"), at=NOW)

    assert queries() == one


def test_performance_shows_three_returns_side_by_side_with_their_inputs(alice, portfolio, as_user):
    page = as_user(alice).get(f"/portfolios/{portfolio.pk}/performance/").content.decode()

    assert "Time-weighted return" in page
    assert "Money-weighted return" in page
    assert "Simple return" in page
    assert "Net deposits" in page
    assert "A rate a year is given after 365 days." in page
    assert 'id="value-chart-data"' in page


def test_risk_says_each_figure_in_money_and_from_how_many_days(alice, portfolio, as_user):
    page = as_user(alice).get(f"/portfolios/{portfolio.pk}/risk/").content.decode()

    assert "59 days of prices in common" in page
    assert "On 19 of 20 days" in page
    assert "There are no prices of Bitcoin to compare with." in page


@pytest.mark.parametrize("panel", ["performance", "risk"])
def test_a_panel_is_a_part_of_a_page(alice, portfolio, as_user, panel):
    whole = as_user(alice).get(f"/portfolios/{portfolio.pk}/{panel}/").content.decode()
    part = as_user(alice).get(f"/portfolios/{portfolio.pk}/{panel}/", headers={"HX-Request": "true"}).content.decode()

    assert "<html" in whole
    assert "<html" not in part
    assert "<h1" not in part


@pytest.mark.parametrize("panel", ["performance", "risk"])
def test_a_panel_asks_again_only_while_its_figures_are_being_computed(alice, portfolio, as_user, panel):
    url = f"/portfolios/{portfolio.pk}/{panel}/"
    done = as_user(alice).get(url).content.decode()

    record(portfolio, "deposit", "5", at="2024-03-05 08:00")
    at_work = as_user(alice).get(url).content.decode()

    asks = f'hx-get="{url}" hx-trigger="load delay:3s"'
    assert asks not in done
    assert asks in at_work


def test_a_first_deposit_says_that_its_figures_are_on_their_way(alice, as_user):
    portfolio = make_portfolio(alice)
    record(portfolio, "deposit", "5", at="2024-03-05 08:00")

    page = as_user(alice).get(f"/portfolios/{portfolio.pk}/performance/").content.decode()

    assert "Being computed" in page
    assert "next night" not in page


@pytest.mark.parametrize("panel", ["performance", "risk"])
def test_a_portfolio_without_figures_says_so(alice, as_user, panel):
    portfolio = make_portfolio(alice)

    page = as_user(alice).get(f"/portfolios/{portfolio.pk}/{panel}/").content.decode()

    assert "yet" in page or "as soon as something is held" in page
    assert "$0.00" not in page


@pytest.mark.parametrize("panel", ["performance", "risk"])
def test_a_stranger_finds_no_portfolio(bob, portfolio, as_user, panel):
    assert as_user(bob).get(f"/portfolios/{portfolio.pk}/{panel}/").status_code == 404
    assert Client().get(f"/portfolios/{portfolio.pk}/{panel}/").status_code == 302


@pytest.mark.parametrize("panel", ["performance", "risk"])
def test_figures_that_are_missing_never_break_a_page(alice, portfolio, as_user, panel):
    names = [field.name for field in RiskReport._meta.concrete_fields if field.null]
    RiskReport.objects.update(**dict.fromkeys(names), reasons=dict.fromkeys(names, "no_value"))
    Valuation.objects.update(value=Decimal(0), unpriced_assets=1, stale_assets=2)

    page = as_user(alice).get(f"/portfolios/{portfolio.pk}/{panel}/").content.decode()

    assert "unknown" in page
    assert "None" not in page
    assert "nan" not in page


def test_the_night_page_shows_nights_and_keeps_details_for_staff(alice, as_user):
    make_night(day("03-08"), "done")
    NightlyRun.objects.filter(id=make_night(day("03-09"), "partial").id).update(message="Coins: no answer")

    page = as_user(alice).get("/night/").content.decode()
    staff = as_user(make_user(email="staff@example.com", is_staff=True)).get("/night/").content.decode()

    assert "9 Mar 2024" in page
    assert "partly done" in page
    assert "no answer" not in page
    assert "Coins: no answer" in staff


def test_a_running_night_polls_itself_and_stops_when_done(alice, as_user):
    run = make_night(day("03-09"), "running")
    StageRun.objects.create(run=run, stage="3_portfolios", total=10, done=4, status="running")
    headers = {"HX-Request": "true"}

    during = as_user(alice).get("/night/", headers=headers).content.decode()
    NightlyRun.objects.update(status="done")
    after = as_user(alice).get("/night/", headers=headers).content.decode()

    assert 'hx-trigger="every 2s"' in during
    assert "4 of 10" in during
    assert "hx-trigger" not in after


def test_no_night_yet_is_said(alice, as_user):
    assert "No night yet" in as_user(alice).get("/night/").content.decode()


def test_the_night_page_is_for_people_who_are_logged_in():
    assert Client().get("/night/").status_code == 302


def test_the_night_page_needs_as_many_queries_for_many_nights(alice, as_user, django_assert_max_num_queries):
    client = as_user(alice)

    def queries() -> int:
        with django_assert_max_num_queries(20) as counted:
            client.get("/night/")
        return len(counted)

    def nights(first: int, last: int) -> None:
        for number in range(first, last):
            run = make_night(day(f"03-{number:02}"))
            StageRun.objects.bulk_create(StageRun(run=run, stage=stage) for stage in StageRun.Stage)

    nights(1, 2)
    queries()
    one = queries()
    nights(2, 12)

    assert queries() == one


def test_pages_refuse_to_write(alice, as_user):
    assert as_user(alice).post("/").status_code == 405
    assert as_user(alice).post("/night/").status_code == 405


def test_the_process_is_up():
    answer = Client().get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_readiness_names_each_part(portfolio):
    answer = Client().get("/readyz")

    assert answer.status_code == 200
    report = answer.json()
    assert (report["database"], report["cache"], report["broker"]) == ("ok", "ok", "ok")
    assert report["latest_night"] == "2024-03-09"
    # Nobody has run a night since 2024.
    assert report["status"] == "degraded"


def test_a_lost_broker_only_degrades(settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"

    answer = Client().get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["broker"] == "unreachable"


def test_a_queue_that_cannot_be_written_degrades(settings, tmp_path):
    settings.CELERY_BROKER_URL = "filesystem://"
    settings.QUEUE_DIR = tmp_path / "gone"

    assert "cannot be written" in Client().get("/readyz").json()["broker"]


def test_a_cache_that_is_gone_makes_it_unready(settings):
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }

    answer = Client().get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "database": "ok", "cache": "unavailable"}


def test_a_page_says_when_its_market_is_simulated(alice, as_user):
    make_asset("sim-aurum", simulated=True)
    assert "Simulated market data" in as_user(alice).get("/").content.decode()

    make_asset("bitcoin")
    assert "Simulated market data" not in as_user(alice).get("/").content.decode()


def test_a_deleted_portfolio_takes_its_figures_along(portfolio):
    portfolio.transactions.all().delete()
    Portfolio.objects.filter(id=portfolio.pk).delete()

    assert Valuation.objects.count() == RiskReport.objects.count() == 0
