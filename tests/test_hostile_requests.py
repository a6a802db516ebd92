"""Requests made to hurt: each gets a clear refusal, none a server error."""

import json

import pytest
from django.test import Client

from portfolios.models import Portfolio

pytestmark = pytest.mark.django_db

PORTFOLIOS = "/api/v1/portfolios/"
BODIES = {
    "brackets, 100,000 deep": b"[" * 100_000,
    "objects, 100,000 deep": b'{"a":' * 100_000,
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "NaN": b'{"name": NaN}',
    "Infinity": b'{"name": Infinity}',
    "a NUL in a string": b'{"name": "a\\u0000b"}',
    "half a surrogate pair": b'{"name": "\\ud800"}',
    "an integer of 200,000 digits": b'{"name": ' + b"9" * 200_000 + b"}",
    "an exponent beyond every number": b'{"name": 1e9999999999999999999}',
    "a list in place of an object": b"[1, 2]",
    "a number in place of an object": b"1e400",
    "nothing": b"",
    "a name of 100 KB": json.dumps({"name": "x" * 100_000}).encode(),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_broken_body_is_the_clients_error_and_makes_nothing(body, alice, as_user):
    response = as_user(alice).post(PORTFOLIOS, body, content_type="application/json")

    assert response.status_code == 400, response.content[:200]
    assert response.json()["errors"][0]["detail"]
    assert not Portfolio.objects.exists()


@pytest.mark.parametrize("number", [b"1e9999999", b"-1.5e1001", b"1e-9999999"])
def test_a_number_too_long_to_write_out_is_refused_unread(number, alice, as_user):
    browser = as_user(alice)
    portfolio = browser.post(PORTFOLIOS, {"name": "Mine"}, content_type="application/json").json()["id"]
    body = b'{"kind": "deposit", "wallet": ' + number + b"}"

    response = browser.post(f"{PORTFOLIOS}{portfolio}/transactions/", body, content_type="application/json")

    assert response.status_code == 400
    assert "beyond 1E\u00b11000" in response.json()["errors"][0]["detail"]


def test_a_body_over_the_limit_is_refused_unread(alice, as_user):
    response = as_user(alice).post(PORTFOLIOS, b" " * (6 * 1024 * 1024), content_type="application/json")

    assert response.status_code == 413
    assert "larger than" in response.json()["errors"][0]["detail"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x"])
def test_another_content_type_is_refused(content_type, alice, as_user):
    response = as_user(alice).post(PORTFOLIOS, b"name=x", content_type=content_type)

    assert response.status_code == 415


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=99999999999999999999",
        "page=%00",
        "page_size=1000000000",
        "page_size=-1",
        "page_size=%00",
        "from=0000-01-01",
        "from=9999-12-31&to=0001-01-01",
        "from=%00",
        "to=not-a-day",
        "from=2026-02-30",
        "at=%00",
        "at=0000-00-00",
        "kind=%00",
        "asset=%00",
        "search=%00",
        "kind=" + "x" * 10_000,
    ],
)
def test_no_query_parameter_makes_a_server_error(query, alice, as_user):
    browser = as_user(alice)
    portfolio = browser.post(PORTFOLIOS, {"name": "Mine"}, content_type="application/json").json()["id"]
    paths = [
        PORTFOLIOS,
        *(f"{PORTFOLIOS}{portfolio}/{part}/" for part in ("holdings", "transactions", "valuations", "risk", "wallets")),
        "/api/v1/indices/",
        "/api/v1/indices/no-such/levels/",
        "/indices/",
        f"/portfolios/{portfolio}/transactions/",
    ]

    answers = {path: browser.get(f"{path}?{query}").status_code for path in paths}

    assert all(status in {200, 400, 404, 422} for status in answers.values()), answers


@pytest.mark.parametrize(
    "path", ["/indices/%00/", "/portfolios/99999999999999999999/", "/api/v1/portfolios/1e5/", "/%ff"]
)
def test_a_strange_address_is_not_found(path, alice, as_user):
    assert as_user(alice).get(path).status_code == 404


def test_every_answer_carries_the_security_headers(alice, as_user):
    browser = as_user(alice)

    for path in ("/", "/indices/", "/portfolios/", "/account/login/", "/no/such/page/", "/api/v1/indices/", "/healthz"):
        headers = browser.get(path).headers

        assert "default-src 'self'" in headers["Content-Security-Policy"], path
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], path
        assert "unsafe" not in headers["Content-Security-Policy"], path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["X-Frame-Options"] == "DENY", path
        assert headers["Referrer-Policy"] == "same-origin", path
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", path


def test_a_form_without_its_token_is_refused(alice):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")

    for path in ("/portfolios/new/", "/account/profile/", PORTFOLIOS):
        assert browser.post(path, {"name": "x"}).status_code == 403, path

    assert not Portfolio.objects.exists()
