"""The commands of docs/operate.md are run as they stand: backup, damage, restore, and every byte is back."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
DATABASE_URL = os.environ.get("DATABASE_URL", "")
ADMIN = {"DJANGO_SUPERUSER_EMAIL": "before@example.com", "DJANGO_SUPERUSER_PASSWORD": "correct horse battery staple"}


def block(name: str) -> str:
    """Return the fenced block of the page whose info string says `test=name`."""
    found = re.findall(
        rf"^```bash test={name}\n(.*?)^```$", (ROOT / "docs/operate.md").read_text(), re.MULTILINE | re.DOTALL
    )
    assert len(found) == 1, name
    return found[0]


class Installation:
    """The repository seen from a folder of its own, with data of its own."""

    def __init__(self, folder: Path, **env: str) -> None:
        for entry in ROOT.iterdir():
            if entry.name not in {".env", ".git", ".venv", "backups", "var"}:
                (folder / entry.name).symlink_to(entry)
        (folder / ".venv").symlink_to(sys.prefix)
        self.folder = folder
        self.env = {**os.environ, "DATA_DIR": str(folder / "var"), **ADMIN, **env}

    def run(self, *command: str, **env: str) -> str:
        """Run a command in the folder and return what it printed; raises if it fails."""
        done = subprocess.run(
            command, cwd=self.folder, env=self.env | env, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def manage(self, *arguments: str, **env: str) -> str:
        """Run a management command."""
        return self.run(".venv/bin/python", "manage.py", *arguments, **env)

    def follow(self, name: str) -> None:
        """Run a block of the page."""
        self.run("bash", "-euo", "pipefail", "-c", block(name))


def test_sqlite_comes_back_byte_for_byte(tmp_path):
    ballast = Installation(tmp_path, DATABASE_URL="", REDIS_URL="")
    del ballast.env["DATABASE_URL"]
    ballast.manage("migrate", "--verbosity", "0")
    ballast.manage("createsuperuser", "--noinput")
    before = ballast.manage("dumpdata")

    ballast.follow("sqlite-backup")
    ballast.manage("createsuperuser", "--noinput", DJANGO_SUPERUSER_EMAIL="after@example.com")
    ballast.follow("sqlite-restore")

    assert "before@example.com" in before
    assert ballast.manage("dumpdata") == before
    assert (tmp_path / "var" / "replaced-ballast.sqlite3").exists()


@pytest.fixture
def empty_database() -> Iterator[str]:
    """Make an empty database on the server of DATABASE_URL; it and its restored twin are dropped."""
    server, _, _ = DATABASE_URL.rpartition("/")
    name = f"ballast_docs_{os.getpid()}"
    drop = [sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name + end)) for end in ("", "_restored")]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        for statement in [*drop, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))]:
            connection.execute(statement)
        yield f"{server}/{name}"
        for statement in drop:
            connection.execute(statement)


@pytest.mark.postgres
@pytest.mark.skipif(not DATABASE_URL.startswith("postgres"), reason="DATABASE_URL names no PostgreSQL")
def test_postgresql_comes_back_byte_for_byte(tmp_path, empty_database):
    ballast = Installation(tmp_path, DATABASE_URL=empty_database)
    ballast.manage("migrate", "--verbosity", "0")
    ballast.manage("createsuperuser", "--noinput")
    before = ballast.manage("dumpdata")

    ballast.follow("postgres-backup")
    ballast.manage("createsuperuser", "--noinput", DJANGO_SUPERUSER_EMAIL="after@example.com")
    ballast.follow("postgres-restore")

    assert "before@example.com" in before
    assert ballast.manage("dumpdata", DATABASE_URL=f"{empty_database}_restored") == before


def test_every_command_that_the_pages_name_exists():
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    named = {name for page in pages for name in re.findall(r"manage\.py ([a-z_]+)", page.read_text())}
    known = subprocess.run(
        [sys.executable, "manage.py", "help", "--commands"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()

    assert named - set(known) == set()


def test_links_between_the_pages_lead_somewhere():
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    dead = []
    for page in pages:
        for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)", page.read_text()):
            path = (page.parent / target).resolve() if target else page
            headings = (
                re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
                if path.suffix == ".md" and path.exists()
                else []
            )
            anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            if not path.exists() or (anchor and anchor not in anchors):
                dead.append(f"{page.name}: {target}#{anchor}")

    assert dead == []
