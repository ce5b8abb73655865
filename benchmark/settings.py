"""The paper's ladder of settings, as data (section 4.2)."""

from dataclasses import dataclass
from typing import Literal

Loss = Literal["mse", "kld", "hard"]
Embeddings = Literal["random", "fasttext", "bert"]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How a student is taught: its loss, its text, and where its embedding table starts."""

    loss: Loss
    temperature: float = 1.0
    unlabeled: bool = False
    embeddings: Embeddings = "random"

    @property
    def distils(self) -> bool:
        """Whether the targets are the teacher's logits rather than the labels."""
        return self.loss != "hard"


SETTINGS: dict[str, Setting] = {
    "vanilla": Setting(loss="hard"),
    "kd": Setting(loss="mse"),
    "kd_ulb": Setting(loss="mse", unlabeled=True),
    "kd_ulb_fasttext": Setting(loss="mse", unlabeled=True, embeddings="fasttext"),
    "kd_ulb_bert": Setting(loss="mse", unlabeled=True, embeddings="bert"),
    "kd_kld": Setting(loss="kld"),
    "kd_kld_t2": Setting(loss="kld", temperature=2.0),
    "kd_kld_t4": Setting(loss="kld", temperature=4.0),
}

LADDER = ("vanilla", "kd", "kd_ulb", "kd_ulb_fasttext", "kd_ulb_bert")
"""What a plan holds when no setting is named: Tables 5 and 6. The other settings are run by name."""
