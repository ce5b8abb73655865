"""Files of a finished run for its measurement, and its bundle completed after it."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmark.bundle.files import INT8, LABELS, MANIFEST, TOKENIZER
from benchmark.core.errors import DataError, RunError
from benchmark.core.metrics import OF_INT8
from benchmark.core.run_store import BASELINE, BUNDLE, VARIANTS, WEIGHTS, download
from benchmark.core.spec import RunSpec
from benchmark.distillation.fasttext_file import check_model_file
from benchmark.distillation.teacher_logits import fetch_model
from benchmark.export.bundle_writer import complete_bundle, upload_bundle
from benchmark.export.variants import size_mib
from students.baselines import check_baseline
from tracking import Record, Store

INT8_SCORES = (OF_INT8["test_f1"], OF_INT8["test_ece"])


@dataclass(frozen=True)
class RunFiles:
    """Files of the run `record`, downloaded into `folder`, its own. Raises RunError if the store lacks them."""

    store: Store
    spec: RunSpec
    record: Record
    folder: Path

    def weights(self) -> Path | None:
        """File of a student's weights, folder of a teacher's; a baseline has neither."""
        if not self.spec.has_bundle:
            return None
        return fetch_model(self.store, self.record) if self.spec.is_teacher else self._download(WEIGHTS)

    def served(self) -> tuple[Path, Path | None]:
        """The bundle with fp32 serving, and with INT8 serving if the run has that; or the folder of a baseline."""
        if not self.spec.has_bundle:
            return self._baseline(), None
        bundle = self._download(BUNDLE, self.folder / "served")
        complete_bundle(bundle, int8=None, latency={})
        if "size_onnx_int8_mib" not in self.record.metrics:
            return bundle, None
        int8_bundle = shutil.copytree(bundle, bundle.parent / "served_int8")
        complete_bundle(int8_bundle, int8=self._int8(), latency={})
        return bundle, int8_bundle

    def complete_bundle(self, latency: Mapping[str, object], *, int8_won: bool) -> float:
        """Adds latencies to the run's bundle, and the INT8 file with its scores if that won.

        Returns MiB of the files that serve.
        """
        folder = self.folder / "completed"
        folder.mkdir()
        self._download(f"{BUNDLE}/{MANIFEST}", folder)
        bundle = next(folder.rglob(MANIFEST)).parent
        metrics, int8 = self.record.metrics, self._int8() if int8_won else None
        scores = {name: metrics[name] for name in INT8_SCORES if int8_won and name in metrics}
        complete_bundle(bundle, int8=int8, latency=latency, scores=scores)
        size = metrics["size_onnx_int8_mib" if int8_won else "size_onnx_mib"] + size_mib(bundle / MANIFEST)
        upload_bundle(self.store, self.record.run_id, bundle)
        return size + sum(size_mib(self._download(f"{BUNDLE}/{name}")) for name in (TOKENIZER, LABELS))

    def _baseline(self) -> Path:
        """Checked here: the libraries of baselines end the process over a damaged file."""
        folder = self._download(BASELINE)
        try:
            check_baseline(folder)
            for file in folder.glob("*.bin"):
                check_model_file(file)
        except (ValueError, KeyError, OSError, DataError) as error:
            raise RunError(
                f"The stored model of {self.spec.name} is damaged: {error} Restore the store's artifacts, or run it "
                "again with --force."
            ) from error
        return folder

    def _int8(self) -> Path:
        return self._download(f"{VARIANTS}/{INT8}")

    def _download(self, path: str, to: Path | None = None) -> Path:
        return download(self.store, self.record.run_id, self.spec.name, path, to or self.folder)
