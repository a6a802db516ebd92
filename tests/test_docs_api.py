"""The addresses of docs/api.md exist, and its login is the one that apps use."""

import re
from pathlib import Path

import pytest
from django.urls import resolve

from tests.factories import PASSWORD

PAGE = (Path(__file__).resolve().parent.parent / "docs/api.md").read_text()
NAMES = {
    "$PORTFOLIO": "1",
    "$SLEEVE": "1",
    "$REVIEW": "1",
    "$REBALANCE": "1",
    "$TRANSACTION": "1",
    "$WALLET": "1",
    "$IMPORT": "1",
}


def paths() -> list[str]:
    """Return every address of the page."""
    found = re.findall(r"(/(?:api/v1|_allauth)/[\w$/.-]*[\w/])", PAGE)
    for name, value in NAMES.items():
        found = [path.replace(name, value) for path in found]
    return sorted(set(found) - {"/api/v1/", "/_allauth/"})


@pytest.mark.parametrize("path", paths())
def test_the_address_exists(path):
    assert resolve(path).route


def test_the_login_of_the_page_opens_the_portfolios(client, alice):
    answer = client.post(
        "/_allauth/app/v1/auth/login", {"email": alice.email, "password": PASSWORD}, content_type="application/json"
    )
    token = answer.json()["meta"]["session_token"]

    assert client.get("/api/v1/portfolios/").status_code == 403
    assert client.get("/api/v1/portfolios/", headers={"X-Session-Token": token}).status_code == 200
