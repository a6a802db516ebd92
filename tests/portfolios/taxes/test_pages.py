"""Pages and API of lots: the answer first, labels, refusals, strangers, queries that do not grow."""

from datetime import date

import pytest
import time_machine

from portfolios.models import LotMethod, TaxSettings
from tests.portfolios.factories import NOW, make_market, record
from tests.portfolios.taxes.reading import build

pytestmark = pytest.mark.django_db

PAGES = [
    "lots/", "lots/?asset=bitcoin", "gains/", "gains/?year=all", "gains/methods/", "income/", "harvest/",
    "harvest/?rule=ca", "tax-settings/", "tax-settings/methods/new/",
]  # fmt: skip
RESOURCES = [
    "lots/", "lots/?asset=bitcoin", "lots/methods/", "gains/", "gains/?year=2023&method=hifo",
    "gains/methods/?year=2023", "income/", "harvest/?rule=us", "tax-settings/",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


def trade(portfolio, times: int = 1, first: int = 1):
    """Buy, sell and get income on some days of 2023."""
    for day in range(first, first + times):
        record(portfolio, "buy", "2", "bitcoin", price="100", fee="1", at=f"2023-01-{day:02} 08:00")
        record(portfolio, "sell", "1", "bitcoin", price="300", at=f"2023-02-{day:02} 08:00")
        record(portfolio, "income", "1", "ethereum", price="10", at=f"2023-03-{day:02} 08:00")
    build()


@pytest.fixture
def traded(portfolio):
    """Trade once; bitcoin is at 90, a lot is under water."""
    make_market({"bitcoin": "90"})
    trade(portfolio)
    return portfolio


def root(portfolio, *, api: bool = False) -> str:
    """Return where the pages or resources of a portfolio begin."""
    return f"{'/api/v1' if api else ''}/portfolios/{portfolio.pk}/"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_opens_for_its_owner_and_exists_for_nobody_else(traded, alice, bob, as_user, path):
    assert as_user(alice).get(root(traded) + path).status_code == 200
    assert as_user(bob).get(root(traded) + path).status_code == 404


@pytest.mark.parametrize("path", RESOURCES)
def test_a_resource_exists_for_its_owner_alone(traded, alice, bob, api_as, path):
    assert api_as(alice).get(root(traded, api=True) + path).status_code == 200
    assert api_as(bob).get(root(traded, api=True) + path).status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_the_queries_of_a_page_do_not_grow_with_the_ledger(traded, alice, as_user, path, django_assert_max_num_queries):
    client = as_user(alice)
    client.get(root(traded) + path)
    with django_assert_max_num_queries(60) as few:
        client.get(root(traded) + path)
    trade(traded, times=9, first=2)

    with django_assert_max_num_queries(len(few)):
        client.get(root(traded) + path)


@pytest.mark.parametrize("path", RESOURCES)
def test_the_queries_of_a_resource_do_not_grow_with_the_ledger(
    traded, alice, api_as, path, django_assert_max_num_queries
):
    client = api_as(alice)
    with django_assert_max_num_queries(60) as few:
        client.get(root(traded, api=True) + path)
    trade(traded, times=9, first=2)

    with django_assert_max_num_queries(len(few)):
        client.get(root(traded, api=True) + path)


def test_the_gains_of_a_year_come_with_the_lots_behind_them(traded, alice, as_user):
    page = as_user(alice).get(root(traded) + "gains/").content.decode()

    # 300 less half of 201.
    assert "Tax year 2023" in page
    assert "+$199.50" in page
    assert "$300.00 − $100.50 = +$199.50" in page


def test_while_lots_are_worked_out_the_page_says_so(traded, alice, as_user):
    record(traded, "sell", "0.5", "bitcoin", price="500", at="2023-06-01")

    page = as_user(alice).get(root(traded) + "gains/").content.decode()

    assert "Lots are being worked out" in page
    assert "BITCO: what is shown of it is as of before" in page
    assert "+$199.50" in page


def test_what_is_not_certain_is_labelled(traded, alice, as_user):
    record(traded, "airdrop", "5", "ethereum", at="2023-08-01")
    record(traded, "sell", "6", "ethereum", price="2", at="2023-09-01")
    build()
    client = as_user(alice)

    gains = client.get(root(traded) + "gains/").content.decode()
    income = client.get(root(traded) + "income/").content.decode()

    assert "These sums are incomplete" in gains
    assert "The cost of a lot is unknown and counts as 0." in gains
    assert "value unknown" in income


@pytest.mark.parametrize("query", ["?year=1066", "?year=x", "?year=", "?page=99", "?year=2023&page=x", "?year=%00"])
def test_a_year_or_a_page_that_is_not_there_shows_what_there_is(traded, alice, as_user, query):
    answer = as_user(alice).get(root(traded) + "gains/" + query)

    assert answer.status_code == 200
    assert "+$199.50" in answer.content.decode()


@pytest.mark.parametrize("asset", ["nothing", "usd", "%00"])
def test_an_asset_without_lots_has_no_page(traded, alice, as_user, asset):
    assert as_user(alice).get(root(traded) + f"lots/?asset={asset}").status_code == 404


def test_choosing_a_method_asks_before_it_changes_a_year_that_is_over(traded, alice, as_user):
    client, path = as_user(alice), root(traded) + "tax-settings/methods/new/"
    asked = {"valid_from": "2023-01-01", "method": "hifo", "scope": "wallet"}

    first = client.post(path, asked)
    assert first.status_code == 422
    assert "This can change the gains of tax years that are over: 2023." in first.content.decode()
    assert '<input type="checkbox" name="confirm"' in first.content.decode()
    assert not LotMethod.objects.exists()

    second = client.post(path, asked | {"confirm": "on"})
    assert second.status_code == 302
    assert LotMethod.objects.get().method == "hifo"
    assert "Highest cost first, each wallet by itself" in client.get(second["Location"]).content.decode()


def test_settings_are_kept_and_refused_beside_their_field(traded, alice, as_user):
    client, path = as_user(alice), root(traded) + "tax-settings/"
    asked = {
        "currency": "USD", "zone": "Europe/London", "year_starts": "04-06", "term_rule": "none", "buy_fee": "basis",
        "sell_fee": "proceeds", "transfer_fee": "basis", "confirm": "on",
    }  # fmt: skip

    refused = client.post(path, asked | {"year_starts": "31-12"})
    assert refused.status_code == 422
    assert "is no day on which every year can start" in refused.content.decode()
    assert not TaxSettings.objects.exists()

    assert client.post(path, asked).status_code == 302
    kept = TaxSettings.objects.get()
    assert (kept.zone, kept.year_starts, kept.term_rule, kept.transfer_fee) == (
        "Europe/London", "04-06", "none", "basis",
    )  # fmt: skip
    build()
    assert "Tax year 2022/23" in client.get(root(traded) + "gains/").content.decode()


def test_gains_in_the_api_have_sums_disposals_and_every_digit(traded, alice, api_as):
    record(traded, "buy", "3", "ethereum", amount="1", at="2023-04-01")
    record(traded, "sell", "2", "ethereum", price="1", at="2023-05-01")
    build()

    body = api_as(alice).get(root(traded, api=True) + "gains/", {"year": 2023}).json()

    assert (body["count"], body["currency"], body["method"], body["waiting"]) == (2, "USD", None, [])
    sale = body["results"][0]
    # The reward of 1 cost 10, then one third of 1.
    assert [match["cost"] for match in sale["matches"]] == ["10", "0." + "3" * 36]
    assert sale["gain"] == "-8." + "3" * 36
    assert body["totals"]["gain"] == "191.1" + "6" * 34 + "7"


def test_another_method_has_sums_and_no_disposals(traded, alice, api_as):
    body = api_as(alice).get(root(traded, api=True) + "gains/", {"year": 2023, "method": "average"}).json()

    assert (body["method"], body["totals"]["gain"], body["results"], body["count"]) == ("average", "199.5", [], 0)


@pytest.mark.parametrize("query", [{"method": "specific"}, {"year": "x"}, {"year": 99999}, {"page": 0}])
def test_a_question_that_makes_no_sense_is_refused(traded, alice, api_as, query):
    assert api_as(alice).get(root(traded, api=True) + "gains/", query).status_code == 400


def test_lots_in_the_api_come_in_pages(traded, alice, api_as):
    trade(traded, times=3, first=2)

    body = api_as(alice).get(root(traded, api=True) + "lots/", {"asset": "ethereum", "page_size": 3}).json()

    assert (body["count"], len(body["results"])) == (4, 3)
    lot = body["results"][0]
    assert (lot["asset"], lot["quantity"], lot["cost"], lot["value"]) == ("ethereum", "1", "10", None)
    assert (lot["term"], lot["long_from"]) == ("long", "2024-03-02")


def test_a_client_chooses_a_method_and_says_when_a_closed_year_may_change(traded, alice, bob, api_as):
    path = root(traded, api=True) + "lots/methods/"
    asked = {"valid_from": "2023-01-01", "method": "lifo", "scope": "portfolio"}

    assert api_as(bob).post(path, asked, format="json").status_code == 404
    refused = api_as(alice).post(path, asked, format="json")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["attr"] == "confirm"
    made = api_as(alice).post(path, asked | {"confirm": True}, format="json")

    assert made.status_code == 201
    assert made.json()["changed_years"] == [2023]
    assert LotMethod.objects.get().valid_from == date(2023, 1, 1)


def test_a_client_changes_settings(traded, alice, bob, api_as):
    path = root(traded, api=True) + "tax-settings/"
    asked = {"term_rule": "days", "term_days": 90, "confirm": True}

    assert api_as(bob).patch(path, asked, format="json").status_code == 404
    body = api_as(alice).patch(path, asked, format="json").json()

    assert (body["term_rule"], body["term_days"], body["currency"]) == ("days", 90, "USD")
    assert api_as(alice).patch(path, {"zone": "Nowhere"}, format="json").json()["errors"][0]["attr"] == "zone"


def test_losses_in_the_api_are_positive(traded, alice, api_as):
    body = api_as(alice).get(root(traded, api=True) + "harvest/", {"rule": "none"}).json()

    # One coin of a cost of 100.50 is worth 90.
    assert (body["loss"], body["lines"][0]["short_loss"], body["lines"][0]["long_loss"]) == ("10.5", "0", "10.5")
    assert body["unpriced"] == ["ETHER"]
