"""Whatever a run in the store holds: rows, figures and pages, or it is left out."""

import json
from contextlib import suppress
from dataclasses import fields, replace

from hypothesis import example, given
from hypothesis import strategies as st

from benchmark.cli import latency_run
from benchmark.core.errors import InputError
from benchmark.core.spec import TASKS, RunSpec
from benchmark.data.suites import load_suite
from benchmark.execution.estimate import Estimator
from benchmark.execution.run_status import RunStatus
from benchmark.reporting.claims.claims_table import claims_markdown, claims_page
from benchmark.reporting.claims.findings import findings
from benchmark.reporting.costs import cost_markdown
from benchmark.reporting.error_analysis import confusion, length_bins
from benchmark.reporting.leaderboard import dataset_leaderboards, leaderboards
from benchmark.reporting.learning_rate_plot import tuning_page, tuning_studies
from benchmark.reporting.page import ReportSection, page_data
from benchmark.reporting.predictions import read_predictions
from benchmark.reporting.provenance import provenance
from benchmark.reporting.related_runs import BEST_RATE, tuned_rates
from benchmark.reporting.rendering import report_latex, report_markdown
from benchmark.reporting.results import COLUMNS, results
from students import STUDENTS
from tests.support.fuzzing import BYTES, JSON, fuzzed
from tracking import Record

ANSWER = st.fixed_dictionaries({}, optional={"text": JSON, "gold": JSON, "predicted": JSON})


@fuzzed
@given(st.lists((ANSWER | JSON).map(json.dumps), max_size=4).map("\n".join).map(str.encode) | BYTES)
@example(content=b"null")
@example(content=b'{"text": 1, "gold": "a", "predicted": "a"}')
def test_answers_of_a_run(content: bytes) -> None:
    with suppress(ValueError, KeyError):
        answers = read_predictions(content.decode())
        assert sum(one.n_texts for one in length_bins(answers)) == len(answers)
        confusion(answers)


TAGS = st.lists(st.sampled_from(["O", "B-a", "I-a"]), min_size=1, max_size=4)


@fuzzed
@given(st.lists(st.tuples(TAGS, TAGS), max_size=4))
def test_valid_answers_come_back(pairs: list[tuple[list[str], list[str]]]) -> None:
    lines = [json.dumps({"text": ["kata"] * len(gold), "gold": gold, "predicted": chosen}) for gold, chosen in pairs]
    read = read_predictions("\n".join(lines))
    assert [(one.length, one.gold, one.predicted) for one in read] == [(len(g), g, p) for g, p in pairs]


ODD = ["", "many", "-1", "1e999", "nan", "9" * 5000]
USUAL = {
    "role": ["teacher", "train", "trial", "study", "inference", "report"],
    "trial": ["0", "1"],
    "learning_rate": ["0.001", "grid"],
    "task": [*TASKS],
    "student": ["teacher", "cnn"],
    "setting": ["fine_tuned", "vanilla"],
    "dataset": ["emot", "smsa"],
    "smoke": ["true", "false"],
    "agreed": ["True", "False"],
}
"""Values by tag or param, where not any text will do."""


def _texts(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from([*USUAL.get(name, ["0", "a"]), *ODD])


def _all_of(*names: str) -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries({name: _texts(name) for name in names})


def _any_of(*names: str) -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries({}, optional={name: _texts(name) for name in names})


TAGS_OF_RUN = ("role", "key", "student", "setting", "dataset", "task", "seed", "teacher", "preset", "smoke", "protocol")
PARAMS = [field.name for field in fields(RunSpec)]
RECORD = st.builds(
    Record,
    run_id=st.sampled_from("abc"),
    suite=st.just("s"),
    name=st.just("n"),
    status=st.sampled_from(["finished", "failed", "skipped", "running", "killed"]),
    tags=_all_of(*TAGS_OF_RUN) | _any_of(*TAGS_OF_RUN, "trial", "machine"),
    params=_all_of(*PARAMS) | _any_of(*PARAMS),
    metrics=st.dictionaries(
        st.sampled_from([*(column.name for column in COLUMNS), BEST_RATE]),
        st.floats(0, 1) | st.floats(allow_nan=False, allow_infinity=False),
    ),
    start_time=st.integers(0, 9),
    end_time=st.none() | st.integers(0, 9),
    parent=st.none() | st.sampled_from("abc"),
)
RECORDS = st.lists(RECORD, max_size=3, unique_by=lambda record: record.run_id)
TRIALS = st.lists(
    st.builds(
        replace, RECORD, tags=_any_of("trial", "pruned"), params=_any_of("learning_rate"), parent=st.just("study")
    ),
    max_size=3,
)


@fuzzed
@given(RECORDS)
def test_runs_of_any_kind_are_rows_or_left_out(records: list[Record]) -> None:
    rows = results(records)
    assert all(row.status in ("finished", "failed", "skipped") for row in rows)
    made = leaderboards(rows)
    judged = findings(rows, {})
    sections = [
        ReportSection(leaderboard=leaderboard, by_dataset=dataset_leaderboards(leaderboard, rows), error_analyses=[])
        for leaderboard in made
    ]
    page = page_data("s", sections, rows, provenance(records, rows, made), records, "", "")
    assert json.dumps(page | {"claims": claims_page(judged)}, default=str)
    assert report_markdown("s", made, rows, provenance(records, rows, made), ["" for _ in made])
    assert isinstance(report_latex(made) + claims_markdown(judged) + cost_markdown(records), str)


@fuzzed
@given(TRIALS)
def test_trials_of_any_kind_are_shown_or_left_out(trials: list[Record]) -> None:
    tags = {"role": "study", "study": "emot.cnn.kd"}
    about = {"tags": tags, "params": {}, "metrics": {}, "start_time": 0, "end_time": 1}
    study = Record(run_id="study", suite="s", name="n", status="finished", **about)  # type: ignore[arg-type]
    found = tuning_studies([study, *trials])
    assert all(0 < trial.learning_rate < float("inf") for one in found for trial in one.trials)
    assert json.dumps(tuning_page(found), allow_nan=False)


@fuzzed
@given(RECORDS)
def test_runs_of_any_kind_are_specs_or_left_out(records: list[Record]) -> None:
    with suppress(InputError):
        suite = load_suite("classification", "paper")
        models = latency_run._finished_runs(records, suite, [])
        assert {model.spec.dataset for model in models} <= set(suite.entries)
        assert {model.spec.student for model in models} <= {"teacher", *STUDENTS}
    assert all(tuned_rates(records).values())
    assert Estimator.from_records(records).seconds is not None
    assert RunStatus.read(records).ended is not None
