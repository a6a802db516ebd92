"""Every page of the URL map, as an investor and as a passer-by see it: light, dark, on a desk and on a phone."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Page

from tests.e2e.browser import BROWSER, shortcomings
from tests.factories import PASSWORD

pytestmark = BROWSER

# JSON, the staff's own site, and Swagger's own page.
ELSEWHERE = re.compile(r"^(_allauth/|admin/|api/)")


def routes(patterns=None, prefix: str = "") -> Iterator[str]:
    """Yield every pattern of the URL map as text, parameters as `<name>`."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(entry.pattern).lstrip("^").rstrip("$")
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, path)
        elif isinstance(entry, URLPattern) and not ELSEWHERE.match(path):
            yield re.sub(r"<\w+:(\w+)>", r"<\1>", path)


def paths(ids: dict[str, str]) -> list[str]:
    """Return the paths of all pages; a parameter that nobody knows fails the build, allauth's apart."""
    found = []
    for route in sorted(set(routes())):
        unknown = set(re.findall(r"<(\w+)>", route)) - set(ids)
        if unknown and route.startswith("account/"):
            continue
        assert not unknown, f"{route}: say in tests/e2e/world.py what {unknown} is"
        found.append("/" + re.sub(r"<(\w+)>", lambda name: ids[name[1]], route))
    return [path for path in found if re.fullmatch(r"[\w/.@-]*", path)]


def look_at_all(page: Page, ids: dict[str, str]) -> tuple[set[str], list[str]]:
    """Open everything that answers a GET with a page; return the paths seen, and what is wrong with them."""
    seen: set[str] = set()
    wrong: list[str] = []
    for path in paths(ids):
        answer = page.context.request.get(path)
        final = urlsplit(answer.url).path
        is_page = "text/html" in answer.headers.get("content-type", "")
        # allauth answers 404 for what a user has not set up: recovery codes, say.
        absent = answer.status == 405 or (answer.status == 404 and path.startswith("/account/"))
        if absent or not is_page or final in seen:
            continue
        seen.add(final)
        if answer.status >= 400:
            wrong.append(f"{path}: answers {answer.status}")
            continue
        page.goto(answer.url)
        wrong.extend(shortcomings(page))
    return seen, wrong


def test_every_page_that_an_investor_can_open_passes(open_browser, small_world):
    page = open_browser(user=small_world.investor)
    page.goto("/account/reauthenticate/")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Confirm").click()

    seen, wrong = look_at_all(page, small_world.ids)

    portfolio = f"/portfolios/{small_world.portfolio.pk}/"
    assert {"/", "/night/", "/indices/", "/indices/top-10-cap/", "/portfolios/", portfolio} <= seen
    assert {"/account/2fa/totp/activate/", "/account/sessions/", "/account/profile/"} <= seen
    assert not wrong, "\n".join(wrong)


def test_every_page_that_a_passer_by_can_open_passes(page, small_world):
    seen, wrong = look_at_all(page, small_world.ids)

    assert {"/account/login/", "/account/signup/", "/indices/", "/indices/top-10-cap/"} <= seen
    assert not {path for path in seen if path.startswith("/portfolios/")}
    assert not wrong, "\n".join(wrong)


def test_error_pages_pass(open_browser, small_world, faults):
    faults.expected.append("404 (Not Found)")
    page = open_browser(user=small_world.investor)

    page.goto("/portfolios/999999/")

    found = list(shortcomings(page))
    assert not found, "\n".join(found)
