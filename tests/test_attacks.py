"""Attacks that once worked: each stays here, refused."""

import gzip
import logging
import os
import stat
import subprocess
import sys
import time
import tracemalloc
from datetime import UTC, date, datetime

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.usersessions.models import UserSession
from django.conf import settings as project
from django.contrib.auth.models import Permission

from indices.models import Index
from market.models import Asset, Classification
from market.services import BadFileError, import_prices
from tests.factories import PASSWORD, make_asset, make_classification, make_user

pytestmark = pytest.mark.django_db

HEADER = b"date,coin_id,symbol,price,market_cap,volume\n"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def staff(settings, as_user):
    """Return a function that gives a browser of a staff member with these rights alone."""
    settings.STAFF_NEEDS_MFA = False

    def login(*codenames: str, **overrides):
        user = make_user(email="staff@example.com", is_staff=True, **overrides)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        return as_user(user)

    return login


def test_whoever_may_only_look_rewrites_nothing_by_way_of_the_history(staff):
    index = Index.objects.create(slug="layer-1", name="Layer 1", kind="market_cap", tier="core", status="active")
    version = index.history.get().history_id
    browser = staff("view_index")
    page = f"/admin/indices/index/{index.pk}/history/{version}/"
    fields = {"slug": "layer-1", "kind": "market_cap", "tier": "core", "universe": "real", "base_value": "1000"}

    answer = browser.post(page, fields | {"name": "Rewritten", "summary": ""})

    assert answer.status_code == 403
    assert browser.get(page).status_code == 200
    assert Index.objects.get().name == "Layer 1"


def test_a_retired_index_is_not_brought_back_by_an_old_version(staff):
    index = Index.objects.create(slug="layer-1", name="Layer 1", kind="market_cap", tier="core", status="active")
    version = index.history.get().history_id
    index.status, index.retired_on = Index.Status.RETIRED, date(2026, 1, 1)
    index.save()
    browser = staff(is_superuser=True)
    fields = {"slug": "layer-1", "kind": "market_cap", "tier": "core", "universe": "real", "base_value": "1000"}

    browser.post(f"/admin/indices/index/{index.pk}/history/{version}/", fields | {"name": "Layer 1", "summary": ""})

    assert Index.objects.get().status == Index.Status.RETIRED


def test_a_classification_is_not_rewritten_by_way_of_the_history(staff):
    row = make_classification(make_asset("bitcoin"))
    version = row.history.get().history_id
    browser = staff("view_classification")

    answer = browser.post(f"/admin/market/classification/{row.pk}/history/{version}/", {"sector": "defi"})

    assert answer.status_code == 403
    assert Classification.objects.get().sector == row.sector


def test_the_admin_shows_no_secret_of_a_second_factor_and_no_session_key(staff, alice, client):
    RecoveryCodes.activate(alice)
    client.post("/account/login/", {"login": alice.email, "password": PASSWORD})
    session = UserSession.objects.create(user=alice, ip="10.0.0.1", session_key="k" * 32, user_agent="a browser")
    factor = Authenticator.objects.get()
    browser = staff(is_superuser=True)

    factor_page = browser.get(f"/admin/mfa/authenticator/{factor.pk}/change/").content.decode()
    session_page = browser.get(f"/admin/usersessions/usersession/{session.pk}/change/").content.decode()

    assert factor.data["seed"] not in factor_page
    assert session.session_key not in session_page


def test_sessions_are_found_by_e_mail_in_the_admin(staff, alice):
    UserSession.objects.create(user=alice, ip="10.0.0.1", session_key="k" * 32, user_agent="a browser")

    page = staff(is_superuser=True).get("/admin/usersessions/usersession/?q=alice@").content.decode()

    assert "10.0.0.1" in page


@pytest.mark.parametrize(
    "path", ["/", "/portfolios/", "/portfolios/new/", "/night/", "/account/profile/", "/no/such/page/", "/indices/"]
)
def test_no_cache_keeps_a_page_of_somebody_who_is_logged_in(path, alice, as_user):
    answer = as_user(alice).get(path)

    assert "no-store" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]


