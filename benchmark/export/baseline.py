"""Evaluation of a baseline on the test split, and its files. What baselines lack (ONNX, INT8, a bundle) stays empty."""

from pathlib import Path

from benchmark.bundle.files import write_json
from benchmark.core.result import RunResult
from benchmark.core.run_store import BASELINE, LABEL_SCORES
from benchmark.distillation.baseline_fit import FittedBaseline
from benchmark.distillation.scores import f1_per_label, macro_f1
from benchmark.distillation.training_run import TrainingRun
from benchmark.export.evaluate import write_predictions
from benchmark.export.variants import size_mib
from students.baselines import save_baseline


def evaluate_baseline(
    run: TrainingRun, fitted: FittedBaseline, folder: Path, teacher_test_f1: float | None
) -> RunResult:
    """Fills `folder` with the run's files and returns its result. The test split is read here alone."""
    data, corpus = run.data, run.data.corpus
    gold, predicted = data.gold("test"), fitted.model.predict(data.texts("test"))
    write_predictions(folder, data.texts("test"), gold, predicted)
    f1 = f1_per_label(gold, predicted, corpus.metric, corpus.labels)
    write_json(folder / LABEL_SCORES, f1)
    save_baseline(fitted.model, run.spec.student, folder / BASELINE)
    return RunResult(
        valid_f1=fitted.valid_f1,
        test_f1=macro_f1(gold, predicted, corpus.metric, corpus.labels),
        teacher_test_f1=teacher_test_f1,
        n_parameters=fitted.model.n_parameters,
        size_bundle_mib=sum(size_mib(file) for file in (folder / BASELINE).iterdir()),
        train_seconds=fitted.train_seconds,
        n_texts=fitted.n_texts,
        test_f1_per_label=f1,
    )
