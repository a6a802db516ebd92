"""The pages: what they answer, whom they answer, and that a form sent twice is done once."""

import re
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from indices.models import Index
from market.models import DailyPrice
from portfolios import services
from portfolios.models import Portfolio, Transaction, Wallet
from portfolios.selectors import get_cash
from tests.factories import make_asset
from tests.portfolios.factories import NOW, make_index, make_investor, make_market, make_portfolio, record


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def portfolio(alice):
    return make_investor(alice)


@pytest.fixture
def site(alice, as_user):
    return as_user(alice)


def url(portfolio, part=""):
    return f"/portfolios/{portfolio.id}/{part}"


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_without_a_portfolio_the_list_says_how_to_begin(site):
    assert "No portfolio yet" in text(site.get("/portfolios/"))


def test_the_list_shows_values(site, portfolio, bob):
    make_portfolio(bob, name="Canary")
    record(portfolio, "deposit", "0.5", "bitcoin")

    page = text(site.get("/portfolios/"))

    assert "Long run $30,000.00 $10,000.00 1 9 Mar 2024" in page
    assert "Canary" not in page


def test_a_portfolio_is_opened_from_a_template(site, alice):
    make_index()

    answer = site.post("/portfolios/new/", {"name": "Mine", "template": "core"}, follow=True)

    assert "Portfolio opened" in text(answer)
    assert Portfolio.objects.get(owner=alice).sleeves.get().target_weight == Decimal("0.95")


def test_a_portfolio_is_opened_with_own_targets(site, alice):
    first, second = make_index(), make_index("tail", {"bitcoin": "1"}, tier="satellite")
    fields = {f"target_{first.pk}": "60", f"target_{second.pk}": "12.5"}

    site.post("/portfolios/new/", {"name": "Mine", "template": "own"} | fields)

    targets = Portfolio.objects.get(owner=alice).sleeves.values_list("index__slug", "target_weight")
    assert dict(targets) == {"top-2": Decimal("0.6"), "tail": Decimal("0.125")}


def test_own_targets_above_the_whole_are_said_in_words_not_in_field_names(site):
    first, second = make_index(), make_index("tail", {"bitcoin": "1"}, tier="satellite")
    fields = {f"target_{first.pk}": "60", f"target_{second.pk}": "60"}

    answer = site.post("/portfolios/new/", {"name": "Mine", "template": "own"} | fields)

    assert answer.status_code == 422
    assert "The targets come to 120%, more than 100%." in text(answer)
    assert "target_weight" not in text(answer)


def test_templates_need_an_index_in_each_tier(site):
    make_index()
    make_index("tail", {"bitcoin": "1"}, tier="satellite")

    page = text(site.get("/portfolios/new/"))

    assert "Core and satellite: Top 2 65%, Tail 30%, cash 5%" in page
    assert "speculative:" not in page


def test_a_taken_name_is_said_beside_the_field(site, portfolio):
    answer = site.post("/portfolios/new/", {"name": "Long run", "template": "own"})

    assert answer.status_code == 422
    assert "There is a portfolio “Long run” already." in text(answer)


def test_the_portfolio_page_answers_first(site, portfolio):
    services.invest(
        portfolio=portfolio, sleeve=portfolio.sleeves.get(), amount=Decimal(9000), token="t", source="test", at=NOW
    )

    page = text(site.get(url(portfolio)))

    assert "At the closes of 9 Mar 2024, UTC" in page
    assert "Portfolio value $9,977.56" in page
    assert "Top 2" in page
    assert "in its band" in page
    assert "Bitcoin" in page


def test_an_unpriced_and_a_stale_asset_say_so(site, portfolio):
    make_asset("ghost")
    record(portfolio, "deposit", "5", "ghost")
    record(portfolio, "deposit", "1", "ethereum")
    record(portfolio, "deposit", "1", "bitcoin")
    DailyPrice.objects.filter(asset="ethereum", day__gte="2024-03-08").delete()

    page = text(site.get(url(portfolio)))

    assert "Some assets have no price" in page
    assert "no price known" in page
    assert "older price" in page
    assert "Portfolio value $52,000.00" in page


def test_simulated_assets_are_labelled(site, alice):
    portfolio = make_portfolio(alice)
    make_asset("sim-coin", simulated=True)
    make_market({"sim-coin": "2"})
    record(portfolio, "deposit", "1", "sim-coin")

    assert "simulated" in text(site.get(url(portfolio)))
    assert "simulated" in text(site.get("/portfolios/"))


def test_an_empty_portfolio_page_shows_the_next_steps(site, alice):
    portfolio = make_portfolio(alice)

    page = text(site.get(url(portfolio)))

    assert "Nothing recorded yet" in page
    assert "No index followed yet" in page
    assert "No index followed yet" in text(site.get(url(portfolio, "invest/")))


def test_the_ledger_is_filtered_and_paged(site, portfolio):
    for number in range(60):
        record(portfolio, "deposit", "1", "bitcoin", note=f"number {number}")

    newest = site.get(url(portfolio, "transactions/?kind=deposit"))
    older = re.search(r'href="(\?[^"]+)"[^>]*>Older', newest.content.decode())

    assert older is not None
    assert "number 59 " in text(newest)
    assert "number 1 " in text(site.get(url(portfolio, "transactions/") + older[1].replace("&amp;", "&")))
    assert "number 1 " not in text(newest)
    assert "No transaction here" in text(site.get(url(portfolio, "transactions/?kind=buy")))
    for bad in (
        "kind=steal",
        "asset=%00",
        "older=%00",
        "newer=99999999999999999999.1.1",
        "deleted=x",
        "since=x",
        "q=%00",
    ):
        assert site.get(url(portfolio, f"transactions/?{bad}")).status_code == 200


