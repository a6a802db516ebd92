"""Fixtures of the tests of the night."""

import pytest

from config.celery import app


@pytest.fixture
def memory_broker(monkeypatch):
    """Give Celery a broker of this process alone, whatever the settings name."""
    monkeypatch.setitem(app.conf, "broker_url", "memory://")
    monkeypatch.setitem(app.conf, "broker_transport", "memory")
    monkeypatch.setitem(app.conf, "broker_transport_options", {"polling_interval": 0.02})
