"""Charts are drawn, say the same as their tables, and follow the range and the theme; panels load by themselves."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from market.templatetags.charts import chart_table
from tests.e2e.browser import BROWSER

pytestmark = BROWSER


def charts(page: Page) -> list[str]:
    """Return the ids of the drawings of a page, when all are drawn."""
    ids = page.locator("[data-chart]").evaluate_all("nodes => nodes.map((node) => node.id)")
    for name in ids:
        expect(page.locator(f"#{name} svg")).to_have_count(1)
    return ids


def table_of(page: Page, chart: str) -> list[list[str]]:
    """Read the table of a chart."""
    return page.locator(f".card:has(#{chart}) .chart-table tbody tr").evaluate_all(
        "rows => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    )


def data_of(page: Page, chart: str):
    """Read what a chart is drawn from."""
    return json.loads(page.locator(f"#{chart}-data").text_content() or "")


@pytest.mark.parametrize("name", ["portfolio", "factsheet"])
def test_every_chart_is_drawn_and_its_table_says_the_same(open_browser, small_world, name):
    page = open_browser(user=small_world.investor)
    path = {"portfolio": f"/portfolios/{small_world.portfolio.pk}/", "factsheet": "/indices/top-10-cap/"}[name]
    page.goto(path)
    page.wait_for_load_state("networkidle")

    drawn = charts(page)

    assert len(drawn) >= 2
    for chart in drawn:
        paths = page.locator(f"#{chart} svg path").count()
        assert paths > 3, f"{chart} is empty"
        assert table_of(page, chart) == chart_table(data_of(page, chart))["rows"]


def test_a_range_button_shortens_the_drawing(open_browser, small_world):
    page = open_browser(user=small_world.investor)
    page.goto("/indices/top-10-cap/")
    group = page.get_by_role("group", name=re.compile("^Range of Level"))
    chart = group.get_attribute("data-ranges")
    before = page.locator(f"#{chart} svg").inner_html()
    # The small world is shorter than three months: ask for a month.
    group.get_by_role("button", name="3M").evaluate("button => button.dataset.days = '30'")

    group.get_by_role("button", name="3M").click()

    expect(group.get_by_role("button", name="3M")).to_have_attribute("aria-pressed", "true")
    expect(group.get_by_role("button", name="All")).to_have_attribute("aria-pressed", "false")
    assert page.locator(f"#{chart} svg").inner_html() != before


def test_charts_follow_the_theme(open_browser, small_world):
    page = open_browser(user=small_world.investor)
    page.goto("/indices/top-10-cap/")
    chart = charts(page)[0]
    light = page.locator(f"#{chart} svg").inner_html()

    page.get_by_role("button", name="Switch to dark theme").click()

    assert page.locator(f"#{chart} svg").inner_html() != light


def test_t30_a_fall_too_small_to_write_has_no_minus(open_browser, small_world):
    page = open_browser(user=small_world.investor)
    page.goto("/indices/top-10-cap/")
    chart = next(name for name in charts(page) if data_of(page, name).get("series", [{}])[0].get("role") == "loss")
    data = data_of(page, chart)
    data["series"][0]["values"] = [-0.00001 for _ in data["dates"]]
    page.locator(f"#{chart}-data").evaluate("(node, text) => { node.textContent = text; }", json.dumps(data))
    page.get_by_role("button", name="Switch to dark theme").click()

    page.locator(f"#{chart}").hover()

    expect(page.locator(f"#{chart} svg text", has_text=re.compile(r"^0\.00%$"))).to_have_count(1)


def test_the_panels_of_a_portfolio_load_by_themselves(open_browser, small_world):
    page = open_browser(user=small_world.investor)

    page.goto(f"/portfolios/{small_world.portfolio.pk}/")

    expect(page.get_by_text("Time-weighted return", exact=True)).to_be_visible()
    expect(page.get_by_role("rowheader", name=re.compile("^Value at risk"))).to_be_visible()
    expect(page.locator("#value-chart svg")).to_have_count(1)


def test_without_javascript_the_panels_are_links_and_charts_are_tables(open_browser, small_world):
    page = open_browser(user=small_world.investor, javascript=False)
    path = f"/portfolios/{small_world.portfolio.pk}/"

    page.goto(path)
    page.get_by_role("link", name="See the risk of this portfolio").click()
    expect(page.get_by_role("rowheader", name=re.compile("^Value at risk"))).to_be_visible()
    page.goto(path)
    page.get_by_role("link", name="See the performance of this portfolio").click()
    expect(page.get_by_text("Time-weighted return", exact=True)).to_be_visible()
    page.get_by_text("Show as table").first.click()

    expect(page.get_by_role("region", name=re.compile("as a table$")).first).to_be_visible()
    expect(page.locator("button[data-days]").first).to_be_hidden()
