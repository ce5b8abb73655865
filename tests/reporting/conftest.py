"""A store whose runs ended in every way."""

from typing import Any

import pytest

from tracking import Store


@pytest.fixture
def filled(store: Store, add_run: Any) -> Store:
    """Teacher, two students with three seeds, a failure, a skip, a smoke run, another preset, an interrupted run."""
    for dataset, f1 in (("emot", 0.7), ("smsa", 0.9)):
        add_run(store, student="teacher", dataset=dataset, test_f1=f1, valid_f1=f1)
        for seed in range(3):
            add_run(store, student="bilstm", setting="kd", dataset=dataset, seed=seed, test_f1=f1 - 0.01 * seed)
    add_run(store, student="cnn", setting="kd", test_f1=0.65, valid_f1=0.6)
    add_run(store, student="cnn", setting="kd", dataset="smsa", status="failed", reason="no memory\nTraceback")
    add_run(store, student="cnn", dataset="smltk", status="skipped", reason="smltk is private")
    add_run(store, student="cnn", setting="kd", test_f1=0.99, smoke="true")
    add_run(store, student="cnn", dataset="smalltalk_demo", preset="quickstart", test_f1=0.5)
    add_run(store, student="bert_small", status="running")
    return store
