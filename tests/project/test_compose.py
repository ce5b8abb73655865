"""docker-compose.yml: of the shape that Compose takes, closed by default, and in agreement with the documents."""

import re
import stat
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from tests.support.compose import FILE, MissingVariableError, compose, demanded, put_in
from tracking import secrets
from tracking.config import resolve

ROOT = FILE.parent
VARIABLES = {name: f"{name}-value" for name in demanded()}
SERVICES: dict[str, Any] = compose(VARIABLES)["services"]
SECRET = re.compile("PASSWORD|SECRET|KEY|TOKEN")
EACH = pytest.mark.parametrize("name", SERVICES)


def written(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


def test_the_file_is_what_the_compose_specification_allows() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*check, str(FILE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_check_against_the_specification_can_fail(tmp_path: Path) -> None:
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text(FILE.read_text().replace("condition: service_healthy", "condition: healthy"))
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*check, str(wrong)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "'healthy' is not one of" in done.stdout


@EACH
def test_an_image_is_pinned_and_a_service_comes_back(name: str) -> None:
    service = SERVICES[name]
    assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+[\w.-]*", service["image"])
    assert service["restart"] == "unless-stopped"
    assert {"test", "interval", "timeout", "retries", "start_period"} <= set(service["healthcheck"])


def test_images_are_the_versions_that_are_tried_here() -> None:
    assert SERVICES["mlflow"]["image"].endswith(f":v{version('mlflow')}-full")
    assert SERVICES["optuna-dashboard"]["image"].endswith(f":v{version('optuna-dashboard')}")


@EACH
def test_who_needs_the_database_waits_for_it(name: str) -> None:
    needed = {} if name == "postgres" else {"postgres": {"condition": "service_healthy"}}
    assert SERVICES[name].get("depends_on", {}) == needed


@EACH
def test_nothing_is_published_beyond_this_machine(name: str) -> None:
    assert SERVICES[name]["ports"]
    for port in SERVICES[name]["ports"]:
        assert port.startswith("127.0.0.1:")


def test_only_the_server_with_accounts_can_be_published() -> None:
    published = compose(VARIABLES | {"PUBLISH": "0.0.0.0", "SERVER_NAME": "runs.example.org"})["services"]
    open_ports = [port for service in published.values() for port in service["ports"] if not port.startswith("127.")]
    assert open_ports == ["0.0.0.0:5000:5000"]
    assert "basic-auth" in published["mlflow"]["command"]
    assert published["mlflow"]["environment"]["MLFLOW_SERVER_ALLOWED_HOSTS"].endswith(",runs.example.org")


@EACH
def test_no_password_stands_in_the_file(name: str) -> None:
    for variable, value in SERVICES[name].get("environment", {}).items():
        assert value.endswith("-value") == bool(SECRET.search(variable)), variable
    assert not any(
        secret in str(SERVICES[name]["command" if "command" in SERVICES[name] else "image"]) for secret in VARIABLES
    )


@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_a_missing_password_is_refused_with_what_to_do(name: str) -> None:
    with pytest.raises(MissingVariableError, match=rf"{name}: write .env with python -m tracking.secrets"):
        compose({other: value for other, value in VARIABLES.items() if other != name})


def test_variables_are_put_in_as_compose_does() -> None:
    text = "${A}, ${A:-x}, ${B:-x:y}, ${B}, ${A:?no}, $$A"
    assert put_in({"k": [text, 5]}, {"A": "a"}) == {"k": ["a, a, x:y, , a, $A", 5]}


def test_the_passwords_are_those_that_the_file_demands_and_the_clients_account(tmp_path: Path) -> None:
    secrets.write(tmp_path / ".env")
    values = written(tmp_path / ".env")
    assert set(values) == demanded() | {"MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"}
    assert values["MLFLOW_TRACKING_PASSWORD"] == values["MLFLOW_AUTH_ADMIN_PASSWORD"]
    assert (
        f"admin_username = {values['MLFLOW_TRACKING_USERNAME']}\n" in compose(values)["configs"]["accounts"]["content"]
    )
    fresh = [value for name, value in values.items() if name in demanded()]
    assert len(set(fresh)) == len(fresh)
    assert all(re.fullmatch(r"[0-9a-f]{48}", value) for value in fresh)


def test_passwords_are_for_their_owner_and_are_never_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert secrets.main([]) == 0
    before = Path(".env").read_text()
    assert stat.S_IMODE(Path(".env").stat().st_mode) == 0o600
    assert secrets.main([]) == 2
    assert ".env exists" in capsys.readouterr().err
    assert Path(".env").read_text() == before
    assert secrets.main(["nowhere/.env"]) == 2
    assert "cannot be written: No such file" in capsys.readouterr().err
    assert secrets.main(["other.env"]) == 0
    assert Path("other.env").read_text() != before


def test_git_never_sees_the_passwords() -> None:
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()


def test_one_line_of_mlflow_yml_leads_to_this_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    lines = (ROOT / "mlflow.yml").read_text().splitlines()
    [embedded] = [line for line in lines if line.startswith("tracking_uri:")]
    [server] = [line for line in lines if line.startswith("# tracking_uri:")]
    switched = [
        server.removeprefix("# ") if line == server else f"# {line}" if line == embedded else line for line in lines
    ]
    (tmp_path / "mlflow.yml").write_text("\n".join(switched))
    address, _, inside = SERVICES["mlflow"]["ports"][0].rpartition(":")
    assert resolve(config=tmp_path / "mlflow.yml").tracking_uri == f"http://{address}"
    assert resolve(config=tmp_path / "mlflow.yml").artifact_location is None, "the server keeps the files"
    assert SERVICES["mlflow"]["environment"]["MLFLOW_PORT"] == inside


def test_what_lasts_lies_in_volumes() -> None:
    places = {name: [v.partition(":")[2] for v in service.get("volumes", [])] for name, service in SERVICES.items()}
    assert places["postgres"] == ["/var/lib/postgresql/data"]
    assert places["mlflow"] == [SERVICES["mlflow"]["environment"]["MLFLOW_ARTIFACTS_DESTINATION"]]
    assert set(compose(VARIABLES)["volumes"]) == {
        v.partition(":")[0] for s in SERVICES.values() for v in s.get("volumes", [])
    }


def test_runs_accounts_and_studies_have_databases_of_their_own() -> None:
    configs = compose(VARIABLES)["configs"]
    made = set(re.findall(r"CREATE DATABASE (\w+)", configs["databases"]["content"]))
    text = f"{SERVICES} {configs['accounts']['content']}"
    named = re.findall(r"postgresql\+psycopg2://\w+@postgres:5432/(\w+)", text)
    assert sorted(named) == sorted(made) == ["accounts", "mlflow", "optuna"]
