"""run.py from nothing: a copy with empty locks and a manage.py that only writes down what it is asked."""

import ast
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
WRITES_DOWN = """
import pathlib, sys
if sys.argv[1] == "collectstatic":
    pathlib.Path("var/static").mkdir(parents=True, exist_ok=True)
open("calls.txt", "a").write(" ".join(sys.argv[1:]) + "\\n")
sys.exit(sys.argv[1] == "{fails}")
"""


def make_folder(folder: Path, *, fails: str = "", lock: str = "") -> Path:
    """Lay out a repository whose packages are those of `lock`; `fails` names a command that goes wrong."""
    shutil.copy(ROOT / "run.py", folder)
    (folder / "manage.py").write_text(WRITES_DOWN.format(fails=fails))
    for name in ("requirements.lock", "requirements-run.lock"):
        (folder / name).write_text(lock)
    return folder


def start(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the copy from another folder, as a person would who does not care where they are."""
    return subprocess.run(
        [sys.executable, str(folder / "run.py"), *arguments],
        cwd=folder.parent,
        env={name: value for name, value in os.environ.items() if name != "DATA_DIR"} | env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def run_module():
    """Import run.py without running it."""
    spec = importlib.util.spec_from_file_location("run", ROOT / "run.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pins(lock: str) -> dict[str, str]:
    """Return the pinned packages of a lock with their markers."""
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[[^\]]*\])?(==\S+)", (ROOT / lock).read_text(), flags=re.MULTILINE))


def test_first_start_prepares_everything_and_the_second_loses_nothing(tmp_path):
    folder, port = make_folder(tmp_path), free_port()

    first = start(folder, "--once", "--port", str(port))
    secret = (folder / ".env").read_text()
    second = start(folder, "--port", str(port))

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert "Installing" in first.stdout
    assert "Installing" not in second.stdout
    assert (folder / ".env").read_text() == secret
    assert (folder / "calls.txt").read_text().splitlines() == [
        "migrate --verbosity 0",
        "createcachetable",
        "collectstatic --noinput --verbosity 0",
        "seed_demo",
        f"serve --port {port} --once",
        "migrate --verbosity 0",
        "createcachetable",
        "seed_demo",
        f"serve --port {port}",
    ]


def test_the_secret_is_its_own_and_its_owners_only(tmp_path, run_module, monkeypatch):
    keys = []
    for name in ("one", "two"):
        monkeypatch.setattr(run_module, "ROOT", tmp_path / name)
        (tmp_path / name).mkdir()
        run_module.write_env()
        keys += re.findall(r"^SECRET_KEY=(\S{60,})$", (tmp_path / name / ".env").read_text(), re.MULTILINE)

    assert len(set(keys)) == 2
    assert (tmp_path / "one" / ".env").stat().st_mode & 0o777 == 0o600


def test_a_changed_lock_is_installed_again(tmp_path):
    folder = make_folder(tmp_path)
    start(folder, "--port", str(free_port()))
    (folder / "requirements-run.lock").write_text("# another\n")

    again = start(folder, "--port", str(free_port()))

    assert "Installing" in again.stdout


def test_changed_styles_are_collected_again(tmp_path):
    folder = make_folder(tmp_path)
    start(folder, "--port", str(free_port()))
    (folder / "static").mkdir()
    (folder / "static" / "app.css").write_text("a{}")

    start(folder, "--port", str(free_port()))

    assert (folder / "calls.txt").read_text().count("collectstatic") == 2


def test_a_taken_port_is_named_before_anything_is_made(tmp_path):
    folder = make_folder(tmp_path)

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = start(folder, "--port", str(port))

    assert refused.returncode == 1
    assert f"Port {port} is taken" in refused.stderr
    assert f"--port {port + 1}" in refused.stderr
    assert not (folder / ".venv").exists()


@pytest.mark.parametrize("port", ["0", "65536", "-1"])
def test_a_port_that_is_none_is_refused(tmp_path, port):
    refused = start(make_folder(tmp_path), f"--port={port}")

    assert refused.returncode == 1
    assert "between 1 and 65535" in refused.stderr


def test_without_network_it_says_so_and_the_next_start_tries_again(tmp_path):
    folder = make_folder(tmp_path, lock=f"nothing-of-this-name==1.0 --hash=sha256:{'0' * 64}\n")
    nowhere = {"PIP_INDEX_URL": f"http://127.0.0.1:{free_port()}/simple", "PIP_CONFIG_FILE": os.devnull}

    offline = start(folder, "--port", str(free_port()), **nowhere)
    nothing_was_run = not (folder / "calls.txt").exists()
    (folder / "requirements-run.lock").write_text("")
    online = start(folder, "--port", str(free_port()), **nowhere)

    assert offline.returncode == 1
    assert "package index cannot be reached" in offline.stderr
    assert nothing_was_run
    assert online.returncode == 0, online.stderr


def test_a_failing_step_is_named(tmp_path):
    folder = make_folder(tmp_path, fails="createcachetable")

    failed = start(folder, "--port", str(free_port()))

    assert failed.returncode == 1
    assert "`manage.py createcachetable` failed" in failed.stderr
    assert (folder / "calls.txt").read_text().splitlines()[-1] == "createcachetable"


def test_an_old_python_alone_is_refused_with_what_to_install(run_module, monkeypatch):
    monkeypatch.setattr(run_module, "OLDEST", (99, 0))

    with pytest.raises(run_module.CannotStartError, match=r"Python 3\.11 or newer is needed.*apt-get install"):
        run_module.find_python()


def test_windows_is_sent_to_wsl(run_module, monkeypatch):
    monkeypatch.setattr(run_module.sys, "platform", "win32")

    with pytest.raises(run_module.CannotStartError, match="WSL"):
        run_module.main([])


def test_a_python_of_2020_can_read_it_far_enough_to_find_a_newer_one():
    ast.parse((ROOT / "run.py").read_text(), feature_version=(3, 9))


def test_it_imports_the_standard_library_only():
    tree = ast.parse((ROOT / "run.py").read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


def test_the_test_lock_holds_all_of_the_run_lock():
    assert pins("requirements-run.lock").items() <= pins("requirements.lock").items()


def test_the_locks_hold_every_dependency_with_hashes():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    names = {re.split(r"[^a-z0-9-]", line)[0] for line in project["dependencies"]}
    test_names = {re.split(r"[^a-z0-9-]", line)[0] for line in [*extras["test"], *extras["lint"]]}

    assert names <= pins("requirements-run.lock").keys()
    assert test_names <= pins("requirements.lock").keys()
    assert "--hash=sha256:" in (ROOT / "requirements.lock").read_text()
