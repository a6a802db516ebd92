"""What stands in the container files, read as data: no container engine is needed."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
OURS = ["migrate", "web", "worker", "beat"]


@pytest.fixture(scope="module")
def services():
    """Return the services of compose.yaml."""
    return yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]


def test_there_is_one_of_each(services):
    assert sorted(services) == sorted(["postgres", "redis", *OURS])
    assert services["beat"]["deploy"] == {"replicas": 1}


@pytest.mark.parametrize("name", OURS)
def test_ours_run_without_rights(services, name):
    service = services[name]

    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_processes_wait_for_the_migrations(services, name):
    assert services[name]["depends_on"] == {
        "postgres": {"condition": "service_healthy"},
        "redis": {"condition": "service_healthy"},
        "migrate": {"condition": "service_completed_successfully"},
    }


@pytest.mark.parametrize("name", ["postgres", "redis", "web", "worker"])
def test_what_others_wait_for_says_whether_it_is_well(services, name):
    assert services[name]["healthcheck"]["test"]


def test_the_queue_survives_a_restart_and_is_never_evicted(services):
    command = " ".join(services["redis"]["command"])

    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


def test_only_the_web_is_reachable_and_from_this_machine_only(services):
    assert {name: service["ports"] for name, service in services.items() if "ports" in service} == {
        "web": ["127.0.0.1:8000:8000"]
    }


def test_no_secret_stands_in_a_file_of_the_repository(services):
    example = (ROOT / ".env.example").read_text()

    assert "${POSTGRES_PASSWORD:?" in services["postgres"]["environment"]["POSTGRES_PASSWORD"]
    assert re.search(r"^SECRET_KEY=$", example, re.MULTILINE)


def test_the_image_runs_as_a_user_and_installs_by_hash():
    dockerfile = (ROOT / "Dockerfile").read_text()

    assert re.findall(r"^USER (.+)$", dockerfile, re.MULTILINE) == ["ballast"]
    assert "--require-hashes" in dockerfile


def test_the_example_names_every_variable_that_the_settings_read():
    settings = (ROOT / "config" / "settings.py").read_text()
    read = set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", settings))
    named = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))

    assert read == named
