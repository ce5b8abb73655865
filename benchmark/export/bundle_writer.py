"""Bundle folders: written atomically, completed after measurement, uploaded to the run."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import onnx
from tokenizers import Tokenizer

from benchmark.bundle import Bundle
from benchmark.bundle.files import (
    FORMAT,
    INT8,
    LABELS,
    MANIFEST,
    METRIC,
    MODEL,
    NEEDED,
    TEMPERATURE,
    TOKENIZER,
    read_manifest,
    sha256,
    write_json,
    write_manifest,
)
from benchmark.core.run_store import BUNDLE
from tracking import Store, scratch_folder

OUTSIDE = "O"


def write_bundle(
    folder: Path,
    *,
    model: Path,
    tokenizer: Tokenizer,
    labels: Sequence[str],
    task: str,
    max_length: int,
    pad_id: int,
    fallback_label: str | None = None,
    temperature: float = 1.0,
    metric: str = "",
    spec: Mapping[str, object] | None = None,
    scores: Mapping[str, float] | None = None,
    sizes: Mapping[str, float] | None = None,
    licences: Mapping[str, str] | None = None,
    data: Mapping[str, object] | None = None,
    check: Callable[[Path], object] = Bundle.load,
) -> Path:
    """Copies the ONNX file `model` and writes the rest; `folder` appears atomically, replacing an older one.

    `tokenizer` is the one of training (of a Hugging Face tokenizer: `.backend_tokenizer`), stored without padding and
    truncation. `fallback_label` is the tag of words without a token; default "O", or the first label. `temperature`
    divides the logits of scores; tags of the metric "entity_f1" are read as entities. `licences` are those of "data"
    and "teacher"; `data` says where the data is from and how many texts it has. What `check` raises for the complete
    folder is raised before it is moved in place.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder(beside=folder) as scratch:
        draft = scratch / "bundle"
        draft.mkdir()
        shutil.copyfile(model, draft / MODEL)
        (draft / TOKENIZER).write_text(_plain(tokenizer).to_str(), encoding="utf-8")
        write_json(draft / LABELS, list(labels))
        manifest = {
            "format": FORMAT,
            "task": task,
            "opset": _opset(model),
            "max_length": max_length,
            "pad_id": pad_id,
            "fallback_label": fallback_label or (OUTSIDE if OUTSIDE in labels else labels[0]),
            TEMPERATURE: float(temperature),
            METRIC: metric,
            "spec": dict(spec or {}),
            "scores": dict(scores or {}),
            "sizes": dict(sizes or {}),
            "latency": {},
            "licences": dict(licences or {}),
            "data": dict(data or {}),
            "files": {name: sha256(draft / name) for name in NEEDED},
        }
        write_manifest(draft / MANIFEST, manifest)
        check(draft)
        if folder.exists():
            folder.rename(scratch / "replaced")
        draft.rename(folder)
    return folder


def complete_bundle(
    folder: Path, *, int8: Path | None, latency: Mapping[str, object], scores: Mapping[str, float] | None = None
) -> None:
    """Adds latencies, and the INT8 file if it won (None: it did not); a bundle with an INT8 file serves that.

    `scores` are those of the INT8 form.

    Nothing changes before all new files are on the disk.
    """
    manifest = read_manifest(folder)
    manifest["files"].pop(INT8, None)
    with scratch_folder(beside=folder) as new:
        if int8 is not None:
            shutil.copyfile(int8, new / INT8)
            manifest["files"][INT8] = sha256(new / INT8)
        known = {**manifest.get("scores", {}), **(scores or {})}
        write_manifest(new / MANIFEST, manifest | {"latency": dict(latency), "scores": known})
        if int8 is not None:
            (new / INT8).replace(folder / INT8)
        (new / MANIFEST).replace(folder / MANIFEST)  # last: the files that it names exist by now
    if int8 is None:
        (folder / INT8).unlink(missing_ok=True)


def upload_bundle(store: Store, run_id: str, folder: Path) -> None:
    """Moves a bundle's files to its run, the manifest last, when the files that it names are stored."""
    with scratch_folder() as last:
        shutil.move(folder / MANIFEST, last)
        store.add_artifacts(run_id, folder, BUNDLE)
        store.add_artifacts(run_id, last, BUNDLE)


def _opset(model: Path) -> int:
    """Version of the standard operator set that the model was exported with."""
    imports = onnx.load(model, load_external_data=False).opset_import
    return next(int(opset.version) for opset in imports if opset.domain in ("", "ai.onnx"))


def _plain(tokenizer: Tokenizer) -> Tokenizer:
    """A copy that neither pads nor truncates."""
    copy = Tokenizer.from_str(tokenizer.to_str())
    copy.no_padding()
    copy.no_truncation()
    return copy