def test_no_cache_keeps_what_the_api_answers_to_a_token(client, alice):
    credentials = {"email": alice.email, "password": PASSWORD}
    login = client.post("/_allauth/app/v1/auth/login", credentials, content_type="application/json")
    client.cookies.clear()

    answer = client.get("/api/v1/portfolios/", headers={"X-Session-Token": login.json()["meta"]["session_token"]})

    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


def test_the_catalogue_may_be_cached_for_passers_by(client):
    assert "no-store" not in client.get("/indices/").headers.get("Cache-Control", "")


def refusal_of(path) -> str:
    """Return why an import refuses a file."""
    with pytest.raises(BadFileError) as refused:
        import_prices(files=[path], at=NOW)
    assert not Asset.objects.filter(kind="crypto").exists()
    return str(refused.value)


@pytest.mark.parametrize("start", [HEADER, b""], ids=["below the header", "in the header"])
def test_a_gzip_bomb_without_line_ends_is_not_read_into_memory(start, tmp_path):
    path = tmp_path / "bomb.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as bomb:
        bomb.write(start)
        for _ in range(100):
            bomb.write(b"0" * 1024 * 1024)
    tracemalloc.start()

    words = refusal_of(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert "a line has more than 1,048,576 characters" in words
    assert peak < 30_000_000


def test_fifty_thousand_columns_are_refused_at_once(tmp_path):
    names = b",".join(b"c%d" % number for number in range(50_000))
    path = tmp_path / "wide.csv"
    path.write_bytes(HEADER.strip() + b"," + names + b"\n")
    began = time.perf_counter()

    words = refusal_of(path)

    assert "50,006 columns; at most 1,000 are read" in words
    assert time.perf_counter() - began < 5


def test_a_message_about_a_header_is_short_and_obeyed_by_no_terminal(tmp_path):
    path = tmp_path / "evil.csv"
    path.write_bytes(b"date,\x1b[2Jcoin_id,symbol," + b",".join(b"c%d" % number for number in range(900)) + b"\n")

    words = refusal_of(path)

    assert "\x1b" not in words
    assert len(words) < 600


@pytest.mark.parametrize("path", ["/account/password/reset/key/5-secret/", "/account/confirm-email/secret/?x=1"])
def test_the_key_of_a_mailed_link_is_in_no_log(path, client, caplog):
    with caplog.at_level(logging.INFO):
        client.get(path)

    assert "request_finished" in caplog.text
    assert "secret" not in caplog.text


def test_the_data_folder_is_for_its_owner_alone(tmp_path):
    folder = tmp_path / "data"

    subprocess.run(
        [sys.executable, "manage.py", "version"],
        cwd=project.BASE_DIR,
        env=os.environ | {"DATA_DIR": str(folder), "SECRET_KEY": "x"},
        capture_output=True,
        check=True,
    )

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_behind_a_proxy_one_guesser_does_not_lock_out_everybody(tmp_path):
    words = (
        "from django.conf import settings as s; print(s.ALLAUTH_TRUSTED_PROXY_COUNT, s.REST_FRAMEWORK['NUM_PROXIES'])"
    )
    environment = {"SECRET_KEY": "x", "DATA_DIR": str(tmp_path)}

    counts = [
        subprocess.run(
            [sys.executable, "-c", words],
            cwd=project.BASE_DIR,
            env=os.environ | environment | more,
            capture_output=True,
            check=True,
            text=True,
        ).stdout.split()
        for more in ({"BEHIND_PROXY": "true"}, {"BEHIND_PROXY": "true", "NUM_PROXIES": "2"}, {"BEHIND_PROXY": "false"})
    ]

    assert counts == [["1", "1"], ["2", "2"], ["0", "0"]]


def test_the_container_writes_no_second_log_with_the_keys_in_it():
    assert "--access-logfile" not in (project.BASE_DIR / "Dockerfile").read_text()
