"""The investor profile: all optional, kept per user, never shown to others."""

import pytest

from accounts.models import InvestorProfile

URL = "/account/profile/"


def test_the_page_asks_for_a_login(client, db):
    response = client.get(URL)

    assert response.status_code == 302
    assert response["Location"].startswith("/account/login/")


def test_answers_are_kept_and_shown_again(alice, as_user):
    browser = as_user(alice)

    saved = browser.post(URL, {"time_zone": "Europe/Berlin", "jurisdiction": "de", "horizon_years": "12"})
    page = browser.get(URL)

    profile = InvestorProfile.objects.get(user=alice)
    assert saved.status_code == 302
    assert (profile.time_zone, profile.jurisdiction, profile.horizon_years) == ("Europe/Berlin", "DE", 12)
    assert '<option value="Europe/Berlin" selected>' in page.content.decode()


def test_saving_twice_keeps_one_profile(alice, as_user):
    browser = as_user(alice)

    for years in ("1", "2"):
        browser.post(URL, {"time_zone": "UTC", "horizon_years": years})

    assert InvestorProfile.objects.get(user=alice).horizon_years == 2


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("jurisdiction", "1!", "two letters"),
        ("time_zone", "Mars/Olympus", "valid choice"),
        ("horizon_years", "-1", "greater than or equal to 0"),
    ],
)
def test_a_bad_answer_is_named_and_nothing_is_kept(alice, as_user, field, value, message):
    response = as_user(alice).post(URL, {"time_zone": "UTC", field: value})

    assert response.status_code == 422
    assert message in response.content.decode()
    assert not InvestorProfile.objects.exists()
