"""Result of a run."""

from dataclasses import dataclass, field

from benchmark.core.metrics import METRICS


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """Results of a run; METRICS has units and meanings. None means not measured, never 0.

    Only runs that train here have values of training.
    """

    valid_f1: float | None
    test_f1: float | None
    teacher_test_f1: float | None
    learning_rate: float | None = None
    n_parameters: int | None = None
    n_parameters_non_embedding: int | None = None
    size_checkpoint_mib: float | None = None
    size_weights_mib: float | None = None
    size_onnx_mib: float | None = None
    train_seconds: float | None = None
    steps_to_best: int | None = None
    epochs: int | None = None
    sentences_per_second: float | None = None
    overhead_share: float | None = None
    onnx_max_logit_gap: float | None = None
    onnx_test_f1: float | None = None
    size_onnx_int8_mib: float | None = None
    size_bundle_mib: float | None = None
    onnx_int8_test_f1: float | None = None
    onnx_int8_valid_f1_lost: float | None = None
    onnx_int8_f1_lost: float | None = None
    onnx_int8_test_ece: float | None = None
    calibration_temperature: float | None = None
    test_ece: float | None = None
    test_ece_uncalibrated: float | None = None
    test_share: float | None = None
    n_texts: int | None = None
    label_count_std: float | None = None
    test_f1_per_label: dict[str, float] = field(default_factory=dict)

    @property
    def f1_kept(self) -> float | None:
        """Share of the teacher's test F1 that the student keeps."""
        return self.test_f1 / self.teacher_test_f1 if self.teacher_test_f1 and self.test_f1 is not None else None

    def metrics(self) -> dict[str, float]:
        """The values of METRICS that were measured, by name."""
        values = {metric.name: getattr(self, metric.name, None) for metric in METRICS}
        return {name: value for name, value in values.items() if value is not None}
