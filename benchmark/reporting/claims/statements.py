"""Every claim that the paper makes about students, as data, with the section that makes it."""

from dataclasses import dataclass, replace

from benchmark.reporting.claims.costs import Front, PerMillisecond, Shrinking
from benchmark.reporting.claims.kinds import Gain, Lead, Tuning
from benchmark.reporting.claims.pairs import Kind
from benchmark.reporting.claims.paper import checkpoint_to_onnx, onnx_speed, weights_to_onnx
from benchmark.reporting.intervals import Expected
from benchmark.reporting.paper import MSE_OVER_KLD
from benchmark.spec import TASKS, Task

NAMES = {
    "bilstm": "BiLSTM",
    "cnn": "CNN",
    "bert_tiny": "BERT-Tiny",
    "bert_mini": "BERT-Mini",
    "bert_small": "BERT-Small",
}
TEXTS: tuple[Task, ...] = ("classification",)
TAGS: tuple[Task, ...] = ("sequence_labeling",)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """`expects` says on which side of no effect the paper has it; a `quoted` figure stands in its text alone."""

    name: str
    section: str
    text: str
    kind: Kind
    expects: Expected = "above"
    tasks: tuple[Task, ...] = TASKS
    quoted: float | None = None


UNLABELED = Gain(better="kd_ulb", worse="kd")
UNLABELED_CNN = replace(UNLABELED, students=("cnn",))


def _over_pool(setting: str) -> Gain:
    return Gain(better=setting, worse="kd_ulb")


def _over_pool_cnn(setting: str) -> Gain:
    return Gain(better=setting, worse="kd_ulb", students=("cnn",))


CLAIMS: tuple[Claim, ...] = (
    *(
        Claim(
            name=f"kd_helps_{student}",
            section="5.1.2",
            text=f"Distillation helps {name}",
            kind=Gain(better="kd", worse="vanilla", students=(student,)),
        )
        for student, name in NAMES.items()
    ),
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
        )
        for temperature in (2, 4)
    ),
    Claim(name="ulb_helps", section="5.1.3", text="Unlabelled text helps students", kind=UNLABELED),
    Claim(
        name="ulb_helps_bilstm_most",
        section="5.1.3",
        text="Unlabelled text helps BiLSTM most",
        kind=Lead(gain=UNLABELED, student="bilstm"),
        tasks=TEXTS,
    ),
    Claim(
        name="ulb_helps_bert_mini_most",
        section="5.1.3",
        text="Unlabelled text helps BERT-Mini most",
        kind=Lead(gain=UNLABELED, student="bert_mini"),
        tasks=TAGS,
    ),
    Claim(
        name="ulb_hurts_cnn",
        section="5.1.3",
        text="Unlabelled text hurts CNN",
        kind=UNLABELED_CNN,
        expects="below",
        tasks=TEXTS,
    ),
    Claim(
        name="ulb_hurts_cnn_on_short_texts",
        section="6.4",
        text="Unlabelled text hurts CNN where texts are short",
        kind=replace(UNLABELED_CNN, short=True),
        expects="below",
        tasks=TEXTS,
    ),
    *(
        Claim(
            name=f"length_{bounds}_repairs_cnn",
            section="6.4",
            text=f"Unlabelled text of like length, {told}, is better for CNN than all of it",
            kind=_over_pool_cnn(f"kd_ulb_{bounds}"),
            tasks=TEXTS,
        )
        for bounds, told in (("min_max", "from the shortest to the longest"), ("q1_q3", "in the middle half"))
    ),
    Claim(
        name="length_repairs_balanced",
        section="6.3",
        text="Unlabelled text that was balanced is better when filtered by length too",
        kind=Gain(better="kd_ulb_mean_oversampled_min_max", worse="kd_ulb_mean_oversampled"),
        tasks=TEXTS,
    ),
    Claim(
        name="balance_median_does_not_help",
        section="6.3",
        text="Balancing unlabelled text does not help: at most the median of each label",
        kind=_over_pool("kd_ulb_median"),
        expects="not above",
        tasks=TEXTS,
    ),
    Claim(
        name="balance_mean_does_not_help",
        section="6.3",
        text="Balancing unlabelled text does not help: the mean of each label, with duplicates",
        kind=_over_pool("kd_ulb_mean_oversampled"),
        expects="not above",
        tasks=TEXTS,
    ),
    *(
        Claim(
            name=name,
            section="6.2",
            text=f"{text} is better than the plain pool",
            kind=_over_pool(setting),
            tasks=TEXTS,
        )
        for name, text, setting in (
            ("substitution_beats_pool", "Labelled text with words substituted", "kd_subs"),
            ("augmentation_beats_pool", "Labelled text back-translated, with words substituted", "kd_bt_subs"),
            ("domain_beats_pool", "Unlabelled text of the domain", "kd_in_domain"),
        )
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
        for embeddings, told in (("fasttext", "fastText embeddings"), ("bert", "the teacher's embeddings"))
    ),
    Claim(
        name="onnx_is_faster",
        section="5.2.3",
        text="ONNX speeds students up",
        kind=Shrinking(before="latency_torch_ms", after="latency_onnx_ms", paper=onnx_speed),
    ),
    Claim(
        name="onnx_is_smaller",
        section="5.2.3",
        text="ONNX shrinks students, against a checkpoint with the optimiser's moments",
        kind=Shrinking(before="size_checkpoint_mib", after="size_onnx_mib", paper=checkpoint_to_onnx),
    ),
    Claim(
        name="onnx_is_smaller_than_weights",
        section="5.2.3",
        text="ONNX shrinks students, against their weights alone",
        kind=Shrinking(before="size_weights_mib", after="size_onnx_mib", paper=weights_to_onnx),
    ),
    *(
        Claim(
            name=f"{student}_keeps_more_per_ms",
            section="7",
            text=f"{NAMES[student]} keeps more F1 a millisecond than BERT-Mini and BERT-Small",
            kind=PerMillisecond(student=student),
        )
        for student in ("bilstm", "cnn")
    ),
    *(
        Claim(
            name=f"{student}_is_on_the_front",
            section="7",
            text=f"{NAMES[student]} is on the Pareto front: no student as fast is better",
            kind=Front(student=student),
        )
        for student in ("bilstm", "cnn")
    ),
    Claim(
        name="bert_tiny_is_off_the_front",
        section="5.2.2",
        text="BERT-Tiny is off the Pareto front: a student as fast is better",
        kind=Front(student="bert_tiny"),
        expects="below",
    ),
    Claim(
        name="tuning_helps_cnn",
        section="6.1",
        text="Tuning the learning rate helps CNN",
        kind=Tuning(student="cnn"),
        tasks=TEXTS,
    ),
)
