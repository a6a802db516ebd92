"""Whoever sets up by `manage.py migrate` alone has a cache that works: signing in and the night need it."""

import pytest
from django.core.management import call_command
from django.db import connection

pytestmark = pytest.mark.django_db


def test_migrate_makes_the_table_of_the_cache(settings):
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache_of_a_test"}
    }
    assert "cache_of_a_test" not in connection.introspection.table_names()

    call_command("migrate", verbosity=0)

    assert "cache_of_a_test" in connection.introspection.table_names()
