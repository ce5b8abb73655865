"""`--learning-rate tuned` for students with a vocabulary of their own."""

from dataclasses import replace

import pytest

from benchmark.core.errors import InputError
from benchmark.execution.best_rates import tuned_lines, with_tuned_rates
from benchmark.execution.plan import PlannedRun
from tests.tuning.test_study import CONFIG, SPEC, add_study
from tracking import Store

OWN = replace(SPEC, vocabulary="own", vocabulary_text="v")


def test_the_command_of_a_missing_study_names_the_vocabulary(store: Store) -> None:
    add_study(store, SPEC, 2e-3)
    with pytest.raises(InputError, match=r"No finished study for emot\.cnn\+own\.kd\. .* -x kd .*--vocabulary own"):
        with_tuned_rates([PlannedRun(spec=OWN)], store.records(), CONFIG)


def test_the_line_of_a_tuned_student_names_the_vocabulary(store: Store) -> None:
    add_study(store, OWN, 2e-3)
    records = store.records()
    (line,) = tuned_lines(with_tuned_rates([PlannedRun(spec=OWN)], records, CONFIG), records)
    assert line.startswith("emot.cnn+own.kd: learning rate 0.002 of study")
