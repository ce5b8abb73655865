"""Models of the Hub that cannot be had: the cause and the remedy in one line, without the token."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmark.cli.command import run_command
from benchmark.core.hub import has_file, readable, resolve
from tests.support.hub_process import hub_process
from tests.support.hub_server import TOKEN, Hub, hub_server


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("model")
    with hub_server() as server:
        server.add("models", "owner/empty", folder)
        (folder / "config.json").write_text("{}")
        server.add("models", "owner/open", folder)
        server.add("models", "owner/private", folder, private=True)
        (folder / "adapter_config.json").write_text("{}")
        server.add("models", "owner/adapted", folder)
        yield server


def find(name: str) -> None:
    run_command(lambda: len(resolve(name, "teacher")) - 2)


def read(name: str) -> None:
    """As transformers reads a model that is there when it is looked for, and gone when it is loaded."""

    def load() -> int:
        with readable(name, "teacher", "another"):
            resolve_unchecked(name)
        return 0

    run_command(load)


def resolve_unchecked(name: str) -> None:
    from huggingface_hub import hf_hub_download

    try:
        hf_hub_download(name, "config.json")
    except Exception as error:
        raise OSError(f"There was a specific connection error: {error}") from error


@pytest.mark.parametrize(
    ("name", "variables", "reason"),
    [
        ("owner/gone", {}, "has no such repository, or a private one"),
        ("owner/private", {}, "for a private one set HF_TOKEN to a token that may read it"),
        ("owner/private", {"HF_TOKEN": "hf_secretOfNobody"}, "set HF_TOKEN to a token that may read it"),
        ("owner/private", {"HF_TOKEN": "hf_secret\x0bsecret"}, "HF_TOKEN cannot be sent"),
        ("owner/private", {"HF_TOKEN": "hf_secretß"}, "HF_TOKEN cannot be sent"),
        ("owner/open@v9", {}, "has no such revision"),
        ("owner/empty", {}, "the repository lacks its files"),
        ("owner/open", {"HF_HUB_OFFLINE": "1"}, "cannot be reached"),
    ],
)
def test_models_that_cannot_be_had_are_one_line(
    name: str, variables: dict[str, str], reason: str, hub: Hub, tmp_path: Path
) -> None:
    code, _, said = hub_process(hub, tmp_path, "", variables, find, name)
    assert (code, said.count("\n")) == (2, 1), said
    assert reason in said
    assert "secret" not in said


def test_a_private_model_is_found_with_a_token(hub: Hub, tmp_path: Path) -> None:
    assert hub_process(hub, tmp_path, TOKEN, {}, find, "owner/private")[0] == 0


@pytest.mark.parametrize("token", ["hf_secretOfNobody", "hf_secret\x0bsecret"])
def test_what_a_library_says_of_the_hub_is_not_printed(token: str, hub: Hub, tmp_path: Path) -> None:
    code, _, said = hub_process(hub, tmp_path, "", {"HF_TOKEN": token}, read, "owner/private")
    assert (code, said.count("\n")) == (2, 1), said
    assert "HF_TOKEN" in said
    assert "secret" not in said


def look_for(name: str) -> None:
    location = resolve(name, "teacher")
    run_command(
        lambda: (
            0 if [has_file(location, file) for file in ("config.json", "adapter_config.json")] == [True, False] else 1
        )
    )


def test_a_file_of_a_model_is_looked_for_once(hub: Hub, tmp_path: Path) -> None:
    assert hub_process(hub, tmp_path, "", {}, look_for, "owner/open")[0] == 0
    asked = len(hub.requests)
    assert hub_process(hub, tmp_path, "", {}, look_for, "owner/open")[0] == 0
    assert not [request for request in hub.requests[asked:] if "adapter" in request]


def identify_teacher(name: str) -> None:
    from benchmark.distillation.teacher import identify

    run_command(lambda: len(identify(name)))


def test_a_teacher_of_the_hub_with_an_adapter_is_refused(hub: Hub, tmp_path: Path) -> None:
    code, _, said = hub_process(hub, tmp_path, "", {}, identify_teacher, "owner/adapted")
    assert (code, said.count("\n")) == (2, 1), said
    assert "has an adapter of PEFT" in said
