"""Signing up and in, the second factor, the theme, and a way through by the keyboard alone."""

import re
from time import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browser import BROWSER, check_page
from tests.factories import PASSWORD

pytestmark = BROWSER


def code_of(secret: str) -> str:
    """Return what an authenticator app shows now."""
    return format_hotp_value(hotp_value(secret, int(time()) // 30))


def sign_in(page: Page, email: str) -> None:
    """Fill in and send the login form."""
    page.goto("/account/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Sign In", exact=True).click()


def test_a_wrong_password_is_answered_in_words_and_passes(page, alice):
    page.goto("/account/login/")
    page.get_by_label("Email").fill("alice@example.com")
    page.get_by_label("Password", exact=True).fill("not this one")
    page.locator("main").get_by_role("button", name="Sign In", exact=True).click()

    expect(page.get_by_text("not correct")).to_be_visible()
    expect(page.get_by_label("Email")).to_have_value("alice@example.com")
    check_page(page)


def test_setting_up_a_second_factor_and_signing_in_with_it(page, alice):
    sign_in(page, "alice@example.com")
    page.goto("/account/2fa/totp/activate/")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Confirm").click()
    secret = page.get_by_label("Authenticator secret").input_value()
    check_page(page)
    page.get_by_label("Authenticator code").fill(code_of(secret))
    page.locator("main").get_by_role("button", name="Activate").click()
    expect(page.get_by_text("recovery codes").first).to_be_visible()
    check_page(page)

    page.context.clear_cookies()
    cache.clear()  # a code counts once: forget that it did, rather than wait for the next
    sign_in(page, "alice@example.com")
    expect(page).to_have_url(re.compile("/account/2fa/authenticate/"))
    check_page(page)
    page.get_by_label("Code").fill(code_of(secret))
    page.locator("main").get_by_role("button", name="Sign In").click()

    expect(page).to_have_url(re.compile(r"^http://localhost:\d+/$"))
    expect(page.get_by_text("Account menu")).to_have_count(1)


def test_the_theme_is_a_choice_that_is_remembered(page, alice):
    sign_in(page, "alice@example.com")
    background = "() => getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)

    page.get_by_role("button", name="Switch to dark theme").click()
    dark = page.evaluate(background)
    page.goto("/indices/")

    assert dark != light
    assert page.evaluate(background) == dark
    expect(page.get_by_role("button", name="Switch to light theme")).to_be_visible()


def test_the_keyboard_alone_leads_through(page, alice):
    page.goto("/account/login/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    tab_to(page, page.get_by_label("Email"))
    page.keyboard.type("alice@example.com")
    tab_to(page, page.get_by_label("Password", exact=True))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"^http://localhost:\d+/$"))

    tab_to(page, page.get_by_role("navigation", name="Main").get_by_role("link", name="Indices"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/indices/$"))
    tab_to(page, page.locator(".menu summary"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Two-factor sign-in")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Two-factor sign-in")).to_be_hidden()


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus, and see that the focus shows."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if target.evaluate("node => node === document.activeElement"):
            assert target.evaluate("node => getComputedStyle(node).outlineStyle") != "none", "the focus does not show"
            return
    pytest.fail(f"Tab never reaches {target}")
