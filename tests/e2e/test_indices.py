"""The catalogue and the factsheet in a browser: nothing is cut off, columns sort, arithmetic is one click away."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import BROWSER, DESK, PHONE

pytestmark = BROWSER

CUT_OFF = "nodes => nodes.filter((node) => node.scrollWidth > node.clientWidth + 1).map((node) => node.ariaLabel)"


def changes_of_a_day(page: Page) -> list[float]:
    """Read the column of the last day, what is not known left out."""
    cells = page.locator('td[data-label="1 day"]').all_inner_texts()
    figures = [re.search(r"([+\N{MINUS SIGN}]?[\d.,]+)%", cell) for cell in cells]
    return [float(found[1].replace("\N{MINUS SIGN}", "-").replace(",", "")) for found in figures if found]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_catalogue_shows_every_column_without_scrolling(page, small_world, size):
    page.set_viewport_size(size)
    page.goto("/indices/")

    expect(page.locator('td[data-label="Volatility"]').first).to_be_in_viewport(ratio=1)
    expect(page.locator('td[data-label="Deepest fall"]').first).to_be_in_viewport(ratio=1)
    assert page.locator(".table-wrap").evaluate_all(CUT_OFF) == []


@pytest.mark.parametrize("javascript", [True, False], ids=["with javascript", "without javascript"])
def test_a_heading_sorts_and_turns_round(open_browser, small_world, javascript):
    page = open_browser(javascript=javascript)
    page.goto("/indices/")

    page.get_by_role("link", name="1 day", exact=True).click()
    down = changes_of_a_day(page)
    expect(page.get_by_role("columnheader", name=re.compile("^1 day"))).to_have_attribute("aria-sort", "descending")
    page.get_by_role("link", name="1 day").click()

    assert len(down) > 3
    assert down == sorted(down, reverse=True)
    assert changes_of_a_day(page) == down[::-1]


def test_on_a_phone_the_order_is_a_choice_of_the_form(page, small_world):
    page.set_viewport_size(PHONE)
    page.goto("/indices/")

    page.get_by_label("Order").select_option("1D")
    page.get_by_role("button", name="Show", exact=True).click()

    up = changes_of_a_day(page)
    assert up == sorted(up)
    expect(page.get_by_label("Order")).to_have_value("1D")


def test_searching_an_asset_finds_the_indices_that_hold_it(page, small_world):
    page.goto("/indices/top-10-cap/")
    symbol = page.get_by_role("region", name="Constituents").get_by_role("rowheader").first.inner_text().split()[0]

    page.goto("/indices/")
    page.get_by_label("Search").fill(symbol)
    page.get_by_role("button", name="Show", exact=True).click()

    expect(page.get_by_role("link", name="Top 10 Cap", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="DeFi", exact=True)).to_have_count(0)


@pytest.mark.parametrize("javascript", [True, False], ids=["with javascript", "without javascript"])
def test_the_arithmetic_of_each_figure_of_the_safety_card_is_one_click_away(open_browser, small_world, javascript):
    page = open_browser(javascript=javascript)
    page.goto("/indices/top-10-cap/")
    card = page.locator("#safety")
    expect(card.get_by_text("Herfindahl index")).to_be_hidden()

    card.get_by_text("How it is worked out: Effective number of constituents").click()

    expect(card.get_by_text("Herfindahl index")).to_be_visible()
    items = card.locator(".safety-item").count()
    assert card.locator(".safety-item details li").count() >= items >= 10


def test_the_whole_way_from_a_factsheet_to_the_verdict_on_an_asset(page, small_world):
    page.goto("/indices/top-10-cap/")

    page.locator("#history").get_by_role("rowheader").first.get_by_role("link").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^Top 10 Cap: reconstitution of"))
    expect(page.get_by_role("region", name="Every asset of the review").get_by_role("row").nth(1)).to_contain_text(
        re.compile("Among the first ranks|Kept by the buffer")
    )
