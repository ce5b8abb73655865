"""The paper's teacher as a fixed row on every machine: BERT-base with random weights, which serve for time.

So the paper's ratios can be checked anywhere, whatever teacher was at hand. 12 layers, width 768, vocabulary 50,000:
124.44 M parameters (Table 7 has 124.51 M).
"""

from pathlib import Path

import torch
from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification, BertConfig

from benchmark.bundle.files import MODEL
from benchmark.core.cache import verify, write_dir_atomic
from benchmark.core.spec import Task
from benchmark.distillation.teacher import Teacher
from benchmark.export.onnx_export import export_onnx
from tracking import cache_folder

NAME = "reference"
VOCABULARY = 50_000
N_LABELS = 5
HEADS = {"classification": AutoModelForSequenceClassification, "sequence_labeling": AutoModelForTokenClassification}


def build_reference(task: Task) -> Teacher:
    torch.manual_seed(0)
    config = BertConfig(vocab_size=VOCABULARY, num_labels=N_LABELS)  # type: ignore[call-arg]
    return Teacher(HEADS[task].from_config(config)).eval()  # type: ignore[no-untyped-call]


def reference_onnx(task: Task) -> Path:
    """Path of its ONNX form, exported at the first call."""
    folder = cache_folder() / NAME / task
    if not verify(folder):
        write_dir_atomic(folder, lambda draft: export_onnx(build_reference(task), draft / MODEL))
    return folder / MODEL
