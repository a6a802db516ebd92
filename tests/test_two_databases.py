"""The same inputs give the same digits on SQLite and on PostgreSQL."""

import json
import os
import subprocess
import sys
import uuid

import psycopg
import pytest
from django.conf import settings
from django.db import connection

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(
        not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"), reason="DATABASE_URL is not PostgreSQL"
    ),
]


@pytest.fixture
def empty_postgres():
    """Make a database of its own beside the tests', and drop it afterwards."""
    options = connection.settings_dict
    server = {
        name: value
        for name, value in (
            ("host", options["HOST"]),
            ("port", options["PORT"]),
            ("user", options["USER"]),
            ("password", options["PASSWORD"]),
        )
        if value
    }
    name = f"replay_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        secret = f":{options['PASSWORD']}" if options["PASSWORD"] else ""
        yield f"postgres://{options['USER']}{secret}@{options['HOST']}:{options['PORT'] or 5432}/{name}"
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def replayed_on(url: str, data_dir) -> dict[str, list[list[str]]]:
    """Replay in a process of its own against one database."""
    environment = os.environ | {"DATABASE_URL": url, "DATA_DIR": str(data_dir), "SECRET_KEY": "test", "HTTPS": "false"}
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", "from tests.replay import main; main()"],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(rows, dict)
    return rows


def test_levels_units_valuations_and_risk_are_equal_digit_for_digit(empty_postgres, tmp_path):
    on_sqlite = replayed_on(f"sqlite:///{tmp_path / 'replay.sqlite3'}", tmp_path / "a")
    on_postgres = replayed_on(empty_postgres, tmp_path / "b")

    assert len(on_sqlite["levels"]) > 300
    assert len(on_sqlite["valuations"]) == 107
    for table, rows in on_sqlite.items():
        assert rows == on_postgres[table], table
