"""What the browser tests share: which Chromium, what counts as a fault, and what every page must pass."""

import os
import shutil
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebError

NAMES = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((found for name in NAMES if name and (found := shutil.which(name))), None)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install it, or name it in CHROMIUM"),
]

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
# (size, theme). A phone shows the colours of the desk, and a theme changes nothing but colours.
LOOKS: tuple[tuple[dict[str, int], str], ...] = ((DESK, "light"), (DESK, "dark"), (PHONE, "light"))
OVERFLOWING = """() => {
  const room = window.innerWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  const clips = (node) => /auto|scroll|hidden/.test(getComputedStyle(node).overflowX);
  const scrolls = (node) => node && (clips(node) || scrolls(node.parentElement));
  return [...document.body.querySelectorAll("*")]
    .filter((node) => node.getBoundingClientRect().right > room + 0.5 && !scrolls(node.parentElement))
    .map((node) => `${node.tagName.toLowerCase()}.${node.className}`).slice(0, 6).concat("the page");
}"""


class Faults:
    """Everything that a browser complains of: console errors, refused by CSP or not, exceptions, foreign hosts.

    `expected` holds parts of messages that a test provokes: Chromium reports each answer of 400 and above.
    """

    def __init__(self, host: str) -> None:
        self.host = host
        self.found: list[str] = []
        self.expected: list[str] = []

    def watch(self, context: BrowserContext) -> None:
        """Listen to all pages of a context."""
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)

    def unexpected(self) -> list[str]:
        """Return what nobody asked for."""
        return [fault for fault in self.found if not any(part in fault for part in self.expected)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.found.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _error(self, error: WebError) -> None:
        self.found.append(f"exception: {error.error}")

    def _request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in {"data", "blob", "about"} and url.netloc != self.host:
            self.found.append(f"foreign host: {request.url}")


def shortcomings(page: Page) -> Iterator[str]:
    """Yield what is wrong with the page on a desk and on a phone, light and dark: axe, and scrolling sideways."""
    for size, theme in LOOKS:
        page.set_viewport_size(size)  # type: ignore[arg-type] # a TypedDict that Playwright does not export
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type] # a literal
        where = f"{urlsplit(page.url).path}, {size['width']} px, {theme}"
        wide = page.evaluate(OVERFLOWING)
        if wide:
            yield f"{where}: wider than the window: {', '.join(wide)}"
        for violation in _axe(page, ["color-contrast"] if theme == "dark" else []):
            nodes = "; ".join(f"{node['target']} {node['failureSummary']}" for node in violation["nodes"][:3])
            yield f"{where}: {violation['id']}: {nodes}"
    page.set_viewport_size(DESK)  # type: ignore[arg-type] # as above
    page.emulate_media(color_scheme="light")


def _axe(page: Page, only: list[str]) -> list[dict[str, Any]]:
    """Return the violations of all rules, or of some."""
    options: dict[str, Any] = {"resultTypes": ["violations"]} | ({"runOnly": only} if only else {})
    violations: list[dict[str, Any]] = Axe().run(page, options=options).response["violations"]
    return violations


def check_page(page: Page) -> None:
    """Refuse a page that axe finds something in, or that scrolls sideways."""
    found = list(shortcomings(page))
    assert not found, "\n".join(found)
