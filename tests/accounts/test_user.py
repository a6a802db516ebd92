"""The user is known by an e-mail address, whatever its case."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import IdempotencyRecord, User
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


def test_the_e_mail_is_kept_in_lower_case_and_is_the_name():
    user = make_user(email=" Alice@Example.COM ")

    assert str(user) == "alice@example.com"
    assert user.check_password(PASSWORD)


def test_a_user_without_e_mail_is_refused():
    with pytest.raises(ValueError, match="e-mail"):
        make_user(email="")


def test_a_superuser_has_every_right():
    user = User.objects.create_superuser("root@example.com", PASSWORD)

    assert user.is_staff
    assert user.is_superuser


def test_the_database_refuses_the_same_e_mail_in_another_case(alice):
    twin = User(email="ALICE@example.com")

    with pytest.raises(IntegrityError):
        twin.save()


def test_the_database_refuses_an_idempotency_key_twice_of_one_user(alice, bob):
    fields = {"key": "once", "fingerprint": "", "status": 201, "body": {}, "created_at": timezone.now()}
    for user in (alice, bob):
        IdempotencyRecord.objects.create(user=user, **fields)

    with pytest.raises(IntegrityError), transaction.atomic():
        IdempotencyRecord.objects.create(user=alice, **fields)
