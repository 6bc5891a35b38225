"""The container files keep what the README promises: nothing open to the network, nothing as root, nothing unpinned."""

import re
import shutil
import subprocess
import tomllib
from typing import Any

import pytest
import yaml

from graph_service.settings import Settings
from tools.house_rules import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def test_neo4j_is_the_long_term_release_and_reads_no_file_urls_and_reports_nothing() -> None:
    neo4j = SERVICES["neo4j"]
    assert neo4j["image"] == "neo4j:5.26-community"
    assert neo4j["environment"]["NEO4J_dbms_security_allow__csv__import__from__file__urls"] == "false"
    assert neo4j["environment"]["NEO4J_dbms_usage__report_enabled"] == "false"


def test_neo4j_stays_inside_its_memory() -> None:
    neo4j = SERVICES["neo4j"]
    parts = ("heap_max__size", "pagecache_size")
    wanted = sum(_gigabytes(neo4j["environment"][f"NEO4J_server_memory_{part}"]) for part in parts)
    assert wanted < _gigabytes(neo4j["mem_limit"])
    assert all("mem_limit" in service for service in SERVICES.values())


def test_every_port_is_bound_to_this_machine_alone() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_no_password_is_written_down_and_a_missing_one_stops_the_start() -> None:
    secrets = [
        (name, value)
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
        if re.search("PASSWORD|AUTH|SECRET", name)
    ]
    assert len(secrets) >= 3
    assert [name for name, value in secrets if value is not None and "STORMGRAPH_GRAPH_PASSWORD:?" not in value] == []


def test_the_service_waits_for_a_healthy_migrated_graph_and_speaks_to_it() -> None:
    service = SERVICES["service"]
    assert SERVICES["neo4j"]["healthcheck"]["test"]
    assert service["depends_on"]["neo4j"]["condition"] == "service_healthy"
    assert service["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert service["environment"]["STORMGRAPH_GRAPH_URL"] == "neo4j://neo4j:7687"
    assert service["image"] == f"stormgraph:{VERSION}"


def test_every_variable_that_the_containers_set_is_a_setting() -> None:
    known = {f"STORMGRAPH_{name.upper()}" for name in Settings.model_fields}
    composed = {name for service in SERVICES.values() for name in service.get("environment", {})}
    used = {name for name in composed | set(re.findall(r"\bSTORMGRAPH_\w+", DOCKERFILE)) if "STORMGRAPH" in name}
    assert used
    assert used - known == set()


def test_the_image_runs_as_a_user_of_its_own_from_pinned_parts() -> None:
    last_stage = DOCKERFILE.split("\nFROM ")[-1]
    users = re.findall(r"^USER (\S+)", last_stage, re.MULTILINE)
    assert users and users[-1] not in {"root", "0"}
    images = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    images += [service["image"] for service in SERVICES.values()]
    assert all(re.search(r":\d", image) and "latest" not in image for image in images)
    installs = re.findall(r"pip install (.*)", DOCKERFILE)
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs)
    assert "HEALTHCHECK" in last_stage and "/healthz" in last_stage
    assert '"stormgraph", "serve", "--host", "0.0.0.0"' in last_stage


def test_what_the_image_is_built_from_is_let_through() -> None:
    let_through = re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"constraints.txt", "pyproject.toml", "README.md", "graph_service", "cypher", "matching"} <= set(let_through)
    assert [name for name in let_through if not (ROOT / name).exists()] == []


def test_compose_itself_accepts_the_file_and_insists_on_a_password() -> None:
    command = shutil.which("docker-compose")
    if command is None:
        pytest.skip("docker-compose is not installed (Debian's package needs no engine for this)")
    given = _checked(command, {"STORMGRAPH_GRAPH_PASSWORD": "x" * 12})
    assert given.returncode == 0, given.stderr
    missing = _checked(command, {})
    assert missing.returncode != 0
    assert "set STORMGRAPH_GRAPH_PASSWORD" in missing.stderr


def _checked(command: str, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    arguments = [command, "--file", str(ROOT / "docker-compose.yml"), "config", "--quiet"]
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", **variables}
    return subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)


def _gigabytes(size: str) -> float:
    number, unit = re.fullmatch(r"(\d+)([gGmM])", size).groups()  # type: ignore[union-attr]
    return int(number) / (1 if unit in "gG" else 1024)
