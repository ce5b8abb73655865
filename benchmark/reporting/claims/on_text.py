"""Claims on unlabelled text: whether it helps and whom, and how it is best filtered, balanced and found."""

from dataclasses import replace

from benchmark.reporting.claims.claim import TAGS, TEXTS, Claim
from benchmark.reporting.claims.kinds import Gain
from benchmark.reporting.claims.rivals import Lead

UNLABELED = Gain(better="kd_ulb", worse="kd")
UNLABELED_CNN = replace(UNLABELED, students=("cnn",))
LENGTHS = {"min_max": "from the shortest to the longest", "q1_q3": "in the middle half"}


def _over_pool(setting: str) -> Gain:
    return Gain(better=setting, worse="kd_ulb")


def _for_cnn_over_bilstm(setting: str) -> Lead:
    return Lead(gain=replace(_over_pool(setting), students=("bilstm", "cnn")), student="cnn")


UNLABELED_TEXT: tuple[Claim, ...] = (
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
            kind=replace(_over_pool(f"kd_ulb_{bounds}"), students=("cnn",)),
            tasks=TEXTS,
        )
        for bounds, told in LENGTHS.items()
    ),
    *(
        Claim(
            name=f"length_{bounds}_helps_cnn_more",
            section="6.4",
            text=f"Unlabelled text of like length, {told}, helps CNN more than BiLSTM",
            kind=_for_cnn_over_bilstm(f"kd_ulb_{bounds}"),
            tasks=TEXTS,
        )
        for bounds, told in LENGTHS.items()
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
    Claim(
        name="augmentation_beats_pool",
        section="6.2",
        text="Labelled text back-translated, with words substituted, is better than the plain pool",
        kind=_over_pool("kd_bt_subs"),
        tasks=TEXTS,
    ),
    Claim(
        name="augmentation_helps_cnn_more",
        section="6.2",
        text="Labelled text back-translated, with words substituted, helps CNN more than BiLSTM",
        kind=_for_cnn_over_bilstm("kd_bt_subs"),
        tasks=TEXTS,
    ),
    Claim(
        name="substitution_beats_pool",
        section="6.2",
        text="Labelled text with words substituted is better than the plain pool",
        kind=_over_pool("kd_subs"),
        tasks=TEXTS,
        made_by="us",
    ),
    Claim(
        name="domain_does_not_beat_pool",
        section="6.2",
        text="Unlabelled text of the domain is no better than the plain pool",
        kind=_over_pool("kd_in_domain"),
        expects="not above",
        tasks=TEXTS,
    ),
)
