"""Claims on how students learn: without a teacher, from one, by which loss, from which embeddings, at which rate."""

from dataclasses import replace

from benchmark.reporting.claims.claim import NAMES, TAGS, TEXTS, Claim
from benchmark.reporting.claims.kinds import Gain, Tuning
from benchmark.reporting.claims.rivals import Lead, Order
from benchmark.reporting.paper import MSE_OVER_KLD

BERTS = ("bert_tiny", "bert_mini", "bert_small")
TAUGHT = Gain(better="kd", worse="vanilla")
EMBEDDINGS = {"fasttext": "fastText embeddings", "bert": "the teacher's embeddings"}

BASELINES = (
    *(
        Claim(
            name=f"baseline_{larger}_over_{smaller}",
            section="5.1.1",
            text=f"Without distillation {NAMES[larger]} is better than {NAMES[smaller]}",
            kind=Order(student=larger, rivals=(smaller,)),
        )
        for larger, smaller in (("bert_mini", "bert_tiny"), ("bert_small", "bert_mini"))
    ),
    Claim(
        name="baseline_bert_small_is_best",
        section="5.1.1",
        text="Without distillation BERT-Small is the best student",
        kind=Order(student="bert_small", rivals=("bilstm", "cnn", "bert_tiny", "bert_mini")),
        tasks=TEXTS,
    ),
    Claim(
        name="baseline_bert_mini_is_second",
        section="5.1.1",
        text="Without distillation BERT-Mini is better than all students but BERT-Small",
        kind=Order(student="bert_mini", rivals=("bilstm", "cnn", "bert_tiny")),
        tasks=TEXTS,
    ),
    Claim(
        name="baseline_cnn_over_bilstm",
        section="5.1.1",
        text="Without distillation CNN is better than BiLSTM",
        kind=Order(student="cnn", rivals=("bilstm",)),
        tasks=TEXTS,
    ),
    Claim(
        name="baseline_bilstm_over_cnn",
        section="5.1.1",
        text="Without distillation BiLSTM is better than CNN",
        kind=Order(student="bilstm", rivals=("cnn",)),
        tasks=TAGS,
    ),
    *(
        Claim(
            name=f"baseline_{student}_over_berts",
            section="5.1.1",
            text=f"Without distillation {NAMES[student]} is better than every small BERT",
            kind=Order(student=student, rivals=BERTS),
            tasks=TAGS,
        )
        for student in ("bilstm", "cnn")
    ),
)
DISTILLATION = (
    *(
        Claim(
            name=f"kd_helps_{student}",
            section="5.1.2",
            text=f"Distillation helps {name}",
            kind=replace(TAUGHT, students=(student,)),
        )
        for student, name in NAMES.items()
    ),
    Claim(
        name="kd_helps_bilstm_most",
        section="5.1.2",
        text="Distillation helps BiLSTM most",
        kind=Lead(gain=TAUGHT, student="bilstm"),
        tasks=TEXTS,
    ),
    *(
        Claim(
            name=f"kd_helps_{student}_most",
            section="5.1.2",
            text=f"Distillation helps {NAMES[student]} more than all students but {NAMES[beside]}",
            kind=Lead(gain=replace(TAUGHT, students=("bilstm", "cnn", "bert_tiny", student)), student=student),
            tasks=TAGS,
        )
        for student, beside in (("bert_small", "bert_mini"), ("bert_mini", "bert_small"))
    ),
    Claim(
        name="kd_cnn_over_bilstm",
        section="5.1.2",
        text="Distilled, CNN is better than BiLSTM",
        kind=Order(student="cnn", rivals=("bilstm",), setting="kd"),
        tasks=TAGS,
    ),
)
LOSSES = (
    Claim(
        name="mse_beats_kld",
        section="5.1.2",
        text="MSE on logits beats KL divergence",
        kind=Gain(better="kd", worse="kd_kld"),
        quoted=MSE_OVER_KLD,
    ),
    *(
        Claim(
            name=f"mse_beats_kld_t{temperature}",
            section="5.1.2",
            text=f"MSE on logits beats KL divergence at temperature {temperature}",
            kind=Gain(better="kd", worse=f"kd_kld_t{temperature}"),
            made_by="us",
        )
        for temperature in (2, 4)
    ),
)
STARTS = (
    *(
        Claim(
            name=f"{embeddings}_helps",
            section="5.1.4",
            text=f"Starting from {told} helps students",
            kind=Gain(better=f"kd_ulb_{embeddings}", worse="kd_ulb", one_pool=True),
        )
        for embeddings, told in EMBEDDINGS.items()
    ),
    Claim(
        name="bert_beats_fasttext",
        section="5.1.4",
        text="The teacher's embeddings beat fastText's",
        kind=Gain(better="kd_ulb_bert", worse="kd_ulb_fasttext", one_pool=True),
    ),
    *(
        Claim(
            name=f"{embeddings}_converges_faster",
            section="5.1.4",
            text=f"Students that start from {told} converge faster",
            kind=Gain(better=f"kd_ulb_{embeddings}", worse="kd_ulb", one_pool=True, measure="steps"),
        )
        for embeddings, told in EMBEDDINGS.items()
    ),
)
TUNED_RATE = Claim(
    name="tuning_helps_cnn",
    section="6.1",
    text="Tuning the learning rate helps CNN",
    kind=Tuning(student="cnn"),
    tasks=TEXTS,
)
