"""A teacher's logits given back through a file of outputs: are targets and students the same?

`python docs/experiments/outputs_file.py TRACKING_URI DATASET FOLDER [OPTION ...]` takes the finished teacher of a
classification data set of the catalogue from a store, writes the logits that its run keeps to FOLDER/outputs.csv, and
runs a suite with these `teacher_outputs` on the same files, with the options. It prints the largest difference of the
targets, and F1 in 0..1 and whether the weights are equal for each student that both stores have.
"""

import csv
import sys
from pathlib import Path

import numpy as np
import yaml
from as_is import finished_runs
from safetensors.numpy import load_file

from benchmark import run
from benchmark.core.run_store import WEIGHTS, open_store
from benchmark.data.catalogue import DATASETS
from benchmark.data.corpus import Corpus, load_corpus
from benchmark.data.sources import files_of, read_bytes
from tracking import Record, Store

SPLITS = ("train", "validation")


def stored_logits(store: Store, teacher: Record, folder: Path) -> dict[int, np.ndarray]:
    """Logits that a teacher's run keeps, by their number of texts."""
    found = (store.download(teacher.run_id, name, folder) for name in store.files(teacher.run_id, "logits"))
    return {len(logits): logits for logits in map(np.load, found)}


def write_suite(corpus: Corpus, encoder: str, logits: dict[int, np.ndarray], folder: Path) -> Path:
    rows = {text: row for s in SPLITS for text, row in zip(corpus.texts(s), logits[len(corpus.texts(s))], strict=True)}
    with (folder / "outputs.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("text", *corpus.labels), *((text, *row) for text, row in rows.items())])
    entry = DATASETS[corpus.name]
    outputs = {"path": "outputs.csv", "kind": "logits"}
    data = {"teacher_outputs": outputs, "text": entry.text, "label": entry.label}
    for split, source in files_of(entry).items():
        (folder / f"{split}.csv").write_bytes(read_bytes(entry, source))
        data[split] = f"{split}.csv"
    suite = {"task": corpus.task, "teacher": encoder, "datasets": {corpus.name: data}}
    path = folder / "from_file.yml"
    path.write_text(yaml.safe_dump(suite, sort_keys=False))
    return path


def main(uri: str, dataset: str, place: str, *options: str) -> None:
    folder = Path(place)
    folder.mkdir(parents=True, exist_ok=True)
    before = open_store(uri, create=False)
    [teacher] = finished_runs(before, dataset, "teacher")
    theirs = stored_logits(before, teacher, folder / "theirs")
    corpus = load_corpus(DATASETS[dataset])
    path = write_suite(corpus, str(Path(teacher.params["teacher"]).resolve()), theirs, folder)
    after = f"sqlite:///{(folder / 'mlflow.db').resolve()}"
    given = ("--suite", str(path), "--no-latency", "--tracking-uri", after, "--out", str(folder / "results"))
    run.main([*given, *options])
    store = open_store(after)
    [from_file] = finished_runs(store, dataset, "teacher")
    for size, ours in stored_logits(store, from_file, folder / "ours").items():
        print(f"targets of {size} texts: largest difference {np.abs(ours - theirs[size]).max()}")
    direct = {record.name: record for record in finished_runs(before, dataset, "train")}
    for student in finished_runs(store, dataset, "train"):
        if (other := direct.get(student.name)) is None:
            continue
        weights = [
            load_file(source.download(record.run_id, WEIGHTS, folder / record.run_id))
            for source, record in ((before, other), (store, student))
        ]
        equal = all(np.array_equal(weights[0][name], weights[1][name]) for name in weights[0])
        print(student.name, other.metrics["test_f1"], student.metrics["test_f1"], "weights equal:", equal)


if __name__ == "__main__":
    main(*sys.argv[1:])
