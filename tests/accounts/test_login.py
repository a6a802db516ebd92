"""Login on the web: by e-mail, limited in tries, with a second factor for staff."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail

from accounts.models import InvestorProfile, User
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

LOGIN = "/account/login/"
CREDENTIALS = {"login": "alice@example.com", "password": PASSWORD}


def test_a_newcomer_signs_up_and_is_logged_in(client):
    response = client.post(
        "/account/signup/", {"email": "new@example.com", "password1": PASSWORD, "password2": PASSWORD}
    )

    assert response.status_code == 302
    assert client.session["_auth_user_id"] == str(User.objects.get(email="new@example.com").id)


def test_a_closed_sign_up_says_so_and_makes_nobody(client, settings):
    settings.SIGNUP_OPEN = False

    response = client.post(
        "/account/signup/", {"email": "new@example.com", "password1": PASSWORD, "password2": PASSWORD}
    )

    assert "closed" in response.content.decode().lower()
    assert not User.objects.exists()


def test_login_takes_the_time_zone_along(client, alice):
    InvestorProfile.objects.create(user=alice, time_zone="Asia/Tokyo")

    client.post(LOGIN, CREDENTIALS)

    assert client.session["time_zone"] == "Asia/Tokyo"


def test_the_session_id_changes_at_login(client, alice):
    client.get(LOGIN)
    client.session.save()
    before = client.session.session_key

    client.post(LOGIN, CREDENTIALS)

    assert client.session.session_key != before


def test_after_five_wrong_passwords_the_right_one_is_refused_too(client, alice):
    for _ in range(5):
        client.post(LOGIN, CREDENTIALS | {"password": "wrong"})

    client.post(LOGIN, CREDENTIALS)

    assert "_auth_user_id" not in client.session


def test_a_reset_mail_leads_to_a_new_password(client, alice):
    client.post("/account/password/reset/", {"email": "alice@example.com"})

    assert mail.outbox[0].to == ["alice@example.com"]
    assert "/account/password/reset/key/" in mail.outbox[0].body


def test_a_reset_for_a_stranger_answers_the_same(client, alice):
    known = client.post("/account/password/reset/", {"email": "alice@example.com"})
    unknown = client.post("/account/password/reset/", {"email": "nobody@example.com"})

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


def test_the_admin_login_is_allauths(client):
    response = client.get("/admin/login/?next=/admin/", follow=True)

    assert response.redirect_chain[-1][0].startswith("/account/login/")


def test_staff_without_a_second_factor_are_sent_to_set_one_up(client, settings):
    settings.STAFF_NEEDS_MFA = True
    client.force_login(make_user(is_staff=True, is_superuser=True), backend=settings.AUTHENTICATION_BACKENDS[0])

    response = client.get("/admin/")

    assert (response.status_code, response["Location"]) == (302, "/account/2fa/")


def test_staff_with_a_second_factor_enter(client, settings):
    settings.STAFF_NEEDS_MFA = True
    staff = make_user(is_staff=True, is_superuser=True)
    TOTP.activate(staff, generate_totp_secret())
    client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[0])

    assert client.get("/admin/").status_code == 200


def test_a_password_alone_does_not_log_in_whoever_has_a_second_factor(client, alice):
    TOTP.activate(alice, generate_totp_secret())
    RecoveryCodes.activate(alice)
    code = RecoveryCodes(Authenticator.objects.get(user=alice, type="recovery_codes")).get_unused_codes()[0]

    first = client.post(LOGIN, CREDENTIALS)
    logged_in_by_password = "_auth_user_id" in client.session
    client.post(first["Location"], {"code": code})

    assert not logged_in_by_password
    assert client.session["_auth_user_id"] == str(alice.id)


@pytest.mark.parametrize(
    "path",
    [
        "/account/2fa/",
        "/account/2fa/webauthn/",
        "/account/sessions/",
        "/account/email/",
        "/account/password/change/",
    ],
)
def test_each_account_page_renders_in_the_products_layout(alice, client, path):
    client.post(LOGIN, CREDENTIALS)

    page = client.get(path, follow=True).content.decode()

    assert 'class="shell"' in page
    assert "<style" not in page
