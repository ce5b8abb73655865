"""The paper's ladder of settings (section 4.2) and its policies for unlabelled text (sections 6.2 to 6.4), as data."""

from dataclasses import dataclass
from functools import partial
from typing import Literal

Loss = Literal["mse", "kld", "hard"]
Embeddings = Literal["random", "fasttext", "bert"]
Source = Literal["pool", "subs", "bt_subs", "in_domain"]
"""Source of unlabelled text: the suite's pool; the labelled text with words substituted, or back-translated with words
substituted; a file of the user's."""
Balance = Literal["", "median", "mean_oversampled"]
LengthFilter = Literal["", "min_max", "q1_q3"]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Training of a student: its loss, its text, and its initial embeddings; fields of the RunSpec.

    Text of `text_source` is first balanced by the teacher's labels and then filtered by length (Table 10).
    """

    loss: Loss
    temperature: float = 1.0
    unlabeled: bool = False
    embeddings: Embeddings = "random"
    text_source: Source = "pool"
    balance: Balance = ""
    length_filter: LengthFilter = ""


_kd_ulb = partial(Setting, loss="mse", unlabeled=True)

SETTINGS: dict[str, Setting] = {
    "vanilla": Setting(loss="hard"),
    "kd": Setting(loss="mse"),
    "kd_ulb": _kd_ulb(),
    "kd_ulb_fasttext": _kd_ulb(embeddings="fasttext"),
    "kd_ulb_bert": _kd_ulb(embeddings="bert"),
    "kd_kld": Setting(loss="kld"),
    "kd_kld_t2": Setting(loss="kld", temperature=2.0),
    "kd_kld_t4": Setting(loss="kld", temperature=4.0),
    "kd_ulb_min_max": _kd_ulb(length_filter="min_max"),
    "kd_ulb_q1_q3": _kd_ulb(length_filter="q1_q3"),
    "kd_ulb_median": _kd_ulb(balance="median"),
    "kd_ulb_mean_oversampled": _kd_ulb(balance="mean_oversampled"),
    "kd_ulb_mean_oversampled_min_max": _kd_ulb(balance="mean_oversampled", length_filter="min_max"),
    "kd_in_domain": _kd_ulb(text_source="in_domain"),
    "kd_bt_subs": _kd_ulb(text_source="bt_subs"),
    "kd_subs": _kd_ulb(text_source="subs"),
    "kd_subs_min_max": _kd_ulb(text_source="subs", length_filter="min_max"),
    "kd_subs_mean_oversampled": _kd_ulb(text_source="subs", balance="mean_oversampled"),
    "kd_subs_mean_oversampled_min_max": _kd_ulb(
        text_source="subs", balance="mean_oversampled", length_filter="min_max"
    ),
}

LADDER = ("vanilla", "kd", "kd_ulb", "kd_ulb_fasttext", "kd_ulb_bert")
"""Settings of a plan that names none: Tables 5 and 6."""

TEACHERS = "teacher"
"""The vocabulary of students that read the teacher's tokens."""
VOCABULARIES = {"own": 8000, "own4000": 4000}
"""Most tokens of vocabularies that are trained on a data set's labelled and unlabelled training text."""

N_TEXTS = 20_000
"""Number of generated texts in the paper (section 6.4)."""
IN_DOMAIN = "--in-domain"
"""Option that names the file of source `in_domain`."""
