"""The main job in a browser: sign up, open a portfolio, deposit, invest in an index, see what is held."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from portfolios.models import Order, Portfolio
from portfolios.selectors import get_holdings
from tests.e2e.browser import BROWSER, check_page
from tests.factories import PASSWORD

pytestmark = BROWSER


def money(text: str) -> Decimal:
    """Read `$1,234.50`."""
    return Decimal(text.strip().replace("$", "").replace(",", ""))


def facts(page: Page) -> dict[str, Decimal]:
    """Read the list of facts that are amounts, by their terms."""
    rows = page.locator("main dl.facts > div")
    found = {}
    for place in range(rows.count()):
        term, value = rows.nth(place).locator("dt").inner_text(), rows.nth(place).locator("dd").inner_text()
        if value.startswith("$"):
            found[term.partition(",")[0]] = money(value)
    return found


def column(page: Page, table: str, name: str) -> list[str]:
    """Read a column of a table by the text of its head."""
    region = page.get_by_role("region", name=table, exact=True)
    heads = region.locator("thead th").all_inner_texts()
    return region.locator(f"tbody tr > :nth-child({heads.index(name) + 1})").all_inner_texts()


def sign_up(page: Page, email: str) -> None:
    page.goto("/account/signup/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password (again)").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Sign Up", exact=True).click()
    expect(page).to_have_url(re.compile(r"^http://localhost:\d+/$"))


def open_portfolio(page: Page, name: str) -> None:
    page.goto("/portfolios/new/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Core only").check()
    page.get_by_role("button", name="Open the portfolio").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def deposit(page: Page, amount: str, at: datetime) -> None:
    page.get_by_role("link", name="Add a transaction").click()
    page.get_by_label("When").fill(at.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Quantity").fill(amount)
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_text("Recorded.")).to_be_visible()


def ask_to_invest(page: Page, amount: str) -> None:
    page.get_by_role("link", name="Invest", exact=True).click()
    page.get_by_label("Amount in USD").fill(amount)
    page.get_by_role("button", name="Show what it comes to").click()


@pytest.mark.parametrize("javascript", [True, False], ids=["with javascript", "without javascript"])
def test_a_newcomer_invests_in_an_index_and_sees_the_holdings(open_browser, small_world, javascript):
    page = open_browser(javascript=javascript)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    sign_up(page, "new@example.com")
    open_portfolio(page, "My first")
    deposit(page, "1000.50", yesterday)

    ask_to_invest(page, "600.25")
    asked = facts(page)
    costs = [money(cost) for cost in column(page, "Table of buys", "Cost")]
    assert asked["Amount asked for"] == Decimal("600.25") == asked["Spent in all"] + asked["Left over"]
    assert asked["Spent in all"] == sum(costs) == asked["Buys assets"] + asked["Fees"]
    assert asked["Cash afterwards"] == Decimal("1000.50") - asked["Spent in all"]
    if javascript:
        check_page(page)
    page.get_by_role("button", name=f"Buy {len(costs)} assets").click()

    expect(page.get_by_text("Bought for 600.25 USD.")).to_be_visible()
    portfolio = Portfolio.objects.get(name="My first")
    held = get_holdings(portfolio=portfolio, day=yesterday.date())
    assert column(page, "Table of holdings", "Value") == [f"${line.value:,.2f}" for line in held.lines]
    assert len(held.lines) == len(costs) + 1
    assert held.cash == asked["Cash afterwards"]
    order = Order.objects.get(portfolio=portfolio)
    assert (order.amount, round(order.fees, 2)) == (Decimal("600.25"), asked["Fees"])


def test_a_double_click_buys_once(open_browser, small_world):
    page = open_browser(user=small_world.investor)
    page.goto(f"/portfolios/{small_world.portfolio.pk}/")
    before = Order.objects.count()

    ask_to_invest(page, "100")
    page.get_by_role("button", name=re.compile("^Buy")).dblclick()
    expect(page.get_by_text("Bought for 100.00 USD.")).to_be_visible()

    assert Order.objects.count() == before + 1


def test_the_confirmation_sent_again_buys_once(open_browser, small_world, faults):
    page = open_browser(user=small_world.investor)
    page.goto(f"/portfolios/{small_world.portfolio.pk}/")
    before = Order.objects.count()

    ask_to_invest(page, "100")
    form = page.locator("main form").evaluate("form => Object.fromEntries(new FormData(form))") | {"confirm": "yes"}
    answers = [page.context.request.post(page.url, form=form, headers={"Referer": page.url}) for _ in range(2)]

    assert [answer.status for answer in answers] == [200, 200]
    assert Order.objects.count() == before + 1


@pytest.mark.parametrize(
    ("amount", "words"),
    [("90000", "cash"), ("10", "50 USD"), ("-100", "50 USD")],
    ids=["too much", "too little", "less than nothing"],
)
def test_a_wrong_amount_is_answered_beside_its_field(open_browser, small_world, faults, amount, words):
    faults.expected.append("422 (Unprocessable")
    page = open_browser(user=small_world.investor)
    page.goto(f"/portfolios/{small_world.portfolio.pk}/")
    before = Order.objects.count()

    ask_to_invest(page, amount)

    field = page.get_by_label("Amount in USD")
    expect(field).to_have_value(amount)
    expect(field).to_have_attribute("aria-invalid", "true")
    error = page.locator(".field").filter(has=field).locator(".errorlist")
    expect(error).to_contain_text(words)
    assert error.get_attribute("id") in (field.get_attribute("aria-describedby") or "").split()
    assert Order.objects.count() == before
    check_page(page)
