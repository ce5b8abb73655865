"""A baseline above all students: the best student is another, and nothing is registered of the baseline."""

from benchmark.export.registered_model import publish_best
from benchmark.reporting.best import best_runs
from benchmark.reporting.report import ranked
from tests.support.run_factory import AddRun
from tracking import Store


def test_it_is_neither_the_best_student_nor_served(store: Store, add_run: AddRun) -> None:
    add_run(store, "classification", student="tfidf", valid_f1=0.9, test_f1=0.9)
    rows = ranked(store, store.records())
    assert [row.student for row in best_runs(rows)] == []
    assert publish_best(store, rows) == []