def test_a_void_is_asked_then_done(site, portfolio):
    made = record(portfolio, "deposit", "7")

    asked = site.get(url(portfolio, f"transactions/{made.id}/void/"))
    made.refresh_from_db()
    assert "Delete this transaction?" in text(asked)
    assert made.voided_at is None

    done = site.post(url(portfolio, f"transactions/{made.id}/void/"), follow=True)
    made.refresh_from_db()
    assert "Deposit of 1 Mar 2024 deleted It stays on record and no longer counts. Undo" in text(done)
    assert made.voided_at is not None


def test_a_void_that_would_leave_too_little_is_refused(site, portfolio):
    record(portfolio, "withdrawal", "1", at="2024-03-05")
    first = Transaction.objects.get(token="first deposit")

    answer = site.post(url(portfolio, f"transactions/{first.id}/void/"))

    assert answer.status_code == 422
    assert "1 USD short on 2024-03-05" in text(answer)


def test_a_whole_order_is_voided(site, portfolio):
    order = services.invest(
        portfolio=portfolio, sleeve=portfolio.sleeves.get(), amount=Decimal(9000), token="t", source="test", at=NOW
    )

    assert "Delete the whole order?" in text(site.get(url(portfolio, f"orders/{order.id}/void/")))
    assert site.post(url(portfolio, f"orders/{order.id}/void/")).status_code == 302

    assert get_cash(portfolio=portfolio) == 10000


def test_an_order_whose_assets_are_gone_is_not_voided(site, portfolio):
    order = services.invest(
        portfolio=portfolio, sleeve=portfolio.sleeves.get(), amount=Decimal(9000), token="t", source="test", at=NOW
    )
    record(portfolio, "withdrawal", "0.01", "bitcoin", at=NOW)

    answer = site.post(url(portfolio, f"orders/{order.id}/void/"))

    assert answer.status_code == 422
    assert "0.01 BITCO short" in text(answer)


def test_targets_are_edited(site, portfolio):
    index = Index.objects.get()
    fields = {f"target_weight_{index.pk}": "50", f"lower_band_{index.pk}": "45", f"upper_band_{index.pk}": ""}

    assert 'value="90"' in site.get(url(portfolio, "targets/")).content.decode()
    assert site.post(url(portfolio, "targets/"), fields).status_code == 302

    sleeve = portfolio.sleeves.get()
    assert (sleeve.target_weight, sleeve.lower_band, sleeve.upper_band) == (
        Decimal("0.5"),
        Decimal("0.45"),
        Decimal("0.6"),
    )


def test_a_wrong_target_is_said_in_words(site, portfolio):
    index = Index.objects.get()

    too_much = site.post(url(portfolio, "targets/"), {f"target_weight_{index.pk}": "101"})
    outside = site.post(url(portfolio, "targets/"), {f"target_weight_{index.pk}": "50", f"lower_band_{index.pk}": "60"})

    assert (too_much.status_code, outside.status_code) == (422, 422)
    assert "does not hold its target" in text(outside)


def test_wallets_and_names_are_changed(site, portfolio):
    assert site.post(url(portfolio, "wallets/new/"), {"name": "Cold", "kind": "hardware"}).status_code == 302
    assert site.post(url(portfolio, "wallets/new/"), {"name": "Cold", "kind": "hardware"}).status_code == 422
    assert site.post(url(portfolio, "rename/"), {"name": "Short run"}).status_code == 302
    make_portfolio(portfolio.owner, name="Other")
    assert site.post(url(portfolio, "rename/"), {"name": "Other"}).status_code == 422

    portfolio.refresh_from_db()
    assert portfolio.name == "Short run"
    assert Wallet.objects.filter(portfolio=portfolio, name="Cold").count() == 1


PAGES = [
    "", "rename/", "delete/", "invest/", "targets/", "wallets/", "wallets/new/", "transactions/", "transactions/new/",
    "transfers/",
]  # fmt: skip


def test_everything_of_a_stranger_is_404(portfolio, bob, as_user):
    stranger = as_user(bob)
    transaction = portfolio.transactions.get()
    steps = [f"transactions/{transaction.id}/{step}/" for step in ("void", "correct")]
    pages = [*PAGES, *steps, f"wallets/{portfolio.wallets.get().id}/", "orders/1/void/"]

    answers = [stranger.get(url(portfolio, page)) for page in pages]
    answers += [
        stranger.post(url(portfolio, page), {"name": "x"})
        for page in pages
        if page not in {"", "transactions/", "wallets/"}
    ]

    assert {answer.status_code for answer in answers} == {404}


def test_a_transaction_of_another_portfolio_of_mine_is_404(site, portfolio, alice):
    other = make_portfolio(alice, name="Other")
    transaction = portfolio.transactions.get()

    assert site.get(url(other, f"transactions/{transaction.id}/void/")).status_code == 404


def test_nobody_comes_in_without_a_login(client, portfolio):
    for page in PAGES:
        assert client.get(url(portfolio, page)).status_code == 302


def test_pages_cost_the_same_however_long(site, portfolio):
    def cost(path):
        with CaptureQueriesContext(connection) as asked:
            assert site.get(path).status_code == 200
        return len(asked)

    paths = ["/portfolios/", url(portfolio), url(portfolio, "transactions/")]
    record(portfolio, "deposit", "1", "bitcoin")
    for path in paths:
        cost(path)
    before = [cost(path) for path in paths]
    for number in range(5):
        other = make_portfolio(portfolio.owner, name=f"Number {number}")
        record(other, "deposit", "1", "ethereum")
        record(portfolio, "deposit", "1", "ethereum")

    assert [cost(path) for path in paths] == before
    assert max(before) <= 20
