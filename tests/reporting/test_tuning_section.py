"""Learning-rate studies in the report, from a real store: which trials count, and what is shown of them."""

from pathlib import Path

import pytest

from benchmark.reporting.learning_rate_plot import tuning_page, tuning_studies, write_tuning
from benchmark.reporting.report import write_report
from tracking import Store

SUITE = "classification"


def study(store: Store, name: str) -> str:
    tags = {"role": "study", "study": name, "key": name}
    return store.begin(SUITE, f"{name}.study", tags=tags, params={}).run_id


def trial(store: Store, parent: str, number: int, rate: float, f1: float | None, **tags: str) -> None:
    own = {"role": "trial", "trial": str(number), "key": f"{parent}.{number}"}
    run = store.begin(SUITE, f"trial{number}", tags=own, params={"learning_rate": rate}, parent=parent)
    if f1 is None:
        run.fail("diverged")
    else:
        run.finish({"valid_f1": f1}, tags=tags)


@pytest.fixture
def filled(store: Store) -> Store:
    parent = study(store, "emot.cnn.kd")
    for number, rate, f1 in ((1, 1e-3, 0.5), (0, 1e-4, 0.4), (2, 9e-3, None)):
        trial(store, parent, number, rate, f1)
    trial(store, parent, 3, 2e-3, 0.3, pruned="true")
    trial(store, parent, 1, 1e-3, 0.55)  # done again after a kill
    store.begin(SUITE, "trial4", tags={"role": "trial", "trial": "4"}, params={"learning_rate": 1.0}, parent=parent)
    study(store, "nothing.tried")
    return store


def test_ended_trials_by_number_and_the_last_of_each(filled: Store) -> None:
    (found,) = tuning_studies(filled.records(SUITE))
    assert found.name == "emot.cnn.kd"
    trials = [(one.number, one.learning_rate, one.valid_f1, one.state) for one in found.trials]
    assert trials == [
        (0, 1e-4, 0.4, "complete"),
        (1, 1e-3, 0.55, "complete"),
        (2, 9e-3, None, "failed"),
        (3, 2e-3, 0.3, "pruned"),
    ]


@pytest.mark.parametrize(
    ("tags_of_trial", "params"),
    [({"trial": "4"}, {}), ({"trial": "4"}, {"learning_rate": "grid"}), ({"trial": "zero"}, {"learning_rate": 1e-3})],
)
def test_a_trial_that_does_not_say_its_number_and_rate_is_left_out(
    filled: Store, tags_of_trial: dict[str, str], params: dict[str, object]
) -> None:
    """One that failed before its params arrived, or that another program keeps there."""
    before = tuning_studies(filled.records(SUITE))
    tags = {"role": "trial", "key": "odd"} | tags_of_trial
    filled.begin(SUITE, "odd", tags=tags, params=params, parent=before[0].run_id).fail("no answer")
    assert tuning_studies(filled.records(SUITE)) == before


@pytest.mark.usefixtures("drawn_figures")
def test_the_page_and_the_report_show_the_best(filled: Store, tmp_path: Path) -> None:
    found = tuning_studies(filled.records(SUITE))
    (shown,) = tuning_page(found)["studies"]
    assert (shown["best"], len(shown["trials"])) == (1, 4)
    text = write_tuning(tmp_path, found)
    assert "Best of 4 trials: learning rate 0.001, validation F1 55.00" in text
    assert "](learning_rates_0.png)" in text
    assert (tmp_path / "learning_rates_0.png").read_bytes().startswith(b"\x89PNG")


def test_a_report_without_studies_has_no_such_chapter(tmp_path: Path) -> None:
    assert write_tuning(tmp_path, []) == ""
    assert not list(tmp_path.iterdir())


def test_the_report_command_writes_it(filled: Store, tmp_path: Path) -> None:
    path = write_report(filled, SUITE, tmp_path / "out")
    assert "Learning rates by random search" in path.read_text()
    assert (tmp_path / "out" / "learning_rates_0.png").exists()
