"""A file of the cache that is not as it was written: noticed by its checksum, and computed again."""

import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
from datasets import Dataset, DatasetDict

from benchmark.core.cache import cached_json, cached_matrix, verify, write_dir_atomic
from benchmark.data import corpus as corpora
from reliability.plan import SCORES, Plan, by_name, finished, records
from reliability.tally import Tally
from tests.support.commands import own_environment
from tests.support.damage import damage
from tracking import cache_folder

MATRIX = np.arange(4000, dtype=np.float32).reshape(100, 40)


def damaged(folder: Path, tries: int, dice: Random) -> Tally:
    """Each kind of cached file by itself."""
    tally = Tally()
    for number in range(tries):
        name = sorted(KINDS)[number % len(KINDS)]
        place = folder / f"try{number}"
        place.mkdir()
        with tally.one(f"{name} {number}"):
            KINDS[name](place, dice)
        shutil.rmtree(place)
    tally.notes.append(f"{len(KINDS)} kinds of file")
    return tally


def _matrix(place: Path, dice: Random) -> None:
    """Logits and vectors."""
    path = place / "matrix.npy"
    cached_matrix(path, lambda: MATRIX)
    what = damage(path, dice)
    assert np.array_equal(cached_matrix(path, lambda: MATRIX), MATRIX), what
    assert np.array_equal(cached_matrix(path, lambda: MATRIX * 0), MATRIX), f"not stored again after {what}"


def _json(place: Path, dice: Random) -> None:
    """Generated texts."""
    path, texts = place / "texts.json", {"texts": [f"kata {number}" for number in range(50)]}
    cached_json(path, lambda: texts)
    what = damage(path, dice)
    assert cached_json(path, lambda: texts) == texts, what
    assert cached_json(path, lambda: None) == texts, f"not stored again after {what}"


def _folder(place: Path, dice: Random) -> None:
    """A teacher, a trial of a grid, the reference model."""

    def fill(draft: Path) -> None:
        (draft / "config.json").write_text('{"a": 1}')
        (draft / "model.safetensors").write_bytes(MATRIX.tobytes())

    kept = write_dir_atomic(place / "kept", fill)
    what = damage(dice.choice(sorted(kept.iterdir())), dice)
    assert not verify(kept), what
    write_dir_atomic(kept, fill)
    assert verify(kept), what
    assert (kept / "model.safetensors").read_bytes() == MATRIX.tobytes()


def _data_set(place: Path, dice: Random) -> None:
    texts = [f"kata {number}" for number in range(50)]
    data = DatasetDict({"train": Dataset.from_dict({"text": texts})})
    key = place.name
    stored = corpora.save_arrow(key, corpora.ArrowData(data, ("a",), "digest"))
    kept = cache_folder() / "arrow" / key
    what = damage(dice.choice(sorted(path for path in kept.rglob("*") if path.is_file())), dice)
    corpora._open.cache_clear()
    assert corpora.load_arrow(key) is None, what
    again = corpora.save_arrow(key, stored._replace(splits=data))
    assert again.splits["train"][:]["text"] == texts, what
    shutil.rmtree(kept)
    corpora._open.cache_clear()


KINDS: dict[str, Callable[[Path, Random], None]] = {
    "matrix": _matrix, "texts": _json, "folder": _folder, "data set": _data_set
}  # fmt: skip


def damaged_before_a_sweep(folder: Path, tries: int, dice: Random) -> Tally:
    """The whole command again, with one file of its cache damaged: the same figures come out."""
    plan, tally = Plan.small(folder, "--force"), Tally()
    work = folder / "plan" / "work"
    plan.done(work)
    expected = by_name(records(work))
    students = Plan(tuple(word for word in plan.arguments))
    for number in range(tries):
        cache = Path(own_environment(work)["BENCHMARK_CACHE"])
        kept = sorted(p for kind in ("logits", "vectors", "teachers", "arrow") for p in (cache / kind).rglob("*.*"))
        what = damage(dice.choice([path for path in kept if path.is_file()]), dice)
        with tally.one(f"{number}: {what}"):
            before = finished(records(work))
            students.done(work)
            new = [record for record in records(work) if record.run_id not in before and record.status == "finished"]
            got = {r.name: {name: r.metrics[name] for name in SCORES} for r in new if r.name in expected}
            assert got == expected, "other figures"
    return tally
