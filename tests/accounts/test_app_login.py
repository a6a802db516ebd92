"""Login for apps: a session token that can be revoked at once."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

LOGIN = "/_allauth/app/v1/auth/login"
SESSION = "/_allauth/app/v1/auth/session"
CREDENTIALS = {"email": "alice@example.com", "password": PASSWORD}


def log_in(client) -> str:
    """Return the session token of a fresh login."""
    answer = client.post(LOGIN, CREDENTIALS, content_type="application/json")
    assert answer.status_code == 200, answer.content
    token = answer.json()["meta"]["session_token"]
    assert isinstance(token, str)
    return token


def test_a_token_opens_the_api_until_it_is_revoked(client, alice):
    token = log_in(client)

    with_token = client.get("/api/v1/portfolios/", headers={"X-Session-Token": token})
    client.delete(SESSION, headers={"X-Session-Token": token})
    revoked = client.get("/api/v1/portfolios/", headers={"X-Session-Token": token})

    assert with_token.status_code == 200
    assert revoked.status_code in {401, 403}


def test_the_api_refuses_a_made_up_token(client, alice):
    response = client.get("/api/v1/portfolios/", headers={"X-Session-Token": "made-up"})

    assert response.status_code in {401, 403}


def test_a_wrong_password_gives_no_token(client, alice):
    answer = client.post(LOGIN, CREDENTIALS | {"password": "wrong"}, content_type="application/json")

    assert answer.status_code == 400
    assert "session_token" not in answer.json().get("meta", {})


def test_an_app_must_pass_the_second_factor_too(client, alice):
    TOTP.activate(alice, generate_totp_secret())

    answer = client.post(LOGIN, CREDENTIALS, content_type="application/json")

    pending = [flow["id"] for flow in answer.json()["data"]["flows"] if flow.get("is_pending")]
    assert answer.status_code == 401
    assert pending == ["mfa_authenticate"]
