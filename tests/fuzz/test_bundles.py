"""Whatever the files of a bundle hold: a bundle, or one BundleError."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from benchmark.bundle import files as bundle_files
from tests.support.fuzzing import JSON, fuzzed, junk

MANIFEST = st.fixed_dictionaries(
    {"format": st.sampled_from([1, 1.0, True, 2])},
    optional={
        "task": st.sampled_from(bundle_files.TASKS) | JSON,
        "max_length": st.integers() | JSON,
        "pad_id": st.integers() | JSON,
        "fallback_label": st.sampled_from(["O", "a"]) | JSON,
        "files": st.dictionaries(st.sampled_from(bundle_files.NEEDED) | st.text(max_size=4), JSON, max_size=5),
    },
)
DEEP = b"[" * 100_000


def _whole(place: Path) -> dict[str, Any]:
    """The manifest that fits the folder's files."""
    files = {name: bundle_files.sha256(place / name) for name in bundle_files.NEEDED}
    about = {"task": "classification", "max_length": 9, "pad_id": 0, "fallback_label": "O", "format": 1}
    return about | {"files": files}


@fuzzed
@given(MANIFEST.map(json.dumps).map(str.encode) | junk("{", "}", '"', ":", ",", '"format"') | st.just(DEEP))
@example(content=DEEP)
def test_manifests(place: Path, content: bytes) -> None:
    (place / bundle_files.MANIFEST).write_bytes(content)
    with suppress(bundle_files.BundleError):
        manifest = bundle_files.read_manifest(place)
        bundle_files.check_files(place, manifest)


@fuzzed
@given(JSON.map(json.dumps).map(str.encode) | junk("[", "]", '"O"', ",", '"\\ud800"') | st.just(DEEP))
@example(content=DEEP)
def test_labels(place: Path, content: bytes) -> None:
    (place / bundle_files.LABELS).write_bytes(content)
    with suppress(bundle_files.BundleError):
        assert "O" in bundle_files.read_labels(place, {"fallback_label": "O"})


@fuzzed
@given(
    JSON.map(json.dumps).map(str.encode) | junk("{", "}", '"model"', ":", '"type"', '"WordPiece"'),
    st.integers(),
    st.integers(),
)
def test_tokenizers(place: Path, content: bytes, max_length: int, pad_id: int) -> None:
    (place / bundle_files.TOKENIZER).write_bytes(content)
    with suppress(bundle_files.BundleError):
        bundle_files.read_tokenizer(place, max_length, pad_id)


@fuzzed
@given(st.lists(st.text(max_size=9), min_size=1, max_size=5))
def test_valid_bundle_files_come_back(place: Path, labels: list[str]) -> None:
    for name in bundle_files.NEEDED:
        (place / name).write_bytes(b"x")
    bundle_files.write_json(place / bundle_files.LABELS, [*labels, "O"])
    bundle_files.write_json(place / bundle_files.MANIFEST, _whole(place))
    manifest = bundle_files.read_manifest(place)
    bundle_files.check_files(place, manifest)
    assert bundle_files.read_labels(place, manifest) == (*labels, "O")
