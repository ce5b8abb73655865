"""Words of validation that the teacher did not read: a student's own tokens may reach further."""

from dataclasses import replace

import numpy as np

from benchmark.distillation.batching import Examples
from benchmark.distillation.encoding import UNALIGNED
from benchmark.distillation.losses import mse
from benchmark.distillation.training_set import examples
from tests.core.test_spec import SPEC
from tests.distillation.test_encoded_dataset import make_dataset
from tests.distillation.test_teacher_outputs import outputs
from tests.support.training import N_LABELS, texts, trained


def test_a_tagger_is_scored_on_words_that_the_teacher_did_not_read() -> None:
    data = make_dataset("sequence_labeling", pool=())
    n_words = data.encoded("validation").n_targets
    outputs(data)._cached("validation", lambda _: np.full((n_words, 2), np.nan, dtype=np.float32))
    spec = replace(SPEC, task="sequence_labeling", loss="mse", vocabulary="own")
    found = examples(spec, data, "validation", outputs(data)).encoded.positions
    assert (found == data.encoded("validation").positions).all()
    assert (found != UNALIGNED).any()


def test_the_loss_leaves_out_what_the_teacher_did_not_read() -> None:
    targets = np.random.default_rng(0).normal(size=(10, N_LABELS)).astype(np.float32)
    targets[3] = np.nan
    training_set = Examples(encoded=texts(), targets=np.zeros((30, N_LABELS), dtype=np.float32))
    validation = Examples(encoded=texts(10), targets=targets)
    history, _ = trained(training_set=training_set, validation=validation, loss=mse, max_epochs=1)
    assert np.isfinite(history.best_loss)
