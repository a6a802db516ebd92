"""A server, a browser that reports every fault, and a small world for it to look at."""

import os
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.test import Client, override_settings
from playwright.sync_api import BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.e2e.browser import CHROMIUM, DESK, FLAGS, Faults
from tests.e2e.world import World, make_world

# Playwright keeps an event loop in this thread, from where Django would refuse to ask the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(autouse=True)
def _plain_cookies(settings):
    """Let cookies travel over plain HTTP, whatever the environment says."""
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = False
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "session", "csrf"


@pytest.fixture(scope="session")
def live_server() -> Iterator[LiveServer]:
    """Serve in a thread; its middleware reads the settings once, here."""
    with override_settings(SECURE_SSL_REDIRECT=False):
        server = LiveServer("localhost")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Start Debian's Chromium."""
    return browser_type_launch_args | {"executable_path": CHROMIUM, "args": list(FLAGS)}


@pytest.fixture(scope="session")
def base_url(live_server) -> str:
    """Resolve paths against our server."""
    return live_server.url


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    """Look at pages on a desk; nothing moves, so that a look never falls into a transition."""
    return browser_context_args | {
        "viewport": DESK,
        "color_scheme": "light",
        "reduced_motion": "reduce",
        "locale": "en-US",
        "timezone_id": "UTC",
    }


@pytest.fixture
def faults(live_server) -> Iterator[Faults]:
    """Collect what the browser complains of, and fail the test in the end."""
    faults = Faults(urlsplit(live_server.url).netloc)
    yield faults
    assert not faults.unexpected(), "\n".join(faults.unexpected())


@pytest.fixture
def open_browser(faults, new_context) -> Callable[..., Page]:
    """Return a function that opens a watched page, for somebody's login if a user is given."""

    def open_page(*, user: User | None = None, javascript: bool = True) -> Page:
        context = new_context(java_script_enabled=javascript)
        faults.watch(context)
        context.set_default_timeout(10_000)
        if user:
            log_in(context, user)
        return context.new_page()

    return open_page


def log_in(context: BrowserContext, user: User) -> None:
    """Give the browser a session of the user's."""
    client = Client()
    client.force_login(user, backend=django_settings.AUTHENTICATION_BACKENDS[0])
    value = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    context.add_cookies(
        [{"name": django_settings.SESSION_COOKIE_NAME, "value": value, "domain": "localhost", "path": "/"}]
    )


@pytest.fixture
def page(open_browser) -> Page:
    """Open a page without a login."""
    return open_browser()


@pytest.fixture
def small_world(transactional_db) -> World:
    """Make the market, its indices and an investor with a portfolio."""
    return make_world()
