"""Fixtures that every test may use."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from typing import TYPE_CHECKING

import hypothesis
import pytest
from coverage import Coverage
from django.apps import AppConfig, apps
from django.core.cache import cache
from django.db.models.signals import post_migrate
from django.test import Client
from rest_framework.test import APIClient

from tests.factories import make_user

if TYPE_CHECKING:
    from accounts.models import User

# A busy machine is no counterexample.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


# What these read or drive is not part of the repository, so no line may owe its coverage to them.
FOREIGN = {"browser", "market"}


def _is_foreign(item: pytest.Item) -> bool:
    return any(mark.name in FOREIGN for mark in item.iter_markers())


@contextmanager
def _untraced() -> Iterator[None]:
    """Pause the measurement of coverage, under which Python takes twice as long."""
    paused = []
    while measured := Coverage.current():  # a worker of pytest-xdist has two, and each goes on where the other stops
        measured.stop()
        paused.append(measured)
    try:
        yield
    finally:
        for measured in reversed(paused):
            measured.start()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item):
    """Measure no coverage by tests of what stands outside."""
    with _untraced() if _is_foreign(item) else nullcontext():
        return (yield)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """End with tests of what stands outside: what is imported and migrated once is then measured, and the long go last.

    The real market begins, so that the other worker has something to do beside it.
    """
    items.sort(key=lambda item: (_is_foreign(item), item.path.name != "test_real_market.py"))


def _have_groups_again(sender: AppConfig, **_: object) -> None:
    """Make the groups that come with the migrations after each emptying of the database, which takes them away."""
    if sender.label == "analytics":
        import_module("analytics.migrations.0003_groups").make_groups(apps, None)


post_migrate.connect(_have_groups_again)


@pytest.fixture(autouse=True)
def _settings_for_tests(settings):
    """Plain HTTP, plain static files, a cache of this process: what is tested otherwise says so itself."""
    settings.SECURE_SSL_REDIRECT = False
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()


@pytest.fixture
def alice(db) -> "User":
    """Make the owner."""
    return make_user(email="alice@example.com")


@pytest.fixture
def bob(db) -> "User":
    """Make the stranger."""
    return make_user(email="bob@example.com")


@pytest.fixture
def as_user() -> Callable[["User"], Client]:
    """Return a function that gives a browser logged in as a user."""

    def login(user: "User") -> Client:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return login


@pytest.fixture
def api_as() -> Callable[["User"], APIClient]:
    """Return a function that gives an API client authenticated as a user."""

    def authenticate(user: "User") -> APIClient:
        client = APIClient()
        client.force_authenticate(user)
        return client

    return authenticate
