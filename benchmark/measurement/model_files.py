"""The files of models while they are measured: fetched from their runs, and given back complete."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmark.bundle.files import INT8, MANIFEST
from benchmark.core.artifacts import BUNDLE, VARIANTS
from benchmark.distillation.encoded_dataset import EncodedDataset
from benchmark.distillation.suite_data import SuiteData
from benchmark.export.bundle_writer import complete_bundle
from benchmark.export.re_export import current_metrics, fetch_weights, upload_bundle
from benchmark.measurement.candidates import Finished
from benchmark.measurement.session import Candidate
from tracking import Store


@dataclass(frozen=True)
class ModelFiles:
    """Of one data set's models, each in a folder of its own below `folder`."""

    store: Store
    suite_data: SuiteData
    folder: Path
    data: EncodedDataset

    def figures(self, model: Finished) -> Mapping[str, float]:
        """The run's, after what an earlier version exported was brought up to date."""
        return current_metrics(model.spec, model.record, self.store, self.suite_data, self._own(model))

    def candidate(self, model: Finished, known: Mapping[str, float]) -> Candidate:
        """`known` are the run's figures; they tell whether it has an INT8 form."""
        spec, own = model.spec, self._own(model)
        bundle = self.store.download(model.record.run_id, BUNDLE, own / "served")
        complete_bundle(bundle, int8=None, latency={})
        return Candidate(
            name=spec.student,
            task=spec.task,
            vocab_size=len(self.data.tokenizer),
            n_labels=len(self.data.corpus.labels),
            pad_id=self.data.encoded("test").pad_id,
            weights=fetch_weights(spec, model.record, self.store, own),
            bundle=bundle,
            int8_bundle=self._int8_bundle(model, bundle) if "size_onnx_int8_mib" in known else None,
        )

    def complete(self, model: Finished, int8_won: bool, latency: Mapping[str, object]) -> None:
        """The run's bundle learns its milliseconds, and takes the INT8 file where that won."""
        run_id, store = model.record.run_id, self.store
        folder = self._own(model) / "completed"
        folder.mkdir()
        store.download(run_id, f"{BUNDLE}/{MANIFEST}", folder)
        manifest = next(folder.rglob(MANIFEST))
        complete_bundle(manifest.parent, int8=self._int8(model) if int8_won else None, latency=latency)
        upload_bundle(store, run_id, manifest.parent)

    def _int8_bundle(self, model: Finished, bundle: Path) -> Path:
        copy = shutil.copytree(bundle, bundle.parent / "served_int8")
        complete_bundle(copy, int8=self._int8(model), latency={})
        return copy

    def _int8(self, model: Finished) -> Path:
        return self.store.download(model.record.run_id, f"{VARIANTS}/{INT8}", self._own(model))

    def _own(self, model: Finished) -> Path:
        path = self.folder / model.record.run_id
        path.mkdir(exist_ok=True)
        return path
