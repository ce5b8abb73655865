"""How much of a text is read, by what its teacher can take."""

import json
import shutil
from pathlib import Path

import pytest

from benchmark.data.suites import load_suite
from benchmark.distillation.suite_data import SuiteData


def teacher_with(folder: Path, like: Path, kind: str, positions: int, pad_id: int) -> str:
    """The teacher `like`, whose config names another kind and other positions, and whose tokenizer no limit."""
    shutil.copytree(like, folder)
    for name, changed in (
        ("config.json", {"model_type": kind, "max_position_embeddings": positions, "pad_token_id": pad_id}),
        ("tokenizer_config.json", {"model_max_length": int(1e30)}),
    ):
        changed_file = json.loads((folder / name).read_text()) | changed
        (folder / name).write_text(json.dumps(changed_file))
    return str(folder)


@pytest.mark.usefixtures("desk_folder")
@pytest.mark.parametrize(
    ("kind", "positions", "read"),
    [("bert", 32, 32), ("bert", 512, 128), ("roberta", 34, 32), ("xlm-roberta", 34, 32), ("electra", 130, 128)],
)
def test_no_more_pieces_are_read_than_the_teacher_has_positions(
    kind: str, positions: int, read: int, tiny_teacher: Path, tmp_path: Path
) -> None:
    teacher = teacher_with(tmp_path / "few", tiny_teacher, kind, positions, pad_id=1 if "roberta" in kind else 0)
    suite_data = SuiteData(suite=load_suite("classification", "quickstart"), teacher=teacher, limit=10)
    assert suite_data.encoded_dataset("smalltalk_demo").max_length == read
