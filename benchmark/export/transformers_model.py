"""BERT students in the form of transformers: `pipeline(task, model=BUNDLE)` answers like the bundle in fp32."""

import copy
import json
from pathlib import Path

import torch
from transformers import BertForSequenceClassification, BertForTokenClassification

from benchmark.distillation.encoding import EncodedDataset
from students.bert import BertStudent
from tracking import scratch_folder

TOKENIZER_CONFIG = "tokenizer_config.json"


def write_transformers_model(model: BertStudent, data: EncodedDataset, folder: Path, temperature: float) -> None:
    """Adds config.json, model.safetensors and tokenizer_config.json to the bundle in `folder`.

    The weights of the head are divided by the temperature, so that the softmax of a pipeline gives the bundle's scores.
    """
    config = copy.deepcopy(model.encoder.config)
    config.id2label = dict(enumerate(data.corpus.labels))
    config.label2id = {label: number for number, label in config.id2label.items()}
    made = (BertForTokenClassification if model.per_token else BertForSequenceClassification)(config)
    made.bert.load_state_dict(model.encoder.state_dict())
    with torch.no_grad():
        made.classifier.weight.copy_(model.head.weight / temperature)
        made.classifier.bias.copy_(model.head.bias / temperature)
    made.save_pretrained(folder)
    _write_tokenizer_config(data, folder)


def _write_tokenizer_config(data: EncodedDataset, folder: Path) -> None:
    """The bundle has tokenizer.json already."""
    with scratch_folder() as scratch:
        data.tokenizer.save_pretrained(scratch)
        config = json.loads((scratch / TOKENIZER_CONFIG).read_text(encoding="utf-8"))
    text = json.dumps(config | {"model_max_length": data.max_length}, ensure_ascii=False, indent=2)
    (folder / TOKENIZER_CONFIG).write_text(text + "\n", encoding="utf-8")
