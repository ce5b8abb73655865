"""The published benchmark's commands."""

from benchmark import run, study
from benchmark.cli.options import benchmark_config
from benchmark.execution.plan import BenchmarkConfig
from tools.exam import STUDIES, grids, study_arguments


def n_students(config: BenchmarkConfig) -> int:
    return len(config.datasets) * len(config.students) * len(config.settings) * len(config.seeds)


def test_the_grids_have_408_runs_on_the_papers_data_sets_and_10_on_the_english_one() -> None:
    configs = [benchmark_config(run.build_parser().parse_args(grid.arguments(()))) for grid in grids()]
    assert list(map(n_students, configs)) == [135, 225, 18, 30, 10]


def test_the_studies_are_three_seeds_of_two_students() -> None:
    for name in STUDIES:
        args = study.build_parser().parse_args(study_arguments(name, ("--teacher", "owner/model")))
        assert (args.name, args.dataset, args.student, args.seeds) == (name, ["clinc150"], ["bilstm", "cnn"], 3)
